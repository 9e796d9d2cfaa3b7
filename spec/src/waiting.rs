//! What a parked record waits for, in words: kept with it, shown to people, and the reason of its rejection when
//! the other record never comes. Whether a record waits is decided in `validate`; nothing here reads a clock.

use serde::{Deserialize, Serialize};

use crate::issue::shown;
use crate::normalize::items;
use crate::{Edition, Issue, IssueCode, Lookup, Message, Normalized, Sensitivity, Severity};

/// Where a record that is waited for may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Column code of the data set.
    pub dataset: String,
    /// Its Chinese name.
    pub name: String,
    /// Column code of the field that must hold the value; several joined with `|` for a key of parts.
    pub field: String,
}

/// One value that must stand in another record before this one can go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// JSON Pointer to the own field that holds the value; empty when no single field does.
    pub path: String,
    /// The rule that makes the record wait.
    pub rule: Option<String>,
    /// The value itself, not masked.
    pub value: String,
    /// Whether the value is shown masked only.
    pub personal: bool,
    /// Any of these will do.
    pub places: Vec<Place>,
    /// A file is waited for, in the slot that `places` names: any of the codes under which it may come. Empty where a
    /// record is waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachment: Vec<String>,
}

impl Awaited {
    /// The value as it may be shown.
    pub fn shown(&self) -> String {
        let sensitivity = if self.personal {
            Sensitivity::Personal
        } else {
            Sensitivity::Public
        };
        shown(&self.value, sensitivity)
    }
}

/// Puts into words what a record waits for: the look-ups and findings that the judge gave.
pub fn awaited(
    edition: &Edition,
    record: &Normalized<'_, '_>,
    waits: &[Lookup],
    issues: &[Issue],
) -> Vec<Awaited> {
    let mut all: Vec<Awaited> = Vec::new();
    for lookup in waits {
        let value = lookup.value.replace('\u{1f}', "|");
        let Some(place) = place(edition, lookup) else {
            continue;
        };
        if let Some(same) = all.iter_mut().find(|other| other.value == value) {
            same.places.push(place);
            continue;
        }
        let finding = issues.iter().find(|issue| {
            let field = record
                .dataset
                .field_index(issue.path.trim_start_matches('/'));
            let text = field.and_then(|field| record.text(field));
            issue.code == IssueCode::ReferenceMissing
                && text.is_some_and(|text| items(text).any(|item| item == lookup.value))
        });
        let path = finding.map_or_else(String::new, |issue| issue.path.clone());
        let field = record.dataset.field_index(path.trim_start_matches('/'));
        let field = field.and_then(|field| record.dataset.field(field));
        all.push(Awaited {
            rule: finding.and_then(|issue| issue.rule.as_deref().map(str::to_owned)),
            personal: field.is_some_and(|field| field.sensitivity == Sensitivity::Personal),
            path,
            value,
            places: vec![place],
            attachment: Vec::new(),
        });
    }
    all
}

fn place(edition: &Edition, lookup: &Lookup) -> Option<Place> {
    let dataset = edition.by_code(lookup.dataset)?;
    let name = |field| dataset.field(field).map(|field| field.id.as_str());
    let fields: Vec<&str> = match lookup.field {
        Some(field) => name(field).into_iter().collect(),
        None => dataset
            .key
            .iter()
            .filter_map(|&field| name(field))
            .collect(),
    };
    Some(Place {
        dataset: dataset.id.clone(),
        name: dataset.name.clone(),
        field: fields.join("|"),
    })
}

/// The finding that rejects a record whose time to wait is over. `since` and `deadline` as people read them.
pub fn overdue(awaited: &Awaited, since: &str, deadline: &str) -> Issue {
    if !awaited.attachment.is_empty() {
        return crate::attachment::overdue(awaited, since, deadline);
    }
    let said = |between: &str, how: fn(&Place) -> String| {
        let places: Vec<String> = awaited.places.iter().map(how).collect();
        places.join(between)
    };
    let zh = said("或", |place| {
        format!("“{}”（{}）", place.name, place.field)
    });
    let en = said(" or ", |place| format!("{}.{}", place.dataset, place.field));
    let value = awaited.shown();
    let message = Message::new(
        format!("自{since}起等待{zh}中值为“{value}”的记录，至期限{deadline}仍未收到，本记录退回"),
        format!(
            "waited since {since} for a record with {en} = “{value}”, which had not come by {deadline}: rejected"
        ),
    );
    let mut issue = Issue::new(IssueCode::ReferenceMissing, Severity::Error, message);
    issue.rule = awaited.rule.as_deref().map(Into::into);
    issue.path.clone_from(&awaited.path);
    issue.expected = format!("{deadline}前收到{zh}中值为“{value}”的记录").into();
    issue.found = value;
    issue.help = Some(Message::new(
        "请先报送被引用的记录，再重新报送本记录",
        "send the record that is referred to, then this one again",
    ));
    issue
}
