//! How one kind of destination is spoken to: what a batch looks like on the wire, and what its answers mean.
//!
//! The rest of the delivery knows no kind. A packet is packed once and kept: what is sent again is what was kept.

use crate::store::deliveries::{Content, Owed};
use crate::store::erasures::notices::Notice;

use super::client::{Asking, Sending};
use super::holding::Holding;
use super::packet::PacketError;
use crate::tlog::Hash;

/// What a packet says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Number of the batch.
    pub batch: i64,
    /// When the batch was made, milliseconds since 1970.
    pub created_at: i64,
}

/// A record version on its way into a batch.
#[derive(Debug)]
pub struct Version {
    /// What is owed.
    pub owed: Owed,
    /// What it says; none: it is not in the store.
    pub content: Option<Content>,
    /// Whether the destination holds an earlier version of the record.
    pub held: bool,
    /// The delivery says that the version was erased.
    pub notice: Option<Notice>,
}

/// What became of versions that were packed.
#[derive(Debug, Default)]
pub struct Packed {
    /// Deliveries that the packet carries, in order.
    pub members: Vec<Owed>,
    /// Deliveries that cannot be carried, with the reason in words that the sender can read.
    pub unfit: Vec<(i64, String)>,
    /// Records in the packet.
    pub records: usize,
    /// The packet; empty when it carries nothing.
    pub packet: Vec<u8>,
    /// Its SHA-256, when that is known already.
    pub sha256: Option<Hash>,
    /// Where its parts end: what stands before the first record, then what each delivery brought, in order.
    pub ends: Vec<usize>,
    /// What it brings, entry by entry; only of destinations that can be asked what they hold.
    pub brings: Vec<Holding>,
}

/// One kind of destination.
pub trait Wire: Send + Sync {
    /// Packs versions into a batch.
    fn pack(&self, stamp: Stamp, versions: Vec<Version>) -> Result<Packed, PacketError>;

    /// Whether packing asks for what the destination holds already; finding that out costs a look-up a version.
    fn asks_what_is_held(&self) -> bool {
        false
    }

    /// Sends a packet.
    fn send(&self, batch: i64, packet: &[u8]) -> Sending;

    /// Asks for the business answer. Only of destinations that confirm receipt and answer later.
    fn ask(&self, batch: i64) -> Asking;
}
