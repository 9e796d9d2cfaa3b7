//! Makes batches: reads contents, packs them, keeps the packet, writes the batch down.
//!
//! The packet of an open batch is sent again as it was kept. When it was destroyed with a record that was erased, the
//! batch is given up, and the others go into another.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Settings;
use super::desk::Desk;
use super::keeping::Keeping;
use super::ledger::{self, By, Ending};
use super::packet::PacketError;
use super::parcel::Parcel;
use super::wire::{Packed, Stamp, Version, Wire};
use crate::leaf::packet::Member;
use crate::pipeline::commit::receipt_id;
use crate::pipeline::writer::WriteError;
use crate::store::batches::{self, NewBatch};
use crate::store::deliveries::{self, Content, End, OpenBatch, Owed, Settlement, State};
use crate::store::erasures::{self, notices};
use crate::store::{Database, Readers, StoreError};
use crate::tlog::{Hash, sha256};

/// A batch could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum GatherError {
    /// The store cannot be read.
    #[error("the store cannot be read")]
    Read(#[from] StoreError),
    /// The store cannot be written.
    #[error("the store cannot be written")]
    Write(#[from] WriteError),
    /// The packet cannot be built.
    #[error("the packet cannot be built")]
    Packet(#[from] PacketError),
    /// The packet cannot be kept.
    #[error("the packet cannot be kept")]
    Keep(#[from] crate::error::Error),
    /// A record was erased while it was packed.
    #[error("a record was erased while it was packed")]
    Erased,
    /// Somebody else took the number.
    #[error("the number of the batch was taken")]
    Taken,
}

/// Makes batches for one destination.
pub(super) struct Gatherer {
    pub settings: Settings,
    pub readers: Readers,
    pub desk: Desk,
    pub wire: Arc<dyn Wire>,
    pub keeping: Keeping,
}

/// What gathering made of some deliveries.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The batch, its members and its packet; none when no record was fit.
    pub batch: Option<(OpenBatch, Vec<Owed>, Vec<u8>)>,
    /// How many records were not.
    pub unfit: usize,
}

impl Gatherer {
    /// Makes a batch of deliveries and writes it down, unless the reign is over in which they were picked. Records that
    /// cannot be forwarded are refused.
    pub fn gather(&self, number: i64, reign: i64, rows: &[Owed]) -> Result<Gathered, GatherError> {
        let mut connection = self.readers.take()?;
        let now = self.desk.present.millis();
        let (packed, carried, open) = self.pack(&mut connection, number, now, rows)?;
        drop(connection);
        let digest = packed.sha256;
        let digest = digest.unwrap_or_else(|| sha256(&packed.packet));
        let batch = (!packed.members.is_empty()).then(|| OpenBatch {
            id: number,
            packet_sha256: digest.as_bytes().to_vec(),
            records: packed.records as i32,
            state: 0,
            attempts: 1,
            created_at: now,
        });
        let new = batch.as_ref().map(|batch| NewBatch {
            id: batch.id,
            destination: self.settings.destination.clone(),
            packet_sha256: batch.packet_sha256.clone(),
            created_at: batch.created_at,
            deliveries: packed.members.iter().map(|member| member.id).collect(),
        });
        let new = match new {
            Some(new) => {
                let kept = self.keeping.keep(&digest, &packed.packet)?;
                let parcel = Parcel::of(&new, &packed, &carried, kept)?;
                Some((new, parcel))
            }
            None => None,
        };
        let Packed {
            members,
            unfit,
            packet,
            ..
        } = packed;
        let refused = unfit.len();
        let destination = self.settings.destination.clone();
        let written = self.desk.write_under(reign, move |transaction| {
            if let Some((new, parcel)) = new {
                if erasures::any(transaction.connection, &open)? {
                    return Ok(Err(GatherError::Erased));
                }
                if !batches::open_batch(transaction.connection, &new)? {
                    return Ok(Err(GatherError::Taken));
                }
                parcel.write(transaction)?;
            }
            ledger::unfit(transaction, &destination, &unfit, now)?;
            Ok(Ok(()))
        })?;
        written?;
        let batch = batch.map(|batch| {
            let members = members
                .into_iter()
                .map(|member| Owed {
                    attempts: member.attempts + 1,
                    ..member
                })
                .collect();
            (batch, members, packet)
        });
        Ok(Gathered {
            batch,
            unfit: refused,
        })
    }

    /// The deliveries of an open batch.
    pub fn members(&self, batch: &OpenBatch) -> Result<Vec<Owed>, GatherError> {
        Ok(deliveries::members(&mut *self.readers.take()?, batch.id)?)
    }

    /// The packet of an open batch, as it was kept. None when the batch had to be given up; its members are pending
    /// again then.
    pub fn again(&self, batch: &OpenBatch) -> Result<(Vec<Owed>, Option<Vec<u8>>), GatherError> {
        let mut connection = self.readers.take()?;
        let members = deliveries::members(&mut connection, batch.id)?;
        let digest = Hash::of_column(&batch.packet_sha256);
        let packet = self.keeping.read(&mut connection, batch.id, digest)?;
        drop(connection);
        if packet.is_none() {
            let why = "the packet is not kept any more";
            tracing::warn!(batch = batch.id, "{why}; its records go into another batch");
            self.give_up(batch.id, &members, why)?;
        }
        Ok((members, packet))
    }

    /// Gives up a batch whose records are to go into another one.
    fn give_up(&self, batch: i64, members: &[Owed], why: &'static str) -> Result<(), WriteError> {
        let settlement = Settlement {
            back: members
                .iter()
                .map(|member| (member.id, member.due_at, why.to_owned()))
                .collect(),
            ..Settlement::default()
        };
        self.end(batch, why.to_owned(), settlement)
    }

    /// Ends a batch on the hub's own account.
    fn end(&self, batch: i64, why: String, settlement: Settlement) -> Result<(), WriteError> {
        let destination = self.settings.destination.clone();
        let now = self.desk.present.millis();
        self.desk.write(move |transaction| {
            let ending = Ending {
                destination: &destination,
                batch,
                end: End::GivenUp,
                by: By::Hub,
                answer: &why,
            };
            ledger::settle(transaction, &ending, &settlement, now)
        })
    }

    /// Gives up a batch for good.
    pub fn exhaust(&self, batch: i64, why: String) -> Result<(), WriteError> {
        let settlement = Settlement {
            others: Some((State::Exhausted, Some(why.clone()))),
            ..Settlement::default()
        };
        self.end(batch, why, settlement)
    }

    /// Packs, and says what each delivery in the packet stands for, and which record versions were not erased yet.
    fn pack(
        &self,
        connection: &mut Database,
        batch: i64,
        created_at: i64,
        rows: &[Owed],
    ) -> Result<(Packed, Vec<Member>, Vec<i64>), GatherError> {
        let ids: Vec<i64> = rows.iter().map(|row| row.record).collect();
        let mut contents: HashMap<i64, Content> = deliveries::contents(connection, &ids)?
            .into_iter()
            .map(|content| (content.id, content))
            .collect();
        let mut notices = BTreeMap::new();
        if contents.values().any(|content| content.body.is_erased()) {
            let of: Vec<i64> = rows.iter().map(|row| row.id).collect();
            notices = notices::of(connection, &of)?;
        }
        let mut versions = Vec::with_capacity(rows.len());
        let mut stands_for = HashMap::with_capacity(rows.len());
        let mut open = Vec::with_capacity(rows.len());
        for row in rows {
            let content = contents.remove(&row.record);
            let held = match &content {
                Some(content) if self.wire.asks_what_is_held() => match content.previous {
                    Some(previous) => {
                        let destination = &self.settings.destination;
                        deliveries::holds_earlier(connection, destination, previous)?
                    }
                    None => content.action == 1,
                },
                _ => false,
            };
            if let Some(content) = &content {
                stands_for.insert(row.id, member(row, content, held));
                open.extend(Some(content.id).filter(|_| !content.body.is_erased()));
            }
            versions.push(Version {
                owed: *row,
                content,
                held,
                notice: notices.remove(&row.id),
            });
        }
        let packed = self.wire.pack(Stamp { batch, created_at }, versions)?;
        let carried = packed.members.iter();
        let carried = carried.filter_map(|owed| stands_for.remove(&owed.id));
        let carried = carried.collect();
        Ok((packed, carried, open))
    }
}

fn member(row: &Owed, content: &Content, held: bool) -> Member {
    Member {
        delivery: row.id,
        submission: receipt_id(content.submission),
        index: content.place,
        digest: content.body.digest().to_hex(),
        held,
    }
}
