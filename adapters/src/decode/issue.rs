//! Findings about a record that cannot even be handed to the judge.

use std::borrow::Cow;

use spec::explain::edits;
use spec::{Dataset, Edition, Issue, IssueCode, Message, Severity};

/// Longer than any name of a data set, in bytes.
const LONGEST: usize = 192;

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
    if name.len() > LONGEST {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let most = (name.chars().count() / 4).clamp(1, 4);
    let near = |set: &'e Dataset| {
        let of_id = edits(&set.id, &upper, most);
        let of_name = edits(&set.name, name, most);
        Some((of_id.into_iter().chain(of_name).min()?, set))
    };
    let sets = edition.datasets.iter().filter_map(near);
    sets.min_by_key(|near| near.0).map(|(_, set)| set)
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
