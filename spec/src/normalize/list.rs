//! Lists of values in one field: joined with half-width `;`, whatever the sender put between them.

use crate::{Check, Dataset, Field};

/// The standard's separator.
pub(crate) const SEPARATOR: char = ';';

/// Whether a text may hold another separator than the standard's, or an empty item.
pub(crate) fn is_loose(text: &str) -> bool {
    text.starts_with(SEPARATOR)
        || text.ends_with(SEPARATOR)
        || text.contains(";;")
        || text.contains([',', '|', '；', '，', '、'])
}

/// What senders put between values in place of the semicolon.
const MARKS: [char; 4] = [',', '|', '，', '、'];

/// The list with semicolons in place of those marks that stand outside of brackets: 医院（第一医院、中医院） is one name.
fn separated(text: &str) -> String {
    let mut depth = 0_u32;
    let mark = |c: char| {
        match c {
            '(' | '（' | '[' | '【' | '《' => depth += 1,
            ')' | '）' | ']' | '】' | '》' => depth = depth.saturating_sub(1),
            _ if depth == 0 && MARKS.contains(&c) => return SEPARATOR,
            _ => {}
        }
        c
    };
    text.chars().map(mark).collect()
}

/// The list with the standard's separator. Marks that also occur within names separate only where
/// neither semicolon is used; blanks and slashes only where `sound` finds a value on every side of them.
pub(crate) fn joined(text: &str, sound: &dyn Fn(&str) -> bool) -> String {
    let mut text = text.replace('；', ";");
    loop {
        let bare = text.trim_end_matches([';', ' ']);
        if bare.len() != text.len() {
            text.truncate(bare.len());
        }
        if text.contains(SEPARATOR) || sound(&text) {
            return text;
        }
        let apart = separated(&text);
        if apart == text {
            break;
        }
        text = apart;
    }
    for mark in [' ', '/'] {
        let items: Vec<&str> = text.split(mark).filter(|item| !item.is_empty()).collect();
        if items.len() > 1 && items.iter().all(|item| sound(item)) {
            return items.join(";");
        }
    }
    text
}

/// The list with semicolons in place of line breaks.
pub(crate) fn without_breaks(text: &str) -> String {
    let lines = text.split(['\n', '\r']).map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    if lines.len() < 2 {
        return text.to_owned();
    }
    let bare = |line: &&str| {
        line.trim_end_matches([';', '；', ',', '，', '、'])
            .to_owned()
    };
    lines.iter().map(bare).collect::<Vec<_>>().join(";")
}

/// Whether an empty item of the list keeps the place of those behind it: a rule counts the items of several
/// lists against each other. In any other list it says nothing.
pub(crate) fn keeps_places(dataset: &Dataset, place: usize) -> bool {
    dataset.rules.iter().any(|rule| match &rule.check {
        Check::ListSameLength { fields } => fields.iter().any(|&field| usize::from(field) == place),
        _ => false,
    })
}

/// The list without its empty items.
pub(crate) fn closed_up(text: &str) -> String {
    items(text).collect::<Vec<_>>().join(";")
}

/// The items of a JSON array of plain values, written as a list; none if anything else is inside.
pub(crate) fn from_json(raw: &str) -> Option<String> {
    let items = serde_json::from_str::<Vec<serde_json::Value>>(raw).ok()?;
    let mut list = String::new();
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            list.push(SEPARATOR);
        }
        match item {
            serde_json::Value::String(text) => list.push_str(&text),
            serde_json::Value::Number(number) => list.push_str(&number.to_string()),
            _ => return None,
        }
    }
    Some(list)
}

/// The items of a canonical list that are not empty.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(SEPARATOR).filter(|item| !item.is_empty())
}

/// The items of a list that are not empty; the whole text of any other field.
pub(crate) fn parts<'t>(field: &Field, text: &'t str) -> impl Iterator<Item = &'t str> {
    let is_list = field.list;
    text.split(move |c| is_list && c == SEPARATOR)
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_become_one() {
        for (written, canonical) in [
            ("甲；乙", "甲;乙"),
            ("甲,乙", "甲;乙"),
            ("甲，乙", "甲;乙"),
            ("甲、乙", "甲;乙"),
            ("甲|乙", "甲;乙"),
            ("甲;乙;", "甲;乙"),
            ("甲,乙;", "甲;乙"),
            ("甲（一、二期）；乙", "甲（一、二期）;乙"),
            ("甲（一、二期）、乙", "甲（一、二期）;乙"),
            ("甲（一、二期）", "甲（一、二期）"),
            ("甲;;乙", "甲;;乙"),
            (";;", ""),
        ] {
            assert_eq!(joined(written, &|_| false), canonical, "{written}");
            assert_eq!(joined(canonical, &|_| false), canonical, "{written}");
        }
    }

    #[test]
    fn blanks_and_slashes_separate_only_sound_values() {
        let sound = |text: &str| matches!(text, "E1" | "E2" | "甲、乙");
        assert_eq!(joined("E1 E2", &sound), "E1;E2");
        assert_eq!(joined("E1/E2", &sound), "E1;E2");
        assert_eq!(joined("甲、乙", &sound), "甲、乙");
        assert_eq!(joined("甲/E2", &sound), "甲/E2");
        assert_eq!(without_breaks("甲\r\n乙；\n\n丙"), "甲;乙;丙");
        assert_eq!(without_breaks("甲\n"), "甲\n");
    }

    #[test]
    fn arrays_of_plain_values_are_lists() {
        assert_eq!(from_json(r#"["a","b",3]"#).as_deref(), Some("a;b;3"));
        assert_eq!(from_json("[]").as_deref(), Some(""));
        assert_eq!(from_json(r#"[["a"]]"#), None);
        assert_eq!(from_json(r#"{"a":1}"#), None);
    }
}
