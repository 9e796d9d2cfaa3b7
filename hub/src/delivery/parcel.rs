//! A packet on its way into the store: everything that can be worked out before the writer's transaction, by the worker
//! that made it. The transaction then only writes.

use super::holding;
use super::wire::Packed;
use crate::leaf::packet::{self, Member};
use crate::leaf::{self, parts};
use crate::pipeline::raw::Kept;
use crate::pipeline::writer::Transaction;
use crate::pipeline::{Instant, compress};
use crate::store::batches::NewBatch;
use crate::store::packet_bytes::PacketRow;
use crate::store::{StoreError, packets};
use crate::tlog::hash::hex;

/// What is to be written down about a packet before it is sent.
#[derive(Debug)]
pub(super) struct Parcel {
    leaf: Vec<u8>,
    row: PacketRow,
    brings: Option<Vec<u8>>,
}

impl Parcel {
    /// A packet with what each delivery in it stands for, and its bytes as they were kept.
    pub fn of(
        batch: &NewBatch,
        packed: &Packed,
        members: &[Member],
        kept: Kept,
    ) -> Result<Parcel, StoreError> {
        let abandoned = |why: String| StoreError::Abandoned(format!("batch {}: {why}", batch.id));
        let cut = parts::split(&packed.packet, &packed.ends);
        let cut = cut.filter(|cut| cut.len() == members.len() + 2);
        let cut = cut.ok_or_else(|| abandoned("is not cut by its deliveries".to_owned()))?;
        let listed = packet::listed(members);
        let leaf = leaf::encode(&leaf::Packet {
            destination: batch.destination.clone(),
            batch: batch.id,
            packet_sha256: hex(&batch.packet_sha256),
            members: members.len() as u64,
            members_root: listed.root,
            parts_root: Some(parts::root(&cut)),
            at: Instant::from_millis(batch.created_at).text(),
        })?;
        let listed = compress::pack(listed.list.as_bytes());
        // What cannot be written down is made again by whoever asks.
        let brings = holding::encode(&packed.brings).filter(|_| !packed.brings.is_empty());
        Ok(Parcel {
            leaf,
            row: PacketRow {
                batch_id: batch.id,
                members: listed.map_err(|error| abandoned(error.to_string()))?,
                ends: serde_json::to_string(&packed.ends).ok(),
                bytes: kept.inline,
                wrapped: kept.key,
                erased_leaf: None,
            },
            brings,
        })
    }

    /// Writes it down, and logs it.
    pub fn write(self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let batch = self.row.batch_id;
        packets::add(transaction.connection, &self.row)?;
        if let Some(brings) = self.brings {
            packets::add_entries(transaction.connection, batch, &brings)?;
        }
        let index = transaction.append_leaf(self.leaf)?;
        packets::spoken_of(transaction.connection, batch, index)
    }
}
