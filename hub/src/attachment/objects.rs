//! The bytes of files beside records, in the object store: durable before anything names them, each under a key of its
//! own, which stands wrapped in the row that names them. Without the row nobody reads them, wherever copies lie. Files
//! from before there were keys lie as they are under their SHA-256, until `hub keys master seal`.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::incoming::{self, Whole};
use crate::error::Error;
use crate::keys::Masters;
use crate::keys::sealing::SealPieces;
use crate::pipeline::inlet::Inlet;
use crate::pipeline::raw::sealed;
use crate::store::attachments::AttachmentRow;
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

/// What is known of kept bytes.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Their SHA-256.
    pub sha256: Hash,
    /// Their wrapped key; none: they lie as they are.
    pub key: Option<Vec<u8>>,
}

impl Stored {
    /// The bytes that a row names.
    pub fn of(row: &AttachmentRow) -> Stored {
        Stored {
            sha256: Hash::of_column(&row.sha256),
            key: row.wrapped.clone(),
        }
    }

    fn place(&self) -> object_store::path::Path {
        let hex = self.sha256.to_hex();
        let folder = hex.get(..2).unwrap_or("");
        object_store::path::Path::from(match &self.key {
            Some(key) => format!("{folder}/{hex}-{}.sealed", sealed::suffix(key)),
            None => format!("{folder}/{hex}"),
        })
    }
}

fn not_kept(error: impl std::fmt::Display) -> Error {
    Error::NotKept(format!("attachment: {error}"))
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

    /// Keeps a file that was received whole; gives back its wrapped key.
    pub async fn keep(&self, whole: Whole, masters: &Masters) -> Result<Vec<u8>, Error> {
        let (sha256, from) = (whole.sha256, whole.open().map_err(not_kept)?);
        let kept = self.keep_from(sha256, from, masters).await;
        drop(whole);
        kept
    }

    /// Keeps a file that is in memory; gives back its wrapped key.
    pub async fn keep_bytes(
        &self,
        sha256: &Hash,
        bytes: Bytes,
        masters: &Masters,
    ) -> Result<Vec<u8>, Error> {
        self.keep_from(*sha256, io::Cursor::new(bytes), masters)
            .await
    }

    async fn keep_from(
        &self,
        sha256: Hash,
        from: impl Read + Send + 'static,
        masters: &Masters,
    ) -> Result<Vec<u8>, Error> {
        let (secret, key) = sealed::draw(masters, &sha256).map_err(not_kept)?;
        let mut seal = SealPieces::new(&secret).map_err(not_kept)?;
        let stored = Stored {
            sha256,
            key: Some(key.clone()),
        };
        let (send, mut pieces) = channel(2);
        let reading = tokio::task::spawn_blocking(move || read_pieces(from, &send));
        let upload = self.objects.put_multipart(&stored.place()).await;
        let mut upload = upload.map_err(not_kept)?;
        let mut held = pieces.recv().await.transpose().map_err(not_kept)?;
        held.get_or_insert_default();
        // The last piece says that it is the last: each is held until the next has come.
        while let Some(piece) = held {
            held = match pieces.recv().await.transpose() {
                Ok(next) => next,
                Err(error) => {
                    drop(upload.abort().await);
                    return Err(not_kept(error));
                }
            };
            let piece = seal.piece(&piece, held.is_none()).map_err(not_kept)?;
            let put = upload.put_part(PutPayload::from(piece)).await;
            put.map_err(not_kept)?;
        }
        reading.await.map_err(not_kept)?;
        upload.complete().await.map_err(not_kept)?;
        Ok(key)
    }

    /// The bytes of a file, piece by piece. What is wrong with them ends in an error.
    pub async fn stream(
        &self,
        stored: &Stored,
    ) -> Result<impl Stream<Item = io::Result<Bytes>> + use<>, Error> {
        let name = stored.sha256.to_hex();
        let lost =
            |error: &dyn std::fmt::Display| Error::Internal(format!("attachment {name}: {error}"));
        let found = self.objects.get(&stored.place()).await;
        let found = found.map_err(|error| lost(&error))?.into_stream();
        let (send, receive) = channel(2);
        tokio::spawn(hand_over(found, send));
        let Some(key) = &stored.key else {
            return Ok(streamed(receive));
        };
        let clear = sealed::reader(&stored.sha256, key, Inlet::new(receive));
        let clear = clear.map_err(|error| lost(&error))?;
        let (send, receive) = channel(2);
        tokio::task::spawn_blocking(move || read_pieces(clear, &send));
        Ok(streamed(receive))
    }

    /// Whether the bytes that are kept under a hash have it.
    pub async fn is_sound(&self, stored: &Stored) -> Result<bool, Error> {
        let mut stream = std::pin::pin!(self.stream(stored).await?);
        let mut hasher = Hasher::default();
        while let Some(piece) = stream.next().await {
            let name = stored.sha256.to_hex();
            let lost = |error| Error::Internal(format!("attachment {name}: {error}"));
            hasher.update(&piece.map_err(lost)?);
        }
        Ok(hasher.finish() == stored.sha256)
    }

    /// Keeps what lies in clear under a key of its own; gives back the wrapped key. The clear bytes are still there.
    pub async fn seal(&self, stored: &Stored, masters: &Masters) -> Result<Vec<u8>, Error> {
        let mut stream = Box::pin(self.stream(stored).await?);
        let (send, receive) = channel(2);
        let feeding = async move {
            while let Some(piece) = stream.next().await {
                if send.send(piece).await.is_err() {
                    return;
                }
            }
        };
        let keeping = self.keep_from(stored.sha256, Inlet::new(receive), masters);
        let ((), key) = futures_util::future::join(feeding, keeping).await;
        key
    }

    /// Removes bytes that nothing names any more. What is not there is removed already.
    pub async fn remove(&self, stored: &Stored) -> Result<(), Error> {
        match self.objects.delete(&stored.place()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(not_kept(error)),
        }
    }
}

async fn hand_over(
    mut found: impl Stream<Item = Result<Bytes, object_store::Error>> + Unpin,
    to: Sender<io::Result<Bytes>>,
) {
    while let Some(piece) = found.next().await {
        if to.send(piece.map_err(io::Error::other)).await.is_err() {
            return;
        }
    }
}

fn streamed(from: Receiver<io::Result<Bytes>>) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    futures_util::stream::unfold(from, |mut from| async move {
        let piece = from.recv().await?;
        Some((piece, from))
    })
}

/// Hands over what is read, on a thread that may wait.
fn read_pieces(mut from: impl Read, to: &Sender<io::Result<Bytes>>) {
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        let read = from.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        let ended = !matches!(read, Ok(1..));
        if matches!(read, Ok(0)) || to.blocking_send(read.map(|_| piece.into())).is_err() || ended {
            return;
        }
    }
}
