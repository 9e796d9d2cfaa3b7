//! Rules as data: a closed set of checks, each with the fields and figures that the data files give.
//!
//! A rule belongs to a data set. Field names of the data files are places here ([`FieldIndex`]);
//! fields of other data sets are named by [`Elsewhere`].

mod asked;
mod check;

use std::sync::Arc;

pub use check::{Bounds, Check, Days, GroupFigure, Limit, Near, Park, Scale};

use crate::normalize::items;
use crate::{DatasetCode, FieldIndex, IssueCode, Severity};

/// One rule of a data set.
#[derive(Debug)]
pub struct Rule {
    /// Stable identifier, for example `501.prefix`.
    pub id: Arc<str>,
    /// Whether a violation rejects.
    pub severity: Severity,
    /// Clause of the standard or law it rests on.
    pub clause: Arc<str>,
    /// What to tell people, in Chinese.
    pub zh: String,
    /// What to tell people, in English.
    pub en: String,
    /// When it is judged.
    pub stage: Stage,
    /// All must hold, or the rule does not apply.
    pub when: Vec<Condition>,
    /// A joined record must exist, or the rule does not apply.
    pub when_parent: Option<Join>,
    /// Where a joined record exists, the rule does not apply.
    pub unless: Option<Join>,
    /// What is checked.
    pub check: Check,
}

/// A rule that the engine holds by itself, from what the fields say: it has no [`Check`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageRule {
    /// Stable identifier, for example `all.required`.
    pub id: String,
    /// Codes of its findings.
    pub codes: Vec<IssueCode>,
    /// Clause of the standard or law it rests on.
    #[serde(default)]
    pub clause: Arc<str>,
    /// What must hold, in Chinese.
    pub zh: String,
    /// What must hold, in English.
    pub en: String,
}

/// When a rule can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// When the record arrives.
    #[default]
    Arrival,
    /// When everything that belongs to the deal has arrived: a count of bidders says nothing while the first
    /// of them is the only one. Never held against a record that arrives; judged over the stored records of a
    /// deal by [`crate::validate::judge_complete`]. `when_parent` says what shows that all have come.
    Complete,
}

/// A condition on fields of one record: of the judged one (`when`), or of one that it found (`where` of a join).
///
/// What is absent is not false: a field without a value, or with one that failed structure, satisfies none of the
/// conditions on values, neither `F = "1"` nor its contrary `F = ["0", "2"]`, and a rule under such a condition stays
/// silent. There is no `not`: a rule for all other values lists them, and one for records without a value asks for
/// `F = false`, which a value that failed structure does not satisfy either: it is there. `unless` is as careful: a rule
/// is waived where the other record is there, judged where it is known not to be, and silent where nobody knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The field holds one of the values (for lists: an item does). `F = "1"`, `F = ["1", "2"]`.
    In(FieldIndex, Vec<String>),
    /// The field is a number greater than this. `F = { greater = 90 }`.
    Greater(FieldIndex, f64),
    /// The field is a number less than this. `F = { less = 60 }`.
    Less(FieldIndex, f64),
    /// The field has this many characters. `F = { length = 18 }`.
    Length(FieldIndex, u32),
    /// The field is there. `F = true`.
    Present(FieldIndex),
    /// The field is not there. `F = false`.
    Absent(FieldIndex),
}

impl Condition {
    /// The field that it is about.
    pub fn field(&self) -> FieldIndex {
        match self {
            Condition::In(field, _)
            | Condition::Greater(field, _)
            | Condition::Less(field, _)
            | Condition::Length(field, _)
            | Condition::Present(field)
            | Condition::Absent(field) => *field,
        }
    }

    /// Whether it holds for a value: its canonical text where that is sound, and whether there is a value at all.
    pub(crate) fn holds(&self, text: Option<&str>, there: bool) -> bool {
        let number = || text?.parse::<f64>().ok();
        match self {
            Condition::In(_, values) => text.is_some_and(|text| {
                items(text).any(|item| values.iter().any(|value| value == item))
            }),
            Condition::Greater(_, bound) => number().is_some_and(|number| number > *bound),
            Condition::Less(_, bound) => number().is_some_and(|number| number < *bound),
            Condition::Length(_, length) => {
                text.is_some_and(|text| text.chars().count() == *length as usize)
            }
            Condition::Present(_) => there,
            Condition::Absent(_) => !there,
        }
    }
}

/// A field of another data set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Elsewhere {
    /// Number of the other data set.
    pub dataset: DatasetCode,
    /// Place of the field in it.
    pub field: FieldIndex,
    /// Places of further fields, for references of several fields.
    pub beside: Vec<FieldIndex>,
}

/// How records of another data set are joined to this one.
///
/// `ref = "503.URL", on = ["A:B", "C:D"], where = { F = "1" }, pick = "last"`, or where the record itself is
/// meant, `{ dataset = 503, on = ["A:B"], where = { F = "1" } }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The other data set.
    pub dataset: DatasetCode,
    /// (own field, field of the other) pairs; the first is the one looked up by, the others filter.
    /// A list field matches by each of its items.
    pub on: Vec<(FieldIndex, FieldIndex)>,
    /// The other record counts only where these hold of its fields.
    pub filter: Vec<Condition>,
    /// Which of several joined records is compared.
    pub pick: Pick,
}

/// Which of several joined records is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pick {
    /// Each of them.
    #[default]
    Every,
    /// One that satisfies is enough.
    Any,
    /// The one received first.
    First,
    /// The one received last.
    Last,
    /// The sum of them (numbers).
    Sum,
}

/// The other side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Another field of the record: `ref = "G"`.
    Field(FieldIndex),
    /// A field of a joined record: `ref = "503.G", on = ["A:B"]`.
    Joined(Join, FieldIndex),
    /// A fixed value: `value = "1"`.
    Value(String),
}
