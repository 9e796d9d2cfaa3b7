//! Reads a packet: where its signed bytes end, and what its records say. Trusts nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

/// Most nodes on the way to a value: PACKET, BODY, RECORD, column.
const DEPTH: usize = 4;

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    pub batch: i64,
    pub edition: String,
    pub records: Vec<Sent>,
    /// Where the signed bytes end; they begin with the first.
    pub signed: usize,
    pub algorithm: String,
    pub key: String,
    pub signature: Vec<u8>,
}

/// One record as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub id: i64,
    pub dataset: String,
    pub operation: u8,
    pub data: Map<String, Value>,
    /// Names of the columns, in the order of the packet.
    pub order: Vec<String>,
}

impl Sent {
    /// Name and text of each column, in the order of the packet.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        let text = |name: &String| self.data.get(name).and_then(Value::as_str);
        let columns = self.order.iter();
        columns.map(move |name| (name.as_str(), text(name).unwrap_or_default()))
    }
}

/// Why a packet cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum PacketFault {
    #[error("报文不是 UTF-8 编码")]
    Charset,
    #[error("报文不是格式良好的 XML（第 {0} 字节附近）")]
    Xml(u64),
    #[error("报文不得含文档类型声明或实体引用")]
    Doctype,
    #[error("报文缺少 {0} 或其值有误")]
    Member(&'static str),
    #[error("报文元素位置有误：{0}")]
    Place(String),
}

/// Reads a packet.
pub(super) fn read(bytes: &[u8]) -> Result<Packet, PacketFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| PacketFault::Charset)?;
    let mut reader = Reader::from_str(text);
    let mut parts = Parts::default();
    loop {
        let event = reader
            .read_event()
            .map_err(|_| PacketFault::Xml(reader.error_position()))?;
        match event {
            Event::Start(start) => parts.open(&start)?,
            Event::Empty(start) => {
                parts.open(&start)?;
                parts.close(reader.buffer_position() as usize)?;
            }
            Event::End(_) => parts.close(reader.buffer_position() as usize)?,
            Event::Text(text) => parts.text.push_str(&text.xml10_content()),
            Event::CData(text) => parts.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => parts.refer(&reference)?,
            Event::DocType(_) => return Err(PacketFault::Doctype),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return parts.finish(),
        }
    }
}

#[derive(Default)]
struct Parts {
    path: Vec<String>,
    text: String,
    head: Map<String, Value>,
    records: Vec<Sent>,
    headed: bool,
    to: Option<usize>,
    algorithm: String,
    key: String,
    signature: Vec<u8>,
}

impl Parts {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), PacketFault> {
        let name = start.name().as_ref().to_owned();
        self.path.push(name.clone());
        self.text.clear();
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["PACKET"] | ["PACKET", "BODY"] | ["PACKET", "HEAD", _] => Ok(()),
            ["PACKET", "BODY", "RECORD", _] if path.len() <= DEPTH => Ok(()),
            ["PACKET", "HEAD"] if !self.headed => {
                self.headed = true;
                Ok(())
            }
            ["PACKET", "BODY", "RECORD"] => {
                let sent = Sent {
                    id: number(start, "ID")?,
                    dataset: attribute(start, "DATASET")?,
                    operation: number(start, "OPERATION")? as u8,
                    data: Map::new(),
                    order: Vec::new(),
                };
                if !(1..=3).contains(&sent.operation) {
                    return Err(PacketFault::Member("OPERATION"));
                }
                if number(start, "SEQ")? != self.records.len() as i64 + 1 {
                    return Err(PacketFault::Member("SEQ"));
                }
                self.records.push(sent);
                Ok(())
            }
            ["PACKET", "SIGNATURE"] if self.to.is_some() => {
                self.algorithm = attribute(start, "ALGORITHM")?;
                self.key = attribute(start, "KEY")?;
                Ok(())
            }
            _ => Err(PacketFault::Place(name)),
        }
    }

    fn close(&mut self, end: usize) -> Result<(), PacketFault> {
        let text = std::mem::take(&mut self.text);
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["PACKET", "HEAD", name] => {
                self.head.insert((*name).to_owned(), Value::String(text));
            }
            ["PACKET", "BODY", "RECORD", name] => {
                let name = (*name).to_owned();
                if let Some(record) = self.records.last_mut() {
                    record.order.push(name.clone());
                    let before = record.data.insert(name.clone(), Value::String(text));
                    if before.is_some() {
                        return Err(PacketFault::Place(name));
                    }
                }
            }
            ["PACKET", "BODY"] if self.headed && self.to.is_none() => self.to = Some(end),
            ["PACKET", "BODY"] => return Err(PacketFault::Member("BODY")),
            ["PACKET", "SIGNATURE"] => {
                self.signature = STANDARD
                    .decode(text.trim())
                    .map_err(|_| PacketFault::Member("SIGNATURE"))?;
            }
            _ => {}
        }
        self.path.pop();
        Ok(())
    }

    fn refer(&mut self, reference: &quick_xml::events::BytesRef<'_>) -> Result<(), PacketFault> {
        if let Some(character) = reference
            .resolve_char_ref()
            .map_err(|_| PacketFault::Doctype)?
        {
            self.text.push(character);
            return Ok(());
        }
        let name = reference.xml10_content();
        let known = quick_xml::escape::resolve_predefined_entity(&name);
        self.text.push_str(known.ok_or(PacketFault::Doctype)?);
        Ok(())
    }

    fn finish(self) -> Result<Packet, PacketFault> {
        let head = |name: &'static str| {
            self.head
                .get(name)
                .and_then(Value::as_str)
                .ok_or(PacketFault::Member(name))
        };
        if head("COUNT")?.parse() != Ok(self.records.len()) {
            return Err(PacketFault::Member("COUNT"));
        }
        if self.signature.is_empty() {
            return Err(PacketFault::Member("SIGNATURE"));
        }
        Ok(Packet {
            batch: head("BATCH")?
                .parse()
                .map_err(|_| PacketFault::Member("BATCH"))?,
            edition: head("EDITION")?.to_owned(),
            signed: self.to.ok_or(PacketFault::Member("BODY"))?,
            records: self.records,
            algorithm: self.algorithm,
            key: self.key,
            signature: self.signature,
        })
    }
}

fn attribute(start: &BytesStart<'_>, name: &'static str) -> Result<String, PacketFault> {
    let wrong = || PacketFault::Member(name);
    let found = start
        .try_get_attribute(name)
        .map_err(|_| wrong())?
        .ok_or_else(wrong)?;
    let value = found
        .normalized_value(XmlVersion::Explicit1_0)
        .map_err(|_| wrong())?;
    Ok(value.into_owned())
}

fn number(start: &BytesStart<'_>, name: &'static str) -> Result<i64, PacketFault> {
    attribute(start, name)?
        .parse()
        .map_err(|_| PacketFault::Member(name))
}
