//! The kinds of check, a closed set: each with the fields and figures that the data files give, and how it is
//! written there.

use super::{Elsewhere, Join, Operand};
use crate::FieldIndex;

/// Bounds of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds {
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// The least value itself is outside.
    pub above_min: bool,
    /// The greatest value itself is outside.
    pub below_max: bool,
    /// Compare amounts in yuan, by the unit of the field.
    pub in_yuan: bool,
}

/// How near two equal values must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Near {
    /// The same text (of a list: a common item).
    Same,
    /// Numbers whose difference is at most this: `tolerance = 0.01`, `in_yuan = true`.
    Figure {
        /// Greatest difference, in the unit of the field; in yuan where asked for.
        tolerance: f64,
        /// Amounts are brought to yuan by their units.
        in_yuan: bool,
    },
    /// Instants that are at most so many minutes apart: `tolerance_minutes = 60`.
    Minutes(i64),
}

/// How two figures are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Factor of the other side: `ratio = 1.1`.
    pub ratio: f64,
    /// Difference that is forgiven: `tolerance = 0.01`, in yuan where so compared.
    pub tolerance: f64,
    /// Amounts are brought to yuan by their units: `in_yuan = true`.
    pub in_yuan: bool,
}

/// A number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// `days = 20`.
    Fixed(i64),
    /// It stands in a field of the record: `days_ref = "G"`.
    Own(FieldIndex),
    /// It stands in a field of the joined record that is compared with: `days_ref = "504.G"`.
    Joined(FieldIndex),
}

/// What a figure over a group is held against.
#[derive(Debug, Clone, PartialEq)]
pub enum Limit {
    /// `max = 100`.
    Fixed(f64),
    /// A field of a joined record: `ref = "600.N", on = ["A:B"]`.
    Joined(Join, FieldIndex),
}

