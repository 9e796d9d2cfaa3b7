//! Raw bytes as received: compressed, named by their SHA-256, durable before the commit that names them.
//!
//! Small ones travel inside the submission's own row: they become durable by the same flush as the rest, so
//! that a thousand small pushes do not cost a thousand files. Large ones go to the object store first.

mod pieces;
pub mod sealed;

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use tokio::sync::mpsc::{Receiver, Sender};

use crate::error::{Error, ErrorCode};
use crate::keys::Masters;
use crate::keys::sealing::SealPieces;
use crate::store::erasures::DESTROYED;
use crate::store::packet_bytes::PacketRow;
use crate::store::submissions::Submission;
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

    /// Keeps bytes, under a key of their own when master keys are given. They are durable in the object store, or are to
    /// be kept in the row.
    pub async fn keep(
        &self,
        name: &Hash,
        bytes: &[u8],
        masters: Option<&Masters>,
    ) -> Result<Kept, Error> {
        let packed = super::compress::pack(bytes)
            .map_err(|error| Error::NotKept(format!("compressing: {error}")))?;
        let (packed, key) = match masters {
            Some(masters) => {
                let (secret, key) = sealed::draw(masters, name).map_err(not_kept)?;
                (
                    sealed::whole(&secret, &packed).map_err(not_kept)?,
                    Some(key),
                )
            }
            None => (packed, None),
        };
        if packed.len() <= INLINE {
            return Ok(Kept {
                inline: Some(packed),
                key,
            });
        }
        self.objects
            .put(&place(name, key.as_deref()), PutPayload::from(packed))
            .await
            .map_err(not_kept)?;
        Ok(Kept { inline: None, key })
    }

    /// Keeps bytes in the object store, durably, whatever their size.
    pub async fn archive(&self, name: &Hash, bytes: &[u8]) -> Result<(), Error> {
        let compressed = super::compress::pack(bytes)
            .map_err(|error| Error::NotKept(format!("compressing: {error}")))?;
        self.objects
            .put(&place(name, None), PutPayload::from(compressed))
            .await
            .map(drop)
            .map_err(not_kept)
    }

    /// Keeps the bytes of a file, a piece at a time, under a key of their own: before it is read nobody knows what
    /// stands in it. They are durable when this returns; gives back the wrapped key.
    pub async fn keep_file(
        &self,
        name: &Hash,
        from: Box<dyn io::Read + Send>,
        masters: &Masters,
    ) -> Result<Vec<u8>, Error> {
        let digest = *name;
        let (secret, key) = sealed::draw(masters, name).map_err(not_kept)?;
        let mut seal = SealPieces::new(&secret).map_err(not_kept)?;
        let (send, mut packed) = tokio::sync::mpsc::channel::<Vec<u8>>(2);
        let pack = tokio::task::spawn_blocking(move || pieces::pack(digest, from, send));
        let mut upload = self
            .objects
            .put_multipart(&place(name, Some(&key)))
            .await
            .map_err(not_kept)?;
        let mut held: Option<Vec<u8>> = None;
        loop {
            let next = packed.recv().await;
            let last = next.is_none();
            // The last piece says that it is the last: each is held until the next has come.
            if let Some(piece) = std::mem::replace(&mut held, next) {
                let piece = seal.piece(&piece, last).map_err(not_kept)?;
                upload
                    .put_part(PutPayload::from(piece))
                    .await
                    .map_err(not_kept)?;
            }
            if last {
                break;
            }
        }
        let outcome = pack
            .await
            .map_err(|error| Error::Internal(error.to_string()));
        if let Err(error) = outcome.and_then(|packed| packed.map_err(not_kept)) {
            drop(upload.abort().await);
            return Err(error);
        }
        upload.complete().await.map_err(not_kept)?;
        Ok(key)
    }

    /// Gives back kept bytes piece by piece, checked against their name at the end: what does not fit ends in an error.
    pub fn pieces(&self, stored: Stored) -> Pieces {
        let (packed, from) = tokio::sync::mpsc::channel(2);
        let (send, receive) = tokio::sync::mpsc::channel(2);
        if stored.is_destroyed() {
            tokio::spawn(async move { drop(send.send(Err(destroyed())).await) });
            return receive;
        }
        let objects = Arc::clone(&self.objects);
        let Stored {
            name, inline, key, ..
        } = stored;
        let named = place(&name, key.as_deref());
        tokio::spawn(async move {
            let Some(inline) = inline else {
                return hand_over(&*objects, &named, &packed).await;
            };
            drop(packed.send(Ok(Bytes::from(inline))).await);
        });
        tokio::task::spawn_blocking(move || {
            if let Err(error) = pieces::unpack(name, key.as_deref(), from, &send) {
                let told = format!("raw bytes {}: {error}", name.to_hex());
                // Nobody listens any more when the reader went away.
                drop(send.blocking_send(Err(Error::Internal(told))));
            }
        });
        receive
    }

    /// Whether the kept bytes are there and fit their name; they are not held whole.
    pub async fn check(&self, stored: Stored) -> Result<(), Error> {
        let mut pieces = self.pieces(stored);
        while let Some(piece) = pieces.recv().await {
            piece?;
        }
        Ok(())
    }

    /// Gives back bytes that were kept, checked against their name.
    pub async fn get(&self, stored: &Stored) -> Result<Vec<u8>, Error> {
        if stored.is_destroyed() {
            return Err(destroyed());
        }
        let name = &stored.name;
        let lost = |error: &dyn std::fmt::Display| {
            Error::Internal(format!("raw bytes {}: {error}", name.to_hex()))
        };
        let object;
        let mut packed = if let Some(inline) = &stored.inline {
            inline.as_slice()
        } else {
            let place = place(name, stored.key.as_deref());
            let found = self.objects.get(&place).await;
            let found = found.map_err(|error| lost(&error))?;
            object = found.bytes().await.map_err(|error| lost(&error))?;
            &object[..]
        };
        let opened;
        if let Some(key) = &stored.key {
            opened = sealed::opened(name, key, packed).map_err(|error| lost(&error))?;
            packed = &opened;
        }
        let bytes = super::compress::unpack(packed).map_err(|error| lost(&error))?;
        if crate::tlog::hash::sha256(&bytes) == *name {
            Ok(bytes.into_owned())
        } else {
            Err(lost(&"the stored bytes have another SHA-256"))
        }
    }

    /// Removes an object that nothing names any more. What is not there is removed already.
    pub async fn remove(&self, stored: &Stored) -> Result<(), Error> {
        if stored.inline.is_some() {
            return Ok(());
        }
        let place = place(&stored.name, stored.key.as_deref());
        match self.objects.delete(&place).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(not_kept(error)),
        }
    }
}

