//! What the words of published tables mean: formats, requirements, circles of readers, domains.
//!
//! Each reading says whether it is sure; what is not sure must be looked at by somebody.

use spec::export::sheets;
use spec::{CodeTable, Edition, Format};

/// A reading, and why it has to be looked at.
pub(super) type Reading<T> = (T, Option<String>);

/// The format that type and format cells say together.
pub(super) fn format(kind: &str, text: &str) -> Option<Reading<Format>> {
    let plain = |text: &str| {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        text.replace(['…', '⋯'], "..")
            .replace("....", "..")
            .replace("...", "..")
            .replace('，', ",")
    };
    let (kind, text) = (plain(kind), plain(text));
    for whole in [text.clone(), format!("{kind}{text}"), kind.clone()] {
        let upper = whole.to_ascii_uppercase().replace("UL", "ul");
        if let Ok(format) = upper.parse::<Format>() {
            let sure = whole == text || whole == format!("{kind}{text}");
            let why = (!sure || upper != whole).then(|| format!("format read from `{whole}`"));
            return Some((format, why));
        }
    }
    let joined = format!("{kind} {text}").to_lowercase();
    let guess = format!("format guessed from `{}`", joined.trim());
    let found = guessed(&joined)?;
    Some((found, Some(guess)))
}

/// Formats in other notations: dates by pattern, types of databases, Chinese words.
fn guessed(text: &str) -> Option<Format> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let figures: Vec<u32> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .filter(|figure| *figure > 0)
        .collect();
    if has(&["hhmmss", "hh:mm:ss", "datetime", "timestamp"]) {
        return Some(Format::Second);
    }
    if has(&["hhmm", "hh:mm"]) {
        return Some(Format::Minute);
    }
    if has(&["yyyymmdd", "yyyy-mm-dd", "date", "日期"]) {
        return Some(match figures.first() {
            Some(14) => Format::Second,
            Some(12) => Format::Minute,
            _ => Format::Date,
        });
    }
    if has(&["bool", "布尔"]) {
        return Some(Format::Boolean);
    }
    if has(&["clob", "text", "文本", "不限", "ul"]) {
        return Some(Format::Unlimited);
    }
    let number = has(&[
        "number", "decimal", "numeric", "数值", "数字", "int", "浮点",
    ]) || text.trim_start().starts_with('n');
    match (number, figures.as_slice()) {
        (true, [digits, decimals, ..]) if decimals < digits => Some(Format::Number {
            digits: *digits,
            decimals: *decimals,
        }),
        (true, [digits]) => Some(Format::Number {
            digits: *digits,
            decimals: 0,
        }),
        // GB/T 18391 writes an18 for an exact length
        (false, [length]) if has(&["..", "char", "字符", "string"]) => {
            Some(Format::UpTo(*length))
        }
        (false, [length]) if text.trim_start().starts_with('a') => Some(Format::Exact(*length)),
        _ => None,
    }
}

/// What `必填` says, as it is written in a data file.
pub(super) fn required(text: &str) -> Reading<&'static str> {
    match text.to_ascii_uppercase().as_str() {
        "是" | "Y" | "YES" | "必填" | "必选" | "M" | "1" | "√" | "TRUE" => ("true", None),
        "否" | "N" | "NO" | "选填" | "可选" | "O" | "0" | "FALSE" | "-" | "" => {
            ("false", None)
        }
        "按规则" | "C" | "条件" | "有条件必填" | "条件必填" | "条件必选" => {
            ("\"rule\"", None)
        }
        _ => ("false", Some(format!("required `{text}` not understood"))),
    }
}

