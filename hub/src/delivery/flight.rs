//! A batch under way: what it carries, what comes next, and when.

use std::sync::Arc;
use std::time::Instant;

use super::worker::Task;
use crate::store::deliveries::{OpenBatch, Owed};
use crate::tlog::hash::hex;

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
    pub batch: OpenBatch,
    pub members: Vec<Owed>,
    /// The bytes to be sent; none once receipt is confirmed.
    pub packet: Option<Arc<Vec<u8>>>,
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
    /// An earlier run, or an earlier hub, made it.
    pub inherited: bool,
}

impl Flight {
    /// A batch that was just written down.
    pub fn new(
        batch: OpenBatch,
        members: Vec<Owed>,
        packet: Option<Vec<u8>>,
        now: Instant,
    ) -> Self {
        Flight {
            members,
            packet: packet.map(Arc::new),
            phase: if batch.state == 0 {
                Phase::Send
            } else {
                Phase::Ask
            },
            attempts: batch.attempts,
            batch,
            counted: false,
            failures: 0,
            patience: 0,
            due: now,
            busy: false,
            inherited: false,
        }
    }

    /// Whether it is to be sent and its bytes are not here.
    pub fn lacks_packet(&self) -> bool {
        self.phase == Phase::Send && self.packet.is_none()
    }

    /// The next request; none when there is nothing to send.
    pub fn task(&mut self) -> Option<Task> {
        let task = match self.phase {
            Phase::Send => {
                let packet = self.packet.clone()?;
                if !std::mem::take(&mut self.counted) {
                    self.attempts += 1;
                }
                Task::Send {
                    batch: self.batch.id,
                    attempt: self.attempts,
                    packet,
                    packet_sha256: hex(&self.batch.packet_sha256),
                    records: self.members.len(),
                    inherited: self.inherited,
                }
            }
            Phase::Ask => Task::Ask {
                batch: self.batch.id,
                members: self.members.clone(),
            },
        };
        self.busy = true;
        Some(task)
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
