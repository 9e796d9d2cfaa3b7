//! The bytes of files beside records, in the object store under their SHA-256: durable before anything names them.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt as _, WriteMultipart};

use super::incoming::{self, Whole};
use crate::error::Error;
use crate::tlog::Hash;
use crate::tlog::hash::Hasher;

/// Bytes handed over at once.
const PIECE: usize = 1 << 20;

/// Where files beside records are kept.
#[derive(Debug, Clone)]
pub struct Objects {
    objects: Arc<dyn ObjectStore>,
    /// Where files are written on their way in.
    pub incoming: PathBuf,
}

impl Objects {
    /// Opens a folder; writes are flushed to disk.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let fault = |error: &dyn std::fmt::Display| {
            Error::Internal(format!("{}: {error}", folder.display()))
        };
        let incoming = folder.join("incoming");
        let kept = folder.join("kept");
        for folder in [&incoming, &kept] {
            std::fs::create_dir_all(folder).map_err(|error| fault(&error))?;
        }
        let objects = LocalFileSystem::new_with_prefix(&kept)
            .map_err(|error| fault(&error))?
            .with_fsync(true);
        Ok(Objects {
            objects: Arc::new(objects),
            incoming,
        })
    }

    /// Removes what a crash left half-way. Only for who serves the folder: what is on its way in would go too.
    pub fn clear(&self) -> Result<(), Error> {
        let folder = self.incoming.display();
        incoming::clear(&self.incoming)
            .map_err(|error| Error::Internal(format!("{folder}: {error}")))
    }

    /// Keeps a file that was received whole. The same bytes kept again are written again, and are the same.
    pub async fn keep(&self, mut whole: Whole) -> Result<(), Error> {
        let lost = |error: &dyn std::fmt::Display| Error::NotKept(format!("attachment: {error}"));
        let place = place(&whole.sha256);
        let upload = self.objects.put_multipart(&place).await;
        let mut writing = WriteMultipart::new(upload.map_err(|error| lost(&error))?);
        let (send, mut pieces) = tokio::sync::mpsc::channel::<std::io::Result<Bytes>>(2);
        let reading = tokio::task::spawn_blocking(move || {
            let file = match whole.open() {
                Ok(file) => file,
                Err(error) => return drop(send.blocking_send(Err(error))),
            };
            loop {
                let mut piece = Vec::with_capacity(PIECE);
                let read = file.take(PIECE as u64).read_to_end(&mut piece);
                let ended = !matches!(read, Ok(1..));
                if matches!(read, Ok(0))
                    || send.blocking_send(read.map(|_| piece.into())).is_err()
                    || ended
                {
                    return;
                }
            }
        });
        while let Some(piece) = pieces.recv().await {
            match piece {
                Ok(piece) => {
                    let room = writing.wait_for_capacity(4).await;
                    room.map_err(|error| lost(&error))?;
                    writing.put(piece);
                }
                Err(error) => {
                    drop(writing.abort().await);
                    return Err(lost(&error));
                }
            }
        }
        reading.await.map_err(|error| lost(&error))?;
        writing.finish().await.map_err(|error| lost(&error))?;
        Ok(())
    }

    /// Keeps a file that is in memory.
    pub async fn keep_bytes(&self, sha256: &Hash, bytes: Bytes) -> Result<(), Error> {
        let kept = self.objects.put(&place(sha256), bytes.into()).await;
        kept.map_err(|error| Error::NotKept(format!("attachment: {error}")))?;
        Ok(())
    }

    /// The bytes of a file, piece by piece.
    pub async fn stream(
        &self,
        sha256: &Hash,
    ) -> Result<impl Stream<Item = Result<Bytes, object_store::Error>> + use<>, Error> {
        let found = self.objects.get(&place(sha256)).await;
        let lost = |error| Error::Internal(format!("attachment {}: {error}", sha256.to_hex()));
        Ok(found.map_err(lost)?.into_stream())
    }

    /// Whether the bytes that are kept under a hash have it.
    pub async fn is_sound(&self, sha256: &Hash) -> Result<bool, Error> {
        use futures_util::StreamExt as _;
        let mut stream = std::pin::pin!(self.stream(sha256).await?);
        let mut hasher = Hasher::default();
        while let Some(piece) = stream.next().await {
            let lost = |error| Error::Internal(format!("attachment {}: {error}", sha256.to_hex()));
            hasher.update(&piece.map_err(lost)?);
        }
        Ok(hasher.finish() == *sha256)
    }
}

fn place(sha256: &Hash) -> object_store::path::Path {
    let hex = sha256.to_hex();
    let folder = hex.get(..2).unwrap_or("");
    object_store::path::Path::from(format!("{folder}/{hex}"))
}
