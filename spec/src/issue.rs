//! Findings: what is wrong with a record, where, and what was expected instead.
//!
//! Findings are values. A judge cannot fail; it reports.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Stable code of a finding. The closed list that vendors program against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IssueCode {
    /// The data set is not in the edition.
    #[serde(rename = "dataset.unknown")]
    DatasetUnknown,
    /// The source may not send this data set.
    #[serde(rename = "dataset.forbidden")]
    DatasetForbidden,
    /// A record's own members are wrong (action, flex, shape).
    #[serde(rename = "record.shape")]
    RecordShape,
    /// A required field is missing or empty.
    #[serde(rename = "field.required")]
    FieldRequired,
    /// A field that the data set does not have.
    #[serde(rename = "field.unknown")]
    FieldUnknown,
    /// A field that came twice in one record.
    #[serde(rename = "field.repeated")]
    FieldRepeated,
    /// An object or list where a plain value belongs.
    #[serde(rename = "field.type")]
    FieldType,
    /// Not of the format (number, date, characters, precision).
    #[serde(rename = "field.format")]
    FieldFormat,
    /// Too long, or not of the exact length.
    #[serde(rename = "field.length")]
    FieldLength,
    /// A repair would have to guess.
    #[serde(rename = "field.ambiguous")]
    FieldAmbiguous,
    /// Not a value of the code table.
    #[serde(rename = "code.unknown")]
    CodeUnknown,
    /// A value of the code table, outside its dates of validity.
    #[serde(rename = "code.expired")]
    CodeExpired,
    /// The code table is not confirmed by a public standard.
    #[serde(rename = "code.unverified")]
    CodeUnverified,
    /// Composition or check character of an identifier is wrong.
    #[serde(rename = "identifier.check")]
    IdentifierCheck,
    /// The record that this one refers to is not there.
    #[serde(rename = "reference.missing")]
    ReferenceMissing,
    /// A file that must travel with the record has not come.
    #[serde(rename = "attachment.missing")]
    AttachmentMissing,
    /// A file that came with the record is not taken; the record is judged without it.
    #[serde(rename = "attachment.refused")]
    AttachmentRefused,
    /// Other records refer to this one, which is to be taken back, or to lose the value that they refer to.
    #[serde(rename = "reference.held")]
    ReferenceHeld,
    /// Another record already holds this value, which must be unique.
    #[serde(rename = "key.duplicate")]
    KeyDuplicate,
    /// A value that must never change was changed.
    #[serde(rename = "key.changed")]
    KeyChanged,
    /// Two instants are in the wrong order.
    #[serde(rename = "time.order")]
    TimeOrder,
    /// The record came later after its event than the rule allows. The dates in it may all be right.
    #[serde(rename = "time.late")]
    TimeLate,
    /// A rule of the data set is violated; the issue names the rule.
    #[serde(rename = "rule.violated")]
    RuleViolated,
}

impl IssueCode {
    /// Every code, in the order of the stages that find them.
    pub const ALL: [IssueCode; 23] = [
        IssueCode::DatasetUnknown,
        IssueCode::DatasetForbidden,
        IssueCode::RecordShape,
        IssueCode::FieldRequired,
        IssueCode::FieldUnknown,
        IssueCode::FieldRepeated,
        IssueCode::FieldType,
        IssueCode::FieldFormat,
        IssueCode::FieldLength,
        IssueCode::FieldAmbiguous,
        IssueCode::CodeUnknown,
        IssueCode::CodeExpired,
        IssueCode::CodeUnverified,
        IssueCode::IdentifierCheck,
        IssueCode::ReferenceMissing,
        IssueCode::AttachmentMissing,
        IssueCode::AttachmentRefused,
        IssueCode::ReferenceHeld,
        IssueCode::KeyDuplicate,
        IssueCode::KeyChanged,
        IssueCode::TimeOrder,
        IssueCode::TimeLate,
        IssueCode::RuleViolated,
    ];

