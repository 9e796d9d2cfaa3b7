//! The bytes of packets, held against the log: what is kept is what was sent, cut by record as the leaf says; what is gone
//! went by order.

use super::{erasures, fault, lost};
use crate::leaf::packet::Member;
use crate::leaf::{Packet, parts};
use crate::pipeline::raw::Stored;
use crate::pipeline::{RawStore, compress};
use crate::store::{Database, packet_bytes};
use crate::tlog::{FirstFault, Hash};

/// The leaf of a packet has its bytes.
pub(super) async fn of_leaf(
    leaf: &Packet,
    connection: &mut Database,
    raw: &RawStore,
) -> Result<(), FirstFault> {
    // From before they were kept.
    let Some(root) = &leaf.parts_root else {
        return Ok(());
    };
    let place = format!("packets, batch_id {}", leaf.batch);
    let row = packet_bytes::of(connection, leaf.batch).map_err(|error| lost(&error))?;
    let row = row.ok_or_else(|| fault(&place, "the row is missing, but the log holds its leaf"))?;
    if row.is_destroyed() {
        let listed = compress::unpack(&row.members).map_err(|error| lost(&error))?;
        let members: Vec<Member> =
            serde_json::from_slice(&listed).map_err(|error| fault(&place, error.to_string()))?;
        let from: Vec<String> = members.into_iter().map(|one| one.submission).collect();
        return erasures::of_packet(&place, row.erased_leaf, &from, connection);
    }
    let name = Hash::from_hex(&leaf.packet_sha256);
    let name = name.map_err(|error| fault(&place, error.to_string()))?;
    let stored = Stored::of_packet(&row, name);
    let stored = stored.ok_or_else(|| fault(&place, "wrapped: the key is missing"))?;
    let packet = raw.get(&stored).await;
    let packet = packet.map_err(|error| fault(&place, error.to_string()))?;
    let cut = row
        .ends()
        .ok()
        .and_then(|ends| parts::split(&packet, &ends).map(|cut| parts::root(&cut)));
    if cut.as_ref() == Some(root) {
        return Ok(());
    }
    Err(fault(
        format!("{place}, ends"),
        "does not cut the packet as it was logged",
    ))
}
