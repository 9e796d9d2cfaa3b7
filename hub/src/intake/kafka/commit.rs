//! What was read of some partitions, in one transaction: records, positions, and the replies owed.

use crate::config::Topic;
use crate::intake::ways::KAFKA;
use crate::pipeline::commit::{self, Committed, Prepared, parse_receipt_id};
use crate::pipeline::raw;
use crate::pipeline::receipt::Outcome;
use crate::pipeline::writer::Transaction;
use crate::pipeline::{self, Instant};
use crate::store::refused::{self, RefusedMessage};
use crate::store::replies::{self, Reply};
use crate::store::{StoreError, progress, ways};
use crate::tlog::hash;

use super::message::Refusal;
use crate::intake::problem::Problem;

/// A message, ready to be committed.
#[derive(Debug)]
pub struct Ready {
    /// Its place in the partition.
    pub offset: i64,
    /// Its key, for the reply.
    pub key: Option<Vec<u8>>,
    /// What it became.
    pub became: Became,
}

/// What a message became.
#[derive(Debug)]
pub enum Became {
    /// A submission.
    Submission(Box<Prepared>),
    /// None.
    Refused(Refusal),
}

/// The messages of one partition, in order.
#[derive(Debug)]
pub struct Part {
    /// The topic.
    pub topic: Topic,
    /// The partition's place in `progress`.
    pub place: String,
    /// The position from which they were read, as stored.
    pub from: Option<String>,
    /// The position after them.
    pub next: i64,
    /// The messages.
    pub messages: Vec<Ready>,
}

/// What became of a part.
#[derive(Debug)]
pub struct Kept {
    /// Name of the topic.
    pub topic: String,
    /// Number of the messages.
    pub messages: u64,
    /// Of these, those that became no submission.
    pub refused: u64,
    /// Outcomes of new submissions, for the figures.
    pub outcomes: Vec<Vec<Outcome>>,
    /// Whose they are.
    pub source: String,
}

/// Commits parts. One that somebody else has read meanwhile (the partition was given to another hub) is left out:
/// its place stands in the second list.
pub fn commit(
    transaction: &mut Transaction<'_>,
    parts: Vec<Part>,
) -> Result<(Vec<Kept>, Vec<String>), StoreError> {
    let now = Instant::now().millis;
    let (mut kept, mut lost) = (Vec::new(), Vec::new());
    for part in parts {
        let next = part.next.to_string();
        let place = (KAFKA, part.place.as_str());
        let connection = &mut *transaction.connection;
        if !progress::advance(connection, place, part.from.as_deref(), &next, now)? {
            lost.push(part.place);
            continue;
        }
        let topic = &part.topic;
        ways::succeeded(connection, (KAFKA, &topic.topic), &topic.source, now)?;
        let mut done = Kept {
            topic: topic.topic.clone(),
            messages: part.messages.len() as u64,
            refused: 0,
            outcomes: Vec::new(),
            source: topic.source.clone(),
        };
        for message in part.messages {
            let told = Told {
                topic: &part.topic,
                place: &part.place,
                offset: message.offset,
                key: message.key,
                now,
            };
            told.settle(transaction, message.became, &mut done)?;
        }
        kept.push(done);
    }
    Ok((kept, lost))
}

/// Whom to tell what became of a message.
struct Told<'p> {
    topic: &'p Topic,
    place: &'p str,
    offset: i64,
    key: Option<Vec<u8>>,
    now: i64,
}

impl Told<'_> {
    fn settle(
        self,
        transaction: &mut Transaction<'_>,
        became: Became,
        done: &mut Kept,
    ) -> Result<(), StoreError> {
        let refusal = match became {
            Became::Refused(refusal) => refusal,
            Became::Submission(prepared) => {
                let (sha256, bytes) = (prepared.raw_sha256, prepared.raw_bytes);
                let raw = raw::Kept {
                    inline: prepared.raw.clone(),
                    key: prepared.raw_key.clone(),
                };
                match commit::commit(transaction, *prepared)? {
                    Committed::Fresh(unsigned) => {
                        let id = parse_receipt_id(&unsigned.says.id);
                        done.outcomes.push(unsigned.outcomes);
                        return self.owe(transaction, id, None);
                    }
                    Committed::Repeated(unsigned) => {
                        return self.owe(transaction, parse_receipt_id(&unsigned.says.id), None);
                    }
                    Committed::Conflict {
                        first_sha256,
                        receipt,
                    } => Refusal {
                        sha256: sha256.as_bytes().to_vec(),
                        bytes: bytes as i64,
                        raw,
                        problem: Problem::of(&pipeline::conflict(&first_sha256, &receipt)),
                    },
                }
            }
        };
        done.refused += 1;
        let problem = refusal.problem.json();
        let row = RefusedMessage {
            place: self.place.to_owned(),
            message_offset: self.offset,
            source: self.topic.source.clone(),
            received_at: self.now,
            message_key: self.key.clone(),
            raw_sha256: refusal.sha256,
            raw_bytes: refusal.bytes,
            raw: refusal.raw.inline,
            raw_key: refusal.raw.key,
            problem: problem.clone(),
        };
        refused::keep(transaction.connection, &row)?;
        tracing::warn!(
            place = self.place,
            offset = self.offset,
            sha256 = hash::hex(&row.raw_sha256),
            "a message was not taken"
        );
        self.owe(transaction, None, Some(problem))
    }

    fn owe(
        self,
        transaction: &mut Transaction<'_>,
        submission_id: Option<i64>,
        problem: Option<String>,
    ) -> Result<(), StoreError> {
        let Some(topic) = &self.topic.reply else {
            return Ok(());
        };
        let reply = Reply {
            place: self.place.to_owned(),
            message_offset: self.offset,
            topic: topic.clone(),
            message_key: self.key,
            submission_id,
            problem,
        };
        replies::owe(transaction.connection, &reply)
    }
}
