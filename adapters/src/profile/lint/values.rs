//! Values that cannot be: codes that their table lacks, forms of dates that no date has, units that are none.

use spec::{CodeTable, Domain, Field, Format, Message, Unit};

use super::{Editions, Page, Profile, Said, near};
use crate::mapping::{DateForm, Money};

/// Remarks on what a profile says about the source itself.
pub(super) fn form(page: &mut Page<'_>, profile: &Profile) {
    let refuse = |code, zh: String, en: String, help: (&'static str, &'static str)| {
        Said::error(code, (zh, en), help)
    };
    if profile.version != 1 {
        let found = profile.version;
        let said = refuse(
            "version.unknown",
            format!("配置文件版本 {found} 尚无定义"),
            format!("version {found} of profiles is not defined"),
            ("应为 version = 1", "write version = 1"),
        );
        page.at_value(&["version"], said);
    }
    if profile.region.len() != 6 || !profile.region.bytes().all(|c| c.is_ascii_digit()) {
        let said = refuse(
            "region.form",
            format!("“{}”不是行政区划代码", profile.region),
            format!("`{}` is no region code", profile.region),
            ("应为六位数字（GB/T 2260）", "six digits (GB/T 2260)"),
        );
        page.at_value(&["region"], said);
    }
    for (place, way) in profile.ways.iter().enumerate() {
        if !super::super::WAYS.contains(&way.as_str()) {
            let place = place.to_string();
            let all = super::super::WAYS;
            let said = Said::error(
                "way.unknown",
                (
                    format!("没有接入方式“{way}”"),
                    format!("there is no way in `{way}`"),
                ),
                near(
                    way,
                    all,
                    (
                        "应为 http、folder、kafka 或 database",
                        "http, folder, kafka or database",
                    ),
                ),
            );
            page.at_value(&["ways", &place], said);
        }
    }
    if !matches!(profile.wire.separator, None | Some(',' | ';' | '\t')) {
        let said = refuse(
            "separator.unsafe",
            "该分隔符会与 GB18030 汉字的第二字节混淆".to_owned(),
            "this separator may be the second byte of a character of GB18030".to_owned(),
            (
                "应为逗号、分号或制表符",
                "a comma, a semicolon or a tabulator",
            ),
        );
        page.at_value(&["wire", "separator"], said);
    }
    for (place, form) in profile.wire.also.iter().enumerate() {
        if *form == profile.wire.format {
            let place = place.to_string();
            let said = Said::warning(
                "wire.repeated",
                (
                    "wire.also 重复了 wire.format",
                    "wire.also repeats wire.format",
                ),
                ("请删去", "take it out"),
            );
            page.at_value(&["wire", "also", &place], said);
        }
    }
}

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
            code_of(page, &tables, code, &["codes", name, own]);
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
    if tables.is_empty() || tables.iter().any(|table| table.find(code).is_some()) {
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
        None => Message::new(format!("该代码集有 {all}"), format!("the table has {all}")),
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
    let is_amount = |field: &&&Field| match &field.unit {
        Some(Unit::Yuan | Unit::WanYuan | Unit::By(_)) => true,
        Some(Unit::Other(name)) => Money::parse(name).is_some(),
        None => false,
    };
    if !fields.is_empty() && !fields.iter().any(|field| is_amount(&field)) {
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
    if value.trim().is_empty() {
        let said = Said::warning(
            "constant.empty",
            (
                format!("“{name}”的固定值为空，不起作用"),
                format!("the constant of `{name}` is empty, so it does nothing"),
            ),
            ("请填写，或删去", "fill it, or take it out"),
        );
        page.at_value(way, said);
    }
}
