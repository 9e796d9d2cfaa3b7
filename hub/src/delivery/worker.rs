//! A worker: makes one request at a time, and writes down what came of it before it reports.
//!
//! The coordinator decides what to do and when; a worker keeps no state between two tasks.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Mutex, PoisonError};

use super::Event;
use super::answer;
use super::board::Tally;
use super::client::{Asking, Sending, Trouble};
use super::desk::Desk;
use super::gather::Gatherer;
use super::ledger::{self, Attempt, By, Ending};
use super::wire::Wire;
use crate::pipeline::writer::WriteError;
use crate::store::deliveries::{self, End, Owed, Settlement, State};
use crate::store::{batches, packet_bytes};

/// What is to be done.
#[derive(Debug, Clone)]
pub(super) enum Task {
    /// Make a batch of deliveries, under the reign in which they were picked.
    Make {
        batch: i64,
        reign: i64,
        rows: Vec<Owed>,
    },
    /// Send the packet; `attempt` counts from 1.
    Send {
        batch: i64,
        attempt: i32,
        packet: Arc<Vec<u8>>,
        packet_sha256: String,
        records: usize,
        /// An earlier run made the packet, perhaps with a key that the destination does not know any more.
        inherited: bool,
    },
    /// Ask for the business answer.
    Ask { batch: i64, members: Vec<Owed> },
}

/// What came of it. Whatever is said here is in the store.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Receipt is confirmed.
    Received,
    /// The batch is settled.
    Settled {
        /// Deliveries that are to be sent again.
        back: Vec<Owed>,
        /// What became of how many.
        came_of: Tally,
    },
    /// No business answer yet.
    NotYet,
    /// The destination does not know the batch.
    Unknown,
    /// The packet was destroyed with a record that it carries, and is not sent again.
    Erased,
    /// The request failed.
    Failed(Trouble),
    /// The store could not be written; nothing is changed.
    Unwritten(String),
}

/// When a delivery may go into another batch, given the present.
pub(super) type Again = Arc<dyn Fn(&Owed, i64) -> i64 + Send + Sync>;

/// Everything a worker needs.
#[derive(Clone)]
pub(super) struct Worker {
    pub gatherer: Arc<Gatherer>,
    pub wire: Arc<dyn Wire>,
    pub desk: Desk,
    pub horizon: i32,
    pub again: Again,
}

impl Worker {
    /// Works until the coordinator hangs up.
    pub fn serve(&self, tasks: &Mutex<Receiver<Task>>, events: &Sender<Event>) {
        loop {
            let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(task) = task else {
                return;
            };
            if self.desk.stopped.load(Ordering::Acquire) {
                return;
            }
            if events.send(self.work(task)).is_err() {
                return;
            }
        }
    }

    /// Does a task: what came of it.
    pub(super) fn work(&self, task: Task) -> Event {
        let (batch, done) = match task {
            Task::Make { batch, reign, rows } => {
                return Event::Made(batch, self.gatherer.gather(batch, reign, &rows));
            }
            Task::Send {
                batch,
                attempt,
                packet,
                packet_sha256,
                records,
                inherited,
            } => {
                let attempted = Attempt {
                    destination: self.desk.destination.clone(),
                    batch,
                    number: attempt,
                    packet_sha256,
                    records,
                };
                (batch, self.send(attempted, &packet, inherited))
            }
            Task::Ask { batch, members } => (batch, self.ask(batch, &members)),
        };
        let outcome = done.unwrap_or_else(|error| Outcome::Unwritten(error.to_string()));
        Event::Outcome(batch, outcome)
    }

