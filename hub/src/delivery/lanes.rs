//! Open deliveries that have been read, by lane: what may go next without breaking the order of a deal.
//!
//! A lane has at most one batch under way. Memory is bounded by whoever fills this; nothing here knows the
//! store or the clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::store::deliveries::Owed;

#[derive(Debug, Default)]
struct Lane {
    rows: VecDeque<Owed>,
    busy: bool,
}

/// The lanes that have something to send, or are under way.
#[derive(Debug, Default)]
pub struct Lanes {
    by_number: HashMap<i64, Lane>,
    /// Lanes that may go now, by the number of their first delivery.
    ready: BTreeMap<i64, i64>,
    /// Lanes that may go later: (instant, first delivery, lane).
    later: BTreeSet<(i64, i64, i64)>,
    rows: usize,
}

impl Lanes {
    /// Number of deliveries held.
    pub fn held(&self) -> usize {
        self.rows
    }

    /// Whether so many deliveries may go now.
    pub fn has_ready(&self, enough: usize) -> bool {
        let mut rows = 0;
        self.ready
            .values()
            .filter_map(|lane| self.by_number.get(lane))
            .any(|lane| {
                rows += lane.rows.len();
                rows >= enough
            })
    }

    /// When the next waiting lane may go.
    pub fn next_due(&self) -> Option<i64> {
        self.later.first().map(|&(due, _, _)| due)
    }

    /// Adds deliveries that were read, in their order.
    pub fn push(&mut self, rows: impl IntoIterator<Item = Owed>, now: i64) {
        for row in rows {
            let lane = self.by_number.entry(row.lane).or_default();
            lane.rows.push_back(row);
            self.rows += 1;
            if lane.rows.len() == 1 && !lane.busy {
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
        self.rows += back.len();
        entry.rows.extend(back);
        entry.rows.make_contiguous().sort_by_key(|row| row.id);
        self.queue(lane, now);
    }

    /// Takes at most `limit` deliveries, oldest lanes first, in the order of their numbers.
    pub fn take(&mut self, limit: usize, now: i64) -> Vec<Owed> {
        self.wake(now);
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some((_, lane)) = self.ready.pop_first()
        {
            let Some(entry) = self.by_number.get_mut(&lane) else {
                continue;
            };
            entry.busy = true;
            while taken.len() < limit
                && let Some(row) = entry.rows.pop_front_if(|row| row.due_at <= now)
            {
                taken.push(row);
            }
        }
        self.rows -= taken.len();
        taken.sort_by_key(|row| row.id);
        taken
    }

    fn wake(&mut self, now: i64) {
        while let Some(&(due, first, lane)) = self.later.first()
            && due <= now
        {
            self.later.pop_first();
            self.ready.insert(first, lane);
        }
    }

    fn queue(&mut self, lane: i64, now: i64) {
        match self.by_number.get(&lane).map(|entry| entry.rows.front()) {
            Some(Some(first)) if first.due_at <= now => {
                self.ready.insert(first.id, lane);
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
            self.ready.remove(&first.id);
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
            ids(&lanes.take(2, 0)),
            [1, 3],
            "oldest lane first, in order"
        );
        lanes.push([owed(5, 7), owed(6, 9)], 0);
        assert_eq!(ids(&lanes.take(10, 0)), [2, 6], "lane 7 is under way");
        lanes.release(7, Vec::new(), 0);
        assert_eq!(ids(&lanes.take(10, 0)), [4, 5]);
        assert_eq!(lanes.held(), 0);
    }

    #[test]
    fn what_is_given_back_goes_first_and_not_before_its_time() {
        let mut lanes = Lanes::default();
        lanes.push([owed(1, 7), owed(2, 7), owed(3, 7)], 0);
        let taken = lanes.take(2, 0);
        let back = taken.iter().map(|row| Owed { due_at: 50, ..*row });
        lanes.release(7, back.collect(), 10);
        assert_eq!(lanes.next_due(), Some(50));
        assert!(lanes.take(10, 49).is_empty());
        assert_eq!(ids(&lanes.take(10, 50)), [1, 2, 3]);
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
}
