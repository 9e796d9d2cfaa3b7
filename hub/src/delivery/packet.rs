//! The packet: XML of the destination's edition, signed.
//!
//! It is built once and kept as it was sent. Each record says its type in the published XML Schema, so that a packet of
//! mixed records can be held against it as a whole.
//!
//! The signature covers [`signed_packet`]: the SHA-256 of all bytes up to the end of `</BODY>`, under a title of its own.
//! Ed25519 (RFC 8032) reads its message twice with a slower hash, which for a packet of hundreds of kilobytes costs more
//! than making the packet; and whoever holds a key in a device can sign a digest, not a packet.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::projection::{Operation, Projected};
use crate::tlog::Hash;
use crate::tlog::hash::Hasher;

/// How packets are signed, as they say it themselves.
pub const ALGORITHM: &str = "Ed25519-SHA256";

/// What is signed of a packet, given the SHA-256 of all its bytes up to the end of `</BODY>`: `exchange-hub/packet/v1`,
/// a line feed, and that digest in lower-case hexadecimal.
pub fn signed_packet(digest: &Hash) -> Vec<u8> {
    format!("exchange-hub/packet/v1\n{}", digest.to_hex()).into_bytes()
}

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

/// Builds the packet: its bytes, and their SHA-256.
pub fn build(
    head: &Head,
    records: &[Projected<'_>],
    signer: &Signer,
) -> Result<(Vec<u8>, Hash), PacketError> {
    let mut xml = Writer::new(Vec::with_capacity(512 + records.len() * 2048));
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.write_event(Event::Start(BytesStart::new("PACKET")))?;
    xml.write_event(Event::Start(BytesStart::new("HEAD")))?;
    element(&mut xml, "BATCH", &head.batch.to_string());
    element(&mut xml, "SENDER", &head.sender);
    element(&mut xml, "EDITION", &head.edition);
    element(&mut xml, "CREATED", &wall_clock(head.created_at)?);
    element(&mut xml, "COUNT", &records.len().to_string());
    xml.write_event(Event::End(BytesEnd::new("HEAD")))?;
    let mut body = BytesStart::new("BODY");
    body.push_attribute(("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"));
    xml.write_event(Event::Start(body))?;
    for (place, record) in records.iter().enumerate() {
        write_record(&mut xml, place + 1, record)?;
    }
    xml.write_event(Event::End(BytesEnd::new("BODY")))?;
    // What is signed is how the whole begins: most is hashed once.
    let so_far = xml.get_ref().len();
    let mut digest = Hasher::default();
    digest.update(xml.get_ref());
    let message = signed_packet(&digest.clone().finish());
    let signature = (signer.sign)(&message);
    let mut start = BytesStart::new("SIGNATURE");
    start.push_attribute(("ALGORITHM", ALGORITHM));
    start.push_attribute(("KEY", signer.key_id.as_str()));
    xml.write_event(Event::Start(start))?;
    xml.write_event(Event::Text(BytesText::from_escaped(
        STANDARD.encode(signature),
    )))?;
    xml.write_event(Event::End(BytesEnd::new("SIGNATURE")))?;
    xml.write_event(Event::End(BytesEnd::new("PACKET")))?;
    let packet = xml.into_inner();
    digest.update(packet.get(so_far..).unwrap_or_default());
    Ok((packet, digest.finish()))
}

fn write_record(
    xml: &mut Writer<Vec<u8>>,
    place: usize,
    record: &Projected<'_>,
) -> Result<(), PacketError> {
    let mut start = BytesStart::new("RECORD");
    let kind = match record.operation {
        Operation::Delete => "WITHDRAWN",
        Operation::Add | Operation::Change => record.dataset,
    };
    start.push_attribute(("xsi:type", kind));
    start.push_attribute(("SEQ", place.to_string().as_str()));
    start.push_attribute(("ID", record.id.to_string().as_str()));
    start.push_attribute(("DATASET", record.dataset));
    start.push_attribute(("OPERATION", record.operation.digit()));
    if let Some(reason) = record.reason {
        start.push_attribute(("REASON", reason));
    }
    xml.write_event(Event::Start(start))?;
    for (column, value) in &record.columns {
        element(xml, column, value);
    }
    xml.write_event(Event::End(BytesEnd::new("RECORD")))?;
    Ok(())
}

/// Most of a packet are elements with a text and nothing else: put side by side, not event by event.
fn element(xml: &mut Writer<Vec<u8>>, name: &str, text: &str) {
    let text = escaped(text);
    let out = xml.get_mut();
    for part in ["<", name, ">", &text, "</", name, ">"] {
        out.extend_from_slice(part.as_bytes());
    }
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