    /// The stable code as text.
    pub const fn name(self) -> &'static str {
        match self {
            IssueCode::DatasetUnknown => "dataset.unknown",
            IssueCode::DatasetForbidden => "dataset.forbidden",
            IssueCode::RecordShape => "record.shape",
            IssueCode::FieldRequired => "field.required",
            IssueCode::FieldUnknown => "field.unknown",
            IssueCode::FieldRepeated => "field.repeated",
            IssueCode::FieldType => "field.type",
            IssueCode::FieldFormat => "field.format",
            IssueCode::FieldLength => "field.length",
            IssueCode::FieldAmbiguous => "field.ambiguous",
            IssueCode::CodeUnknown => "code.unknown",
            IssueCode::CodeExpired => "code.expired",
            IssueCode::CodeUnverified => "code.unverified",
            IssueCode::IdentifierCheck => "identifier.check",
            IssueCode::ReferenceMissing => "reference.missing",
            IssueCode::AttachmentMissing => "attachment.missing",
            IssueCode::AttachmentRefused => "attachment.refused",
            IssueCode::ReferenceHeld => "reference.held",
            IssueCode::KeyDuplicate => "key.duplicate",
            IssueCode::KeyChanged => "key.changed",
            IssueCode::TimeOrder => "time.order",
            IssueCode::TimeLate => "time.late",
            IssueCode::RuleViolated => "rule.violated",
        }
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Kept and scored; does not reject.
    Warning,
    /// Rejects the record.
    Error,
}

/// Longest value that a finding or a change repeats, in characters.
const SHOWN: usize = 80;

/// Whether a value has the shape of a citizen's identity number or of a mobile phone: such a value is masked in
/// whatever field it was put.
pub fn names_a_person(text: &str) -> bool {
    let bytes = text.trim().as_bytes();
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    match bytes {
        [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 => digits(rest),
        [
            _,
            _,
            _,
            _,
            _,
            _,
            b'1' | b'2',
            b'0' | b'9',
            _,
            _,
            month,
            _,
            day,
            ..,
            last,
        ] if bytes.len() == 18 => {
            let (body, _) = bytes.split_at(17);
            digits(body)
                && matches!(month, b'0' | b'1')
                && matches!(day, b'0'..=b'3')
                && (last.is_ascii_digit() || matches!(last, b'X' | b'x'))
        }
        _ => false,
    }
}

/// A value as findings and changes may show it: personal values keep their first three and last two characters,
/// long ones are cut.
pub fn shown(text: &str, sensitivity: crate::Sensitivity) -> String {
    let length = text.chars().count();
    let masked = sensitivity == crate::Sensitivity::Personal || names_a_person(text);
    if !masked && length <= SHOWN {
        return text.to_owned();
    }
    let hidden = |place: usize| masked && (length <= 5 || (3..length - 2).contains(&place));
    let mut out: String = text
        .chars()
        .take(SHOWN)
        .enumerate()
        .map(|(place, c)| if hidden(place) { '*' } else { c })
        .collect();
    if length > SHOWN {
        out.push('…');
    }
    out
}

/// The same sentence for a clerk and for a vendor abroad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Chinese.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl<Z: Into<Cow<'static, str>>, E: Into<Cow<'static, str>>> From<(Z, E)> for Message {
    fn from((zh, en): (Z, E)) -> Self {
        Message::new(zh, en)
    }
}

/// What is the same in every language: a sign, a name.
impl From<&'static str> for Message {
    fn from(sign: &'static str) -> Self {
        Message::new(sign, sign)
    }
}

/// What is the same in every language: a value as it was found.
impl From<String> for Message {
    fn from(value: String) -> Self {
        Message::new(value.clone(), value)
    }
}

