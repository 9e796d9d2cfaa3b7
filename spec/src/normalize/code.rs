//! Names, words for yes and no, and other writings that stand for one code of a table.

use super::{Reason, region};
use crate::CodeTable;
use crate::codes::plain_name;

/// What a text that is no code of a table stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// This code, and why.
    Code(String, Reason),
    /// One of these: code and name.
    Several(Vec<String>),
    /// Nothing that is known.
    Unknown,
}

/// The listed code that a text stands for, if it is not in force itself and exactly one can be meant. A name comes before
/// the beginnings of a table: one of them may be empty, and take any text for a code.
pub(crate) fn read(table: &CodeTable, text: &str) -> Meaning {
    let is_region = table.id == "region";
    let code = |code: &str, why| Meaning::Code(code.to_owned(), why);
    if let Some(value) = table.values.get(text) {
        let successor = value.successor.as_deref().filter(|_| is_region);
        return match successor {
            Some(successor) => code(successor, Reason::RegionSuccessor),
            None => Meaning::Unknown,
        };
    }
    if let Some(named) = named(table, text) {
        let why = if is_region {
            Reason::RegionName
        } else {
            Reason::CodeName
        };
        return code(named, why);
    }
    if let Some(said) = truth(table, text) {
        return code(said, Reason::Boolean);
    }
    if let Some(whole) = text.strip_suffix(".0")
        && table.values.contains_key(whole)
    {
        return code(whole, Reason::Number);
    }
    if table.find(text).is_some() {
        return Meaning::Unknown;
    }
    if is_region {
        return region::read(table, text);
    }
    let upper = text.to_ascii_uppercase();
    if upper != text && table.values.contains_key(&upper) {
        return code(&upper, Reason::Case);
    }
    Meaning::Unknown
}

/// The code that a name stands for; a code written beside it must be the same.
pub(super) fn named<'t>(table: &'t CodeTable, text: &str) -> Option<&'t str> {
    let by_name = |name: &str| {
        let code = table.by_name.get(name);
        let code = code.or_else(|| table.by_name.get(&plain_name(name)));
        code.map(String::as_str)
    };
    if let Some(code) = by_name(text) {
        return Some(code);
    }
    let beside = |c: char| c.is_ascii_alphanumeric();
    let marks = |c: char| {
        matches!(
            c,
            ' ' | '-' | ':' | '.' | '|' | '(' | ')' | '[' | ']' | '_' | '/'
        )
    };
    let bare = text.trim_matches(marks);
    let (front, back) = (
        bare.trim_start_matches(beside),
        bare.trim_end_matches(beside),
    );
    for (name, written) in [
        (front, bare.strip_suffix(front)),
        (back, bare.strip_prefix(back)),
    ] {
        if let (Some(code), Some(written)) = (by_name(name.trim_matches(marks)), written)
            && written == code
        {
            return Some(code);
        }
    }
    None
}

/// Whether letters and digits are a name of the table, or a word for yes or no in it.
pub(super) fn is_word(table: &CodeTable, text: &str) -> bool {
    table.by_name.contains_key(text) || truth(table, text).is_some()
}

/// `true`, `Y`, `F` and the like for tables that say yes and no.
fn truth<'t>(table: &'t CodeTable, text: &str) -> Option<&'t str> {
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    let name = if is(["true", "t", "yes", "y"]) {
        "是"
    } else if is(["false", "f", "no", "n"]) {
        "否"
    } else {
        return None;
    };
    table.by_name.get(name).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::sample::{nested, value};

    #[test]
    fn booleans_and_names_are_codes_of_their_tables() {
        let repaired = |table: &CodeTable, text: &str| match read(table, text) {
            Meaning::Code(code, why) => Some((code, why)),
            Meaning::Several(_) | Meaning::Unknown => None,
        };
        let yes_no = nested("yes_no", &[("0", "否", None), ("1", "是", None)]);
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
        let mode = nested("mode", &[("A1", "公开招标", None)]);
        assert_eq!(
            repaired(&mode, "公开招标"),
            Some(("A1".to_owned(), Reason::CodeName))
        );
        assert_eq!(repaired(&mode, "a1"), Some(("A1".to_owned(), Reason::Case)));
        assert_eq!(repaired(&mode, "true"), None);
    }

    #[test]
    fn brackets_blanks_and_the_code_beside_do_not_hide_a_name() {
        let mut mode = nested(
            "mode",
            &[
                ("1", "公开招标（资格后审）", None),
                ("A2", "邀请招标", None),
            ],
        );
        mode.by_name
            .insert("公开招标(资格后审)".to_owned(), "1".to_owned());
        for (text, code) in [
            ("公开招标(资格后审)", "1"),
            ("公开招标 (资格后审)", "1"),
            ("A2 邀请招标", "A2"),
            ("A2-邀请招标", "A2"),
            ("邀请招标(A2)", "A2"),
            ("[A2]邀请招标", "A2"),
        ] {
            let found = read(&mode, text);
            assert_eq!(
                found,
                Meaning::Code(code.to_owned(), Reason::CodeName),
                "{text}"
            );
        }
        for text in ["1 邀请招标", "邀请", "A2邀请", ""] {
            assert_eq!(read(&mode, text), Meaning::Unknown, "{text}");
        }
    }

    #[test]
    fn names_are_read_also_where_a_table_takes_any_text() {
        let mut pay = nested("pay", &[("1", "资金", None), ("2", "银行保函", None)]);
        pay.prefixes.push((String::new(), value("其余值")));
        let code = |text: &str| match read(&pay, text) {
            Meaning::Code(code, _) => Some(code),
            Meaning::Several(_) | Meaning::Unknown => None,
        };
        assert_eq!(code("资金").as_deref(), Some("1"));
        assert_eq!(code("2.0").as_deref(), Some("2"));
        assert_eq!(code("1"), None);
        assert_eq!(code("支票"), None);
    }
}
