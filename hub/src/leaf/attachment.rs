//! A file that belongs to a record came, and is kept.
//!
//! The log is public, and codes and names of files may tell of persons: they are bound by a hash with a salt, which
//! the receipt of the file holds.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::tlog::sha256;

/// The leaf of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Number of the file.
    pub attachment: i64,
    /// Who sent it.
    pub source: String,
    /// What it is among the files of a record.
    pub slot: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Their number.
    pub bytes: i64,
    /// Its type.
    pub media_type: String,
    /// What [`named`] makes of its code and name.
    pub named: String,
    /// When it came.
    pub at: String,
}

/// SHA-256 over salt, code and name of a file, each followed by a line feed.
pub fn named(salt: &str, code: &str, file_name: &str) -> String {
    sha256(format!("{salt}\n{code}\n{file_name}\n").as_bytes()).to_hex()
}

impl Kind for Attachment {
    const KIND: &'static str = "attachment";
    const VERSION: u64 = 1;
}
