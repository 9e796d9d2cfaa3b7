//! What holds for an upload, as it is kept beside its bytes.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::pipeline::Incoming;

/// How far an upload has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Stage {
    /// Bytes are missing.
    Receiving,
    /// All bytes are there; it is to be judged.
    Whole,
    /// It is a submission.
    Receipted {
        /// Number of its receipt.
        receipt: String,
    },
    /// It cannot be read as a submission.
    Refused {
        /// Stable code.
        code: String,
        /// Why, in Chinese.
        detail: String,
        /// Why, in English.
        detail_en: String,
        /// Line of the fault.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        line: Option<u32>,
        /// Column of the fault.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        column: Option<u32>,
    },
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its number.
    pub id: String,
    /// Who sends it.
    pub source: String,
    /// Bytes that it will have.
    pub length: u64,
    /// Bytes that are durable.
    pub offset: u64,
    /// How far it has come.
    #[serde(flatten)]
    pub stage: Stage,
    /// When it was begun, milliseconds since 1970 UTC.
    pub begun_at: i64,
    /// When it goes away.
    pub expires_at: i64,
    /// What the sender said of it (tus `Upload-Metadata`), verbatim.
    pub metadata: String,
    /// Name of the file.
    pub file_name: Option<String>,
    /// Data set of all records.
    pub dataset: Option<String>,
    /// The sender's own number.
    pub submission: Option<String>,
    /// Edition.
    pub edition: Option<String>,
    /// Media type.
    pub media_type: String,
    /// The wrapped key of its bytes; none: they lie as they are, begun before there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
}

/// Reads what is kept; none when there is nothing.
pub(super) fn read(path: &Path) -> io::Result<Option<About>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Keeps it: whole under another name first, so that there is never half of it.
pub(super) fn write(path: &Path, about: &About) -> io::Result<()> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("a file without a folder"))?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec(about)?)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

impl From<&Incoming> for About {
    /// An upload of what is known of a submission; its numbers are yet to be given.
    fn from(incoming: &Incoming) -> Self {
        About {
            id: String::new(),
            source: incoming.source.clone(),
            length: 0,
            offset: 0,
            stage: Stage::Receiving,
            begun_at: 0,
            expires_at: 0,
            metadata: String::new(),
            file_name: incoming.hint.file_name.clone(),
            dataset: incoming.hint.dataset.clone(),
            submission: incoming.submission.clone(),
            edition: incoming.edition.clone(),
            media_type: incoming.media_type.clone(),
            key: None,
        }
    }
}
