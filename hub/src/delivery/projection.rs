//! Turns a record version of the hub's edition into one of the destination's edition.
//!
//! Which columns go where stands in the specification's projection; nothing here knows a data set. What
//! cannot be said in XML 1.0 is refused with a reason, never dropped.

use std::collections::BTreeMap;

use spec::{Edition, FieldIndex, Spec};

use super::holding::Holding;
use crate::store::deliveries::Content;

/// What the destination is asked to do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It does not hold the record yet.
    Add,
    /// It holds an earlier version.
    Change,
    /// The record is taken back.
    Delete,
}

impl Operation {
    /// The digit in the packet.
    pub fn digit(self) -> &'static str {
        match self {
            Operation::Add => "1",
            Operation::Change => "2",
            Operation::Delete => "3",
        }
    }
}

/// A record as the destination gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projected {
    /// The hub's number of the record version.
    pub id: i64,
    /// Column code of the target data set.
    pub dataset: String,
    /// What to do.
    pub operation: Operation,
    /// Why the record is corrected or taken back.
    pub reason: Option<String>,
    /// Target column and value, in the target's order.
    pub columns: Vec<(String, String)>,
}

impl Projected {
    /// What it brings the destination.
    pub fn holding(&self) -> Holding {
        let columns = self.columns.iter();
        let columns = columns.map(|(name, text)| (name.as_str(), text.as_str()));
        let deleted = self.operation == Operation::Delete;
        Holding::new(&self.dataset, self.id, deleted, columns)
    }
}

/// Why a record cannot be forwarded. In words that the sender can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The specification has no projection for it.
    #[error("hub.projection: 本数据集没有国家规范的映射 / no projection for data set {0}")]
    Dataset(i32),
    /// What is stored is not an object of strings.
    #[error("hub.body: 存储的记录无法读取 / the stored record is unreadable")]
    Body,
    /// It was erased before it was forwarded.
    #[error("hub.erased: 该记录已依法删除，不再转发 / the record was erased, and is not forwarded")]
    Erased,
    /// Not a character of XML 1.0.
    #[error(
        "hub.character: 字段 {0} 含有 XML 不允许的字符 / column {0} has a character that XML forbids"
    )]
    Character(String),
    /// A deletion of what the destination never took over.
    #[error(
        "hub.never_held: 国家平台未接收过该记录，无需删除 / the destination never took it over: nothing to delete"
    )]
    NeverHeld,
    /// The destination's edition demands a column that the data set does not have.
    #[error(
        "hub.column: 国家规范要求字段 {0}，本数据集没有，请补充后由中心处理 / the destination demands column {0}, which the data set does not have; the centre has to ask for it"
    )]
    Column(String),
    /// Longer than the destination takes.
    #[error(
        "hub.size: 记录转为消息有 {0} 字节，目的地只接受 {1} 字节；请缩短大字段 / as a message the record has {0} bytes, the destination takes {1}: shorten its long fields"
    )]
    Size(usize, usize),
    /// Nothing is left of it.
    #[error("hub.empty: 映射后没有内容 / nothing is left after the projection")]
    Empty,
    /// Not in the store.
    #[error("hub.missing: 记录不存在 / the record is not in the store")]
    Missing,
}

/// The way from one edition to another.
#[derive(Debug, Clone)]
pub struct Projector {
    spec: &'static Spec,
    from: String,
    to: String,
}

impl Projector {
    /// The way between two editions.
    pub fn new(spec: &'static Spec, from: &str, to: &str) -> Self {
        Projector {
            spec,
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }

    /// The edition that the destination reads.
    pub fn target(&self) -> &str {
        &self.to
    }

    /// The records of the destination that one record version becomes. `held`: the destination holds an
    /// earlier version.
    pub fn project(&self, content: &Content, held: bool) -> Result<Vec<Projected>, Unfit> {
        let unknown = || Unfit::Dataset(content.dataset);
        let edition: &Edition = self.spec.edition(&self.from).ok_or_else(unknown)?;
        let dataset = edition
            .dataset(&content.dataset.to_string())
            .ok_or_else(unknown)?;
        let projection = edition
            .projections
            .get(&self.to)
            .and_then(|projection| projection.datasets.get(&dataset.code))
            .ok_or_else(unknown)?;
        if content.body.is_erased() {
            return Err(Unfit::Erased);
        }
        if content.action == 2 && !held {
            return Err(Unfit::NeverHeld);
        }
        let values: BTreeMap<String, String> =
            serde_json::from_slice(content.body.held().ok_or(Unfit::Body)?)
                .map_err(|_| Unfit::Body)?;
        let value = |place: FieldIndex| {
            let field = dataset.field(place)?;
            values.get(&field.id).map(String::as_str)
        };
        let records = projection
            .records(&value)
            .map_err(|missing| Unfit::Column(missing.column.clone()))?;
        let operation = match content.action {
            2 => Operation::Delete,
            _ if held => Operation::Change,
            _ => Operation::Add,
        };
        let mut reason = content.reason.iter().flat_map(|reason| reason.chars());
        if !reason.all(is_xml) {
            return Err(Unfit::Character("REASON".to_owned()));
        }
        let mut projected = Vec::with_capacity(records.len());
        for record in records {
            if record.is_empty() {
                return Err(Unfit::Empty);
            }
            let foreign = record.iter().find(|(_, text)| !text.chars().all(is_xml));
            if let Some((column, _)) = foreign {
                return Err(Unfit::Character((*column).to_owned()));
            }
            projected.push(Projected {
                id: content.id,
                dataset: projection.target.clone(),
                operation,
                reason: content.reason.clone(),
                columns: record
                    .into_iter()
                    .map(|(column, text)| (column.to_owned(), text.into_owned()))
                    .collect(),
            });
        }
        Ok(projected)
    }
}

/// Whether XML 1.0 (production 2, `Char`) has the character.
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
