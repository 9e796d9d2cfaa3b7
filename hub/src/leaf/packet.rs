//! A packet was made for a destination: which record versions it carries, before it is sent for the first time.
//!
//! It ties the two ends of the story together: `members_root` names the records by what their receipts say of them,
//! `packet_sha256` the bytes that attempts ([`super::Delivery`]) offer, `parts_root` these bytes cut by record, and the numbers of the deliveries are those of
//! which [`super::Acknowledgement`] says how they ended.

use serde::{Deserialize, Serialize};

use super::{Kind, canonical};
use crate::tlog::{leaf_hash, merkle_root};

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
    /// Merkle root (RFC 6962) over its parts ([`super::parts`]): what stands before the first record, one for each
    /// member, what follows the last. Absent in leaves from before the bytes of packets were kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parts_root: Option<String>,
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

/// Members as they are kept and hashed.
#[derive(Debug)]
pub struct Listed {
    /// One JSON list; each element stands there as it is hashed.
    pub list: String,
    /// The root over them, hexadecimal.
    pub root: String,
}

/// Writes members down, each once.
pub fn listed(members: &[Member]) -> Listed {
    let mut list = String::with_capacity(2 + members.len() * 192);
    let mut hashes = Vec::with_capacity(members.len());
    for member in members {
        list.push(if hashes.is_empty() { '[' } else { ',' });
        let from = list.len();
        list.push_str(&canonical(
            &serde_json::to_value(member).unwrap_or_default(),
        ));
        hashes.push(leaf_hash(list.get(from..).unwrap_or_default().as_bytes()));
    }
    list.push_str(if hashes.is_empty() { "[]" } else { "]" });
    Listed {
        list,
        root: merkle_root(&hashes).to_hex(),
    }
}

/// The root over members.
pub fn members_root(members: &[Member]) -> String {
    listed(members).root
}

impl Kind for Packet {
    const KIND: &'static str = "packet";
    const VERSION: u64 = 1;
}