/// What is checked. Closed: a new kind is added here, documented with its TOML, and loaded in `load/checks.rs` or
/// `load/among.rs`. The members `when`, `when_parent`, `unless` and `stage` go with every kind.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "each kind is explained as a whole, its fields and figures there"
)]
pub enum Check {
    /// All of the fields must be filled. An agency's name when tendering is entrusted:
    /// `check = "required_if", fields = ["AGENCY_NAME"], when = { FORM = "2" }`.
    RequiredIf { fields: Vec<FieldIndex> },
    /// None of the fields may be filled:
    /// `check = "forbidden_if", fields = ["AGENCY_NAME"], when = { FORM = "1" }`.
    ForbiddenIf { fields: Vec<FieldIndex> },
    /// Between `min` and `max` of the fields are filled (at least one, where no figure is given):
    /// `check = "one_of_required", fields = ["AMOUNT", "OTHER_PRICE"], min = 1, max = 1`.
    OneOfRequired {
        fields: Vec<FieldIndex>,
        min: u32,
        max: u32,
    },
    /// All of the fields are filled, or none: `check = "all_or_none", fields = ["CODE", "NAME"]`.
    AllOrNone { fields: Vec<FieldIndex> },
    /// The field equals the operand: `check = "equals", fields = ["ROLE"], value = "01"`, or
    /// `fields = ["PRICE"], ref = "507.PRICE", on = ["SECTION:SECTION"], tolerance = 0.01, in_yuan = true`, or
    /// `fields = ["OPENED"], ref = "503.OPEN_TIME", on = ["PROJECT:PROJECT"], tolerance_minutes = 60`.
    Equals {
        field: FieldIndex,
        with: Operand,
        near: Near,
    },
    /// The field differs from the operand: `check = "not_equals", fields = ["AGENCY"], ref = "TENDERER"`.
    NotEquals { field: FieldIndex, with: Operand },
    /// The field (each item of a list) holds one of the values:
    /// `check = "in_set", fields = ["TYPE"], values = ["1", "2", "9"]`.
    InSet {
        field: FieldIndex,
        values: Vec<String>,
    },
    /// The field holds none of the values: `check = "not_in_set", fields = ["KIND"], values = ["保留"]`.
    NotInSet {
        field: FieldIndex,
        values: Vec<String>,
    },
    /// The number lies within the bounds: `check = "range", fields = ["N"], min = 0, max = 100,
    /// exclusive_min = true`; `exclusive = true` leaves out every bound given; `in_yuan = true` for amounts.
    Range { field: FieldIndex, bounds: Bounds },
    /// The number is odd, and at least `min`: `check = "odd_number", fields = ["PANEL"], min = 5`.
    OddNumber { field: FieldIndex, min: u32 },
    /// The number is at most `ratio` times the operand: `check = "at_most", fields = ["SETTLED"],
    /// ref = "512.PRICE", on = ["SECTION:SECTION"], ratio = 1.1, tolerance = 0.01, in_yuan = true`.
    AtMost {
        field: FieldIndex,
        with: Operand,
        scale: Scale,
    },
    /// The number is at least `ratio` times the operand: `check = "at_least", fields = ["DEAL_PRICE"],
    /// ref = "START_PRICE", in_yuan = true`.
    AtLeast {
        field: FieldIndex,
        with: Operand,
        scale: Scale,
    },
    /// The field begins with the operand (each item of a list does):
    /// `check = "prefix", fields = ["TENDER_CODE"], ref = "PROJECT_CODE"`.
    Prefix { field: FieldIndex, with: Operand },
    /// Characters `chars` (from 1) of `within` are the value of the field, hyphens left out:
    /// `check = "substring_equals", fields = ["ORG_CODE"], within = "USCC", chars = [9, 17]`.
    SubstringEquals {
        part: FieldIndex,
        within: FieldIndex,
        from: u32,
        to: u32,
    },
    /// The lists have the same number of items: `check = "list_same_length", fields = ["CODES", "NAMES"]`.
    ListSameLength { fields: Vec<FieldIndex> },
    /// The list has at least so many items: `check = "list_min_length", fields = ["NAMES"], min = 2`.
    ListMinLength { field: FieldIndex, min: u32 },
    /// The number equals the number of items of the list: `check = "count_equals", fields = ["N"], list = "CODES"`.
    CountEquals { field: FieldIndex, list: FieldIndex },
    /// The number equals the number of joined records: `check = "count_equals", fields = ["ROWS"], child = 1106,
    /// on = ["ID:ID"], stage = "complete"`.
    CountJoined { field: FieldIndex, join: Join },
    /// The terms add up to the total: `check = "sum_equals", fields = ["TOTAL"], terms = ["A", "B"],
    /// tolerance = 0.01`, or to a figure: `fields = ["A", "B", "C"], total = 100`. Silent where one is absent.
    SumEquals {
        total: Operand,
        terms: Vec<FieldIndex>,
        tolerance: f64,
    },
    /// The number is the product of the factors within a relative tolerance: `check = "product_equals",
    /// fields = ["TOTAL"], factors = ["PRICE", "QUANTITY"], tolerance = 0.01`; with `plus_percent = true` the last
    /// factor is a percentage added on top.
    ProductEquals {
        field: FieldIndex,
        factors: Vec<FieldIndex>,
        plus_percent: bool,
        tolerance: f64,
    },
    /// The instant is not before the operand; the coarser precision of both is compared:
    /// `check = "not_before", fields = ["END"], ref = "START"`.
    NotBefore { field: FieldIndex, with: Operand },
    /// The instant is not after the operand: `check = "not_after", fields = ["BID_TIME"], ref = "503.DEADLINE",
    /// on = ["PROJECT:PROJECT"], pick = "last"`.
    NotAfter { field: FieldIndex, with: Operand },
    /// At least so many days lie between the operand (earlier) and the field: `check = "min_days_between",
    /// fields = ["DEADLINE"], ref = "START", days = 20`; `days_ref` takes the figure from a field,
    /// `workdays = true` counts by the calendar of the edition.
    MinDaysBetween {
        field: FieldIndex,
        with: Operand,
        days: Days,
        workdays: bool,
    },
    /// At most so many days lie between the operand (earlier) and the field: `check = "max_days_between",
    /// fields = ["SIGNED"], ref = "513.SENT", on = ["SECTION:SECTION"], days = 30`.
    MaxDaysBetween {
        field: FieldIndex,
        with: Operand,
        days: Days,
        workdays: bool,
    },
    /// The instant is not later than the time of receipt plus a tolerance:
    /// `check = "not_future", fields = ["STAMP"], skew_minutes = 10`.
    NotFuture {
        field: FieldIndex,
        skew_minutes: i64,
    },
    /// The last day of validity is not past at the time of receipt: `check = "not_expired", fields = ["VALID_TO"]`.
    NotExpired { field: FieldIndex },
    /// The record arrives within so many hours of its event: `check = "timeliness_hours", fields = ["@time"],
    /// hours = 48`; with `workdays = true` days off do not count.
    TimelinessHours {
        field: FieldIndex,
        hours: i64,
        workdays: bool,
    },
    /// Characters `chars` of the field are a region that exists (or once existed):
    /// `check = "region_prefix", fields = ["PROJECT_CODE"], chars = [2, 7]`.
    RegionPrefix {
        field: FieldIndex,
        from: u32,
        to: u32,
    },
    /// The region is of one of these levels:
    /// `check = "region_level", fields = ["REGION"], levels = ["province", "city"]`.
    RegionLevel {
        field: FieldIndex,
        levels: Vec<String>,
    },
    /// The date inside the unified deal code is not after the other field:
    /// `check = "deal_date_not_after", fields = ["@deal"], ref = "STAMP"`.
    DealDateNotAfter { deal: FieldIndex, field: FieldIndex },
    /// The platform that sent the record is registered for this source:
    /// `check = "source_registered", fields = ["PLATFORM_CODE"]`.
    SourceRegistered { field: FieldIndex },
    /// The record came with an attachment, of one of these file endings where any are named:
    /// `check = "attachment_required", formats = ["pdf"]`. Only what the message says of its attachments is seen:
    /// a way in that carries none says nothing, and the content of a file is not looked at.
    AttachmentRequired { formats: Vec<String> },
    /// The value is the same in every version of the record (found by its other key fields):
    /// `check = "immutable", fields = ["CODE"]`.
    Immutable { field: FieldIndex },
    /// The instant does not go back between versions of the record: `check = "monotone", fields = ["STAMP"]`.
    Monotone { field: FieldIndex },
    /// No other record (with the same `within`) holds the value:
    /// `check = "unique", fields = ["RANK"], within = ["SECTION"]`.
    Unique {
        field: FieldIndex,
        within: Vec<FieldIndex>,
    },
    /// The value exists in one of the other data sets: `check = "reference", fields = ["SECTION"],
    /// to = ["502.SECTION", "802.SECTION"], wait = true`. Several fields must agree with one record:
    /// `fields = ["SECTION", "BIDDER"], to = ["507.SECTION+507.BIDDER"]`. With `wait` the record is parked.
    Reference {
        field: FieldIndex,
        /// Further fields that must agree with the same record.
        beside: Vec<FieldIndex>,
        to: Vec<Elsewhere>,
        park: Park,
    },
    /// A joined record exists: `check = "exists", fields = ["SECTION"], ref = "510.SECTION"`.
    Exists { join: Join },
    /// No joined record exists:
    /// `check = "not_exists", fields = ["BIDDER"], ref = "302.BODY", where = { REVOKED = "0" }`.
    NotExists { join: Join },
    /// A field of the joined record holds one of the values (for lists: an item does): `check = "parent_holds",
    /// fields = ["SECTION"], ref = "502.MODE", values = ["2"], on = ["SECTION:SECTION"]`.
    ParentHolds {
        join: Join,
        field: FieldIndex,
        values: Vec<String>,
    },
    /// At least so many different values stand in the field of the joined records: `check = "min_count_of",
    /// fields = ["SECTION"], ref = "515.APPLICANT", on = ["SECTION:SECTIONS"], min = 3`.
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
    },
}