/// How bytes were kept.
#[derive(Debug)]
pub struct Kept {
    /// As they are to stand in the row; none: they are in the object store.
    pub inline: Option<Vec<u8>>,
    /// Their wrapped key, when they are encrypted.
    pub key: Option<Vec<u8>>,
}

/// What is known of kept bytes.
#[derive(Debug, Clone)]
pub struct Stored {
    /// SHA-256 of the bytes.
    pub name: Hash,
    /// As they stand in the row.
    pub inline: Option<Vec<u8>>,
    /// Their wrapped key.
    pub key: Option<Vec<u8>>,
    /// They are what an erasure left: the name is the SHA-256 of that.
    pub is_left: bool,
}

/// What `raw_key` begins with where the bytes are what an erasure left: their SHA-256 follows, and their wrapped key.
const LEFT: u8 = 2;

impl Stored {
    /// The raw bytes of a submission, or what an erasure has left of them.
    pub fn of(row: &Submission) -> Stored {
        let left = row.raw_key.as_deref().and_then(|key| {
            let (name, key) = key.strip_prefix(&[LEFT])?.split_first_chunk()?;
            Some((Hash::new(*name), key.to_vec()))
        });
        let (name, key, is_left) = match left {
            Some((name, key)) => (name, Some(key), true),
            None => (Hash::of_column(&row.raw_sha256), row.raw_key.clone(), false),
        };
        Stored {
            name,
            inline: row.raw.clone(),
            key,
            is_left,
        }
    }

    /// The bytes of a packet of this SHA-256; nothing for one that was sent before they were kept.
    pub fn of_packet(row: &PacketRow, name: Hash) -> Option<Stored> {
        let key = row.wrapped.clone()?;
        Some(Stored {
            name,
            inline: row.bytes.clone(),
            key: Some(key),
            is_left: false,
        })
    }

    /// What an erasure leaves of raw bytes, as it was kept under its own SHA-256.
    pub fn left(name: Hash, kept: Kept) -> Stored {
        Stored {
            name,
            inline: kept.inline,
            key: kept.key,
            is_left: true,
        }
    }

    /// What stands in `raw_key`, when the wrapped key is this.
    pub fn column(&self, key: &[u8]) -> Vec<u8> {
        let mut column = Vec::with_capacity(33 + key.len());
        if self.is_left {
            column.push(LEFT);
            column.extend_from_slice(self.name.as_bytes());
        }
        column.extend_from_slice(key);
        column
    }

    /// Whether they were destroyed on purpose.
    pub fn is_destroyed(&self) -> bool {
        self.key.as_deref() == Some(&DESTROYED)
    }

    /// Something in the archive, which holds nothing personal.
    pub fn archived(name: Hash) -> Stored {
        Stored {
            name,
            inline: None,
            key: None,
            is_left: false,
        }
    }
}

/// Hands over what is stored, as it is.
async fn hand_over(
    objects: &dyn ObjectStore,
    place: &object_store::path::Path,
    to: &Sender<io::Result<Bytes>>,
) {
    let mut stored = match objects.get(place).await {
        Ok(object) => object.into_stream(),
        Err(error) => return drop(to.send(Err(io::Error::other(error))).await),
    };
    while let Some(piece) = stored.next().await {
        if to.send(piece.map_err(io::Error::other)).await.is_err() {
            return;
        }
    }
}

fn destroyed() -> Error {
    Error::request(
        ErrorCode::Gone,
        (
            "该报送的原始报文含已依法删除的个人信息，已销毁；其 SHA-256 仍在日志中",
            "these raw bytes held personal data that was erased, and were destroyed; their SHA-256 stays in the log",
        ),
    )
}

fn not_kept(error: impl std::fmt::Display) -> Error {
    Error::NotKept(format!("raw bytes: {error}"))
}

/// Where an object lies. What is encrypted has a place of its own, even when the same bytes were sent before: under a key
/// of their own they are other bytes.
fn place(name: &Hash, key: Option<&[u8]>) -> object_store::path::Path {
    let hex = name.to_hex();
    let folder = hex.get(..2).unwrap_or("");
    object_store::path::Path::from(match key {
        Some(key) => format!("{folder}/{hex}-{}.sealed", sealed::suffix(key)),
        None => format!("{folder}/{hex}.zst"),
    })
}
