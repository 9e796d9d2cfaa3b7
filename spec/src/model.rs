//! The specification as checked types: editions, data sets and fields.
//!
//! Built once by [`crate::load`], never changed afterwards. Fields are addressed by their place in
//! the data set ([`FieldIndex`]), so that judging a record needs no look-up by name.

use std::sync::Arc;

use foldhash::HashMap;

use crate::attachment::Attachments;
use crate::projection::Projection;
use crate::rule::StageRule;
use crate::{Calendar, CodeTable, Format, Rule};

/// Number of a data set in the standard, for example 501.
pub type DatasetCode = u16;
/// Place of a field in its data set, from 0.
pub type FieldIndex = u16;

/// Every edition that is live.
#[derive(Debug)]
pub struct Spec {
    /// Editions in the order of their identifiers.
    pub editions: Vec<Arc<Edition>>,
}

/// A dated version of the data specification 规范版本.
#[derive(Debug)]
pub struct Edition {
    /// `3.0` is the province's, `2.0` the national one.
    pub id: String,
    /// What the edition is called, in Chinese.
    pub name: String,
    /// First day on which it applies, `yyyyMMdd`.
    pub valid_from: String,
    /// Last day on which it applies, `yyyyMMdd`; none while it is open.
    pub valid_to: Option<String>,
    /// Data sets in the order of their numbers.
    pub datasets: Vec<Dataset>,
    /// Rules that the engine holds by itself.
    pub stages: Vec<StageRule>,
    /// Code tables by identifier, including `region`, `industry`, `currency` and `country`.
    pub codes: HashMap<String, Arc<CodeTable>>,
    /// What files beside records must be, and how they are joined to them.
    pub attachments: Attachments,
    /// Days off and days worked instead.
    pub calendar: Calendar,
    /// Projections of this edition onto others, by the other edition's identifier.
    pub projections: HashMap<String, Projection>,
    /// What bears on the standing of a subject.
    pub standing: Vec<crate::standing::Standing>,
    /// Whether the check character of the unified deal code is judged (as a warning).
    pub deal_code_check: bool,
    /// Days after which a record that still waits for another is rejected, unless the hub is told otherwise.
    pub waiting_days: u32,
    /// The data files that this edition was read from (path, content), sorted by path: what the
    /// specification digest is made of.
    pub files: Vec<(String, Vec<u8>)>,
    /// Position of a data set by column code (`TENDER_PROJECT`) and by number (`501`).
    pub by_name: HashMap<String, usize>,
}

/// Whether an edition applies on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// It begins later.
    NotYet,
    /// It does.
    Applies,
    /// Its last day is past.
    Ended,
}

impl Edition {
    /// Whether the edition applies on a day, `yyyyMMdd`; its first and last day are days on which it does.
    pub fn on(&self, day: &str) -> Force {
        if day < self.valid_from.as_str() {
            return Force::NotYet;
        }
        match &self.valid_to {
            Some(last) if day > last.as_str() => Force::Ended,
            _ => Force::Applies,
        }
    }

    /// Finds a data set by its column code, or by its number written in digits.
    pub fn dataset(&self, name: &str) -> Option<&Dataset> {
        self.by_name
            .get(name)
            .and_then(|&place| self.datasets.get(place))
    }

    /// Finds a data set by its number.
    pub fn by_code(&self, code: DatasetCode) -> Option<&Dataset> {
        let place = self
            .datasets
            .binary_search_by_key(&code, |dataset| dataset.code)
            .ok()?;
        self.datasets.get(place)
    }
}

impl Spec {
    /// Finds an edition by its identifier.
    pub fn edition(&self, id: &str) -> Option<&Arc<Edition>> {
        self.editions.iter().find(|edition| edition.id == id)
    }
}

