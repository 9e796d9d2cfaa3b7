//! A set of records summarised so that two sides find what differs with traffic that grows with the difference, not
//! with the set: a 16-ary prefix tree (a hash trie) over the digits of the records' digests.
//!
//! What follows is enough to build it in another language.
//!
//! * An **entry** is two SHA-256 digests of 32 bytes: `id` says which record, `content` what it says. How they are
//!   made is said in [`super::entry`]. A set may hold an id, and even an entry, more than once.
//! * Entries are in order of their 64 bytes, `id` then `content`.
//! * A **prefix** is 0 to 64 lower-case hexadecimal digits. An entry is beneath it when its `id`, in hexadecimal,
//!   begins so. The empty prefix is the root; everything is beneath it.
//! * The **digest** of a prefix, with `n` the number of entries beneath it, as 8 bytes, most significant first:
//!   * when `n` ≤ 64, or the prefix has 64 digits: SHA-256 over the text `exchange-hub/close/few/v1`, `n`, and each
//!     entry in order;
//!   * else: SHA-256 over the text `exchange-hub/close/many/v1`, `n`, and the digests of the 16 prefixes that are one
//!     digit longer, in order of the digit, also of those with nothing beneath.
//!
//! The digest of a prefix depends on nothing but the entries beneath it, so any two sets can be compared prefix by
//! prefix: equal digests mean equal entries beneath. Asked about a prefix, a side answers with the entries when it
//! lists them (first case), else with the 16 children ([`super::walk`]).
//!
//! Vectors, which the tests hold: with entries `i` from 0 whose `id` is SHA-256 of the decimal text of `i`, and
//! `content` SHA-256 of that `id`,
//!
//! | entries | digest of the root |
//! |---|---|
//! | none | `84c607528deacc0e904591283a1f6d8f6bbeaa0f3fbe872f81ef7d9cacd336ba` |
//! | 1 | `b41c54bd5245f654013b708fdf7ff4c3c16f5c86cc4aecd7b943a2d461e80519` |
//! | 64 | `fcf794c2c79b8c64277357ab8e8a3593216752e3c6b53b1e0247fb34db4e7271` |
//! | 65 | `fbb9f0c9e28fe016caba26e75320cc26cdb5c5a144c71233f7c5536c0e36fd69` |
//! | 10,000 | `882ac763adc9d5f920fd61e573e963e5e2c2d37af75891547462efaed88a08f3` |

mod kept;
mod sum;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

pub use kept::Tree;
pub use sum::Sum;

use crate::tlog::Hash;
use crate::tlog::hash::Hasher;

/// Most entries that are listed beneath a prefix.
pub const FEW: usize = 64;
/// Digits of an id: the longest prefix.
const DIGITS: usize = 64;

/// One record in a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    /// Which record.
    pub id: Hash,
    /// What it says.
    pub content: Hash,
}

/// The first digits of ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(Vec<u8>);

/// A text that is no prefix: what it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` 不是 0 至 64 位小写十六进制数字 / is not 0 to 64 lower-case hexadecimal digits")]
pub struct NotPrefix(pub String);

impl Prefix {
    /// The prefix of everything.
    pub fn root() -> Self {
        Prefix::default()
    }

    /// How many digits it has.
    pub fn digits(&self) -> usize {
        self.0.len()
    }

    /// The 16 prefixes that are one digit longer, in order.
    pub fn children(&self) -> impl Iterator<Item = Prefix> + '_ {
        (0..16).map(|digit| {
            let mut longer = self.0.clone();
            longer.push(digit);
            Prefix(longer)
        })
    }

    /// All digits of an id.
    pub fn whole(id: &Hash) -> Self {
        Prefix((0..DIGITS).map(|place| digit(id, place)).collect())
    }

    /// Whether an id is before what begins so, among it, or after it.
    fn compare(&self, id: &Hash) -> Ordering {
        let digits = (0..self.0.len()).map(|place| digit(id, place));
        digits.cmp(self.0.iter().copied())
    }

    /// Whether an id begins so.
    pub fn covers(&self, id: &Hash) -> bool {
        self.compare(id).is_eq()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{digit:x}"))
    }
}

impl FromStr for Prefix {
    type Err = NotPrefix;

    fn from_str(text: &str) -> Result<Self, NotPrefix> {
        let wrong = || NotPrefix(text.chars().take(80).collect());
        if text.len() > DIGITS {
            return Err(wrong());
        }
        let value = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(wrong()),
        };
        text.bytes()
            .map(value)
            .collect::<Result<_, _>>()
            .map(Prefix)
    }
}

/// One digit of an id, from 0.
fn digit(id: &Hash, place: usize) -> u8 {
    let byte = id.as_bytes().get(place / 2).copied().unwrap_or_default();
    if place.is_multiple_of(2) {
        byte >> 4
    } else {
        byte & 15
    }
}

/// How many entries are beneath a prefix, and their digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Entries beneath.
    pub count: u64,
    /// The digest of the prefix.
    pub digest: Hash,
}

/// What stands beneath a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Below {
    /// Few: each entry, in order.
    Entries(Vec<Entry>),
    /// Many: what is beneath each of the 16 longer prefixes, in order of the digit.
    Children(Vec<Summary>),
}

/// The answer about a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// How much is beneath, and its digest.
    pub summary: Summary,
    /// What is beneath.
    pub below: Below,
}

impl Node {
    /// Whether the digest follows from what it lists: an answer that contradicts itself is none.
    pub fn is_sound(&self, prefix: &Prefix) -> bool {
        let summary = match &self.below {
            Below::Entries(entries) => {
                if !entries.is_sorted() || !entries.iter().all(|entry| prefix.covers(&entry.id)) {
                    return false;
                }
                few(entries)
            }
            Below::Children(children) if children.len() == 16 => many(children),
            Below::Children(_) => return false,
        };
        summary == self.summary
    }
}

