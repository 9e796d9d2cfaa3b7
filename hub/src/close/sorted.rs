//! Rows in order, however many, in memory that does not grow with them: what does not fit is sorted piece by piece into
//! a working file without a name, which the system drops when the process ends, however it ends; and merged once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::row::Row;

/// Rows that are held in memory, while sorting and while merging: 6 MB.
const HELD: usize = 1 << 16;
/// Rows that are read at once while going through a file.
const PAGE: u64 = 1024;

/// Takes rows in any order.
pub struct Sorter {
    folder: PathBuf,
    most: usize,
    held: Vec<Row>,
    runs: Option<File>,
    /// Rows of each run.
    lengths: Vec<u64>,
}

impl Sorter {
    /// Sorts, with a working file in a folder if it is needed.
    pub fn new(folder: &Path) -> Sorter {
        Sorter::holding(HELD, folder)
    }

    /// The same, with so many rows in memory.
    pub(super) fn holding(most: usize, folder: &Path) -> Sorter {
        Sorter {
            folder: folder.to_owned(),
            most,
            held: Vec::new(),
            runs: None,
            lengths: Vec::new(),
        }
    }

    /// Takes a row.
    pub fn push(&mut self, row: Row) -> io::Result<()> {
        if self.held.len() >= self.most {
            self.spill()?;
        }
        self.held.push(row);
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_unstable();
        let file = match self.runs.take() {
            Some(file) => file,
            None => working_file(&self.folder)?,
        };
        let file = self.runs.insert(file);
        let mut writer = BufWriter::with_capacity(1 << 16, file);
        for row in &self.held {
            row.write(&mut writer)?;
        }
        writer.flush()?;
        self.lengths.push(self.held.len() as u64);
        self.held.clear();
        Ok(())
    }

    /// All rows in order.
    pub fn finish(mut self) -> io::Result<Sorted> {
        if self.runs.is_none() {
            self.held.sort_unstable();
            return Ok(Sorted::from(self.held));
        }
        self.spill()?;
        self.held = Vec::new();
        let Some(file) = self.runs.take() else {
            return Ok(Sorted::from(Vec::new()));
        };
        let from = Rows {
            count: self.lengths.iter().sum(),
            place: Place::File(Mutex::new(file)),
        };
        let mut to = BufWriter::with_capacity(1 << 16, working_file(&self.folder)?);
        merge(&from, &self.lengths, self.most, |row| row.write(&mut to))?;
        to.flush()?;
        let file = to.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Sorted(Rows {
            place: Place::File(Mutex::new(file)),
            ..from
        }))
    }
}

/// A file that has no name.
fn working_file(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    tempfile::tempfile_in(folder)
}

/// Gives the rows of several runs, which lie one after the other, in order.
fn merge(
    from: &Rows,
    lengths: &[u64],
    most: usize,
    mut take: impl FnMut(&Row) -> io::Result<()>,
) -> io::Result<()> {
    let page = (most / lengths.len().max(1)).clamp(16, PAGE as usize) as u64;
    let mut begin = 0;
    let mut runs = Vec::new();
    let mut next = BinaryHeap::new();
    for length in lengths {
        let mut run = from.stream(begin, begin + length, page);
        begin += length;
        if let Some(row) = run.next().transpose()? {
            next.push(Reverse((row, runs.len())));
        }
        runs.push(run);
    }
    while let Some(Reverse((row, place))) = next.pop() {
        take(&row)?;
        if let Some(row) = runs.get_mut(place).and_then(Iterator::next).transpose()? {
            next.push(Reverse((row, place)));
        }
    }
    Ok(())
}

/// Rows, held or in a file.
#[derive(Debug)]
struct Rows {
    count: u64,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Held(Vec<Row>),
    File(Mutex<File>),
}

