//! What became of deliveries, held against the log: every packet and answer is the one that was logged, and every
//! delivery that ended has the state that the log gave it last.
//!
//! Memory is two bits a delivery, whatever the size of the log.

use std::collections::BTreeSet;

use super::{fault, lost};
use crate::leaf::acknowledgement::{self, Acknowledgement};
use crate::leaf::numbers::Numbers;
use crate::leaf::operator::Action;
use crate::leaf::packet::{Member, members_root};
use crate::leaf::{Delivery, Operator, Packet};
use crate::pipeline::{Instant, compress};
use crate::store::deliveries::State;
use crate::store::replays::Filter;
use crate::store::settled::{self, Ended};
use crate::store::{Database, packets};
use crate::tlog::hash::hex;
use crate::tlog::{FirstFault, sha256};

/// Rows read at once.
const PAGE: i64 = 1024;

/// What the log says of all deliveries so far.
#[derive(Debug)]
pub(super) struct Said {
    /// Two bits per delivery: 0 nothing, 1 acknowledged, 2 refused, 3 exhausted.
    last: Vec<u8>,
    /// Which ended ones operators have sent again, by the words of their states.
    replayed: BTreeSet<String>,
    /// The highest number of a delivery.
    highest: i64,
}

impl Said {
    /// Nothing said yet.
    pub fn new(connection: &mut Database) -> Result<Self, FirstFault> {
        let highest = settled::highest(connection).map_err(|error| lost(&error))?;
        Ok(Said {
            last: Vec::new(),
            replayed: BTreeSet::new(),
            highest,
        })
    }

    /// A packet carries what the table says.
    pub fn packed(leaf: &Packet, connection: &mut Database) -> Result<(), FirstFault> {
        let place = format!("packets, batch_id {}", leaf.batch);
        let kept = packets::members(connection, leaf.batch).map_err(|error| lost(&error))?;
        let kept =
            kept.ok_or_else(|| fault(&place, "the row is missing, but the log holds its leaf"))?;
        let listed = compress::unpack(&kept).map_err(|error| lost(&error))?;
        let members: Vec<Member> =
            serde_json::from_slice(&listed).map_err(|error| fault(&place, error.to_string()))?;
        if members.len() as u64 != leaf.members || members_root(&members) != leaf.members_root {
            return Err(fault(place, "what it carried is not what was logged"));
        }
        Said::of_batch(
            leaf.batch,
            &leaf.destination,
            &leaf.packet_sha256,
            connection,
        )
    }

    /// An attempt names the packet that the table holds.
    pub fn attempted(leaf: &Delivery, connection: &mut Database) -> Result<(), FirstFault> {
        Said::of_batch(
            leaf.batch,
            &leaf.destination,
            &leaf.packet_sha256,
            connection,
        )
    }

    fn of_batch(
        batch: i64,
        destination: &str,
        packet_sha256: &str,
        connection: &mut Database,
    ) -> Result<(), FirstFault> {
        let place = format!("batches, id {batch}");
        let row = settled::batch(connection, batch).map_err(|error| lost(&error))?;
        let row =
            row.ok_or_else(|| fault(&place, "the row is missing, but the log holds its leaf"))?;
        for (column, found, expected) in [
            ("destination", row.destination.as_str(), destination),
            ("packet_sha256", &hex(&row.packet_sha256), packet_sha256),
        ] {
            if found != expected {
                let what = format!("is `{found}`, the log says `{expected}`");
                return Err(fault(format!("{place}, {column}"), what));
            }
        }
        Ok(())
    }

