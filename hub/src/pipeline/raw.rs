//! Raw bytes as received: compressed, named by their SHA-256, durable before the commit that names them.
//!
//! Small ones travel inside the submission's own row: they become durable by the same flush as the rest, so
//! that a thousand small pushes do not cost a thousand files. Large ones go to the object store first.

mod pieces;

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use tokio::sync::mpsc::{Receiver, Sender};

use crate::error::Error;
use crate::tlog::hash::Hash;

/// Compressed bytes up to this size are kept in the row.
const INLINE: usize = 64 * 1024;

/// Bytes on their way out, a piece at a time.
pub type Pieces = Receiver<Result<Bytes, Error>>;

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

    /// Keeps the bytes of a file, a piece at a time; they are durable when this returns.
    pub async fn keep_file(&self, name: &Hash, file: &Path) -> Result<(), Error> {
        let (path, digest) = (file.to_owned(), *name);
        let (send, mut packed) = tokio::sync::mpsc::channel::<Vec<u8>>(2);
        let pack = tokio::task::spawn_blocking(move || pieces::pack(digest, &path, send));
        let mut upload = self
            .objects
            .put_multipart(&place(name))
            .await
            .map_err(not_kept)?;
        while let Some(piece) = packed.recv().await {
            upload
                .put_part(PutPayload::from(piece))
                .await
                .map_err(not_kept)?;
        }
        let outcome = pack
            .await
            .map_err(|error| Error::Internal(error.to_string()));
        if let Err(error) = outcome.and_then(|packed| packed.map_err(not_kept)) {
            drop(upload.abort().await);
            return Err(error);
        }
        upload.complete().await.map(|_| ()).map_err(not_kept)
    }

    /// Gives back kept bytes piece by piece, checked against their name at the end: what does not fit ends in an error.
    pub fn pieces(&self, name: Hash, inline: Option<Vec<u8>>) -> Pieces {
        let (packed, from) = tokio::sync::mpsc::channel(2);
        let (send, receive) = tokio::sync::mpsc::channel(2);
        let objects = Arc::clone(&self.objects);
        tokio::spawn(async move {
            let Some(inline) = inline else {
                return hand_over(&*objects, &name, &packed).await;
            };
            drop(packed.send(Ok(Bytes::from(inline))).await);
        });
        tokio::task::spawn_blocking(move || {
            if let Err(error) = pieces::unpack(name, from, &send) {
                let told = format!("raw bytes {}: {error}", name.to_hex());
                // Nobody listens any more when the reader went away.
                drop(send.blocking_send(Err(Error::Internal(told))));
            }
        });
        receive
    }

    /// Whether the kept bytes are there and fit their name; they are not held whole.
    pub async fn check(&self, name: Hash, inline: Option<Vec<u8>>) -> Result<(), Error> {
        let mut pieces = self.pieces(name, inline);
        while let Some(piece) = pieces.recv().await {
            piece?;
        }
        Ok(())
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

/// Hands over what is stored, as it is.
async fn hand_over(objects: &dyn ObjectStore, name: &Hash, to: &Sender<io::Result<Bytes>>) {
    let mut stored = match objects.get(&place(name)).await {
        Ok(object) => object.into_stream(),
        Err(error) => return drop(to.send(Err(io::Error::other(error))).await),
    };
    while let Some(piece) = stored.next().await {
        if to.send(piece.map_err(io::Error::other)).await.is_err() {
            return;
        }
    }
}

fn not_kept(error: impl std::fmt::Display) -> Error {
    Error::NotKept(format!("raw bytes: {error}"))
}

fn place(name: &Hash) -> object_store::path::Path {
    let hex = name.to_hex();
    let folder = hex.get(..2).unwrap_or("");
    object_store::path::Path::from(format!("{folder}/{hex}.zst"))
}
