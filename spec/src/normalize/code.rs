//! Names, booleans and paths of names that stand for one code of a table.

use super::Reason;
use crate::{CodeTable, CodeValue};

/// The listed code that a text which is not one stands for, and why, if there is exactly one. A name comes
/// before the beginnings of a table: one of them may be empty, and take any text for a code.
pub(crate) fn repaired(table: &CodeTable, text: &str) -> Option<(String, Reason)> {
    if table.values.contains_key(text) {
        return None;
    }
    if let Some(named) = named(table, text) {
        return Some(named);
    }
    if let Some(whole) = text.strip_suffix(".0")
        && table.values.contains_key(whole)
    {
        return Some((whole.to_owned(), Reason::Number));
    }
    if table.find(text).is_some() {
        return None;
    }
    if table.id == "region" {
        return region(table, text).map(|code| (code, Reason::RegionName));
    }
    let upper = text.to_ascii_uppercase();
    (upper != text && table.values.contains_key(&upper)).then_some((upper, Reason::Case))
}

/// The code that a name, or a word for yes or no, stands for.
fn named(table: &CodeTable, text: &str) -> Option<(String, Reason)> {
    if let Some(code) = table.by_name.get(text) {
        let region = table.id == "region";
        let why = if region {
            Reason::RegionName
        } else {
            Reason::CodeName
        };
        return Some((code.clone(), why));
    }
    truth(table, text).map(|code| (code, Reason::Boolean))
}

/// `true`, `false`, `T`, `F` for tables that say yes and no.
fn truth(table: &CodeTable, text: &str) -> Option<String> {
    let name = match text {
        "true" | "True" | "TRUE" | "T" => "是",
        "false" | "False" | "FALSE" | "F" => "否",
        _ => return None,
    };
    table.by_name.get(name).cloned()
}

/// Endings that people leave out of the names of regions.
const ENDINGS: [&str; 6] = ["", "省", "市", "自治区", "县", "区"];

/// A region by the path of its names: `江苏省,常州市`, `行政区:广西壮族 > 钦州市 > 灵山县`, `曲靖市本级`.
fn region(table: &CodeTable, text: &str) -> Option<String> {
    let path = text.rsplit(':').next().unwrap_or(text);
    let mut names = path
        .split([',', '>', '/', ' ', '-', '、', '·'])
        .map(|name| name.trim_end_matches("本级"))
        .filter(|name| !name.is_empty())
        .rev();
    let last = names.next()?;
    let above: Vec<&str> = names.collect();
    let full = ENDINGS.map(|ending| format!("{last}{ending}"));
    let current = |named: &dyn Fn(&CodeValue) -> bool| -> Vec<&String> {
        let fits = |value: &CodeValue| {
            value.valid_to.is_none() && named(value) && is_below(table, value, &above)
        };
        let rows = table.values.iter().filter(|(_, value)| fits(value));
        rows.map(|(code, _)| code).collect()
    };
    let exact = current(&|value| full.contains(&value.name));
    if let [code] = exact.as_slice() {
        return Some((*code).clone());
    }
    if !exact.is_empty() || last.chars().count() < 2 {
        return None;
    }
    // A name cut short (内蒙古, 阿拉善) stands for the highest region that begins with it.
    for level in ["province", "city"] {
        let of_level = |value: &CodeValue| value.level.as_deref() == Some(level);
        match current(&|value| of_level(value) && value.name.starts_with(last)).as_slice() {
            [] => {}
            [code] => return Some((*code).clone()),
            _ => return None,
        }
    }
    None
}

