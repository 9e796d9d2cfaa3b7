//! Canonical bytes of a record: what its digest is made of, what is stored, and what is compared.

use super::Normalized;

impl Normalized<'_, '_> {
    /// Appends the canonical bytes: JSON object, fields in data-set order, no nulls, every value a
    /// string, UTF-8, no spaces. Their SHA-256 is the record's digest.
    pub fn canonical(&self, out: &mut Vec<u8>) {
        let length: usize = self
            .values
            .iter()
            .flatten()
            .map(|value| value.text.len() + 40)
            .sum();
        out.reserve(length);
        out.push(b'{');
        let mut first = true;
        for (field, value) in self.dataset.fields.iter().zip(&self.values) {
            let Some(value) = value else {
                continue;
            };
            out.extend_from_slice(if first { b"\"" } else { b",\"" });
            first = false;
            out.extend_from_slice(field.id.as_bytes());
            out.extend_from_slice(b"\":\"");
            if value.plain {
                out.extend_from_slice(value.text.as_bytes());
            } else {
                escape(&value.text, out);
            }
            out.push(b'"');
        }
        out.push(b'}');
    }
}

/// Writes a text as JSON does, with the shortest escapes (RFC 8785).
fn escape(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..0x20 => {
                let digit = |nibble: u8| {
                    if nibble < 10 {
                        b'0' + nibble
                    } else {
                        b'a' + nibble - 10
                    }
                };
                out.extend_from_slice(b"\\u00");
                out.push(digit(byte >> 4));
                out.push(digit(byte & 15));
            }
            _ => out.push(byte),
        }
    }
}
