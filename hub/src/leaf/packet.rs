//! A packet was made for a destination: which record versions it carries, before it is sent for the first time.
//!
//! It ties the two ends of the story together: `members_root` names the records by what their receipts say of them,
//! `packet_sha256` the bytes that attempts ([`super::Delivery`]) offer, and the numbers of the deliveries are those of
//! which [`super::Acknowledgement`] says how they ended.

use serde::{Deserialize, Serialize};

use super::{Kind, canonical};
use crate::tlog::{Hash, leaf_hash, merkle_root};

/// The leaf of a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packet {
    /// Where to.
    pub destination: String,
    /// Number of the packet at this hub.
    pub batch: i64,
    /// SHA-256 of the packet.
    pub packet_sha256: String,
    /// Deliveries that it carries.
    pub members: u64,
    /// Merkle root (RFC 6962) over one [`Member`] each, in the order of the packet, in canonical JSON.
    pub members_root: String,
    /// When it was made.
    pub at: String,
}

/// One delivery in a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Number of the delivery.
    pub delivery: i64,
    /// Number of the submission that brought the record.
    pub submission: String,
    /// Place of the record in it, from 0.
    pub index: i32,
    /// SHA-256 of the record's canonical bytes.
    pub digest: String,
    /// Whether the destination held an earlier version of the record.
    pub held: bool,
}

/// The members as one JSON list: each element stands there as it is hashed.
pub fn list(members: &[Member]) -> String {
    canonical(&serde_json::to_value(members).unwrap_or_default())
}

/// The root over members.
pub fn members_root(members: &[Member]) -> String {
    let hash = |member: &Member| {
        let value = serde_json::to_value(member).unwrap_or_default();
        leaf_hash(canonical(&value).as_bytes())
    };
    let hashes: Vec<Hash> = members.iter().map(hash).collect();
    merkle_root(&hashes).to_hex()
}

impl Kind for Packet {
    const KIND: &'static str = "packet";
    const VERSION: u64 = 1;
}
