//! Values that cannot be: codes that their table lacks, forms of dates that no date has, units that are none.

use spec::{CodeTable, Domain, Field, Format, Message, Unit};

use super::{Editions, Page, Profile, Said, near};
use crate::mapping::{DateForm, Money};

/// Remarks on values that a profile gives to fields.
pub(super) fn check(page: &mut Page<'_>, profile: &Profile, editions: &Editions<'_>) {
    for (name, form) in &profile.dates {
        date(
            page,
            editions.fields(name).as_slice(),
            name,
            form,
            &["dates", name],
        );
    }
    for (name, unit) in &profile.units {
        money(
            page,
            editions.fields(name).as_slice(),
            name,
            unit,
            &["units", name],
        );
    }
    for (name, value) in &profile.constants {
        constant(
            page,
            editions.fields(name).as_slice(),
            name,
            value,
            &["constants", name],
        );
    }
    for (dataset, set) in &profile.sets {
        let sets = editions.dataset(dataset);
        let fields = |name: &str| -> Vec<&Field> {
            let found = sets
                .iter()
                .filter_map(|set| set.field(set.field_index(name)?));
            found.collect()
        };
        for (name, form) in &set.dates {
            let way = ["sets", dataset, "dates", name];
            date(page, &fields(name), name, form, &way);
        }
        for (name, unit) in &set.units {
            let way = ["sets", dataset, "units", name];
            money(page, &fields(name), name, unit, &way);
        }
        for (name, value) in &set.constants {
            let way = ["sets", dataset, "constants", name];
            constant(page, &fields(name), name, value, &way);
        }
    }
    for (name, map) in &profile.codes {
        let mut tables: Vec<&CodeTable> = editions
            .0
            .iter()
            .filter_map(|edition| edition.codes.get(name).map(|table| &**table))
            .collect();
        tables.extend(editions.fields(name).into_iter().filter_map(table_of));
        for (own, code) in map {
            let way = ["codes", name, own];
            code_of(page, &tables, code, &way);
            if own == code {
                let said = Said::warning(
                    "code.pointless",
                    (
                        format!("“{own}”本来就是这个代码"),
                        format!("`{own}` is that code anyway"),
                    ),
                    ("请删去", "take it out"),
                );
                page.at_name(&way, said);
            }
        }
    }
}

fn table_of(field: &Field) -> Option<&CodeTable> {
    match &field.domain {
        Domain::Codes(table) => Some(table),
        _ => None,
    }
}

/// A code that every table lacks, which a field may draw it from.
fn code_of(page: &mut Page<'_>, tables: &[&CodeTable], code: &str, way: &[&str]) {
    let is_known = tables.iter().any(|table| table.find(code).is_some());
    if is_known || tables.is_empty() || code.is_empty() {
        return;
    }
    let Some(table) = tables.first() else { return };
    let named = table.by_name.get(code);
    let mut codes: Vec<&str> = table.values.keys().map(String::as_str).collect();
    codes.sort_unstable();
    let some: Vec<&str> = codes.iter().take(12).copied().collect();
    let all = format!(
        "{}{}",
        some.join(", "),
        if codes.len() > 12 { ", …" } else { "" }
    );
    let help = match named {
        Some(right) => Message::new(
            format!("“{code}”是名称，其代码为 {right}"),
            format!("`{code}` is a name, its code is {right}"),
        ),
        None => near(
            code,
            codes.iter().copied(),
            (
                &format!("该代码集有 {all}"),
                &format!("the table has {all}"),
            ),
        ),
    };
    let id = &table.id;
    let said = Said::error(
        "code.unknown",
        (
            format!("代码集“{id}”没有代码“{code}”"),
            format!("code table `{id}` has no code `{code}`"),
        ),
        help,
    );
    page.at_value(way, said);
}

