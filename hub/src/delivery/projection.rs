//! Turns a record version of the hub's edition into one of the destination's edition.
//!
//! Which columns go where stands in the specification's projection; nothing here knows a data set. What
//! cannot be said in XML 1.0 is refused with a reason, never dropped.

use std::borrow::Cow;

use spec::{Edition, FieldIndex, Spec};

use super::holding::Holding;
use super::values::Values;
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

/// A record version with its values, read once.
pub struct Source<'c> {
    content: &'c Content,
    /// None: what is stored is no object of texts.
    values: Option<Values<'c>>,
}

impl<'c> Source<'c> {
    /// Reads the values of a record version.
    pub fn of(content: &'c Content) -> Self {
        Source {
            content,
            values: content.body.held().and_then(Values::read),
        }
    }
}

/// A record as the destination gets it; its values are those of the record version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projected<'v> {
    /// The hub's number of the record version.
    pub id: i64,
    /// Column code of the target data set.
    pub dataset: &'static str,
    /// What to do.
    pub operation: Operation,
    /// Why the record is corrected or taken back.
    pub reason: Option<&'v str>,
    /// Target column and value, in the target's order.
    pub columns: Vec<(&'static str, Cow<'v, str>)>,
}

impl Projected<'_> {
    /// What it brings the destination.
    pub fn holding(&self) -> Holding {
        let columns = self.columns.iter();
        let columns = columns.map(|(name, text)| (*name, &**text));
        let deleted = self.operation == Operation::Delete;
        Holding::new(self.dataset, self.id, deleted, columns)
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
    pub fn project<'v>(
        &self,
        source: &'v Source<'_>,
        held: bool,
    ) -> Result<Vec<Projected<'v>>, Unfit> {
        let content = source.content;
        let unknown = || Unfit::Dataset(content.dataset);
        let spec: &'static Spec = self.spec;
        let edition: &'static Edition = spec.edition(&self.from).ok_or_else(unknown)?;
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
        let values = source.values.as_ref().ok_or(Unfit::Body)?;
        let value = |place: FieldIndex| values.get(&dataset.field(place)?.id);
        let records = projection
            .records(&value)
            .map_err(|missing| Unfit::Column(missing.column.clone()))?;
        let operation = match content.action {
            2 => Operation::Delete,
            _ if held => Operation::Change,
            _ => Operation::Add,
        };
        if !content.reason.as_deref().is_none_or(is_xml) {
            return Err(Unfit::Character("REASON".to_owned()));
        }
        let mut projected = Vec::with_capacity(records.len());
        for record in records {
            if record.is_empty() {
                return Err(Unfit::Empty);
            }
            let foreign = record.iter().find(|(_, text)| !is_xml(text));
            if let Some((column, _)) = foreign {
                return Err(Unfit::Character((*column).to_owned()));
            }
            projected.push(Projected {
                id: content.id,
                dataset: &projection.target,
                operation,
                reason: content.reason.as_deref(),
                columns: record,
            });
        }
        Ok(projected)
    }
}

/// Whether XML 1.0 (production 2, `Char`) has all characters of a text: all that UTF-8 can say but most controls, U+FFFE
/// and U+FFFF. Looked for as bytes, several at once.
fn is_xml(text: &str) -> bool {
    let bytes = text.as_bytes();
    let control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let foreign = |three: &[u8]| matches!(three, [0xef, 0xbf, 0xbe | 0xbf]);
    let controls = bytes.iter().filter(|byte| control(byte)).count();
    controls == 0 && (!bytes.contains(&0xef) || !bytes.windows(3).any(foreign))
}

#[cfg(test)]
mod tests {
    use super::is_xml;

    #[test]
    fn the_characters_of_xml_are_told_from_all_others() {
        for character in '\0'..=char::MAX {
            let expected =
                matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
            let text = format!("，{character}。");
            assert_eq!(is_xml(&text), expected, "{:x}", u32::from(character));
        }
    }
}
