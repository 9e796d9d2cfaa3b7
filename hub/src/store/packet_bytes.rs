//! The bytes of packets as they lie in the table: kept with the batch, under a key of their own, until a record that they
//! carry is erased.

use diesel::prelude::*;

use super::erasures::DESTROYED;
use super::schema::{deliveries, earlier_packets, packets};
use super::{Database, StoreError, on};

/// Most numbers in one statement.
const CHUNK: usize = 400;

/// A row of `packets`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = packets, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct PacketRow {
    pub batch_id: i64,
    pub members: Vec<u8>,
    pub ends: Option<String>,
    pub bytes: Option<Vec<u8>>,
    pub wrapped: Option<Vec<u8>>,
    pub erased_leaf: Option<i64>,
}

impl PacketRow {
    /// Whether the bytes were destroyed with a record that they carried.
    pub fn is_destroyed(&self) -> bool {
        self.wrapped.as_deref() == Some(&DESTROYED)
    }

    /// Where the parts of the packet end.
    pub fn ends(&self) -> serde_json::Result<Vec<usize>> {
        serde_json::from_str(self.ends.as_deref().unwrap_or_default())
    }
}

/// What is kept of a packet.
pub fn of(connection: &mut Database, batch: i64) -> Result<Option<PacketRow>, StoreError> {
    Ok(packets::table
        .find(batch)
        .select(PacketRow::as_select())
        .first(connection)
        .optional()?)
}

/// Whether the bytes of a packet were destroyed.
pub fn are_destroyed(connection: &mut Database, batch: i64) -> Result<bool, StoreError> {
    let destroyed = on!(connection, c => packets::table
        .find(batch)
        .filter(packets::wrapped.eq(DESTROYED.to_vec()))
        .select(packets::batch_id)
        .first::<i64>(c)
        .optional())?;
    Ok(destroyed.is_some())
}

/// The packets that carried any of these record versions, in order, as far as their bytes are kept. Walks over the
/// deliveries: for erasures, not for work.
pub fn carrying(connection: &mut Database, records: &[i64]) -> Result<Vec<PacketRow>, StoreError> {
    let mut numbers: Vec<i64> = Vec::new();
    for chunk in records.chunks(CHUNK) {
        let of: Vec<(i64, Option<i64>)> = deliveries::table
            .filter(deliveries::record_id.eq_any(chunk.to_vec()))
            .select((deliveries::id, deliveries::batch_id))
            .load(connection)?;
        numbers.extend(of.iter().filter_map(|(_, batch)| *batch));
        let of: Vec<i64> = of.into_iter().map(|(delivery, _)| delivery).collect();
        for chunk in of.chunks(CHUNK) {
            numbers.extend(
                earlier_packets::table
                    .filter(earlier_packets::delivery_id.eq_any(chunk.to_vec()))
                    .select(earlier_packets::batch_id)
                    .load::<i64>(connection)?,
            );
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    let mut kept = Vec::with_capacity(numbers.len());
    for number in numbers {
        let row = of(connection, number)?;
        kept.extend(row.filter(|row| row.wrapped.is_some() && !row.is_destroyed()));
    }
    Ok(kept)
}

/// Destroys the bytes of a packet and their key, by the order that a leaf holds.
pub fn destroy(connection: &mut Database, batch: i64, leaf: i64) -> Result<(), StoreError> {
    let nothing = (
        packets::bytes.eq(Some(Vec::new())),
        packets::wrapped.eq(Some(DESTROYED.to_vec())),
        packets::erased_leaf.eq(Some(leaf)),
    );
    on!(connection, c => diesel::update(packets::table.find(batch)).set(nothing).execute(c))?;
    Ok(())
}

/// Rows after a number, in order.
pub fn after(
    connection: &mut Database,
    batch: i64,
    limit: i64,
) -> Result<Vec<PacketRow>, StoreError> {
    Ok(packets::table
        .filter(packets::batch_id.gt(batch))
        .order(packets::batch_id)
        .limit(limit)
        .select(PacketRow::as_select())
        .load(connection)?)
}

/// Puts another wrapped key in the place of the one that is there.
pub fn rewrap(connection: &mut Database, batch: i64, wrapped: &[u8]) -> Result<(), StoreError> {
    let wrapped = packets::wrapped.eq(Some(wrapped.to_vec()));
    on!(connection, c => diesel::update(packets::table.find(batch)).set(wrapped).execute(c))?;
    Ok(())
}