    fn send(
        &self,
        attempted: Attempt,
        packet: &[u8],
        inherited: bool,
    ) -> Result<Outcome, WriteError> {
        let (batch, attempt, records) = (attempted.batch, attempted.number, attempted.records);
        if attempt > 1 {
            let stands = self.desk.write(move |transaction| {
                if packet_bytes::are_destroyed(transaction.connection, batch)? {
                    return Ok(false);
                }
                batches::begin_attempt(transaction.connection, batch, attempt)?;
                Ok(true)
            })?;
            if !stands {
                return Ok(Outcome::Erased);
            }
        }
        let sending = self.wire.send(batch, packet);
        let now = self.desk.present.millis();
        match sending {
            Sending::Received => {
                self.desk.write(move |transaction| {
                    if deliveries::mark_sent(transaction.connection, batch)? {
                        ledger::attempted(
                            transaction,
                            &attempted,
                            ledger::Outcome::Sent,
                            None,
                            now,
                        )?;
                    }
                    Ok(())
                })?;
                Ok(Outcome::Received)
            }
            Sending::Taken(answer) => {
                let settlement = Settlement {
                    others: Some((State::Acknowledged, None)),
                    ..Settlement::default()
                };
                self.desk.write(move |transaction| {
                    let sent = ledger::Outcome::Sent;
                    ledger::attempted(transaction, &attempted, sent, None, now)?;
                    let ending = Ending {
                        destination: &attempted.destination,
                        batch,
                        end: End::Answered,
                        by: By::Destination,
                        answer: &answer,
                    };
                    ledger::settle(transaction, &ending, &settlement, now)
                })?;
                let came_of = Tally {
                    sent: records as u64,
                    acknowledged: records as u64,
                    ..Tally::default()
                };
                Ok(Outcome::Settled {
                    back: Vec::new(),
                    came_of,
                })
            }
            Sending::Refused(reason) => {
                let back = self.desk.write(move |transaction| {
                    // What was signed by an earlier key goes into another packet; made by this run, it is refused.
                    let mut settlement = Settlement::default();
                    let mut back = Vec::new();
                    if inherited {
                        back = deliveries::members(transaction.connection, batch)?;
                        let again = back.iter().map(|member| (member.id, now, reason.clone()));
                        settlement.back = again.collect();
                    } else {
                        settlement.others = Some((State::Refused, Some(reason.clone())));
                    }
                    let refused = ledger::Outcome::Refused;
                    ledger::attempted(transaction, &attempted, refused, Some(&reason), now)?;
                    let ending = Ending {
                        destination: &attempted.destination,
                        batch,
                        end: End::GivenUp,
                        by: By::Destination,
                        answer: &reason,
                    };
                    ledger::settle(transaction, &ending, &settlement, now)?;
                    Ok(back)
                })?;
                let came_of = Tally {
                    refused: if inherited { 0 } else { records as u64 },
                    again: back.len() as u64,
                    ..Tally::default()
                };
                Ok(Outcome::Settled { back, came_of })
            }
            Sending::Trouble(trouble) => {
                let said = trouble.why.clone();
                self.desk.write(move |transaction| {
                    let failed = ledger::Outcome::Failed;
                    ledger::attempted(transaction, &attempted, failed, Some(&said), now)
                })?;
                Ok(Outcome::Failed(trouble))
            }
        }
    }

    fn ask(&self, batch: i64, members: &[Owed]) -> Result<Outcome, WriteError> {
        match self.wire.ask(batch) {
            Asking::Pending => Ok(Outcome::NotYet),
            Asking::Unknown => Ok(Outcome::Unknown),
            Asking::Trouble(trouble) => Ok(Outcome::Failed(trouble)),
            Asking::Done(results, text) => {
                let now = self.desk.present.millis();
                let (settlement, back) =
                    answer::decide(members, &results, self.horizon, |member| {
                        (self.again)(member, now)
                    });
                let (again, refused) = (back.len() as u64, settlement.refused.len() as u64);
                let came_of = Tally {
                    acknowledged: members.len() as u64 - again - refused,
                    refused,
                    again,
                    ..Tally::default()
                };
                let destination = self.desk.destination.clone();
                self.desk.write(move |transaction| {
                    let ending = Ending {
                        destination: &destination,
                        batch,
                        end: End::Answered,
                        by: By::Destination,
                        answer: &text,
                    };
                    ledger::settle(transaction, &ending, &settlement, now)
                })?;
                Ok(Outcome::Settled { back, came_of })
            }
        }
    }
}
