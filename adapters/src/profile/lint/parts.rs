//! Fields that are cut, put together or converted by hooks: parts that are none, and conversions that convert nothing.

use spec::{Domain, Field, Format};

use super::{Editions, Page, Profile, Said, near};
use crate::hooks;

/// Remarks on splits, joins and hooks. Names of fields in them are looked at elsewhere.
pub(super) fn check(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    splits(page, profile, editions);
    for (number, join) in profile.joins.iter().enumerate() {
        if let [only] = join.from.as_slice() {
            let into = &join.into;
            let said = Said::warning(
                "parts.single",
                (
                    format!("只有一个名称“{only}”，没有可合并的"),
                    format!("there is one name, `{only}`: nothing to put together"),
                ),
                (
                    format!("请写入 [fields]：\"{only}\" = \"{into}\""),
                    format!("put it under [fields]: \"{only}\" = \"{into}\""),
                ),
            );
            page.at_value(&["joins", &number.to_string(), "from"], said);
        }
    }
    for (field, name) in &profile.hooks {
        hook(page, &editions.fields(field), field, name);
    }
}

fn splits(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    for (number, split) in profile.splits.iter().enumerate() {
        let number = number.to_string();
        let way = ["splits", number.as_str(), "into"];
        if let [only] = split.into.as_slice() {
            let from = &split.from;
            let said = Said::warning(
                "parts.single",
                (
                    format!("只有一个数据项 {only}，没有可拆分的"),
                    format!("there is one field, {only}: nothing to cut into"),
                ),
                (
                    format!("请写入 [fields]：\"{from}\" = \"{only}\""),
                    format!("put it under [fields]: \"{from}\" = \"{only}\""),
                ),
            );
            page.at_value(&way, said);
            continue;
        }
        let are_known = split
            .into
            .iter()
            .all(|name| !editions.fields(name).is_empty());
        let mut sent = editions.datasets().filter(|set| profile.permits(set));
        let fits = |set: &spec::Dataset| {
            let mut into = split.into.iter();
            into.all(|name| set.field_index(name).is_some())
        };
        if are_known && !split.into.is_empty() && !sent.any(fits) {
            let said = Said::warning(
                "split.idle",
                (
                    "该来源可报送的数据集中，没有一个同时有这些数据项，此处不起作用",
                    "no data set that the source may send has all of these fields, so this does nothing",
                ),
                ("请核对数据项", "check the fields"),
            );
            page.at_value(&way, said);
        }
    }
}

fn hook(page: &mut Page<'_>, fields: &[&Field], field: &str, name: &str) {
    let way = ["hooks", field];
    if hooks::find(name).is_none() && !name.is_empty() {
        let known: Vec<&str> = hooks::HOOKS.iter().map(|hook| hook.name).collect();
        let all = known.join(", ");
        let said = Said::error(
            "hook.unknown",
            (
                format!("没有转换“{name}”"),
                format!("there is no hook `{name}`"),
            ),
            near(
                name,
                known,
                (&format!("可用的有 {all}"), &format!("one of {all}")),
            ),
        );
        page.at_value(&way, said);
    }
    // Every hook is about text that people write.
    let is_text = |field: &&Field| {
        let is_text = matches!(field.format, Format::UpTo(_) | Format::Unlimited);
        is_text && matches!(field.domain, Domain::Free)
    };
    if let (Some(first), None) = (fields.first(), fields.iter().find(|field| is_text(field))) {
        let format = first.format;
        let said = Said::warning(
            "hook.field",
            (
                format!("“{field}”的格式是 {format}，不是自由文字，转换不起作用"),
                format!(
                    "`{field}` has format {format} and is no free text, so a hook does nothing"
                ),
            ),
            (
                "请删去，或改为文字数据项",
                "take it out, or name a field of text",
            ),
        );
        page.at_name(&way, said);
    }
}
