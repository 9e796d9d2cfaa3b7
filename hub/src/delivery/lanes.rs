//! Open deliveries that have been read, by lane: what may go next without breaking the order of a deal.
//!
//! A lane has at most one batch under way. Lanes below zero are urgent and go first. Memory is bounded by whoever
//! fills this; nothing here knows the store or the clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use crate::store::deliveries::Owed;

#[derive(Debug, Default)]
struct Lane {
    rows: VecDeque<Owed>,
    busy: bool,
}

/// Which lanes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Only urgent ones.
    Urgent,
    /// The others, the oldest first.
    Oldest,
    /// The others whose first delivery has this number or a higher one; then the oldest.
    From(i64),
}

/// Place of a lane in the queue: urgent before others, then by the number of the first delivery.
type Rank = (bool, i64);

/// The lanes that have something to send, or are under way.
#[derive(Debug, Default)]
pub struct Lanes {
    by_number: HashMap<i64, Lane>,
    /// Lanes that may go now.
    ready: BTreeMap<Rank, i64>,
    /// Lanes that may go later: (instant, first delivery, lane).
    later: BTreeSet<(i64, i64, i64)>,
    /// What is held, so that nothing is held twice when it is read again.
    held: HashSet<i64>,
}

impl Lanes {
    /// Number of deliveries held.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Whether so many deliveries that are not urgent may go now.
    pub fn has_ready(&self, enough: usize) -> bool {
        let mut rows = 0;
        self.ready
            .range((true, i64::MIN)..)
            .filter_map(|(_, lane)| self.by_number.get(lane))
            .any(|lane| {
                rows += lane.rows.len();
                rows >= enough
            })
    }

    /// When the next waiting lane may go.
    pub fn next_due(&self) -> Option<i64> {
        self.later.first().map(|&(due, _, _)| due)
    }

    /// Adds deliveries that were read; those that are held already are passed over.
    pub fn push(&mut self, rows: impl IntoIterator<Item = Owed>, now: i64) {
        for row in rows {
            if !self.held.insert(row.id) {
                continue;
            }
            let lane = self.by_number.entry(row.lane).or_default();
            if lane.rows.back().is_none_or(|last| last.id < row.id) {
                lane.rows.push_back(row);
                if lane.rows.len() == 1 && !lane.busy {
                    self.queue(row.lane, now);
                }
                continue;
            }
            // One that was replayed, and belongs before others of its deal.
            self.unqueue(row.lane);
            let Some(lane) = self.by_number.get_mut(&row.lane) else {
                continue;
            };
            let place = lane.rows.partition_point(|other| other.id < row.id);
            lane.rows.insert(place, row);
            if !lane.busy {
                self.queue(row.lane, now);
            }
        }
    }

    /// Marks a lane as under way (for batches found open at the start).
    pub fn occupy(&mut self, lane: i64) {
        self.unqueue(lane);
        self.by_number.entry(lane).or_default().busy = true;
    }

    /// Ends what a lane had under way; `back` are deliveries to be sent again, before all others of it.
    pub fn release(&mut self, lane: i64, back: Vec<Owed>, now: i64) {
        self.unqueue(lane);
        let entry = self.by_number.entry(lane).or_default();
        entry.busy = false;
        for row in back {
            if self.held.insert(row.id) {
                entry.rows.push_back(row);
            }
        }
        entry.rows.make_contiguous().sort_by_key(|row| row.id);
        self.queue(lane, now);
    }

    /// Takes at most `limit` deliveries of the lanes that are wanted, in the order of their numbers.
    pub fn take(&mut self, limit: usize, now: i64, which: Which) -> Vec<Owed> {
        self.wake(now);
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(lane) = self.next(which)
        {
            let Some(entry) = self.by_number.get_mut(&lane) else {
                continue;
            };
            entry.busy = true;
            while taken.len() < limit
                && let Some(row) = entry.rows.pop_front_if(|row| row.due_at <= now)
            {
                self.held.remove(&row.id);
                taken.push(row);
            }
        }
        taken.sort_by_key(|row| row.id);
        taken
    }

    fn next(&mut self, which: Which) -> Option<i64> {
        let mut from = |first: Rank| {
            let rank = self.ready.range(first..).next().map(|(rank, _)| *rank)?;
            self.ready.remove(&rank)
        };
        match which {
            Which::Urgent => {
                let rank = *self.ready.first_key_value()?.0;
                (!rank.0).then(|| self.ready.remove(&rank))?
            }
            Which::Oldest => from((true, i64::MIN)),
            Which::From(id) => from((true, id)).or_else(|| from((true, i64::MIN))),
        }
    }

