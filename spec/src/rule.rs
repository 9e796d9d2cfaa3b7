//! Rules as data: a closed set of checks, each with the fields and figures that the data files give.
//!
//! A rule belongs to a data set. Field names of the data files are places here ([`FieldIndex`]);
//! fields of other data sets are named by [`Elsewhere`].

use std::sync::Arc;

use crate::{DatasetCode, FieldIndex, IssueCode, Severity};

/// One rule of a data set.
#[derive(Debug)]
pub struct Rule {
    /// Stable identifier, for example `501.prefix`.
    pub id: Arc<str>,
    /// Whether a violation rejects.
    pub severity: Severity,
    /// Clause of the standard or law it rests on.
    pub clause: String,
    /// What to tell people, in Chinese.
    pub zh: String,
    /// What to tell people, in English.
    pub en: String,
    /// When it is judged.
    pub stage: Stage,
    /// All must hold, or the rule does not apply.
    pub when: Vec<Condition>,
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
    pub clause: String,
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
    /// of them is the only one. Never held against a single record.
    Complete,
}

/// A condition on the record's own fields. An absent field satisfies only `Absent`.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The field holds one of the values (for lists: an item does).
    In(FieldIndex, Vec<String>),
    /// The field is a number greater than this.
    Greater(FieldIndex, f64),
    /// The field is a number less than this.
    Less(FieldIndex, f64),
    /// The field has this many characters.
    Length(FieldIndex, u32),
    /// The field is there.
    Present(FieldIndex),
    /// The field is not there.
    Absent(FieldIndex),
}

/// A field of another data set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Elsewhere {
    /// Number of the other data set.
    pub dataset: DatasetCode,
    /// Place of the field in it.
    pub field: FieldIndex,
}

/// How records of another data set are joined to this one.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The other data set.
    pub dataset: DatasetCode,
    /// (own field, field of the other) pairs; the first is the one looked up by, the others filter.
    /// A list field matches by each of its items.
    pub on: Vec<(FieldIndex, FieldIndex)>,
    /// The other record counts only where these fields (its own) hold one of the values.
    pub filter: Vec<(FieldIndex, Vec<String>)>,
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
    /// Another field of the record.
    Field(FieldIndex),
    /// A field of a joined record.
    Joined(Join, FieldIndex),
    /// A fixed value.
    Value(String),
}

/// Bounds of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds {
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// The bounds themselves are outside.
    pub exclusive: bool,
    /// Compare amounts in yuan, by the unit of the field.
    pub in_yuan: bool,
}

