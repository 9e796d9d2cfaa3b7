//! The packets in which an erased record was sent: their bytes go whole, and their keys. What others of them said of
//! themselves stays in their own records; what the packet carried, and that it was sent, stays in the log.

use super::Erased;
use crate::pipeline::raw::Stored;
use crate::store::{Database, StoreError, outbox, packet_bytes};
use crate::tlog::Hash;

/// Destroys the bytes of every packet that carried what was erased.
pub(super) fn destroy(
    connection: &mut Database,
    leaf_index: i64,
    erased: &mut Erased,
) -> Result<(), StoreError> {
    for row in packet_bytes::carrying(connection, &erased.records)? {
        packet_bytes::destroy(connection, row.batch_id, leaf_index)?;
        erased.packets.push(row.batch_id);
        let sent = outbox::batch(connection, row.batch_id)?;
        let name = sent.map_or_else(Vec::new, |sent| sent.packet_sha256);
        let stored = Stored::of_packet(&row, Hash::of_column(&name));
        let object = stored.filter(|stored| stored.inline.is_none());
        erased.objects.extend(object);
    }
    Ok(())
}