/// What is counted over a group of records. Each is a kind of check of its own, with `fields = ["F"]` (one) and
/// `group = ["G"]`.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    missing_docs,
    reason = "each figure is explained as a whole, its bounds there"
)]
pub enum GroupFigure {
    /// At least so many different values: `check = "min_count", min = 3`.
    MinCount(u32),
    /// At most so many different values: `check = "max_count", max = 3` or `ref = "600.N", on = ["A:B"]`.
    MaxCount(Limit),
    /// An odd number of values, and at least so many: `check = "odd_count", min = 5`.
    Odd(u32),
    /// Between so many records hold the value: `check = "flag_count", value = "1", min = 1, max = 1`.
    Flag { value: String, min: u32, max: u32 },
    /// At most this part of the records holds the value: `check = "max_share", value = "1", max = 0.3334`.
    MaxShare { value: String, max: f64 },
    /// The sum of the figures is at most the limit: `check = "group_sum_max", max = 100` or `ref` and `on`;
    /// `tolerance` and `in_yuan` as elsewhere.
    SumMax {
        limit: Limit,
        tolerance: f64,
        in_yuan: bool,
    },
    /// The sum of the figures is the limit: `check = "group_sum_equals", ref = "1051.N", on = ["A:B"],
    /// tolerance = 0.00001`.
    SumEquals {
        limit: Limit,
        tolerance: f64,
        in_yuan: bool,
    },
    /// The values are start, start+1, … without a gap: `check = "sequence", start = 1`.
    Sequence { start: i64 },
    /// Records that differ in `between` do not share the value: `check = "distinct_across", between = "BIDDER"`.
    DistinctAcross { between: FieldIndex },
}