/// What is checked. Closed: a new kind is added here, documented, and loaded in `load/rules.rs`.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "each kind is explained as a whole, its fields and figures there"
)]
pub enum Check {
    /// All of the fields must be filled. Example: an agency's name when tendering is entrusted.
    /// `parent` adds a condition on the joined record.
    RequiredIf {
        fields: Vec<FieldIndex>,
        parent: Option<(Join, FieldIndex, Vec<String>)>,
    },
    /// None of the fields may be filled.
    ForbiddenIf { fields: Vec<FieldIndex> },
    /// Between `min` and `max` of the fields are filled.
    OneOfRequired {
        fields: Vec<FieldIndex>,
        min: u32,
        max: u32,
    },
    /// All of the fields are filled, or none.
    AllOrNone { fields: Vec<FieldIndex> },
    /// The field equals the operand.
    Equals { field: FieldIndex, with: Operand },
    /// The field differs from the operand.
    NotEquals { field: FieldIndex, with: Operand },
    /// The field holds one of the values.
    InSet {
        field: FieldIndex,
        values: Vec<String>,
    },
    /// The number lies within the bounds.
    Range { field: FieldIndex, bounds: Bounds },
    /// The number is at most `ratio` times the operand; amounts are compared in yuan when `in_yuan`.
    AtMost {
        field: FieldIndex,
        with: Operand,
        ratio: f64,
        in_yuan: bool,
    },
    /// The field begins with the operand (each item of a list does).
    Prefix { field: FieldIndex, with: Operand },
    /// Characters `from` to `to` (from 1) of `within` are the value of `part`, hyphens left out.
    SubstringEquals {
        part: FieldIndex,
        within: FieldIndex,
        from: u32,
        to: u32,
    },
    /// The lists have the same number of items.
    ListSameLength { fields: Vec<FieldIndex> },
    /// The list has at least so many items.
    ListMinLength { field: FieldIndex, min: u32 },
    /// The number equals the number of items of the list.
    CountEquals { field: FieldIndex, list: FieldIndex },
    /// The number is the product of the factors within a relative tolerance; with `plus_percent` the last
    /// factor is a percentage added on top.
    ProductEquals {
        field: FieldIndex,
        factors: Vec<FieldIndex>,
        plus_percent: bool,
        tolerance: f64,
    },
    /// The instant is not before the operand; the coarser precision of both is compared.
    NotBefore { field: FieldIndex, with: Operand },
    /// The instant is not after the operand.
    NotAfter { field: FieldIndex, with: Operand },
    /// At least so many days lie between the operand (earlier) and the field.
    MinDaysBetween {
        field: FieldIndex,
        with: Operand,
        days: i64,
        workdays: bool,
    },
    /// At most so many days lie between the operand (earlier) and the field.
    MaxDaysBetween {
        field: FieldIndex,
        with: Operand,
        days: i64,
        workdays: bool,
    },
    /// The instant is not later than the time of receipt plus a tolerance.
    NotFuture {
        field: FieldIndex,
        skew_minutes: i64,
    },
    /// The last day of validity is not past at the time of receipt.
    NotExpired { field: FieldIndex },
    /// The record arrives within so many hours of its event.
    TimelinessHours { field: FieldIndex, hours: i64 },
    /// Characters `from` to `to` of the field are a region that exists (or once existed).
    RegionPrefix {
        field: FieldIndex,
        from: u32,
        to: u32,
    },
    /// The region is of one of these levels.
    RegionLevel {
        field: FieldIndex,
        levels: Vec<String>,
    },
    /// The date inside the unified deal code is not after the other field.
    DealDateNotAfter { deal: FieldIndex, field: FieldIndex },
    /// The platform that sent the record is registered for this source.
    SourceRegistered { field: FieldIndex },
    /// The value is the same in every version of the record (found by its other key fields).
    Immutable { field: FieldIndex },
    /// The instant does not go back between versions of the record.
    Monotone { field: FieldIndex },
    /// No other record (with the same `within`) holds the value.
    Unique {
        field: FieldIndex,
        within: Vec<FieldIndex>,
    },
    /// The value exists in one of the other data sets. `park`: wait for it.
    Reference {
        field: FieldIndex,
        to: Vec<Elsewhere>,
        park: Park,
    },
    /// A joined record exists.
    Exists { join: Join },
    /// No joined record exists.
    NotExists { join: Join },
    /// A field of the joined record holds one of the values (for lists: an item does).
    ParentHolds {
        join: Join,
        field: FieldIndex,
        values: Vec<String>,
    },
    /// At least so many different values stand in `field` of the joined records.
    MinCountOf {
        join: Join,
        field: FieldIndex,
        min: u32,
    },
    /// Over all records that share `group` (this one included): figures about `field`.
    Group {
        field: FieldIndex,
        group: Vec<FieldIndex>,
        figure: GroupFigure,
        unless: Option<Join>,
    },
}

/// What is counted over a group of records.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "each figure is explained as a whole, its bounds there"
)]
pub enum GroupFigure {
    /// At least so many different values.
    MinCount(u32),
    /// An odd number of values, and at least so many.
    Odd(u32),
    /// Between so many records hold the value.
    Flag { value: String, min: u32, max: u32 },
    /// The values are start, start+1, … without a gap.
    Sequence { start: i64 },
    /// Records that differ in `between` do not share the value.
    DistinctAcross { between: FieldIndex },
}

/// What a missing reference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Park {
    /// The record waits for the other one.
    Wait,
    /// It is kept with a warning.
    Warn,
}
