//! What packets carried, and at which places of the log they are spoken of. Only added to, in the transactions of the
//! leaves.

use diesel::prelude::*;

use super::packet_bytes::PacketRow;
use super::schema::{
    deliveries, earlier_packets, packet_entries, packet_leaves, packets, unfit_leaves,
};
use super::{Database, StoreError, on};

/// Writes down what a packet carries, and its bytes.
pub fn add(connection: &mut Database, row: &PacketRow) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(packets::table).values(row).execute(c))?;
    Ok(())
}

/// The members of a packet as they are kept; none for one that was made before they were.
pub fn members(connection: &mut Database, batch: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(packets::table
        .find(batch)
        .select(packets::members)
        .first(connection)
        .optional()?)
}

/// Writes down what a packet brings a platform, entry by entry.
pub fn add_entries(
    connection: &mut Database,
    batch: i64,
    entries: &[u8],
) -> Result<(), StoreError> {
    let row = (
        packet_entries::batch_id.eq(batch),
        packet_entries::entries.eq(entries),
    );
    on!(connection, c => diesel::insert_into(packet_entries::table).values(row).execute(c))?;
    Ok(())
}

/// What packets brought, as it was written down, by batch; those made before that was done are left out.
pub fn entries(
    connection: &mut Database,
    batches: &[i64],
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let mut found = Vec::with_capacity(batches.len());
    for chunk in batches.chunks(400) {
        let rows: Vec<(i64, Vec<u8>)> = packet_entries::table
            .filter(packet_entries::batch_id.eq_any(chunk.to_vec()))
            .select((packet_entries::batch_id, packet_entries::entries))
            .load(connection)?;
        found.extend(rows);
    }
    Ok(found)
}

/// A leaf speaks of a packet.
pub fn spoken_of(connection: &mut Database, batch: i64, leaf: i64) -> Result<(), StoreError> {
    let row = (
        packet_leaves::batch_id.eq(batch),
        packet_leaves::leaf_index.eq(leaf),
    );
    on!(connection, c => diesel::insert_into(packet_leaves::table).values(row).execute(c))?;
    Ok(())
}

/// Places of the leaves that speak of a packet, in order.
pub fn leaves(connection: &mut Database, batch: i64) -> Result<Vec<i64>, StoreError> {
    Ok(packet_leaves::table
        .filter(packet_leaves::batch_id.eq(batch))
        .order(packet_leaves::leaf_index)
        .select(packet_leaves::leaf_index)
        .load(connection)?)
}

/// A delivery leaves a packet, to go into another.
pub fn left(connection: &mut Database, delivery: i64, batch: i64) -> Result<(), StoreError> {
    let row = (
        earlier_packets::delivery_id.eq(delivery),
        earlier_packets::batch_id.eq(batch),
    );
    on!(connection, c => diesel::insert_into(earlier_packets::table).values(row).execute(c))?;
    Ok(())
}

/// A delivery leaves the packet that it is in, if it is in one.
pub fn leave(connection: &mut Database, delivery: i64) -> Result<(), StoreError> {
    let batch: Option<Option<i64>> = deliveries::table
        .find(delivery)
        .select(deliveries::batch_id)
        .first(connection)
        .optional()?;
    match batch.flatten() {
        Some(batch) => left(connection, delivery, batch),
        None => Ok(()),
    }
}

/// The packets that a delivery has left, in order.
pub fn earlier(connection: &mut Database, delivery: i64) -> Result<Vec<i64>, StoreError> {
    Ok(earlier_packets::table
        .filter(earlier_packets::delivery_id.eq(delivery))
        .order(earlier_packets::batch_id)
        .select(earlier_packets::batch_id)
        .load(connection)?)
}

/// A leaf says that a delivery fits into no packet.
pub fn unfit(connection: &mut Database, delivery: i64, leaf: i64) -> Result<(), StoreError> {
    let row = (
        unfit_leaves::delivery_id.eq(delivery),
        unfit_leaves::leaf_index.eq(leaf),
    );
    on!(connection, c => diesel::insert_into(unfit_leaves::table).values(row).execute(c))?;
    Ok(())
}

/// Places of the leaves that say so, in order.
pub fn unfit_leaves(connection: &mut Database, delivery: i64) -> Result<Vec<i64>, StoreError> {
    Ok(unfit_leaves::table
        .filter(unfit_leaves::delivery_id.eq(delivery))
        .order(unfit_leaves::leaf_index)
        .select(unfit_leaves::leaf_index)
        .load(connection)?)
}