impl Check {
    /// The field and the operand of a check that compares two values.
    pub(crate) fn sides(&self) -> Option<(FieldIndex, &Operand)> {
        match self {
            Check::Equals { field, with, .. }
            | Check::NotEquals { field, with }
            | Check::AtMost { field, with, .. }
            | Check::AtLeast { field, with, .. }
            | Check::Prefix { field, with }
            | Check::NotBefore { field, with }
            | Check::NotAfter { field, with }
            | Check::MinDaysBetween { field, with, .. }
            | Check::MaxDaysBetween { field, with, .. } => Some((*field, with)),
            _ => None,
        }
    }

    /// Where the number of days of a check stands.
    pub(crate) fn days(&self) -> Option<Days> {
        match self {
            Check::MinDaysBetween { days, .. } | Check::MaxDaysBetween { days, .. } => Some(*days),
            _ => None,
        }
    }

    /// Whether amounts are compared in yuan.
    pub(crate) fn in_yuan(&self) -> bool {
        match self {
            Check::AtMost { scale, .. } | Check::AtLeast { scale, .. } => scale.in_yuan,
            Check::Equals { near, .. } => matches!(near, Near::Figure { in_yuan: true, .. }),
            _ => false,
        }
    }
}

impl GroupFigure {
    /// What the figure is held against, where that stands elsewhere.
    pub(crate) fn limit(&self) -> Option<&Limit> {
        match self {
            GroupFigure::MaxCount(limit)
            | GroupFigure::SumMax { limit, .. }
            | GroupFigure::SumEquals { limit, .. } => Some(limit),
            _ => None,
        }
    }
}

/// What a missing reference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Park {
    /// The record waits for the other one.
    Wait,
    /// It is kept with a warning.
    Warn,
}