impl Message {
    /// Puts both together.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Message {
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Stable code.
    pub code: IssueCode,
    /// Identifier of the rule, for `rule.violated` and wherever a rule of the data files decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<Arc<str>>,
    /// Whether it rejects.
    pub severity: Severity,
    /// JSON Pointer into the record (RFC 6901); empty for the record as a whole.
    pub path: String,
    /// Document of a package that the place is in: a file of an archive, a sheet of a workbook. Empty where the
    /// source sent one document.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub part: String,
    /// Byte offset in the original document; turned into line and column where the document is at hand.
    #[serde(skip)]
    pub at: Option<usize>,
    /// Line in the original bytes, or row of the sheet, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// Column in the original bytes, counted in bytes, or column of the sheet, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u32>,
    /// What was found (masked where personal, cut when long).
    pub found: String,
    /// What was expected, in Chinese. Shared where it is the same for every value: warnings of unconfirmed lists are
    /// many.
    pub expected: Arc<str>,
    /// The same in English, where it is said in words.
    #[serde(skip_serializing_if = "str::is_empty", default)]
    pub expected_en: Arc<str>,
    /// Clause of the standard or law.
    #[serde(skip_serializing_if = "str::is_empty", default)]
    pub clause: Arc<str>,
    /// What to tell people.
    pub message: Message,
    /// What to do about it, where more can be said than what was expected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub help: Option<Message>,
    /// Other records that the finding is about too.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub related: Vec<Related>,
    /// Operations of a JSON Patch (RFC 6902) on the record as sent that remove the finding; only when nothing else
    /// can have been meant.
    #[serde(skip_serializing_if = "Option::is_none", default, alias = "repair")]
    pub patch: Option<serde_json::Value>,
}

impl Issue {
    /// A finding of which only this much is known.
    pub fn new(code: IssueCode, severity: Severity, message: Message) -> Self {
        Issue {
            code,
            rule: None,
            severity,
            path: String::new(),
            part: String::new(),
            at: None,
            line: None,
            column: None,
            found: String::new(),
            expected: Arc::default(),
            expected_en: Arc::default(),
            clause: Arc::default(),
            message,
            help: None,
            related: Vec::new(),
            patch: None,
        }
    }
}

/// Another record that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Column code of its data set.
    pub dataset: String,
    /// Its business key, parts joined with `|`, personal parts masked.
    pub key: String,
    /// JSON Pointer to the value that matters, if one does.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub path: String,
    /// That value (masked where personal, cut when long).
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub found: String,
    /// Receipt of the submission that brought it, where that is known; none for one that came with this very record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt: Option<String>,
    /// Its place in that submission, from 0.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record: Option<u32>,
    /// The store's number of it; whoever keeps the store turns it into receipt and place.
    #[serde(skip)]
    pub id: i64,
}

/// All findings of one record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order in which the stages found them.
    pub issues: Vec<Issue>,
}

impl Report {
    /// Whether a finding rejects the record.
    pub fn rejects(&self) -> bool {
        self.issues
            .iter()
            .any(|issue| issue.severity == Severity::Error)
    }
}

/// What became of a record 判定.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Without a finding.
    Accepted,
    /// Kept, with findings that do not reject.
    AcceptedWithWarnings,
    /// Right in itself, waiting for the record that it refers to 待关联.
    Parked,
    /// The same record, byte for byte, is already held.
    Duplicate,
    /// Not kept.
    Rejected,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sensitivity::{Personal, Public};

    #[test]
    fn personal_values_are_masked_and_long_ones_cut() {
        assert_eq!(shown("320102190101010017", Personal), "320*************17");
        assert_eq!(shown("12345", Personal), "*****");
        // In whatever field they were put.
        assert_eq!(shown("320102199003071231", Public), "320*************31");
        assert_eq!(shown("13912345678", Public), "139******78");
        assert_eq!(shown("91320100TEXT00017N", Public), "91320100TEXT00017N");
        assert_eq!(shown("南京市", Public), "南京市");
        assert_eq!(shown(&"长".repeat(81), Public), "长".repeat(80) + "…");
        assert!(shown(&"长".repeat(500), Personal).starts_with("长长长**"));
        assert!(shown(&"长".repeat(500), Personal).ends_with("*…"));
    }
}
