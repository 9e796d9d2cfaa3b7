//! A packet made again, long after it was sent, from what it carried: packets are not kept, their SHA-256 is in the log.
//!
//! Only bytes with that SHA-256 are given back. Another version of the hub or of the specification, or a record whose
//! values were erased, makes other bytes: then the packet itself is lost, and what it carried is still proven.

use std::sync::Arc;

use super::wire::{Stamp, Version, Wire};
use crate::leaf::packet::Member;
use crate::store::deliveries::{self, Owed};
use crate::store::{Database, StoreError, packets};
use crate::tlog::sha256;

/// Makes a packet again under each of the wires, until one gives the bytes that were sent.
pub fn packet(
    connection: &mut Database,
    wires: &[Arc<dyn Wire>],
    stamp: Stamp,
    members: &[Member],
    expected: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    for wire in wires {
        let mut versions = Vec::with_capacity(members.len());
        for member in members {
            let Some((record, lane)) = packets::owed(connection, member.delivery)? else {
                return Ok(None);
            };
            versions.push(Version {
                owed: Owed {
                    id: member.delivery,
                    record,
                    lane,
                    attempts: 0,
                    due_at: 0,
                },
                content: deliveries::contents(connection, &[record])?.pop(),
                held: member.held,
            });
        }
        match wire.pack(stamp, versions) {
            Ok(packed) if sha256(&packed.packet).to_hex() == expected => {
                return Ok(Some(packed.packet));
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(None)
}
