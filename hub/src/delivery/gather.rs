//! Makes batches: reads contents, projects, builds the packet, writes the batch down.
//!
//! The packet of an open batch is built again from the same facts; when the bytes are not the same any
//! more (another key, another projection), the batch is given up and its records go into another.

use std::collections::HashMap;

use super::clock;
use super::ledger::{self, By, Ending};
use super::packet::{self, Head, PacketError};
use super::projection::{Projected, Projector, Unfit};
use super::{Settings, Signer};
use crate::pipeline::writer::{WriteError, Writer};
use crate::store::deliveries::{self, Content, End, NewBatch, OpenBatch, Owed, Settlement, State};
use crate::store::{Database, Readers, StoreError};
use crate::tlog::sha256;

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
    /// Somebody else took the number.
    #[error("the number of the batch was taken")]
    Taken,
}

/// Makes batches for one destination.
pub(super) struct Gatherer {
    pub settings: Settings,
    pub readers: Readers,
    pub writer: Writer,
    pub projector: Projector,
    pub signer: Signer,
}

/// What gathering made of some deliveries.
pub(super) struct Gathered {
    /// The batch, its members and its packet; none when no record was fit.
    pub batch: Option<(OpenBatch, Vec<Owed>, Vec<u8>)>,
}

impl Gatherer {
    /// Makes a batch of deliveries and writes it down. Records that cannot be forwarded are refused.
    pub fn gather(&self, rows: &[Owed]) -> Result<Gathered, GatherError> {
        let mut connection = self.readers.take()?;
        let (members, records, unfit) = self.project(&mut connection, rows)?;
        let number = deliveries::next_batch(&mut connection)?;
        drop(connection);
        let now = clock();
        let made = if records.is_empty() {
            None
        } else {
            let packet = packet::build(&self.head(number, now), &records, &self.signer)?;
            let batch = OpenBatch {
                id: number,
                packet_sha256: sha256(&packet).as_bytes().to_vec(),
                records: records.len() as i32,
                state: 0,
                attempts: 1,
                created_at: now,
            };
            Some((batch, members, packet))
        };
        let new = made.as_ref().map(|(batch, members, _)| NewBatch {
            id: batch.id,
            destination: self.settings.destination.clone(),
            packet_sha256: batch.packet_sha256.clone(),
            created_at: batch.created_at,
            deliveries: members.iter().map(|member| member.id).collect(),
        });
        let destination = self.settings.destination.clone();
        let written = self.writer.run(move |transaction| {
            if let Some(new) = &new
                && !deliveries::open_batch(transaction.connection, new)?
            {
                return Ok(false);
            }
            ledger::unfit(transaction, &destination, &unfit, now)?;
            Ok(true)
        })?;
        if !written {
            return Err(GatherError::Taken);
        }
        let batch = made.map(|(batch, members, packet)| {
            let members = members
                .into_iter()
                .map(|member| Owed {
                    attempts: member.attempts + 1,
                    ..member
                })
                .collect();
            (batch, members, packet)
        });
        Ok(Gathered { batch })
    }

    /// Builds the packet of an open batch again. None when the batch had to be given up; its members are
    /// pending again then.
    pub fn rebuild(&self, batch: &OpenBatch) -> Result<(Vec<Owed>, Option<Vec<u8>>), GatherError> {
        let mut connection = self.readers.take()?;
        let members = deliveries::members(&mut connection, batch.id)?;
        let (_, records, _) = self.project(&mut connection, &members)?;
        drop(connection);
        let packet = packet::build(
            &self.head(batch.id, batch.created_at),
            &records,
            &self.signer,
        )?;
        if sha256(&packet).as_bytes().as_slice() == batch.packet_sha256 {
            return Ok((members, Some(packet)));
        }
        let why = "the packet cannot be built again as it was";
        tracing::warn!(batch = batch.id, "{why}; its records go into another batch");
        self.give_up(batch.id, &members, why)?;
        Ok((members, None))
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
        self.writer.run(move |transaction| {
            let ending = Ending {
                destination: &destination,
                batch,
                end: End::GivenUp,
                by: By::Hub,
                answer: &why,
            };
            ledger::settle(transaction, &ending, &settlement, clock())
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

    fn head(&self, batch: i64, created_at: i64) -> Head {
        Head {
            batch,
            sender: self.settings.sender.clone(),
            edition: self.projector.target().to_owned(),
            created_at,
        }
    }

    #[expect(clippy::type_complexity, reason = "three lists, used once")]
    fn project(
        &self,
        connection: &mut Database,
        rows: &[Owed],
    ) -> Result<(Vec<Owed>, Vec<Projected>, Vec<(i64, String)>), GatherError> {
        let ids: Vec<i64> = rows.iter().map(|row| row.record).collect();
        let contents: HashMap<i64, Content> = deliveries::contents(connection, &ids)?
            .into_iter()
            .map(|content| (content.id, content))
            .collect();
        let (mut members, mut records, mut unfit) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            let projected = match contents.get(&row.record) {
                None => Err(Unfit::Missing),
                Some(content) => {
                    let held = match content.previous {
                        Some(previous) => {
                            let destination = &self.settings.destination;
                            deliveries::holds_earlier(connection, destination, previous)?
                        }
                        None => content.action == 1,
                    };
                    self.projector.project(content, held)
                }
            };
            match projected {
                Ok(projected) => {
                    members.push(*row);
                    records.extend(projected);
                }
                Err(why) => unfit.push((row.id, why.to_string())),
            }
        }
        Ok((members, records, unfit))
    }
}