/// What `公开范围` says, as it is written in a data file. In doubt the narrower circle.
pub(super) fn sensitivity(text: &str) -> Reading<&'static str> {
    let is = |wanted| text == sheets::sensitivity(wanted);
    if is(spec::Sensitivity::Public) || ["公开", "向社会公开", "社会"].contains(&text) {
        ("public", None)
    } else if is(spec::Sensitivity::Government)
        || ["政务共享", "政务", "内部", "不公开"].contains(&text)
    {
        ("government", None)
    } else if is(spec::Sensitivity::Personal) || ["敏感", "个人隐私"].contains(&text) {
        ("personal", None)
    } else if text.is_empty() {
        (
            "government",
            Some("no 公开范围: the narrower circle".to_owned()),
        )
    } else {
        (
            "government",
            Some(format!(
                "公开范围 `{text}` not understood: the narrower circle"
            )),
        )
    }
}

/// What `值域` says, as a member of a field's line; nothing for free text.
pub(super) fn domain(text: &str, edition: &Edition) -> Reading<Option<(&'static str, String)>> {
    if ["", "-", "/", "无", "自由文本", "文本"].contains(&text) {
        return (None, None);
    }
    let text = text.replace("，多值(;分隔)", "").replace("多值(;分隔)", "");
    if let Some(table) = text.strip_prefix("代码集 ").or(text.strip_prefix("codes:")) {
        let unknown = !edition.codes.contains_key(table);
        let why = unknown.then(|| format!("codes/{table}.csv is not there yet"));
        return (Some(("codes", table.to_owned())), why);
    }
    if let Some(kind) = text
        .strip_prefix("标识 ")
        .or(text.strip_prefix("identifier:"))
    {
        return (Some(("identifier", kind.to_owned())), None);
    }
    if edition.codes.contains_key(&text) {
        return (Some(("codes", text)), None);
    }
    let bare: String = text
        .to_ascii_uppercase()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    for (standard, table) in STANDARDS {
        if bare.contains(standard) && edition.codes.contains_key(table) {
            let why = (bare != standard).then(|| format!("codes of {standard}"));
            return (Some(("codes", table.to_owned())), why);
        }
    }
    if let Some(values) = listed(&text) {
        let alike = |table: &&CodeTable| {
            values.len() == table.values.len()
                && values.iter().all(|(code, name)| {
                    table
                        .values
                        .get(code)
                        .is_some_and(|value| value.name == *name)
                })
        };
        let mut tables: Vec<&CodeTable> = edition
            .codes
            .values()
            .map(|table| &**table)
            .filter(alike)
            .collect();
        tables.sort_by_key(|table| &table.id);
        return match tables.first() {
            Some(table) => (
                Some(("codes", table.id.clone())),
                Some(format!("same values as {}", table.id)),
            ),
            None => (
                None,
                Some(format!(
                    "values `{text}` are those of no code table: add one"
                )),
            ),
        };
    }
    if bare.starts_with("GB") || bare.contains("标准") {
        return (Some(("standard", text)), None);
    }
    (None, Some(format!("值域 `{text}` not understood")))
}

/// Lists of standards that every edition holds as a table.
const STANDARDS: [(&str, &str); 4] = [
    ("GB/T2260", "region"),
    ("GB/T4754", "industry"),
    ("GB/T12406", "currency"),
    ("GB/T2659", "country"),
];

/// `0:否;1:是` and the like.
fn listed(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text
        .split([';', ',', '、'])
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let pairs: Option<Vec<_>> = parts
        .map(|part| {
            let (code, name) = part.split_once([':', '-', '=', '.'])?;
            let code = code.trim();
            let is_code = !code.is_empty() && code.chars().all(|c| c.is_ascii_alphanumeric());
            is_code.then(|| (code.to_owned(), name.trim().to_owned()))
        })
        .collect();
    pairs.filter(|pairs| pairs.len() > 1)
}

/// What `计量单位` says, as it is written in a data file.
pub(super) fn unit(text: &str) -> Option<String> {
    Some(match text {
        "" => return None,
        "元" => "yuan".to_owned(),
        "万元" => "wan_yuan".to_owned(),
        _ => {
            if let Some(field) = text.strip_prefix("按 ") {
                return Some(format!("by:{field}"));
            }
            let mut units = sheets::UNITS.iter();
            units
                .find(|(_, name)| *name == text)
                .map_or(text, |(word, _)| *word)
                .to_owned()
        }
    })
}
