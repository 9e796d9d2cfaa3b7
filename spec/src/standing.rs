//! What bears on the standing of a subject of trading 主体信用: which data sets say something about it, of whom, from
//! when to when, and what ends it. A table of the edition; nothing here knows a data set.

use crate::{DatasetCode, FieldIndex};

/// How the records of one data set bear on the standing of whom they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The data set.
    pub dataset: DatasetCode,
    /// What a record of it means, as a word for programs.
    pub effect: String,
    /// The same in Chinese.
    pub zh: String,
    /// Whether it speaks against the subject.
    pub adverse: bool,
    /// The field that names the subject.
    pub subject: FieldIndex,
    /// Since when; none: since it is known.
    pub from: Option<FieldIndex>,
    /// Until when; none: until it is taken back or ended.
    pub to: Option<FieldIndex>,
    /// What ends it, whenever that comes.
    pub ended_by: Option<EndedBy>,
}

/// A record of another data set that ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedBy {
    /// The field whose value the other record names.
    pub own: FieldIndex,
    /// The other data set.
    pub dataset: DatasetCode,
    /// Its field that names it.
    pub field: FieldIndex,
    /// Whether that field is the whole key of the other data set.
    pub is_key: bool,
}
