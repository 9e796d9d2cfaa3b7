//! The data files as they are written: one type per kind of file, nothing checked beyond its shape.
//!
//! Unknown members are errors everywhere, so that a misspelled word never passes for an absent one.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::rule::{Stage, StageRule};
use crate::{DatasetCode, Library, Sensitivity, Severity};

/// `edition.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEdition {
    pub id: Spanned<String>,
    pub name: String,
    pub valid_from: Spanned<String>,
    pub valid_to: Option<Spanned<String>>,
    /// Edition whose data sets, code tables and rules are shared.
    pub base: Option<Spanned<String>>,
    pub deal_code_check: bool,
    /// Days that a record may wait for the one it refers to.
    #[serde(default = "month")]
    pub waiting_days: u32,
}

fn month() -> u32 {
    30
}

/// `datasets/<domain>/<data set>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDataset {
    pub code: Spanned<DatasetCode>,
    pub id: Spanned<String>,
    pub name: String,
    pub library: Library,
    pub class: String,
    pub industry: String,
    pub key: Spanned<Vec<String>>,
    /// The general data set that an industry's is projected to and judged as, and whose rules hold for it.
    pub general: Option<Spanned<DatasetCode>>,
    pub deal: Option<Spanned<String>>,
    pub time: Option<Spanned<String>>,
    #[serde(default)]
    pub attachments: Vec<String>,
    /// Those without which a record waits.
    #[serde(default)]
    pub required_attachments: Vec<Spanned<String>>,
    /// Other editions that share the data set.
    #[serde(default)]
    pub editions: Vec<String>,
    pub fields: Vec<Spanned<RawField>>,
    #[serde(default)]
    pub rules: Vec<Spanned<RawRule>>,
}

/// One field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub id: String,
    pub name: String,
    pub format: String,
    #[serde(default)]
    pub required: RawRequired,
    pub codes: Option<String>,
    pub identifier: Option<String>,
    pub standard: Option<String>,
    #[serde(default)]
    pub list: bool,
    #[serde(default = "public")]
    pub sensitivity: Sensitivity,
    pub unit: Option<String>,
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The only editions that have the field; none: all that have the data set.
    pub only: Option<Vec<String>>,
}

fn public() -> Sensitivity {
    Sensitivity::Public
}

/// `required = true`, `false` or `"rule"`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "true, false or \"rule\"")]
pub(super) enum RawRequired {
    Flag(bool),
    Word(ByRule),
}

/// The word of [`RawRequired`].
#[derive(Debug, Deserialize)]
pub(super) enum ByRule {
    #[serde(rename = "rule")]
    Rule,
}

impl Default for RawRequired {
    fn default() -> Self {
        RawRequired::Flag(false)
    }
}

/// `rules/*.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRules {
    #[serde(default)]
    pub rules: Vec<Spanned<RawRule>>,
    /// What the engine holds by itself.
    #[serde(default)]
    pub stages: Vec<StageRule>,
}

/// One rule. Which of the optional members a check takes is said in `rule/check.rs`; one that it does not
/// take is an error.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub id: String,
    pub datasets: Option<Vec<RawScope>>,
    pub check: String,
    #[serde(default)]
    pub fields: Vec<String>,
    #[serde(default)]
    pub when: BTreeMap<String, RawCondition>,
    pub when_parent: Option<RawJoin>,
    pub unless: Option<RawUnless>,
    pub severity: Option<Severity>,
    #[serde(default)]
    pub stage: Stage,
    /// `false`: the rule stays in this data set, those of the industries do not take it over.
    pub inherit: Option<bool>,
    #[serde(default)]
    pub clause: String,
    pub zh: String,
    pub en: String,

    pub r#ref: Option<String>,
    pub value: Option<String>,
    pub values: Option<Vec<String>>,
    pub on: Option<Vec<String>>,
    pub r#where: Option<BTreeMap<String, RawCondition>>,
    pub pick: Option<RawPick>,
    pub to: Option<Vec<String>>,
    pub wait: Option<bool>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub exclusive: Option<bool>,
    pub exclusive_min: Option<bool>,
    pub in_yuan: Option<bool>,
    pub ratio: Option<f64>,
    pub tolerance: Option<f64>,
    pub tolerance_minutes: Option<i64>,
    pub plus_percent: Option<bool>,
    pub days: Option<i64>,
    pub days_ref: Option<String>,
    pub workdays: Option<bool>,
    pub hours: Option<i64>,
    pub skew_minutes: Option<i64>,
    pub chars: Option<(u32, u32)>,
    pub levels: Option<Vec<String>>,
    pub within: Option<OneOrMany>,
    pub list: Option<String>,
    pub child: Option<DatasetCode>,
    pub terms: Option<Vec<String>>,
    pub total: Option<f64>,
    pub factors: Option<Vec<String>>,
    pub formats: Option<Vec<String>>,
    pub group: Option<Vec<String>>,
    pub between: Option<String>,
    pub start: Option<i64>,
}

/// Records of another data set, of which one must be there or must not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJoin {
    pub dataset: DatasetCode,
    pub on: Vec<String>,
    #[serde(default)]
    pub r#where: BTreeMap<String, RawCondition>,
}

/// `unless`: a field of another data set, or a join.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a number and a field, as in 517.F, or { dataset, on, where }"
)]
pub(super) enum RawUnless {
    Field(String),
    Join(RawJoin),
}

/// Data sets that a general rule is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "the number of a data set, or \"*\" for all")]
pub(super) enum RawScope {
    Number(DatasetCode),
    Every(Star),
}

/// The word of [`RawScope`].
#[derive(Debug, Clone, Deserialize)]
pub(super) enum Star {
    #[serde(rename = "*")]
    Star,
}

/// One name, or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "a field or a list of fields")]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// What a condition asks of a field.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a value, a list of values, true (filled), false (empty), or one of { length, greater, less }"
)]
pub(super) enum RawCondition {
    Filled(bool),
    Value(String),
    Values(Vec<String>),
    Figure(RawFigure),
}

/// A condition on a figure.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawFigure {
    Length(u32),
    Greater(f64),
    Less(f64),
}

/// Which of several joined records counts.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawPick {
    Every,
    Any,
    First,
    Last,
    Sum,
}

/// `projections/<edition>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProjection {
    #[serde(default)]
    pub datasets: Vec<Spanned<RawDatasetProjection>>,
}

/// Exceptions of one data set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDatasetProjection {
    pub code: DatasetCode,
    /// Data set of the other edition; none: the one of the same column code, else that of the general one.
    pub target: Option<String>,
    /// Field → column of the other edition.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Fields that are not passed on.
    #[serde(default)]
    pub drop: Vec<String>,
    /// Lists of which only the items go that the column has room for.
    #[serde(default)]
    pub shorten: Vec<String>,
    /// Column → value that it always has.
    #[serde(default)]
    pub constant: BTreeMap<String, String>,
    /// Column → text, with fields in braces.
    #[serde(default)]
    pub compose: BTreeMap<String, String>,
    /// List of whose items each makes a record.
    pub split: Option<String>,
    /// Column that the other edition demands and nothing fills → when: field → values.
    #[serde(default)]
    pub missing: BTreeMap<String, BTreeMap<String, OneOrMany>>,
    /// The data set is not passed on at all.
    #[serde(default)]
    pub withhold: bool,
}
