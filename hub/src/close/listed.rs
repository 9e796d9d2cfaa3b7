//! A source's whole list of a day, a line a record, of any length: of each line its two digests are held, and the words
//! only of those that the hub does not have so.

use std::io::{self, BufRead, Read as _};

use serde::Deserialize;
use serde_json::Value;

use super::manifest::NAMED;
use super::received::Told;
use super::tree::{Entry, Summary, Tree};
use super::walk::Differences;
use crate::tlog::Hash;

/// Most bytes of a line.
const LINE: u64 = 64 * 1024;
/// Lines that a list may have beyond the hub's own records: with more, the two sides do not speak of the same day.
const BEYOND: usize = 100_000;

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
    Line(usize),
    /// There are too many.
    #[error(
        "清单比枢纽当日账多 100000 条以上，不再逐条核对：请检查日期与数据来源是否一致 / the list has over 100000 records more than the hub's books: check that both sides speak of the same day and source"
    )]
    TooMany,
}

/// A list that is being read.
pub struct Listing<'l> {
    source: &'l str,
    ours: &'l Tree,
    entries: Vec<Entry>,
    strange: Vec<(Entry, Value)>,
}

/// How a list differs from the hub's books.
pub struct Compared {
    /// How many records it has, and the digest over them.
    pub theirs: Summary,
    /// What differs; here is the hub.
    pub found: Differences,
    strange: Vec<(Entry, Value)>,
}

impl<'l> Listing<'l> {
    /// Begins a list of a source, against the hub's books.
    pub fn new(source: &'l str, ours: &'l Tree) -> Self {
        Listing {
            source,
            ours,
            entries: Vec::new(),
            strange: Vec::new(),
        }
    }

    /// Takes a record, as JSON.
    pub fn take(&mut self, text: &[u8]) -> Result<(), ListError> {
        let number = self.entries.len() + 1;
        if number > self.ours.entries().len() + BEYOND {
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
        let known = self.ours.entries().binary_search(&entry).is_ok();
        if !known && self.strange.len() < NAMED {
            let value = serde_json::from_slice(text).map_err(|_| wrong())?;
            self.strange.push((entry, value));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Takes lines to their end; the first may be about the whole.
    pub fn read(&mut self, mut lines: impl BufRead) -> Result<Header, ListError> {
        let mut header = Header::default();
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            number += 1;
            let read = (&mut lines).take(LINE + 1).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(header);
            }
            if read as u64 > LINE {
                return Err(ListError::Long(number));
            }
            let text = line.trim_ascii();
            if text.is_empty() {
                continue;
            }
            if number == 1
                && let Ok(about) = serde_json::from_slice::<Header>(text)
            {
                header = about;
                continue;
            }
            self.take(text)?;
        }
    }

    /// Compares.
    pub fn compare(self) -> Compared {
        let theirs = Tree::from(self.entries);
        let mut strange = self.strange;
        strange.sort_by_key(|(entry, _)| *entry);
        Compared {
            theirs: theirs.root(),
            found: Differences::between(self.ours.entries(), theirs.entries()),
            strange,
        }
    }
}

impl Compared {
    /// What an entry is that the hub does not have so, as the source said it; of the first thousand.
    pub fn told(&self, entry: &Entry) -> Option<Value> {
        let strange = &self.strange;
        let at = strange.binary_search_by_key(entry, |(known, _)| *known);
        strange.get(at.ok()?).map(|(_, value)| value.clone())
    }
}

#[cfg(test)]
mod tests {
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
        let lost = theirs.remove(7);
        let strange = theirs.last().copied();
        let text: String = theirs.iter().map(line).collect();
        let text = format!("{{\"records\":500,\"root\":\"ab\"}}\n\n{text}");
        let mut listing = Listing::new("000000", &ours);
        let header = listing.read(text.as_bytes())?;
        assert_eq!(
            (header.records, header.root.as_deref()),
            (Some(500), Some("ab"))
        );
        let compared = listing.compare();
        assert_eq!(compared.theirs.count, 500);
        assert_eq!(compared.found.only_here, [lost]);
        assert_eq!(compared.found.only_there.first().copied(), strange);
        assert!(strange.is_some_and(|strange| compared.told(&strange).is_some()));
        assert_eq!(compared.told(&lost), None);
        Ok(())
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_place() {
        let ours: Tree = entries(3).into_iter().collect();
        let refused = |text: &str| Listing::new("000000", &ours).read(text.as_bytes());
        let good: String = entries(2).iter().map(line).collect();
        assert!(matches!(
            refused(&format!("{good}{{}}\n")),
            Err(ListError::Line(3))
        ));
        let long = format!("{good}{}\n", " ".repeat(70_000));
        assert!(matches!(refused(&long), Err(ListError::Long(3))));
        let many: String = entries(BEYOND + 4).iter().map(line).collect();
        assert!(matches!(refused(&many), Err(ListError::TooMany)));
    }
}
