//! How large a document may be, in every direction in which hostile input grows.

/// Upper bounds of one document; the same on every way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Bytes of the document, decompressed.
    pub bytes: usize,
    /// Nesting of objects, lists and elements.
    pub depth: usize,
    /// Records in the document.
    pub records: usize,
    /// Fields of a record, cells of a row, attributes of an element.
    pub fields: usize,
    /// Bytes of one value.
    pub value: usize,
    /// Bytes of a file that travels with a record.
    pub file: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 64 << 20,
            depth: 32,
            records: 50_000,
            fields: 2_000,
            value: 8 << 20,
            file: 200 << 20,
        }
    }
}