/// Whether the names stand in the chain of parents, nearest first (names may be shortened).
fn is_below(table: &CodeTable, value: &CodeValue, above: &[&str]) -> bool {
    let mut parent = value.parent.as_deref();
    let mut names = above.iter();
    let mut name = names.next();
    // A region has at most two parents; the bound only guards against a circle in the data.
    for _ in 0..4 {
        let (Some(wanted), Some(code)) = (name, parent) else {
            break;
        };
        let Some(value) = table.values.get(code) else {
            break;
        };
        if value.name.starts_with(wanted) {
            name = names.next();
        }
        parent = value.parent.as_deref();
    }
    name.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, parent: Option<&str>) -> CodeValue {
        CodeValue {
            name: name.to_owned(),
            known: true,
            valid_from: None,
            valid_to: None,
            successor: None,
            level: None,
            parent: parent.map(str::to_owned),
        }
    }

    fn table(id: &str, rows: &[(&str, &str, Option<&str>)]) -> CodeTable {
        let mut table = CodeTable {
            id: id.to_owned(),
            ..CodeTable::default()
        };
        for &(code, name, parent) in rows {
            table.values.insert(code.to_owned(), value(name, parent));
            table.by_name.insert(name.to_owned(), code.to_owned());
        }
        table
    }

    #[test]
    fn regions_are_found_by_name_and_path() {
        let mut regions = table(
            "region",
            &[
                ("320000", "江苏省", None),
                ("320100", "南京市", Some("320000")),
                ("320106", "鼓楼区", Some("320100")),
                ("320300", "徐州市", Some("320000")),
                ("320302", "鼓楼区", Some("320300")),
                ("152900", "阿拉善盟", None),
                ("500109", "北碚区", None),
            ],
        );
        if let Some(league) = regions.values.get_mut("152900") {
            league.level = Some("city".to_owned());
        }
        regions.by_name.remove("鼓楼区");
        for (text, code) in [
            ("江苏省", Some("320000")),
            ("江苏", Some("320000")),
            ("南京", Some("320100")),
            ("江苏省,徐州市", Some("320300")),
            ("行政区:江苏 > 徐州市 > 鼓楼区", Some("320302")),
            ("江苏省,南京市,鼓楼区", Some("320106")),
            ("南京市本级", Some("320100")),
            ("阿拉善", Some("152900")),
            ("北碚", Some("500109")),
            ("鼓楼区", None),
            ("浙江省,南京市", None),
            ("全国", None),
            ("", None),
        ] {
            let found = repaired(&regions, text);
            assert_eq!(found.as_ref().map(|found| found.0.as_str()), code, "{text}");
            assert!(found.is_none_or(|found| found.1 == Reason::RegionName));
        }
    }

    #[test]
    fn booleans_and_names_are_codes_of_their_tables() {
        let yes_no = table("yes_no", &[("0", "否", None), ("1", "是", None)]);
        assert_eq!(
            repaired(&yes_no, "true"),
            Some(("1".to_owned(), Reason::Boolean))
        );
        assert_eq!(
            repaired(&yes_no, "F"),
            Some(("0".to_owned(), Reason::Boolean))
        );
        assert_eq!(
            repaired(&yes_no, "否"),
            Some(("0".to_owned(), Reason::CodeName))
        );
        let mode = table("mode", &[("A1", "公开招标", None)]);
        assert_eq!(
            repaired(&mode, "公开招标"),
            Some(("A1".to_owned(), Reason::CodeName))
        );
        assert_eq!(repaired(&mode, "a1"), Some(("A1".to_owned(), Reason::Case)));
        assert_eq!(repaired(&mode, "true"), None);
    }

    #[test]
    fn names_are_read_also_where_a_table_takes_any_text() {
        let mut pay = table("pay", &[("1", "资金", None), ("2", "银行保函", None)]);
        pay.prefixes.push((String::new(), value("其余值", None)));
        let code = |text: &str| repaired(&pay, text).map(|found| found.0);
        assert_eq!(code("资金").as_deref(), Some("1"));
        assert_eq!(code("2.0").as_deref(), Some("2"));
        assert_eq!(code("1"), None);
        assert_eq!(code("支票"), None);
    }
}
