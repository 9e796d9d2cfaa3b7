//! What correct data is: editions of the data specification, and the judge of a record.
//!
//! Everything here is a pure function of its arguments: no files (outside [`load`]), no clock,
//! no network, no global state. The specification itself is data (`spec/data`); no Rust in this
//! crate names a data set, a field or a city.
//!
//! The way of a record: `adapters` fill a [`Record`] → [`normalize()`] repairs it and lists each
//! [`Change`] → [`validate::judge_alone`] finds what one record shows by itself →
//! [`references::lookups`] says what must be looked up → [`validate::judge_among`] finds what only other
//! records show → [`Report`].

pub mod attachment;
pub mod calendar;
pub mod codes;
pub mod dependants;
pub mod explain;
pub mod export;
pub mod format;
pub mod generate;
pub mod identifier;
pub mod issue;
mod likeness;
pub mod load;
pub mod model;
mod mute;
pub mod normalize;
pub mod projection;
pub mod record;
pub mod references;
pub mod roll;
pub mod rule;
pub mod standing;
pub mod stored;
pub mod validate;
pub mod waiting;

pub use attachment::Attachments;
pub use calendar::Calendar;
pub use codes::{CodeTable, CodeValue};
pub use format::Format;
pub use issue::{Issue, IssueCode, Message, Related, Report, Severity, Verdict};
pub use load::LoadError;
pub use model::{
    Dataset, DatasetCode, Domain, Edition, Field, FieldIndex, Library, Referrer, Required,
    Sensitivity, Spec, Unit,
};
pub use normalize::{Context, Normalized, Reason, normalize};
pub use record::{Action, Change, Input, Kind, Record};
pub use references::{Found, Known, Lookup};
pub use roll::Roll;
pub use rule::{Check, Condition, Rule};
