//! A source's whole list of a day, a line a record, of any length: sorted by its digests and gone through beside the hub's
//! books. The words of what differs are read in the list again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Read as _};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::difference::{self, Compared};
use super::received::Told;
use super::row::Row;
use super::sorted::Sorter;
use super::tree::{Entry, Summary, Tree};
use crate::tlog::Hash;

/// Most bytes of a line.
const LINE: u64 = 64 * 1024;
/// Lines that a list may have beyond the hub's own records: with more, the two sides do not speak of the same day.
const BEYOND: u64 = 100_000;

/// One record of a list: in words, or by its digests.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Listed {
    /// By its digests.
    Digests {
        /// Which record, hexadecimal.
        id: String,
        /// What it says, hexadecimal.
        content: String,
    },
    /// In words.
    Words(Told),
}

/// What the first line may say about the whole.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The signed note.
    pub manifest: Option<String>,
    /// Unsigned: how many records.
    pub records: Option<u64>,
    /// Unsigned: the digest over them.
    pub root: Option<String>,
}

/// Why a list is none, in Chinese and English.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It cannot be read.
    #[error("清单无法读取 / the list cannot be read")]
    Read(#[from] io::Error),
    /// A line is too long.
    #[error("第 {0} 行超过 65536 字节 / line {0} exceeds 65536 bytes")]
    Long(usize),
    /// A line is not a record.
    #[error(
        "第 {0} 条应为 {{\"submission\",\"index\",\"dataset\",\"verdict\",\"digest\"}} 或 {{\"id\",\"content\"}} / element {0} is none of these forms"
    )]
    Line(u64),
    /// There are too many.
    #[error(
        "清单比枢纽当日账多 100000 条以上，不再逐条核对：请检查日期与数据来源是否一致 / the list has over 100000 records more than the hub's books: check that both sides speak of the same day and source"
    )]
    TooMany,
}

/// A list that is being read. Of each line its digests and its place are kept, in a working file if need be.
pub struct Listing<'l> {
    source: &'l str,
    most: u64,
    taken: u64,
    sorter: Sorter,
}

/// A list that was read to its end.
pub struct List {
    /// How many records it has, and the digest over them.
    pub root: Summary,
    /// The records; the tag is the place in the list, from 0.
    tree: Tree,
}

impl<'l> Listing<'l> {
    /// Begins a list of a source, to be held against so many records of the hub; working files go into a folder.
    pub fn new(source: &'l str, hub: u64, folder: &Path) -> Self {
        Listing {
            source,
            most: hub + BEYOND,
            taken: 0,
            sorter: Sorter::new(folder),
        }
    }

    /// Takes a record, as JSON.
    pub fn take(&mut self, text: &[u8]) -> Result<(), ListError> {
        let number = self.taken + 1;
        if number > self.most {
            return Err(ListError::TooMany);
        }
        let wrong = || ListError::Line(number);
        let listed: Listed = serde_json::from_slice(text).map_err(|_| wrong())?;
        let entry = match listed {
            Listed::Words(told) => told.entry(self.source),
            Listed::Digests { id, content } => Entry {
                id: Hash::from_hex(&id).map_err(|_| wrong())?,
                content: Hash::from_hex(&content).map_err(|_| wrong())?,
            },
        };
        let place = i64::try_from(self.taken).unwrap_or(i64::MAX);
        self.sorter.push(Row::new(entry, (place, 0, 0)))?;
        self.taken = number;
        Ok(())
    }

    /// Takes lines to their end; the first may be about the whole.
    pub fn read(&mut self, lines: impl BufRead) -> Result<Header, ListError> {
        let mut header = Header::default();
        each_line(lines, |number, text| {
            if number == 1
                && let Ok(about) = serde_json::from_slice::<Header>(text)
            {
                header = about;
                return Ok(true);
            }
            self.take(text)?;
            Ok(true)
        })?;
        Ok(header)
    }

    /// Ends the list.
    pub fn finish(self) -> Result<List, ListError> {
        let tree = Tree::try_from(self.sorter.finish()?)?;
        Ok(List {
            root: tree.root(),
            tree,
        })
    }
}

