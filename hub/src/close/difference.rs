//! What differs between two sets, told one by one while both are gone through in order: nothing is gathered.

use std::cmp::Ordering;
use std::io;
use std::iter::Peekable;

use serde::Serialize;

use super::row::Row;
use crate::tlog::Hash;

/// A difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// An id, or a repetition of one, that only the own side has.
    Here(Row),
    /// One that only the other side has.
    There(Row),
    /// The same id with different contents: own, other.
    Otherwise(Row, Row),
}

impl Difference {
    /// Which record it is about.
    pub fn id(&self) -> Hash {
        match self {
            Difference::Here(row) | Difference::There(row) | Difference::Otherwise(row, _) => {
                row.entry.id
            }
        }
    }
}

/// How many differences there are, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Only the own side has it.
    #[serde(rename = "missing_there")]
    pub here: u64,
    /// Only the other side has it.
    #[serde(rename = "missing_here")]
    pub there: u64,
    /// Both have it, with different contents.
    pub otherwise: u64,
}

impl Tally {
    /// Counts one.
    pub fn add(&mut self, difference: &Difference) {
        *match difference {
            Difference::Here(_) => &mut self.here,
            Difference::There(_) => &mut self.there,
            Difference::Otherwise(..) => &mut self.otherwise,
        } += 1;
    }

    /// All of them.
    pub fn all(&self) -> u64 {
        self.here + self.there + self.otherwise
    }
}

/// All differences counted, and the first of them kept.
#[derive(Debug, Default)]
pub struct Compared {
    /// All.
    pub tally: Tally,
    /// The first.
    pub first: Vec<Difference>,
}

impl Compared {
    /// Counts a difference, and keeps it while there are fewer than so many.
    pub fn take(&mut self, difference: Difference, most: usize) {
        self.tally.add(&difference);
        if self.first.len() < most {
            self.first.push(difference);
        }
    }

    /// Whether every difference was kept.
    pub fn is_whole(&self) -> bool {
        self.first.len() as u64 == self.tally.all()
    }
}

/// Goes through two ordered sets and tells what differs, in order of the ids. Held at once are the rows of one id.
pub fn between(
    here: impl Iterator<Item = io::Result<Row>>,
    there: impl Iterator<Item = io::Result<Row>>,
    found: &mut dyn FnMut(Difference),
) -> io::Result<()> {
    let (mut here, mut there) = (here.peekable(), there.peekable());
    loop {
        let (own, other) = (id(&mut here)?, id(&mut there)?);
        let Some(next) = own.into_iter().chain(other).min() else {
            return Ok(());
        };
        let (own, other) = unequal(of(&mut here, &next)?, of(&mut there, &next)?);
        // What is left of an id on both sides says other things; what is left over is on one side only.
        let (mut own, mut other) = (own.into_iter(), other.into_iter());
        loop {
            found(match (own.next(), other.next()) {
                (Some(own), Some(other)) => Difference::Otherwise(own, other),
                (Some(own), None) => Difference::Here(own),
                (None, Some(other)) => Difference::There(other),
                (None, None) => break,
            });
        }
    }
}

/// The id that comes next.
fn id(rows: &mut Peekable<impl Iterator<Item = io::Result<Row>>>) -> io::Result<Option<Hash>> {
    match rows.next_if(Result::is_err) {
        Some(fault) => fault.map(|row| Some(row.entry.id)),
        None => Ok(rows
            .peek()
            .and_then(|row| row.as_ref().ok())
            .map(|row| row.entry.id)),
    }
}

/// Takes the rows of an id.
fn of(
    rows: &mut Peekable<impl Iterator<Item = io::Result<Row>>>,
    id: &Hash,
) -> io::Result<Vec<Row>> {
    let is_of = |row: &io::Result<Row>| row.as_ref().is_ok_and(|row| row.entry.id == *id);
    std::iter::from_fn(|| rows.next_if(is_of)).collect()
}

/// The rows of one id that have no equal on the other side.
fn unequal(here: Vec<Row>, there: Vec<Row>) -> (Vec<Row>, Vec<Row>) {
    let (mut own, mut others) = (Vec::new(), Vec::new());
    let (mut here, mut there) = (here.into_iter().peekable(), there.into_iter().peekable());
    loop {
        let order = match (here.peek(), there.peek()) {
            (None, None) => return (own, others),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.entry.cmp(&right.entry),
        };
        match order {
            Ordering::Less => own.extend(here.next()),
            Ordering::Greater => others.extend(there.next()),
            Ordering::Equal => drop((here.next(), there.next())),
        }
    }
}
