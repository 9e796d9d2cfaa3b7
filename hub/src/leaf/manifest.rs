//! A source said, over its signature, what it sent on a day: whether its books agree with the close of the hub.

use serde::{Deserialize, Serialize};

use super::Kind;

/// The leaf of a source's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The day, `yyyy-MM-dd` in China.
    pub date: String,
    /// The source.
    pub source: String,
    /// Which close of the hub it speaks about.
    pub number: u32,
    /// SHA-256 of that close's document.
    pub document_sha256: String,
    /// SHA-256 of the source's signed note.
    pub manifest_sha256: String,
    /// The key that signed it (C2SP vkey).
    pub key: String,
    /// How many records the source says it sent.
    pub records: u64,
    /// The digest over them, hexadecimal.
    pub root: String,
    /// Whether that is what the hub's books say.
    pub agreed: bool,
    /// When it came.
    pub at: String,
}

impl Kind for Manifest {
    const KIND: &'static str = "manifest";
    const VERSION: u64 = 1;
}
