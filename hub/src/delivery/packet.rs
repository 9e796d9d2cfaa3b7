//! The packet: XML of the destination's edition, signed.
//!
//! The same facts give the same bytes, always: a packet is not stored, it is built again after a crash and
//! must be the same one. The signature covers the bytes from `<HEAD>` to `</BODY>`, both included. Each record
//! says its type in the published XML Schema, so that a packet of mixed records can be held against it as a whole.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::projection::{Operation, Projected};

/// Signs bytes.
pub type Sign = Arc<dyn Fn(&[u8]) -> [u8; 64] + Send + Sync>;

/// Signs packets with the hub's Ed25519 key.
#[derive(Clone)]
pub struct Signer {
    /// Name of the key, as the destination knows it.
    pub key_id: String,
    /// Signs bytes.
    pub sign: Sign,
}

impl Signer {
    /// Signs with a key under the name by which the destination knows it.
    pub fn new(key_id: &str, key: crate::keys::SigningKey) -> Self {
        Signer {
            key_id: key_id.to_owned(),
            sign: Arc::new(move |message| key.sign(message)),
        }
    }
}

/// What stands at the head of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the batch.
    pub batch: i64,
    /// Who sends: region code of the province.
    pub sender: String,
    /// Edition of the records.
    pub edition: String,
    /// When the batch was made, milliseconds since 1970.
    pub created_at: i64,
}

/// The packet could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    /// The instant is out of range.
    #[error("the batch was made at an impossible instant: {0}")]
    Instant(i64),
    /// Writing failed.
    #[error("the packet could not be written")]
    Write(#[from] std::io::Error),
}

/// Builds the packet.
pub fn build(head: &Head, records: &[Projected], signer: &Signer) -> Result<Vec<u8>, PacketError> {
    let mut xml = Writer::new(Vec::with_capacity(512 + records.len() * 2048));
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.write_event(Event::Start(BytesStart::new("PACKET")))?;
    let from = xml.get_ref().len();
    xml.write_event(Event::Start(BytesStart::new("HEAD")))?;
    element(&mut xml, "BATCH", &head.batch.to_string())?;
    element(&mut xml, "SENDER", &head.sender)?;
    element(&mut xml, "EDITION", &head.edition)?;
    element(&mut xml, "CREATED", &wall_clock(head.created_at)?)?;
    element(&mut xml, "COUNT", &records.len().to_string())?;
    xml.write_event(Event::End(BytesEnd::new("HEAD")))?;
    let mut body = BytesStart::new("BODY");
    body.push_attribute(("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"));
    xml.write_event(Event::Start(body))?;
    for (place, record) in records.iter().enumerate() {
        write_record(&mut xml, place + 1, record)?;
    }
    xml.write_event(Event::End(BytesEnd::new("BODY")))?;
    let signature = (signer.sign)(xml.get_ref().get(from..).unwrap_or_default());
    let mut start = BytesStart::new("SIGNATURE");
    start.push_attribute(("ALGORITHM", "Ed25519"));
    start.push_attribute(("KEY", signer.key_id.as_str()));
    xml.write_event(Event::Start(start))?;
    xml.write_event(Event::Text(BytesText::from_escaped(
        STANDARD.encode(signature),
    )))?;
    xml.write_event(Event::End(BytesEnd::new("SIGNATURE")))?;
    xml.write_event(Event::End(BytesEnd::new("PACKET")))?;
    Ok(xml.into_inner())
}

fn write_record(
    xml: &mut Writer<Vec<u8>>,
    place: usize,
    record: &Projected,
) -> Result<(), PacketError> {
    let mut start = BytesStart::new("RECORD");
    let kind = match record.operation {
        Operation::Delete => "WITHDRAWN",
        Operation::Add | Operation::Change => record.dataset.as_str(),
    };
    start.push_attribute(("xsi:type", kind));
    start.push_attribute(("SEQ", place.to_string().as_str()));
    start.push_attribute(("ID", record.id.to_string().as_str()));
    start.push_attribute(("DATASET", record.dataset.as_str()));
    start.push_attribute(("OPERATION", record.operation.digit()));
    if let Some(reason) = &record.reason {
        start.push_attribute(("REASON", reason.as_str()));
    }
    xml.write_event(Event::Start(start))?;
    for (column, value) in &record.columns {
        element(xml, column, value)?;
    }
    xml.write_event(Event::End(BytesEnd::new("RECORD")))?;
    Ok(())
}

fn element(xml: &mut Writer<Vec<u8>>, name: &str, text: &str) -> Result<(), PacketError> {
    xml.write_event(Event::Start(BytesStart::new(name)))?;
    xml.write_event(Event::Text(BytesText::from_escaped(escaped(text))))?;
    xml.write_event(Event::End(BytesEnd::new(name)))?;
    Ok(())
}

/// Escapes markup, and the carriage return, which a reader would otherwise turn into a line feed
/// (XML 1.0, 2.11).
fn escaped(text: &str) -> Cow<'_, str> {
    let escaped = escape(text);
    if escaped.contains('\r') {
        return Cow::Owned(escaped.replace('\r', "&#13;"));
    }
    escaped
}

/// RFC 3339 at +08:00.
pub(super) fn wall_clock(milliseconds: i64) -> Result<String, PacketError> {
    let instant = jiff::Timestamp::from_millisecond(milliseconds)
        .map_err(|_| PacketError::Instant(milliseconds))?;
    Ok(instant.display_with_offset(jiff::tz::offset(8)).to_string())
}
