//! Code tables 代码集: closed lists of values, with names, status and dates of validity.

use std::sync::{Arc, OnceLock};

use foldhash::HashMap;

use crate::likeness::Sketch;
use crate::normalize::half_width;

/// A closed list of values.
#[derive(Debug, Default)]
pub struct CodeTable {
    /// Identifier, for example `tender_mode`.
    pub id: String,
    /// Values by code.
    pub values: HashMap<String, CodeValue>,
    /// Values that stand for every code with this beginning (`A08*`); an empty beginning accepts all.
    pub prefixes: Vec<(String, CodeValue)>,
    /// Code by name, as it is listed and as [`plain_name`] makes it, for senders that write names; names that stand for
    /// two codes are left out.
    pub by_name: HashMap<String, String>,
    /// The first values as findings list them, once one did (sorting a long table costs more than judging a record):
    /// with their names for Chinese, bare for English.
    pub listed: OnceLock<(Arc<str>, Arc<str>)>,
    /// What is expected instead of a value that no public standard confirms: Chinese, English.
    pub confirmed: OnceLock<(Arc<str>, Arc<str>)>,
    /// What its values look like, once one was not found.
    pub(crate) alike: OnceLock<Vec<Likeness>>,
}

/// What a value of a table looks like.
#[derive(Debug)]
pub(crate) struct Likeness {
    pub code: String,
    pub name: String,
    /// Of the name.
    pub sketch: Sketch,
}

/// One value of a code table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeValue {
    /// Chinese name.
    pub name: String,
    /// Whether a public standard confirms it.
    pub known: bool,
    /// First day on which it may be used, `yyyyMMdd`.
    pub valid_from: Option<String>,
    /// Last day on which it may be used, `yyyyMMdd`.
    pub valid_to: Option<String>,
    /// Code that replaced it.
    pub successor: Option<String>,
    /// Level in a hierarchy (`province`, `city`, `county` for regions; `section` to `class` for industries).
    pub level: Option<String>,
    /// Code that it belongs to.
    pub parent: Option<String>,
}

impl CodeTable {
    /// The value that a code stands for: itself, or by its beginning.
    pub fn find(&self, code: &str) -> Option<&CodeValue> {
        self.values.get(code).or_else(|| {
            self.prefixes
                .iter()
                .find(|(beginning, _)| code.starts_with(beginning.as_str()))
                .map(|(_, value)| value)
        })
    }

    /// What its values look like, in the order of their codes.
    pub(crate) fn likenesses(&self) -> &[Likeness] {
        self.alike.get_or_init(|| {
            let rows = self.values.iter().map(|(code, value)| Likeness {
                code: code.clone(),
                name: value.name.clone(),
                sketch: Sketch::of(&value.name),
            });
            let mut rows: Vec<Likeness> = rows.collect();
            rows.sort_unstable_by(|a, b| a.code.cmp(&b.code));
            rows
        })
    }

    /// Whether every value of the list is confirmed; an unknown code of such a table is an error,
    /// of any other a warning.
    pub fn is_closed(&self) -> bool {
        self.prefixes.is_empty() && self.values.values().all(|value| value.known)
    }
}

/// A name as it is looked up: half-width, without blanks and quotation marks.
pub(crate) fn plain_name(name: &str) -> String {
    name.chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '“' | '”'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, known: bool) -> CodeValue {
        CodeValue {
            name: name.to_owned(),
            known,
            valid_from: None,
            valid_to: None,
            successor: None,
            level: None,
            parent: None,
        }
    }

    #[test]
    fn a_code_is_found_by_itself_and_then_by_its_beginning() {
        let mut table = CodeTable::default();
        table.values.insert("A1".to_owned(), value("own", true));
        assert!(table.is_closed());
        let name = |table: &CodeTable, code: &str| table.find(code).map(|v| v.name.clone());
        assert_eq!(name(&table, "A1").as_deref(), Some("own"));
        assert_eq!(name(&table, "A2"), None);

        table.prefixes = vec![
            ("A".to_owned(), value("beginning", true)),
            (String::new(), value("any", false)),
        ];
        assert_eq!(name(&table, "A1").as_deref(), Some("own"));
        assert_eq!(name(&table, "A2").as_deref(), Some("beginning"));
        assert_eq!(name(&table, "B2").as_deref(), Some("any"));
        assert!(!table.is_closed(), "beginnings leave it open");
    }

    #[test]
    fn an_unconfirmed_value_leaves_a_table_open() {
        let mut table = CodeTable::default();
        table.values.insert("1".to_owned(), value("sure", true));
        table.values.insert("2".to_owned(), value("guess", false));
        assert!(!table.is_closed());
    }
}