/// Gives the lines of a text that are not empty, with their numbers from 1, as long as they are wanted.
fn each_line(
    mut lines: impl BufRead,
    mut take: impl FnMut(usize, &[u8]) -> Result<bool, ListError>,
) -> Result<(), ListError> {
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        number += 1;
        let read = (&mut lines).take(LINE + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        if read as u64 > LINE {
            return Err(ListError::Long(number));
        }
        let text = line.trim_ascii();
        if !text.is_empty() && !take(number, text)? {
            return Ok(());
        }
    }
}

/// The records of a list at some of its places, in words: it is read again for them.
pub fn told(
    lines: impl BufRead,
    wanted: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, Value>, ListError> {
    let (mut place, mut found) = (0, BTreeMap::new());
    each_line(lines, |number, text| {
        if number == 1 && serde_json::from_slice::<Header>(text).is_ok() {
            return Ok(true);
        }
        if wanted.contains(&place)
            && let Ok(value) = serde_json::from_slice(text)
        {
            found.insert(place, value);
        }
        place += 1;
        Ok(found.len() < wanted.len())
    })?;
    Ok(found)
}

impl List {
    /// Compares it with the hub's books, which are here; the first differences after an id, so many at most, are kept.
    pub fn compare(
        &self,
        hub: &Tree,
        after: Option<&Hash>,
        most: usize,
    ) -> Result<Compared, ListError> {
        let mut compared = Compared::default();
        difference::between(hub.all(), self.tree.all(), &mut |difference| {
            let wanted = after.is_none_or(|after| difference.id() > *after);
            compared.take(difference, if wanted { most } else { 0 });
        })?;
        Ok(compared)
    }
}

#[cfg(test)]
mod tests {
    use super::super::difference::Difference;
    use super::super::tree::tests::entries;
    use super::*;

    fn line(entry: &Entry) -> String {
        let (id, content) = (entry.id.to_hex(), entry.content.to_hex());
        format!("{{\"id\":\"{id}\",\"content\":\"{content}\"}}\n")
    }

    #[test]
    fn a_list_is_compared_line_by_line() -> Result<(), ListError> {
        let ours: Tree = entries(500).into_iter().collect();
        let mut theirs = entries(501);
        let missing = theirs.remove(7);
        let strange = theirs.last().copied();
        let text: String = theirs.iter().map(line).collect();
        let text = format!("{{\"records\":500,\"root\":\"ab\"}}\n\n{text}");
        let folder = tempfile::tempdir()?;
        let mut listing = Listing::new("000000", 500, folder.path());
        let header = listing.read(text.as_bytes())?;
        assert_eq!(
            (header.records, header.root.as_deref()),
            (Some(500), Some("ab"))
        );
        let list = listing.finish()?;
        assert_eq!(list.root.count, 500);
        let compared = list.compare(&ours, None, 10)?;
        assert_eq!((compared.tally.here, compared.tally.there), (1, 1));
        let mut named = BTreeSet::new();
        for one in &compared.first {
            match one {
                Difference::Here(row) => assert_eq!(row.entry, missing),
                Difference::There(row) => {
                    assert_eq!(Some(row.entry), strange);
                    named.insert(row.tag.0.unsigned_abs());
                }
                Difference::Otherwise(..) => assert_eq!(compared.tally.otherwise, 1),
            }
        }
        let told = told(text.as_bytes(), &named)?;
        let id = told.get(&499).and_then(|value| value.get("id")?.as_str());
        assert_eq!(id, strange.map(|strange| strange.id.to_hex()).as_deref());
        // The next page begins after the last that was told, and counts all the same.
        let page = list.compare(&ours, None, 1)?;
        let after = page.first.first().map(Difference::id);
        let next = list.compare(&ours, after.as_ref(), 10)?;
        assert_eq!((next.tally, next.first.len()), (compared.tally, 1));
        assert_eq!(next.first.first(), compared.first.last());
        Ok(())
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_place() -> Result<(), ListError> {
        let folder = tempfile::tempdir()?;
        let refused = |text: &str| Listing::new("000000", 3, folder.path()).read(text.as_bytes());
        let good: String = entries(2).iter().map(line).collect();
        assert!(matches!(
            refused(&format!("{good}{{}}\n")),
            Err(ListError::Line(3))
        ));
        let long = format!("{good}{}\n", " ".repeat(70_000));
        assert!(matches!(refused(&long), Err(ListError::Long(3))));
        let many: String = entries(BEYOND as usize + 4).iter().map(line).collect();
        assert!(matches!(refused(&many), Err(ListError::TooMany)));
        Ok(())
    }
}
