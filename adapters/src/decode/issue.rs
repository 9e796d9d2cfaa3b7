//! Findings about a record that cannot even be handed to the judge.

use std::borrow::Cow;

use spec::{Issue, IssueCode, Message, Severity};

/// A finding about a whole record.
pub(crate) fn issue(
    code: IssueCode,
    at: usize,
    found: &str,
    expected: impl Into<String>,
    zh: impl Into<Cow<'static, str>>,
    en: impl Into<Cow<'static, str>>,
) -> Issue {
    Issue {
        at: Some(at),
        found: cut(found),
        expected: expected.into(),
        ..Issue::new(code, Severity::Error, Message::new(zh, en))
    }
}

/// The record's own members are wrong.
pub(crate) fn shape(
    at: usize,
    found: &str,
    expected: &str,
    zh: &'static str,
    en: &'static str,
) -> Issue {
    issue(IssueCode::RecordShape, at, found, expected, zh, en)
}

/// The data set is not in the edition.
pub(crate) fn unknown_dataset(at: usize, name: &str, edition: &str) -> Issue {
    let name = cut(name);
    issue(
        IssueCode::DatasetUnknown,
        at,
        &name,
        format!("column code or number of a data set of edition {edition}"),
        format!("规范版本 {edition} 中没有数据集“{name}”"),
        format!("edition {edition} has no data set `{name}`"),
    )
}

/// The source may not send the data set.
pub(crate) fn forbidden_dataset(at: usize, name: &str, source: &str, permitted: &str) -> Issue {
    issue(
        IssueCode::DatasetForbidden,
        at,
        name,
        permitted,
        format!("数据来源 {source} 无权报送数据集“{name}”"),
        format!("source {source} may not send data set `{name}`"),
    )
}

/// The beginning of a text, short enough to show.
pub(crate) fn cut(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
