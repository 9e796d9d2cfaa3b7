//! The bytes of packets: kept before they are sent for the first time, so that every attempt sends the very same, and
//! that years later it can be shown what was sent.
//!
//! They are kept as raw bytes are: one zstd frame, encrypted under a key of its own, in the row of the packet or, when
//! large, in the object store under the SHA-256 that the leaf holds. A crash before the row is committed leaves an object
//! whose key stands nowhere.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use crate::error::Error;
use crate::keys::Masters;
use crate::pipeline::RawStore;
use crate::pipeline::raw::{Kept, Stored};
use crate::store::{Database, StoreError, packet_bytes};
use crate::tlog::Hash;

/// Where a delivery keeps packets.
pub(super) struct Keeping {
    raw: RawStore,
    masters: Arc<Masters>,
    runtime: Runtime,
}

impl Keeping {
    /// A place for packets.
    pub fn new(raw: RawStore, masters: Arc<Masters>) -> std::io::Result<Self> {
        Ok(Keeping {
            raw,
            masters,
            runtime: Builder::new_current_thread().build()?,
        })
    }

    /// Keeps a packet of this SHA-256; what is to stand in its row. Any thread of the delivery may.
    pub fn keep(&self, name: &Hash, packet: &[u8]) -> Result<Kept, Error> {
        let kept = self.raw.keep(name, packet, Some(&self.masters));
        self.runtime.block_on(kept)
    }

    /// The packet of a batch as it was sent; nothing when it was destroyed, is lost, or was sent before packets were kept.
    pub fn read(
        &self,
        connection: &mut Database,
        batch: i64,
        name: Hash,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = packet_bytes::of(connection, batch)?;
        let Some(stored) = row.and_then(|row| Stored::of_packet(&row, name)) else {
            return Ok(None);
        };
        match self.runtime.block_on(self.raw.get(&stored)) {
            Ok(packet) => Ok(Some(packet)),
            Err(error) => {
                tracing::warn!(batch, %error, "the bytes of a packet cannot be read");
                Ok(None)
            }
        }
    }
}