    fn wake(&mut self, now: i64) {
        while let Some(&(due, first, lane)) = self.later.first()
            && due <= now
        {
            self.later.pop_first();
            self.ready.insert((lane > 0, first), lane);
        }
    }

    fn queue(&mut self, lane: i64, now: i64) {
        match self.by_number.get(&lane).map(|entry| entry.rows.front()) {
            Some(Some(first)) if first.due_at <= now => {
                self.ready.insert((lane > 0, first.id), lane);
            }
            Some(Some(first)) => {
                self.later.insert((first.due_at, first.id, lane));
            }
            Some(None) => {
                self.by_number.remove(&lane);
            }
            None => {}
        }
    }

    fn unqueue(&mut self, lane: i64) {
        if let Some(first) = self
            .by_number
            .get(&lane)
            .and_then(|entry| entry.rows.front())
        {
            self.ready.remove(&(lane > 0, first.id));
            self.later.remove(&(first.due_at, first.id, lane));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owed(id: i64, lane: i64) -> Owed {
        Owed {
            id,
            record: id,
            lane,
            attempts: 0,
            due_at: 0,
        }
    }

    fn ids(rows: &[Owed]) -> Vec<i64> {
        rows.iter().map(|row| row.id).collect()
    }

    #[test]
    fn a_lane_under_way_holds_back_what_comes_after() {
        let mut lanes = Lanes::default();
        lanes.push([owed(1, 7), owed(2, 8), owed(3, 7), owed(4, 7)], 0);
        assert_eq!(
            ids(&lanes.take(2, 0, Which::Oldest)),
            [1, 3],
            "oldest lane first, in order"
        );
        lanes.push([owed(5, 7), owed(6, 9)], 0);
        assert_eq!(
            ids(&lanes.take(10, 0, Which::Oldest)),
            [2, 6],
            "lane 7 is under way"
        );
        lanes.release(7, Vec::new(), 0);
        assert_eq!(ids(&lanes.take(10, 0, Which::Oldest)), [4, 5]);
        assert_eq!(lanes.held(), 0);
    }

    #[test]
    fn what_is_given_back_goes_first_and_not_before_its_time() {
        let mut lanes = Lanes::default();
        lanes.push([owed(1, 7), owed(2, 7), owed(3, 7)], 0);
        let taken = lanes.take(2, 0, Which::Oldest);
        let back = taken.iter().map(|row| Owed { due_at: 50, ..*row });
        lanes.release(7, back.collect(), 10);
        assert_eq!(lanes.next_due(), Some(50));
        assert!(lanes.take(10, 49, Which::Oldest).is_empty());
        assert_eq!(ids(&lanes.take(10, 50, Which::Oldest)), [1, 2, 3]);
    }

    #[test]
    fn readiness_counts_deliveries_not_lanes() {
        let mut lanes = Lanes::default();
        lanes.push((1..=5).map(|id| owed(id, 7)), 0);
        assert!(lanes.has_ready(5) && !lanes.has_ready(6));
        lanes.occupy(7);
        assert!(!lanes.has_ready(1));
        assert_eq!(lanes.held(), 5);
    }

    #[test]
    fn what_is_urgent_goes_before_a_backlog_and_keeps_its_order() {
        let mut lanes = Lanes::default();
        lanes.push((1..=50).map(|id| owed(id, id)), 0);
        lanes.push([owed(60, -3), owed(61, -3), owed(62, -4)], 0);
        assert_eq!(ids(&lanes.take(2, 0, Which::Urgent)), [60, 61]);
        assert_eq!(ids(&lanes.take(9, 0, Which::Urgent)), [62]);
        assert!(lanes.take(9, 0, Which::Urgent).is_empty());
        assert_eq!(ids(&lanes.take(1, 0, Which::Oldest)), [1]);
    }

    #[test]
    fn the_new_are_taken_before_the_old_when_it_is_their_turn() {
        let mut lanes = Lanes::default();
        lanes.push([owed(1, 1), owed(2, 2), owed(90, 90), owed(91, 91)], 0);
        assert_eq!(ids(&lanes.take(1, 0, Which::From(90))), [90]);
        assert_eq!(ids(&lanes.take(3, 0, Which::From(90))), [1, 2, 91]);
    }

    #[test]
    fn what_is_read_again_is_held_once_and_in_its_place() {
        let mut lanes = Lanes::default();
        lanes.push([owed(5, 7), owed(6, 7)], 0);
        lanes.push([owed(3, 7), owed(5, 7), owed(6, 7)], 0);
        assert_eq!(lanes.held(), 3);
        assert_eq!(ids(&lanes.take(9, 0, Which::Oldest)), [3, 5, 6]);
    }
}
