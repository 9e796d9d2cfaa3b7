//! Raw bytes as received: compressed, named by their SHA-256, durable before the commit that names them.
//!
//! Small ones travel inside the submission's own row: they become durable by the same flush as the rest, so
//! that a thousand small pushes do not cost a thousand files. Large ones go to the object store first.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use crate::error::Error;
use crate::tlog::hash::Hash;

/// Compressed bytes up to this size are kept in the row.
const INLINE: usize = 64 * 1024;

/// Where large raw bytes are kept.
#[derive(Debug, Clone)]
pub struct RawStore {
    objects: Arc<dyn ObjectStore>,
}

impl RawStore {
    /// Opens a folder; writes are flushed to disk.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::Internal(format!("{}: {error}", folder.display())))?;
        let objects = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| Error::Internal(format!("{}: {error}", folder.display())))?
            .with_fsync(true);
        Ok(RawStore {
            objects: Arc::new(objects),
        })
    }

    /// Keeps bytes: gives them back packed when they are to be kept in the row, or nothing when they
    /// are durable in the object store.
    pub async fn keep(&self, name: &Hash, bytes: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let compressed = super::compress::pack(bytes)
            .map_err(|error| Error::NotKept(format!("compressing: {error}")))?;
        if compressed.len() <= INLINE {
            return Ok(Some(compressed));
        }
        self.put(name, compressed).await?;
        Ok(None)
    }

    /// Keeps bytes in the object store, durably, whatever their size.
    pub async fn archive(&self, name: &Hash, bytes: &[u8]) -> Result<(), Error> {
        let compressed = super::compress::pack(bytes)
            .map_err(|error| Error::NotKept(format!("compressing: {error}")))?;
        self.put(name, compressed).await
    }

    async fn put(&self, name: &Hash, compressed: Vec<u8>) -> Result<(), Error> {
        self.objects
            .put(&place(name), PutPayload::from(compressed))
            .await
            .map(drop)
            .map_err(|error| Error::NotKept(format!("raw bytes: {error}")))
    }

    /// Gives back bytes that were kept, checked against their name.
    pub async fn get(&self, name: &Hash, inline: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        let stored;
        let compressed = if let Some(inline) = inline {
            inline
        } else {
            let lost = |error| Error::Internal(format!("raw bytes {}: {error}", name.to_hex()));
            stored = self
                .objects
                .get(&place(name))
                .await
                .map_err(lost)?
                .bytes()
                .await
                .map_err(lost)?;
            &stored[..]
        };
        let bytes = super::compress::unpack(compressed)
            .map_err(|error| Error::Internal(format!("raw bytes {}: {error}", name.to_hex())))?;
        if crate::tlog::hash::sha256(&bytes) == *name {
            Ok(bytes.into_owned())
        } else {
            Err(Error::Internal(format!(
                "raw bytes {}: the stored bytes have another SHA-256",
                name.to_hex()
            )))
        }
    }
}

fn place(name: &Hash) -> object_store::path::Path {
    let hex = name.to_hex();
    let folder = hex.get(..2).unwrap_or("");
    object_store::path::Path::from(format!("{folder}/{hex}.zst"))
}