fn few(entries: &[Entry]) -> Summary {
    let mut hasher = Hasher::default();
    hasher.update(b"exchange-hub/close/few/v1");
    hasher.update(&(entries.len() as u64).to_be_bytes());
    for entry in entries {
        hasher.update(entry.id.as_bytes());
        hasher.update(entry.content.as_bytes());
    }
    Summary {
        count: entries.len() as u64,
        digest: hasher.finish(),
    }
}

fn many(children: &[Summary]) -> Summary {
    let counts = children.iter().map(|child| child.count);
    let count = counts.fold(0, u64::saturating_add);
    let mut hasher = Hasher::default();
    hasher.update(b"exchange-hub/close/many/v1");
    hasher.update(&count.to_be_bytes());
    for child in children {
        hasher.update(child.digest.as_bytes());
    }
    Summary {
        count,
        digest: hasher.finish(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io;

    use super::super::row::Row;
    use super::super::sorted::Sorter;
    use super::*;
    use crate::tlog::sha256;

    /// The entries of the vectors.
    pub fn entries(count: usize) -> Vec<Entry> {
        let entry = |place: usize| {
            let id = sha256(place.to_string().as_bytes());
            let content = sha256(id.as_bytes());
            Entry { id, content }
        };
        (0..count).map(entry).collect()
    }

    #[test]
    fn the_vectors_of_the_documentation_hold() {
        let documentation = include_str!("tree.rs");
        for count in [0, 1, 64, 65, 10_000] {
            let root = entries(count).into_iter().collect::<Tree>().root();
            assert_eq!(root.count, count as u64);
            let digest = root.digest.to_hex();
            assert!(
                documentation.contains(&format!("`{digest}`")),
                "{count} entries: {digest}"
            );
        }
    }

    /// The definition in the documentation, word for word, without the tree.
    pub fn by_definition(entries: &[Entry], prefix: &Prefix) -> Hash {
        let begin = prefix.to_string();
        let beneath: Vec<Entry> = entries
            .iter()
            .filter(|entry| entry.id.to_hex().starts_with(&begin))
            .copied()
            .collect();
        let mut text = Vec::new();
        if beneath.len() <= 64 || prefix.digits() == 64 {
            text.extend_from_slice(b"exchange-hub/close/few/v1");
            text.extend_from_slice(&(beneath.len() as u64).to_be_bytes());
            for entry in beneath {
                text.extend_from_slice(entry.id.as_bytes());
                text.extend_from_slice(entry.content.as_bytes());
            }
        } else {
            text.extend_from_slice(b"exchange-hub/close/many/v1");
            text.extend_from_slice(&(beneath.len() as u64).to_be_bytes());
            for child in prefix.children() {
                text.extend_from_slice(by_definition(&beneath, &child).as_bytes());
            }
        }
        sha256(&text)
    }

    #[test]
    fn every_prefix_has_the_digest_of_its_definition() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        // As many as are held under no digit, under one, under two; in memory and on disk.
        for count in [500, 3_000, 10_000] {
            let mut entries = entries(count);
            let tree: Tree = entries.iter().copied().collect();
            let mut sorter = Sorter::holding(999, folder.path());
            for entry in &entries {
                sorter.push(Row::from(*entry))?;
            }
            let on_disk = Tree::try_from(sorter.finish()?)?;
            assert_eq!(tree.root(), on_disk.root());
            entries.sort_unstable();
            for text in ["", "0", "f", "a7", "ab3", "0000", &"9".repeat(64)] {
                let prefix: Prefix = text.parse()?;
                let digest = by_definition(&entries, &prefix);
                for tree in [&tree, &on_disk] {
                    assert_eq!(tree.summary(&prefix)?.digest, digest, "{count} {text}");
                    let node = tree.node(&prefix)?;
                    assert_eq!(node.summary, tree.summary(&prefix)?);
                    assert!(node.is_sound(&prefix), "{count} {text}");
                }
            }
            for entry in entries.iter().step_by(997) {
                let found = on_disk.row(entry)?.map(|row| row.entry);
                assert_eq!(found, Some(*entry));
            }
        }
        Ok(())
    }

    #[test]
    fn more_repetitions_of_one_entry_than_are_listed_end_at_the_last_digit() -> io::Result<()> {
        let one = Entry {
            id: sha256(b"a"),
            content: sha256(b"b"),
        };
        let tree: Tree = std::iter::repeat_n(one, 100).collect();
        assert_eq!(tree.root().count, 100);
        let node = tree.node(&Prefix::whole(&one.id))?;
        assert_eq!(node.below, Below::Entries(vec![one; 100]));
        assert_ne!(
            tree.root(),
            std::iter::repeat_n(one, 99).collect::<Tree>().root()
        );
        Ok(())
    }

    #[test]
    fn a_node_that_contradicts_itself_is_not_sound() -> io::Result<()> {
        let tree: Tree = entries(50).into_iter().collect();
        let mut node = tree.node(&Prefix::root())?;
        node.summary.count += 1;
        assert!(!node.is_sound(&Prefix::root()));
        let tree: Tree = entries(5000).into_iter().collect();
        let mut node = tree.node(&Prefix::root())?;
        if let Below::Children(children) = &mut node.below {
            children.swap(0, 1);
        }
        assert!(!node.is_sound(&Prefix::root()));
        Ok(())
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in ["A", "g", " ", "0x", &"0".repeat(65)] {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
    }
}
