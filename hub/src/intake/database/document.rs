//! Rows as the document that is kept and judged: one JSON object per line, as the database made it.

use bytes::Bytes;

use crate::store::pull::PulledRow;

/// Media type of such a document.
pub const MEDIA_TYPE: &str = "application/x-ndjson";

/// Writes rows; those that are too long have no text and are left out.
pub fn write(rows: &[PulledRow]) -> Bytes {
    let length = rows
        .iter()
        .map(|row| row.body.as_ref().map_or(0, String::len) + 1)
        .sum();
    let mut bytes = Vec::with_capacity(length);
    for body in rows.iter().filter_map(|row| row.body.as_ref()) {
        bytes.extend_from_slice(body.as_bytes());
        bytes.push(b'\n');
    }
    Bytes::from(bytes)
}
