//! A batch under way: what it carries, what comes next, and when.

use std::sync::Arc;
use std::time::Instant;

use super::worker::Task;
use crate::store::deliveries::{OpenBatch, Owed};

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Receipt is not confirmed.
    Send,
    /// Receipt is confirmed; the business answer is owed.
    Ask,
}

/// A batch that is not settled.
#[derive(Debug)]
pub(super) struct Flight {
    pub batch: i64,
    pub created_at: i64,
    pub members: Vec<Owed>,
    pub packet: Arc<Vec<u8>>,
    pub phase: Phase,
    /// Times it was sent, the one under way included.
    pub attempts: i32,
    /// Whether that number is in the store already and the request still to be made.
    pub counted: bool,
    /// Requests in a row that failed.
    pub failures: u32,
    /// Answers in a row that said "not yet".
    pub patience: u32,
    /// When the next request may be made.
    pub due: Instant,
    /// A worker is at it.
    pub busy: bool,
}

impl Flight {
    /// A batch that was just written down.
    pub fn new(batch: &OpenBatch, members: Vec<Owed>, packet: Vec<u8>, now: Instant) -> Self {
        Flight {
            batch: batch.id,
            created_at: batch.created_at,
            members,
            packet: Arc::new(packet),
            phase: if batch.state == 0 {
                Phase::Send
            } else {
                Phase::Ask
            },
            attempts: batch.attempts,
            counted: false,
            failures: 0,
            patience: 0,
            due: now,
            busy: false,
        }
    }

    /// The next request.
    pub fn task(&mut self) -> Task {
        self.busy = true;
        match self.phase {
            Phase::Send => {
                if !std::mem::take(&mut self.counted) {
                    self.attempts += 1;
                }
                Task::Send {
                    batch: self.batch,
                    attempt: self.attempts,
                    packet: Arc::clone(&self.packet),
                    records: self.members.len(),
                }
            }
            Phase::Ask => Task::Ask {
                batch: self.batch,
                members: self.members.clone(),
            },
        }
    }

    /// Whether it carries what is urgent.
    pub fn urgent(&self) -> bool {
        self.members.iter().any(|member| member.lane < 0)
    }

    /// The lanes that it occupies.
    pub fn lanes(&self) -> Vec<i64> {
        let mut lanes: Vec<i64> = self.members.iter().map(|member| member.lane).collect();
        lanes.sort_unstable();
        lanes.dedup();
        lanes
    }
}
