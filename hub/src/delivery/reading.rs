//! Where a delivery reads: three cursors over what is open, so that neither what is urgent nor what is new waits
//! behind a backlog.
//!
//! The main cursor follows the numbers. The urgent one sees only urgent lanes, through an index of their own. While a
//! backlog is longer than what is held in memory, a third one follows what comes in: from there it takes deals that
//! began after the backlog did, which is known by their first record, because nothing of such a deal can be in the
//! backlog. Everything else of what it passes is left to the main cursor, so no deal is ever overtaken by itself.
//!
//! What is made pending again behind the main cursor is read again by its span, and nothing else is.

use std::collections::HashSet;

use super::lanes::Lanes;
use crate::store::deliveries::{self, Owed};
use crate::store::{Database, StoreError};

/// Most deliveries that are held in memory.
const HELD: usize = 100_000;
/// Deliveries read at once.
const PAGE: usize = 500;
/// A main cursor so far behind means a backlog.
const BEHIND: i64 = 4 * PAGE as i64;

/// Follows what comes in beside a backlog.
#[derive(Debug)]
struct Beside {
    /// Where it began.
    from: i64,
    cursor: i64,
    /// Deals that began there.
    lanes: HashSet<i64>,
}

/// The cursors of one destination.
#[derive(Debug, Default)]
pub(super) struct Reading {
    main: i64,
    urgent: i64,
    beside: Option<Beside>,
    /// What is to be read again: after a number, up to another.
    again: Option<(i64, i64)>,
}

impl Reading {
    /// From where on deliveries are new, while there is a backlog.
    pub fn new_from(&self) -> Option<i64> {
        self.beside.as_ref().map(|beside| beside.from)
    }

    /// Reads everything from the beginning.
    pub fn restart(&mut self) {
        *self = Reading::default();
    }

    /// Deliveries from one number to another are pending again.
    pub fn revive(&mut self, from: i64, to: i64) {
        // What is urgent is little, and read through its own index.
        self.urgent = self.urgent.min(from - 1);
        self.again = Some(match self.again {
            Some((after, before)) => (after.min(from - 1), before.max(to)),
            None => (from - 1, to),
        });
    }

    /// Reads again what was revived, as far as the main cursor had come: what lies before it, it will see by itself.
    fn again(
        &mut self,
        connection: &mut Database,
        destination: &str,
        lanes: &mut Lanes,
        now: i64,
    ) -> Result<(), StoreError> {
        while let Some((after, to)) = self.again
            && lanes.held() + PAGE <= 2 * HELD
        {
            let to = to.min(self.main);
            let rows = deliveries::pending_after(connection, destination, after, PAGE as i64)?;
            let last = rows.last().map(|row| row.id).filter(|_| rows.len() == PAGE);
            let revived = rows.into_iter();
            lanes.push(revived.filter(|row| row.lane > 0 && row.id <= to), now);
            self.again = last.filter(|last| *last < to).map(|last| (last, to));
        }
        Ok(())
    }

    /// Reads what is urgent.
    pub fn urgent(
        &mut self,
        connection: &mut Database,
        destination: &str,
        lanes: &mut Lanes,
        now: i64,
    ) -> Result<(), StoreError> {
        while lanes.held() < 2 * HELD {
            let rows = deliveries::urgent_after(connection, destination, self.urgent, PAGE as i64)?;
            let full = rows.len() == PAGE;
            if let Some(last) = rows.last() {
                self.urgent = last.id;
            }
            lanes.push(rows, now);
            if !full {
                break;
            }
        }
        Ok(())
    }

    /// Reads until `enough` may go, or nothing is left, or too much is held.
    pub fn others(
        &mut self,
        connection: &mut Database,
        destination: &str,
        lanes: &mut Lanes,
        enough: usize,
        now: i64,
    ) -> Result<(), StoreError> {
        self.again(connection, destination, lanes, now)?;
        let page = enough.max(PAGE);
        while !lanes.has_ready(enough) && lanes.held() + page <= HELD {
            let rows = deliveries::pending_after(connection, destination, self.main, page as i64)?;
            let full = rows.len() == page;
            if let Some(last) = rows.last() {
                self.main = last.id;
            }
            lanes.push(rows.into_iter().filter(|row| row.lane > 0), now);
            if !full {
                self.beside = None;
                return Ok(());
            }
        }
        self.beside(connection, destination, lanes, now)
    }

    fn beside(
        &mut self,
        connection: &mut Database,
        destination: &str,
        lanes: &mut Lanes,
        now: i64,
    ) -> Result<(), StoreError> {
        let newest = deliveries::newest(connection, destination)?.unwrap_or(0);
        if newest - self.main < BEHIND {
            return Ok(());
        }
        let beside = self.beside.get_or_insert_with(|| Beside {
            from: newest + 1,
            cursor: newest,
            lanes: HashSet::new(),
        });
        if beside.cursor <= self.main {
            // The main cursor has caught up with where this one began, and sees everything from here on.
            self.beside = None;
            return Ok(());
        }
        while lanes.held() + PAGE <= 2 * HELD {
            let rows =
                deliveries::pending_after(connection, destination, beside.cursor, PAGE as i64)?;
            let full = rows.len() == PAGE;
            if let Some(last) = rows.last() {
                beside.cursor = last.id;
            }
            let taken: Vec<Owed> = rows
                .into_iter()
                .filter(|row| {
                    let first = row.lane == row.record;
                    row.lane > 0
                        && (beside.lanes.contains(&row.lane)
                            || first && beside.lanes.insert(row.lane))
                })
                .collect();
            lanes.push(taken, now);
            if !full {
                break;
            }
        }
        Ok(())
    }
}
