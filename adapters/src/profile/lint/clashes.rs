//! Names that get in each other's way: two for one field, one that hides another, one that is mapped twice.

use std::collections::BTreeMap;

use super::{Editions, Page, Profile, Said};

/// Remarks on names of a profile that cannot all be meant.
pub(super) fn check(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    two_for_one(page, &profile.fields, &["fields"]);
    for (dataset, set) in &profile.sets {
        two_for_one(page, &set.fields, &["sets", dataset, "fields"]);
        for (own, to) in &set.fields {
            if profile.fields.get(own) == Some(to) {
                let said = Said::warning(
                    "field.repeated",
                    (
                        format!("[fields] 中已有同样的“{own}”"),
                        format!("[fields] says the same of `{own}`"),
                    ),
                    ("请删去其一", "take one of them out"),
                );
                page.at_name(&["sets", dataset, "fields", own], said);
            }
        }
    }
    hidden_columns(page, profile, editions);
    hidden_parts(page, profile);
    hidden_codes(page, profile, editions);
}

/// Two names of the source that lead to one field: a record with both has the field twice.
fn two_for_one(page: &mut Page<'_>, fields: &BTreeMap<String, String>, way: &[&str]) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for (own, to) in fields.iter().filter(|(_, to)| !to.is_empty()) {
        let Some(other) = first.insert(to, own) else {
            continue;
        };
        let said = Said::warning(
            "field.shared",
            (
                format!("“{other}”和“{own}”都指向“{to}”，同一记录中两者并存时该数据项重复"),
                format!(
                    "`{other}` and `{own}` both mean `{to}`: a record with both of them has it twice"
                ),
            ),
            (
                "若分属不同数据集，请写入各自的 [sets.数据集.fields]；若应合并，请用 [[joins]]",
                "if they belong to different data sets, put each under its [sets.DATASET.fields]; to put them together, use [[joins]]",
            ),
        );
        let mut path = way.to_vec();
        path.push(own);
        page.at_name(&path, said);
    }
}

/// A name of the source that is a column code, mapped to something else: the column code can no longer be sent.
fn hidden_columns(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    for (own, to) in &profile.fields {
        let fields = editions.fields(own);
        let Some(hidden) = fields.iter().find(|field| field.id != *to) else {
            if !fields.is_empty() {
                let said = Said::warning(
                    "field.pointless",
                    (
                        format!("“{own}”本来就指它自己"),
                        format!("`{own}` means itself anyway"),
                    ),
                    ("请删去", "take it out"),
                );
                page.at_name(&["fields", own], said);
            }
            continue;
        };
        let id = &hidden.id;
        let said = Said::warning(
            "field.shadowed",
            (
                format!(
                    "“{own}”是规范的数据项 {id}（{}），被改指“{to}”后 {id} 无法再报送",
                    hidden.name
                ),
                format!(
                    "`{own}` is field {id} of the specification; mapped to `{to}`, {id} can no longer be sent"
                ),
            ),
            (
                "若只在某一数据集中如此，请写入 [sets.数据集.fields]",
                "if that is so in one data set only, put it under [sets.DATASET.fields]",
            ),
        );
        page.at_name(&["fields", own], said);
    }
}

/// A name that is mapped, and is split or joined too: only the last of these happens.
fn hidden_parts(page: &mut Page<'_>, profile: &Profile) {
    let mut users: BTreeMap<&str, &str> = BTreeMap::new();
    let names = profile.fields.keys();
    users.extend(names.map(|name| (name.as_str(), "[fields]")));
    let remark = |page: &mut Page<'_>, name: &str, by: &str, way: &[&str]| {
        let said = Said::error(
            "field.shadowed",
            (
                format!("“{name}”已在 {by} 中使用，那里的写法不再起作用"),
                format!("`{name}` is used in {by} too, and what is said there does nothing"),
            ),
            (
                "每个名称只能用一次，请删去其一",
                "use a name once; take one of them out",
            ),
        );
        page.at_value(way, said);
    };
    for (number, split) in profile.splits.iter().enumerate() {
        if let Some(by) = users.insert(&split.from, "[[splits]]") {
            let number = number.to_string();
            remark(page, &split.from, by, &["splits", &number, "from"]);
        }
    }
    for (number, join) in profile.joins.iter().enumerate() {
        for (place, name) in join.from.iter().enumerate() {
            if let Some(by) = users.insert(name, "[[joins]]") {
                let (number, place) = (number.to_string(), place.to_string());
                remark(page, name, by, &["joins", &number, "from", &place]);
            }
        }
    }
}

/// A value mapped for a code table, and differently for a field that draws from it.
fn hidden_codes(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    for (name, map) in &profile.codes {
        let tables = editions
            .fields(name)
            .into_iter()
            .filter_map(|field| match &field.domain {
                spec::Domain::Codes(table) => Some(table.id.as_str()),
                _ => None,
            });
        let tables: std::collections::BTreeSet<&str> =
            tables.filter(|table| *table != name).collect();
        for table in tables {
            let Some(general) = profile.codes.get(table) else {
                continue;
            };
            for (own, code) in map {
                let Some(other) = general.get(own).filter(|other| *other != code) else {
                    continue;
                };
                let said = Said::warning(
                    "code.shadowed",
                    (
                        format!("“{own}”在 [codes.{table}] 中为 {other}，此处的 {code} 优先"),
                        format!("[codes.{table}] maps `{own}` to {other}; here {code} wins"),
                    ),
                    (
                        "若确有不同含义则保留，否则请统一",
                        "keep it if it means something else here, else make them agree",
                    ),
                );
                page.at_name(&["codes", name, own], said);
            }
        }
    }
}
