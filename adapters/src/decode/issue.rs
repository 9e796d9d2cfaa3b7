//! Findings about a record that cannot even be handed to the judge.

use std::borrow::Cow;

use spec::explain::edits;
use spec::{Dataset, Edition, Issue, IssueCode, Message, Severity};

/// Longer than any name of a data set.
const LONGEST: usize = 64;

/// A finding about a whole record.
pub(crate) fn issue(
    code: IssueCode,
    at: usize,
    found: &str,
    expected: impl Into<Message>,
    zh: impl Into<Cow<'static, str>>,
    en: impl Into<Cow<'static, str>>,
) -> Issue {
    let expected = expected.into();
    let expected_en = if expected.en == expected.zh {
        String::new()
    } else {
        expected.en.into_owned()
    };
    Issue {
        at: Some(at),
        found: cut(found),
        expected: expected.zh.into(),
        expected_en: expected_en.into(),
        ..Issue::new(code, Severity::Error, Message::new(zh, en))
    }
}

/// The record's own members are wrong.
pub(crate) fn shape(
    at: usize,
    found: &str,
    expected: impl Into<Message>,
    zh: &'static str,
    en: &'static str,
) -> Issue {
    issue(IssueCode::RecordShape, at, found, expected, zh, en)
}

/// The data set is not in the edition.
pub(crate) fn unknown_dataset(at: usize, name: &str, edition: &Edition) -> Issue {
    let near = nearest(edition, name);
    let (name, edition) = (cut(name), &edition.id);
    let mut issue = issue(
        IssueCode::DatasetUnknown,
        at,
        &name,
        (
            format!("规范版本 {edition} 中数据集的英文名或编号"),
            format!("column code or number of a data set of edition {edition}"),
        ),
        format!("规范版本 {edition} 中没有数据集“{name}”"),
        format!("edition {edition} has no data set `{name}`"),
    );
    issue.help = near.map(|near| {
        Message::new(
            format!("是否为“{}”（{}）？", near.name, near.id),
            format!("did you mean {}?", near.id),
        )
    });
    issue
}

/// The data set whose name is nearest, if one is near.
fn nearest<'e>(edition: &'e Edition, name: &str) -> Option<&'e Dataset> {
    let name = name.trim();
    let upper = name.to_ascii_uppercase();
    let distance = |set: &Dataset| edits(&set.id, &upper).min(edits(&set.name, name));
    let near = edition.datasets.iter().min_by_key(|set| distance(set))?;
    let length = name.chars().count();
    (length <= LONGEST && distance(near) <= (length / 4).clamp(1, 4)).then_some(near)
}

/// The source may not send the data set.
pub(crate) fn forbidden_dataset(at: usize, name: &str, source: &str, permitted: &str) -> Issue {
    issue(
        IssueCode::DatasetForbidden,
        at,
        name,
        permitted.to_owned(),
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
