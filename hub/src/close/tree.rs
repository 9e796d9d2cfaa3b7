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

use std::fmt;
use std::str::FromStr;

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

    /// Whether an id begins so.
    pub fn covers(&self, id: &Hash) -> bool {
        let digits = (0..).map(|place| digit(id, place));
        self.0.iter().zip(digits).all(|(own, digit)| *own == digit)
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

/// A prefix with more entries beneath than are listed; its children in order of the digit.
#[derive(Debug, Clone)]
struct Branch {
    summary: Summary,
    children: Vec<Twig>,
}

/// What is beneath one digit.
#[derive(Debug, Clone)]
enum Twig {
    Few(Summary),
    Many(Box<Branch>),
}

impl Twig {
    fn summary(&self) -> Summary {
        match self {
            Twig::Few(summary) => *summary,
            Twig::Many(branch) => branch.summary,
        }
    }

    /// Over all entries beneath a prefix of so many digits.
    fn grow(entries: &[Entry], digits: usize) -> Twig {
        if entries.len() <= FEW || digits == DIGITS {
            return Twig::Few(few(entries));
        }
        let mut rest = entries;
        let children: Vec<Twig> = (0..16)
            .map(|own| {
                let here = rest.partition_point(|entry| digit(&entry.id, digits) <= own);
                let (beneath, after) = rest.split_at(here);
                rest = after;
                Twig::grow(beneath, digits + 1)
            })
            .collect();
        let summaries: Vec<Summary> = children.iter().map(Twig::summary).collect();
        Twig::Many(Box::new(Branch {
            summary: many(&summaries),
            children,
        }))
    }
}

/// A whole set with its digests. 64 bytes an entry, and about 5 more.
#[derive(Debug, Clone)]
pub struct Tree {
    entries: Vec<Entry>,
    root: Twig,
}

impl From<Vec<Entry>> for Tree {
    fn from(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable();
        let root = Twig::grow(&entries, 0);
        Tree { entries, root }
    }
}

impl FromIterator<Entry> for Tree {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Tree::from(entries.into_iter().collect::<Vec<_>>())
    }
}

impl Tree {
    /// All entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many entries there are, and the digest over all.
    pub fn root(&self) -> Summary {
        self.root.summary()
    }

    /// The entries beneath a prefix, in order.
    pub fn beneath(&self, prefix: &Prefix) -> &[Entry] {
        let mut found = self.entries.as_slice();
        for (place, own) in prefix.0.iter().enumerate() {
            let from = found.partition_point(|entry| digit(&entry.id, place) < *own);
            let to = found.partition_point(|entry| digit(&entry.id, place) <= *own);
            found = found.get(from..to).unwrap_or_default();
        }
        found
    }

    /// How much is beneath a prefix, and its digest.
    pub fn summary(&self, prefix: &Prefix) -> Summary {
        match self.twig(prefix) {
            Some(twig) => twig.summary(),
            None => few(self.beneath(prefix)),
        }
    }

    /// The answer about a prefix.
    pub fn node(&self, prefix: &Prefix) -> Node {
        if let Some(Twig::Many(branch)) = self.twig(prefix) {
            let children = branch.children.iter().map(Twig::summary).collect();
            return Node {
                summary: branch.summary,
                below: Below::Children(children),
            };
        }
        let entries = self.beneath(prefix);
        Node {
            summary: few(entries),
            below: Below::Entries(entries.to_vec()),
        }
    }

    /// The node of a prefix; none beneath one that lists its entries.
    fn twig(&self, prefix: &Prefix) -> Option<&Twig> {
        let mut twig = &self.root;
        for digit in &prefix.0 {
            match twig {
                Twig::Few(_) => return None,
                Twig::Many(branch) => twig = branch.children.get(usize::from(*digit))?,
            }
        }
        Some(twig)
    }
}

#[cfg(test)]
pub(crate) mod tests {
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
    fn by_definition(entries: &[Entry], prefix: &Prefix) -> Hash {
        let beneath: Vec<&Entry> = entries
            .iter()
            .filter(|entry| entry.id.to_hex().starts_with(&prefix.to_string()))
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
                text.extend_from_slice(by_definition(entries, &child).as_bytes());
            }
        }
        sha256(&text)
    }

    #[test]
    fn every_prefix_has_the_digest_of_its_definition() -> Result<(), NotPrefix> {
        let mut entries = entries(3000);
        entries.sort_unstable();
        let tree: Tree = entries.iter().rev().copied().collect();
        for text in ["", "0", "f", "a7", "ab3", "0000", &"9".repeat(64)] {
            let prefix: Prefix = text.parse()?;
            assert_eq!(
                tree.summary(&prefix).digest,
                by_definition(&entries, &prefix)
            );
            let node = tree.node(&prefix);
            assert_eq!(node.summary, tree.summary(&prefix));
            assert!(node.is_sound(&prefix), "{text}");
        }
        Ok(())
    }

    #[test]
    fn more_repetitions_of_one_entry_than_are_listed_end_at_the_last_digit() {
        let one = Entry {
            id: sha256(b"a"),
            content: sha256(b"b"),
        };
        let tree: Tree = std::iter::repeat_n(one, 100).collect();
        assert_eq!(tree.root().count, 100);
        let whole: Result<Prefix, _> = one.id.to_hex().parse();
        let node = whole.map(|prefix| tree.node(&prefix));
        assert!(node.is_ok_and(|node| node.below == Below::Entries(vec![one; 100])));
        assert_ne!(
            tree.root(),
            std::iter::repeat_n(one, 99).collect::<Tree>().root()
        );
    }

    #[test]
    fn a_node_that_contradicts_itself_is_not_sound() {
        let tree: Tree = entries(50).into_iter().collect();
        let mut node = tree.node(&Prefix::root());
        node.summary.count += 1;
        assert!(!node.is_sound(&Prefix::root()));
        let tree: Tree = entries(5000).into_iter().collect();
        let mut node = tree.node(&Prefix::root());
        if let Below::Children(children) = &mut node.below {
            children.swap(0, 1);
        }
        assert!(!node.is_sound(&Prefix::root()));
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in ["A", "g", " ", "0x", &"0".repeat(65)] {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
    }
}