impl Rows {
    fn read(&self, from: u64, until: u64) -> io::Result<Vec<Row>> {
        let until = until.min(self.count);
        let from = from.min(until);
        let file = match &self.place {
            Place::Held(rows) => {
                let rows = rows.get(from as usize..until as usize);
                return Ok(rows.unwrap_or_default().to_vec());
            }
            Place::File(file) => file,
        };
        let mut bytes = vec![0; ((until - from) * Row::BYTES) as usize];
        {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(from * Row::BYTES))?;
            file.read_exact(&mut bytes)?;
        }
        let mut bytes = &bytes[..];
        (from..until).map(|_| Row::read(&mut bytes)).collect()
    }

    fn stream(&self, from: u64, until: u64, page: u64) -> Stream<'_> {
        Stream {
            rows: self,
            next: from,
            until: until.min(self.count),
            page,
            read: Vec::new().into_iter(),
        }
    }
}

/// Rows in order.
#[derive(Debug)]
pub struct Sorted(Rows);

impl From<Vec<Row>> for Sorted {
    fn from(mut rows: Vec<Row>) -> Sorted {
        rows.sort_unstable();
        Sorted(Rows {
            count: rows.len() as u64,
            place: Place::Held(rows),
        })
    }
}

impl Sorted {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.count
    }

    /// Those from one place up to another, all at once.
    pub fn read(&self, from: u64, until: u64) -> io::Result<Vec<Row>> {
        self.0.read(from, until)
    }

    /// Those from one place up to another, one by one.
    pub fn stream(&self, from: u64, until: u64) -> Stream<'_> {
        self.0.stream(from, until, PAGE)
    }

    /// The first place from one up to another whose row is not before what is looked for.
    pub fn first_not(
        &self,
        (mut from, mut until): (u64, u64),
        is_before: impl Fn(&Row) -> bool,
    ) -> io::Result<u64> {
        while until.saturating_sub(from) > PAGE / 8 {
            let middle = u64::midpoint(from, until);
            let row = self.read(middle, middle + 1)?;
            if row.first().is_some_and(&is_before) {
                from = middle + 1;
            } else {
                until = middle;
            }
        }
        let rows = self.read(from, until)?;
        Ok(from + rows.partition_point(is_before) as u64)
    }
}

/// Rows one by one; a fault ends them.
#[derive(Debug)]
pub struct Stream<'s> {
    rows: &'s Rows,
    next: u64,
    until: u64,
    page: u64,
    read: std::vec::IntoIter<Row>,
}

impl Iterator for Stream<'_> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<io::Result<Row>> {
        if let Some(row) = self.read.next() {
            return Some(Ok(row));
        }
        if self.next >= self.until {
            return None;
        }
        let until = self.until.min(self.next + self.page);
        match self.rows.read(self.next, until) {
            Ok(rows) => self.read = rows.into_iter(),
            Err(error) => {
                self.next = self.until;
                return Some(Err(error));
            }
        }
        self.next = until;
        self.read.next().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::tests::entries;
    use super::*;

    fn rows(count: usize) -> Vec<Row> {
        let rows = entries(count).into_iter().zip(0..);
        let row = |(entry, place): (_, i64)| Row {
            group: u32::from(place % 3 == 0),
            ..Row::new(entry, (place, -place, 7))
        };
        rows.map(row).collect()
    }

    #[test]
    fn what_does_not_fit_comes_back_in_the_order_of_what_does() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        for count in [0, 1, 99, 100, 101, 200, 201, 5_000] {
            let (mut sorter, all) = (Sorter::holding(100, folder.path()), rows(count));
            for row in &all {
                sorter.push(*row)?;
            }
            let on_disk = sorter.finish()?;
            let held = Sorted::from(all);
            assert_eq!(on_disk.count(), count as u64);
            let stream = |sorted: &Sorted, from, until| -> io::Result<Vec<Row>> {
                sorted.stream(from, until).collect()
            };
            let whole = count as u64;
            assert_eq!(stream(&on_disk, 0, whole)?, stream(&held, 0, whole)?);
            let some = (whole / 3, whole / 2);
            assert_eq!(on_disk.read(some.0, some.1)?, held.read(some.0, some.1)?);
            for row in held.read(0, whole)?.iter().step_by(97) {
                let place = on_disk.first_not((0, whole), |other| other < row)?;
                assert_eq!(on_disk.read(place, place + 1)?, [*row]);
            }
        }
        let left = fs::read_dir(folder.path())?.count();
        assert_eq!(left, 0, "working files have no names");
        Ok(())
    }
}
