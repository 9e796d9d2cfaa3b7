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

/// The list with the standard's separator. Marks that also occur within names separate only where
/// neither semicolon is used.
pub(crate) fn joined(text: &str) -> String {
    let mut text = text.replace('；', ";");
    loop {
        let bare = text.trim_end_matches([';', ' ']);
        if bare.len() != text.len() {
            text.truncate(bare.len());
        }
        if text.contains(SEPARATOR) || !text.contains([',', '|', '，', '、']) {
            return text;
        }
        text = text.replace([',', '|', '，', '、'], ";");
    }
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
            ("甲;;乙", "甲;;乙"),
            (";;", ""),
        ] {
            assert_eq!(joined(written), canonical, "{written}");
            assert_eq!(joined(canonical), canonical, "{written}");
        }
    }

    #[test]
    fn arrays_of_plain_values_are_lists() {
        assert_eq!(from_json(r#"["a","b",3]"#).as_deref(), Some("a;b;3"));
        assert_eq!(from_json("[]").as_deref(), Some(""));
        assert_eq!(from_json(r#"[["a"]]"#), None);
        assert_eq!(from_json(r#"{"a":1}"#), None);
    }
}