/// One table of the standard 数据集.
#[derive(Debug)]
pub struct Dataset {
    /// Number in the standard.
    pub code: DatasetCode,
    /// Column code, for example `TENDER_PROJECT`.
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// Which of the centre's libraries it belongs to.
    pub library: Library,
    /// Chinese name of its class, for example 工程建设项目招标投标.
    pub class: String,
    /// `general`, or the industry it is for.
    pub industry: String,
    /// Number of the general data set that an industry's is projected to and judged as.
    pub general: Option<DatasetCode>,
    /// Business key; all of its fields are required.
    pub key: Vec<FieldIndex>,
    /// Field that holds the unified deal code(s).
    pub deal: Option<FieldIndex>,
    /// Field that says when the event took place.
    pub time: Option<FieldIndex>,
    /// Names of the attachments that a record may carry.
    pub attachments: Vec<String>,
    /// Those of them without which a record waits.
    pub required_attachments: Vec<String>,
    /// Fields in the order of the standard; the order of canonical bytes too.
    pub fields: Vec<Field>,
    /// Rules of this data set, the general ones included, in the order in which they are judged.
    pub rules: Vec<Rule>,
    /// Position of a field by column code and by accepted alias.
    pub by_name: HashMap<String, FieldIndex>,
    /// Fields by which rules of any data set look up records of this one (besides its key).
    pub indexed: Vec<FieldIndex>,
    /// Fields of which rules of any data set read the values in records of this one that they found, in their order.
    pub read: Vec<FieldIndex>,
    /// Fields of other data sets that wait for a value of this one.
    pub referrers: Vec<Referrer>,
}

impl Dataset {
    /// Finds a field by its column code or an accepted alias.
    pub fn field_index(&self, name: &str) -> Option<FieldIndex> {
        self.by_name.get(name).copied()
    }

    /// The field at a place; places come from this data set, so it is there.
    pub fn field(&self, index: FieldIndex) -> Option<&Field> {
        self.fields.get(usize::from(index))
    }
}

/// A field whose value must stand in a record of this data set before its own record is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Referrer {
    /// The field here that must hold the value.
    pub field: FieldIndex,
    /// The data set that refers.
    pub dataset: DatasetCode,
    /// Its field.
    pub by: FieldIndex,
}

/// Library of the centre that a data set belongs to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Library {
    /// Trading data 交易.
    Transaction,
    /// Subjects of trading 主体.
    Subject,
    /// Experts 专家.
    Expert,
    /// Credit 信用.
    Credit,
    /// Supervision 监管.
    Supervision,
    /// Prices 价格.
    Price,
}

/// One column of a data set 数据项.
#[derive(Debug)]
pub struct Field {
    /// Column code, for example `TENDER_MODE`.
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// Format in the standard's notation.
    pub format: Format,
    /// Whether it must be there.
    pub required: Required,
    /// What its values are drawn from.
    pub domain: Domain,
    /// Several values, joined with `;`.
    pub list: bool,
    /// Who may see it.
    pub sensitivity: Sensitivity,
    /// Unit of a number.
    pub unit: Option<Unit>,
    /// Other spellings of the column code that senders use.
    pub aliases: Vec<String>,
}

/// Whether a field must be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// In every record.
    Always,
    /// When a rule of the data set says so.
    ByRule,
    /// Never.
    Optional,
}

/// What the values of a field are drawn from 值域.
#[derive(Debug, Clone)]
pub enum Domain {
    /// Any text that fits the format.
    Free,
    /// Values of a code table (also regions, industries, currencies, countries).
    Codes(Arc<CodeTable>),
    /// An identifier with a composition of its own.
    Identifier(crate::identifier::IdentifierKind),
    /// A standard's list that is not at hand: named, not enforced.
    Standard(String),
}

/// Who may see a field 公开范围. Ordered from the widest circle to the narrowest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Everybody 社会公开.
    Public,
    /// Government bodies 政务公开.
    Government,
    /// Identity numbers, phones, accounts: masked wherever shown.
    Personal,
}

/// Unit of a numeric field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Chinese yuan.
    Yuan,
    /// Ten thousand yuan 万元.
    WanYuan,
    /// Stands in another field of the record: 0 yuan, 1 ten thousand yuan.
    By(FieldIndex),
    /// Any other unit of the fact sheet, for example `days` or `m2`.
    Other(String),
}
