//! A whole set with its digests, in order on disk or, when it is small, in memory. Held are the digests of the prefixes of
//! a few digits, some 200 KB at most; what is beneath them is read when it is asked about.

use std::io;

use super::super::row::Row;
use super::super::sorted::{Sorted, Stream};
use super::sum::Sum;
use super::{Below, DIGITS, Entry, FEW, Node, Prefix, Summary, digit, few, many};
use crate::tlog::Hash;

/// Entries beneath a held prefix, on average, at most.
const BENEATH: u64 = 512;
/// Most digits of held prefixes: 4,096 of them.
const DEEPEST: usize = 3;

/// A whole set with its digests.
#[derive(Debug)]
pub struct Tree {
    rows: Sorted,
    /// Digits of the prefixes that are held.
    digits: usize,
    /// Where the entries of each begin; and the end.
    starts: Vec<u64>,
    /// The digest of each.
    summaries: Vec<Summary>,
    root: Summary,
}

impl TryFrom<Sorted> for Tree {
    type Error = io::Error;

    fn try_from(rows: Sorted) -> io::Result<Tree> {
        let mut growth = Growth::of(rows.count());
        for row in rows.stream(0, rows.count()) {
            growth.push(row?.entry);
        }
        Ok(growth.finish(rows))
    }
}

/// In memory.
impl FromIterator<Entry> for Tree {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut entries: Vec<Entry> = entries.into_iter().collect();
        entries.sort_unstable();
        let mut growth = Growth::of(entries.len() as u64);
        for entry in &entries {
            growth.push(*entry);
        }
        let rows: Vec<Row> = entries.into_iter().map(Row::from).collect();
        growth.finish(Sorted::from(rows))
    }
}

/// A tree that grows by entries in order.
struct Growth {
    digits: usize,
    starts: Vec<u64>,
    summaries: Vec<Summary>,
    place: u64,
    part: Sum,
    whole: Sum,
}

impl Growth {
    /// Of so many entries.
    fn of(count: u64) -> Growth {
        let fits = |digits: &usize| count >> (4 * digits) <= BENEATH;
        let digits = (0..DEEPEST).find(fits).unwrap_or(DEEPEST);
        Growth {
            digits,
            starts: vec![0],
            summaries: Vec::new(),
            place: 0,
            part: Sum::beneath(digits),
            whole: Sum::beneath(0),
        }
    }

    fn push(&mut self, entry: Entry) {
        while self.summaries.len() < place_of(&entry.id, self.digits) {
            self.end();
        }
        self.part.push(entry);
        self.whole.push(entry);
        self.place += 1;
    }

    /// Ends a prefix: the next begins.
    fn end(&mut self) {
        let done = std::mem::replace(&mut self.part, Sum::beneath(self.digits));
        self.summaries.push(done.finish());
        self.starts.push(self.place);
    }

    fn finish(mut self, rows: Sorted) -> Tree {
        while self.summaries.len() < 1 << (4 * self.digits) {
            self.end();
        }
        Tree {
            rows,
            digits: self.digits,
            starts: self.starts,
            summaries: self.summaries,
            root: self.whole.finish(),
        }
    }
}

/// The number that the first digits of an id make.
fn place_of(id: &Hash, digits: usize) -> usize {
    (0..digits).fold(0, |number, place| {
        number << 4 | usize::from(digit(id, place))
    })
}

impl Tree {
    /// How many entries there are, and the digest over all.
    pub fn root(&self) -> Summary {
        self.root
    }

    /// The places of the entries beneath a prefix.
    fn range(&self, prefix: &Prefix) -> io::Result<(u64, u64)> {
        let own = prefix.0.iter().take(self.digits);
        let number = own.fold(0, |number, digit| number << 4 | usize::from(*digit));
        let wide = 4 * self.digits.saturating_sub(prefix.digits());
        let place = |number: usize| self.starts.get(number << wide).copied();
        let within = (
            place(number).unwrap_or_default(),
            place(number + 1).unwrap_or(self.rows.count()),
        );
        if prefix.digits() <= self.digits {
            return Ok(within);
        }
        let before = |row: &Row| prefix.compare(&row.entry.id).is_lt();
        let from = self.rows.first_not(within, before)?;
        let not_after = |row: &Row| prefix.compare(&row.entry.id).is_le();
        Ok((from, self.rows.first_not((from, within.1), not_after)?))
    }

    /// The entries beneath a prefix, in order, one by one.
    pub fn beneath(&self, prefix: &Prefix) -> io::Result<Stream<'_>> {
        let (from, until) = self.range(prefix)?;
        Ok(self.rows.stream(from, until))
    }

    /// All of them.
    pub fn all(&self) -> Stream<'_> {
        self.rows.stream(0, self.rows.count())
    }

    /// The first entry with an id, if the set has one.
    pub fn find(&self, id: &Hash) -> io::Result<Option<Row>> {
        self.beneath(&Prefix::whole(id))?.next().transpose()
    }

    /// The place of an entry, if the set has it.
    pub fn row(&self, entry: &Entry) -> io::Result<Option<Row>> {
        for row in self.beneath(&Prefix::whole(&entry.id))? {
            let row = row?;
            if row.entry == *entry {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// How much is beneath a prefix, and its digest.
    pub fn summary(&self, prefix: &Prefix) -> io::Result<Summary> {
        let (from, until) = self.range(prefix)?;
        if prefix.digits() == self.digits {
            let number = prefix
                .0
                .iter()
                .fold(0, |number, digit| number << 4 | usize::from(*digit));
            if let Some(summary) = self.summaries.get(number) {
                return Ok(*summary);
            }
        }
        if prefix.digits() > self.digits || until - from <= FEW as u64 {
            let mut sum = Sum::beneath(prefix.digits());
            for row in self.rows.stream(from, until) {
                sum.push(row?.entry);
            }
            return Ok(sum.finish());
        }
        Ok(many(&self.children(prefix)?))
    }

    fn children(&self, prefix: &Prefix) -> io::Result<Vec<Summary>> {
        prefix
            .children()
            .map(|child| self.summary(&child))
            .collect()
    }

    /// The answer about a prefix.
    pub fn node(&self, prefix: &Prefix) -> io::Result<Node> {
        let (from, until) = self.range(prefix)?;
        if until - from <= FEW as u64 || prefix.digits() == DIGITS {
            let rows = self.rows.stream(from, until);
            let entries: Vec<Entry> = rows.map(|row| Ok(row?.entry)).collect::<io::Result<_>>()?;
            return Ok(Node {
                summary: few(&entries),
                below: Below::Entries(entries),
            });
        }
        let children = self.children(prefix)?;
        Ok(Node {
            summary: many(&children),
            below: Below::Children(children),
        })
    }
}