fn date(page: &mut Page<'_>, fields: &[&Field], name: &str, form: &str, way: &[&str]) {
    if let Err(expected) = DateForm::parse(form) {
        let said = Said::error(
            "date.form",
            (
                format!("“{form}”不是日期写法"),
                format!("`{form}` is no form of dates"),
            ),
            (
                "由 yyyy、M 或 MM、d 或 dd、H 或 HH、mm、ss 及其间的符号组成，或 epoch_seconds、epoch_milliseconds"
                    .to_owned(),
                expected.to_owned(),
            ),
        );
        page.at_value(way, said);
    }
    let is_date =
        |field: &&&Field| matches!(field.format, Format::Date | Format::Minute | Format::Second);
    if let (Some(field), None) = (fields.first(), fields.iter().find(is_date)) {
        let format = field.format;
        let said = Said::warning(
            "date.field",
            (
                format!("“{name}”的格式是 {format}，不是日期"),
                format!("`{name}` has format {format}, which is no date"),
            ),
            (
                "请删去，或改为日期数据项",
                "take it out, or name a field of dates",
            ),
        );
        page.at_name(way, said);
    }
}

fn money(page: &mut Page<'_>, fields: &[&Field], name: &str, unit: &str, way: &[&str]) {
    if Money::parse(unit).is_none() {
        let said = Said::error(
            "unit.unknown",
            (
                format!("没有单位“{unit}”"),
                format!("there is no unit `{unit}`"),
            ),
            (
                "应为 元、万元、亿元、m2、公顷 或 km2",
                "元, 万元, 亿元, m2, 公顷 or km2",
            ),
        );
        page.at_value(way, said);
    }
    let amounts: Vec<&Unit> = fields
        .iter()
        .filter_map(|field| field.unit.as_ref())
        .filter(|unit| Money::Yuan.counts(Some(unit)) || Money::Hectare.counts(Some(unit)))
        .collect();
    if let Some(written) = Money::parse(unit)
        && !amounts.is_empty()
        && !amounts.iter().any(|unit| written.counts(Some(unit)))
    {
        let (zh, en) = if written.is_money() {
            ("面积", "an area")
        } else {
            ("金额", "an amount of money")
        };
        let said = Said::error(
            "unit.dimension",
            (
                format!("“{name}”是{zh}，不能以“{unit}”计"),
                format!("`{name}` is {en}, which is not counted in `{unit}`"),
            ),
            (
                "金额用 元、万元、亿元，面积用 m2、公顷、km2",
                "元, 万元, 亿元 for money; m2, 公顷, km2 for areas",
            ),
        );
        page.at_value(way, said);
    }
    if !fields.is_empty() && amounts.is_empty() {
        let said = Said::warning(
            "unit.field",
            (
                format!("“{name}”不是金额，单位不起作用"),
                format!("`{name}` is no amount, so a unit does nothing"),
            ),
            (
                "请删去，或改为金额数据项",
                "take it out, or name a field of amounts",
            ),
        );
        page.at_name(way, said);
    }
}

/// A constant that the field's own table lacks.
fn constant(page: &mut Page<'_>, fields: &[&Field], name: &str, value: &str, way: &[&str]) {
    let tables: Vec<&CodeTable> = fields.iter().copied().filter_map(table_of).collect();
    // A name in place of a code is repaired like any other value.
    let named = tables.iter().any(|table| table.by_name.contains_key(value));
    if !named {
        code_of(page, &tables, value, way);
    }
    let fits = |field: &&Field| named || fits(field.format, value.trim());
    if let (Some(first), None) = (
        fields.first(),
        fields.iter().copied().find(|field| fits(field)),
    ) && !value.trim().is_empty()
    {
        let format = first.format;
        let said = Said::error(
            "constant.form",
            (
                format!("“{value}”不符合“{name}”的格式 {format}"),
                format!("`{value}` does not fit format {format} of `{name}`"),
            ),
            (
                format!("请写一个 {format} 的值"),
                format!("write a value of format {format}"),
            ),
        );
        page.at_value(way, said);
    }
}

/// Whether a value could be of a format. Dates are left to the judge, who knows many ways to write them.
fn fits(format: Format, value: &str) -> bool {
    let length = value.chars().count();
    let within = |most: u32| length <= most as usize;
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | ',');
    match format {
        Format::Exact(exactly) => length == exactly as usize,
        Format::UpTo(most) => within(most),
        Format::Digits(exactly) => {
            length == exactly as usize && value.chars().all(|c| c.is_ascii_digit())
        }
        Format::Number { .. } => value.chars().all(is_number),
        Format::Boolean => matches!(value, "0" | "1"),
        Format::Unlimited | Format::Date | Format::Minute | Format::Second => true,
    }
}