    /// An acknowledgement rests on the answer that the table holds, and gives deliveries their state.
    pub fn acknowledged(
        &mut self,
        leaf: &Acknowledgement,
        connection: &mut Database,
    ) -> Result<(), FirstFault> {
        if let Some(batch) = leaf.batch {
            let place = format!("batches, id {batch}, answer");
            let row = settled::batch(connection, batch).map_err(|error| lost(&error))?;
            let answer = row.and_then(|row| row.answer).unwrap_or_default();
            if sha256(answer.as_bytes()).to_hex() != leaf.answer_sha256 {
                return Err(fault(place, "is not the answer that was logged"));
            }
        }
        let mut outcomes = Some(Vec::new());
        let parts = [
            (State::Acknowledged, &leaf.acknowledged),
            (State::Refused, &leaf.refused),
            (State::Exhausted, &leaf.exhausted),
        ];
        for (state, numbers) in parts {
            if let Some((_, last)) = numbers
                .ranges()
                .last()
                .filter(|(_, last)| *last > self.highest)
            {
                let place = format!("deliveries, id {last}");
                return Err(fault(
                    place,
                    "the row is missing, but the log says how it ended",
                ));
            }
            self.say(numbers, state);
            for (first, last) in numbers.ranges() {
                let rows = settled::ended(connection, first - 1, *last, i64::MAX);
                let rows = rows.map_err(|error| lost(&error))?;
                let same = |row: &Ended| Instant::from_millis(row.updated_at).text() == leaf.at;
                // One that was sent again since has another reason: its own leaf is to come.
                if rows.len() as u64 != last.abs_diff(*first) + 1 || !rows.iter().all(same) {
                    outcomes = None;
                }
                if let Some(outcomes) = &mut outcomes {
                    outcomes.extend(rows.into_iter().map(|row| acknowledgement::Outcome {
                        delivery: row.id,
                        state: row.state.word().to_owned(),
                        reason: row.reason,
                    }));
                }
            }
        }
        match outcomes.map(acknowledgement::outcomes_root) {
            Some(root) if root != leaf.outcomes_root => Err(fault(
                format!("deliveries of {} at {}", leaf.destination, leaf.at),
                "a state or a reason is not what was logged",
            )),
            _ => Ok(()),
        }
    }

    /// An operator may have sent ended ones again.
    pub fn operated(&mut self, leaf: &Operator) {
        if leaf.action == Action::Replay {
            let filter = leaf.facts.get("filter").map(String::as_str);
            let filter: Result<Filter, _> = serde_json::from_str(filter.unwrap_or_default());
            self.replayed.extend(filter.unwrap_or_default().states);
        }
    }

    /// Every delivery that ended has the state that was logged last; how many were held against the log.
    pub fn conclude(&self, connection: &mut Database) -> Result<u64, FirstFault> {
        let (mut after, mut count) = (0, 0);
        loop {
            let page = settled::states_after(connection, after, PAGE);
            let page = page.map_err(|error| lost(&error))?;
            let Some((last, _)) = page.last() else {
                return Ok(count);
            };
            after = *last;
            for (id, state) in page {
                let said = self.said(id);
                let fits = match state {
                    // Open: never ended, or sent again since.
                    State::Pending | State::Sent => {
                        said.is_none_or(|said| self.replayed.contains(said.word()))
                    }
                    ended => said == Some(ended),
                };
                if !fits {
                    let said = said.map_or("nothing", State::word);
                    return Err(fault(
                        format!("deliveries, id {id}, state"),
                        format!("is {}, the log says {said}", state.word()),
                    ));
                }
                count += 1;
            }
        }
    }

    fn say(&mut self, numbers: &Numbers, state: State) {
        let bits = match state {
            State::Acknowledged => 1_u8,
            State::Refused => 2,
            State::Exhausted => 3,
            State::Pending | State::Sent => 0,
        };
        for (first, last) in numbers.ranges() {
            for number in *first..=*last {
                let (place, shift) = (number as usize / 4, number as usize % 4 * 2);
                if self.last.len() <= place {
                    self.last.resize(place + 1, 0);
                }
                if let Some(byte) = self.last.get_mut(place) {
                    *byte = *byte & !(3 << shift) | bits << shift;
                }
            }
        }
    }

    fn said(&self, number: i64) -> Option<State> {
        let byte = self.last.get(number as usize / 4).copied().unwrap_or(0);
        match byte >> (number as usize % 4 * 2) & 3 {
            1 => Some(State::Acknowledged),
            2 => Some(State::Refused),
            3 => Some(State::Exhausted),
            _ => None,
        }
    }
}
