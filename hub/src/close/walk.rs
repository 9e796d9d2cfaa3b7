//! The walk: two sets are compared by asking about prefixes, and only beneath those whose digests differ.
//!
//! With `d` entries that differ among `n`, about `d · log16(n / 64)` questions are asked, 16 digests or at most 64
//! entries each. One side has its set at hand, the other answers over the wire; its answers are not trusted: each
//! must follow from what it lists, and be the one that the answer above it announced, so that the whole walk is
//! bound to the root with which it began.
//!
//! On the wire a node is
//! `{"prefix","count","digest","children":[{"prefix","count","digest"},…16]}` or
//! `{"prefix","count","digest","entries":[{"id","content",…},…]}`, digests in hexadecimal; an entry may carry more
//! members, which say in words what it is.

use std::io;

use serde::{Deserialize, Serialize};

use super::difference::{self, Difference};
use super::row::Row;
use super::tree::{Below, Entry, Node, Prefix, Summary, Tree};
use crate::tlog::Hash;

/// Why a walk ended early.
#[derive(Debug, thiserror::Error)]
pub enum WalkError<E> {
    /// The other side did not answer.
    #[error(transparent)]
    Asked(E),
    /// The own set cannot be read.
    #[error("对账的临时文件无法读取 / the working file of the close cannot be read: {0}")]
    Room(#[from] io::Error),
    /// It gave an answer that contradicts itself, or the one above it.
    #[error(
        "对方对前缀 `{0}` 的答复与其摘要不符，对账中止 / the other side's answer about prefix `{0}` does not fit its own digest: the comparison was ended"
    )]
    Unsound(Prefix),
    /// More is different than is worth asking about one by one.
    #[error(
        "查询 {0} 次后差异仍未查完，不再继续：请先检查日期与数据来源是否一致 / after {0} questions there are differences still: check that both sides speak of the same day and source"
    )]
    TooMany(usize),
}

/// Compares a set at hand with one that is asked about, from the digest with which the other side began, and tells each
/// difference with what came beside the answer that showed it. At most `most` questions are asked.
pub fn compare<E, A>(
    ours: &Tree,
    theirs: Summary,
    most: usize,
    mut ask: impl FnMut(&Prefix) -> Result<(Node, A), E>,
    mut found: impl FnMut(Difference, Option<&A>),
) -> Result<(), WalkError<E>> {
    let mut asked = 0;
    let mut open = vec![(Prefix::root(), theirs)];
    while let Some((prefix, announced)) = open.pop() {
        if ours.summary(&prefix)? == announced {
            continue;
        }
        if announced.count == 0 {
            for row in ours.beneath(&prefix)? {
                found(Difference::Here(row?), None);
            }
            continue;
        }
        asked += 1;
        if asked > most {
            return Err(WalkError::TooMany(most));
        }
        let (node, beside) = ask(&prefix).map_err(WalkError::Asked)?;
        if node.summary != announced || !node.is_sound(&prefix) {
            return Err(WalkError::Unsound(prefix));
        }
        match node.below {
            Below::Entries(entries) => {
                let theirs = entries.into_iter().map(|entry| Ok(Row::from(entry)));
                let tell = &mut |difference| found(difference, Some(&beside));
                difference::between(ours.beneath(&prefix)?, theirs, tell)?;
            }
            // From the last to the first, so that the first is looked at first.
            Below::Children(children) => {
                let children: Vec<_> = prefix.children().zip(children).collect();
                open.extend(children.into_iter().rev());
            }
        }
    }
    Ok(())
}

/// A summary on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryText {
    /// The prefix.
    pub prefix: String,
    /// Entries beneath.
    pub count: u64,
    /// Its digest, hexadecimal.
    pub digest: String,
}

/// An entry on the wire. `T`: what it is in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryText<T> {
    /// Which record, hexadecimal.
    pub id: String,
    /// What it says, hexadecimal.
    pub content: String,
    /// In words.
    #[serde(flatten)]
    pub about: T,
}

/// A node on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct NodeText<T> {
    /// The prefix.
    pub prefix: String,
    /// Entries beneath.
    pub count: u64,
    /// Its digest, hexadecimal.
    pub digest: String,
    /// The 16 longer prefixes, when there are many entries.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub children: Option<Vec<SummaryText>>,
    /// The entries, when there are few.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entries: Option<Vec<EntryText<T>>>,
}

impl<T> NodeText<T> {
    /// Writes a node; `about` says in words what an entry is.
    pub fn new(prefix: &Prefix, node: &Node, about: impl Fn(&Entry) -> T) -> Self {
        let (children, entries) = match &node.below {
            Below::Children(children) => {
                let children = prefix.children().zip(children);
                let text = |(prefix, child): (Prefix, &Summary)| SummaryText {
                    prefix: prefix.to_string(),
                    count: child.count,
                    digest: child.digest.to_hex(),
                };
                (Some(children.map(text).collect()), None)
            }
            Below::Entries(entries) => {
                let text = |entry: &Entry| EntryText {
                    id: entry.id.to_hex(),
                    content: entry.content.to_hex(),
                    about: about(entry),
                };
                (None, Some(entries.iter().map(text).collect()))
            }
        };
        NodeText {
            prefix: prefix.to_string(),
            count: node.summary.count,
            digest: node.summary.digest.to_hex(),
            children,
            entries,
        }
    }

    /// Reads the answer about a prefix; none when it is not one. Whether it is sound is the walk's to say.
    pub fn read(&self, prefix: &Prefix) -> Option<Node> {
        let hash = |text: &str| Hash::from_hex(text).ok();
        let below = match (&self.children, &self.entries) {
            (Some(children), None) => {
                let right = children.iter().zip(prefix.children());
                let right = right.map(|(child, prefix)| child.prefix == prefix.to_string());
                if children.len() != 16 || !right.into_iter().all(|right| right) {
                    return None;
                }
                let child = |child: &SummaryText| {
                    Some(Summary {
                        count: child.count,
                        digest: hash(&child.digest)?,
                    })
                };
                Below::Children(children.iter().map(child).collect::<Option<_>>()?)
            }
            (None, Some(entries)) => {
                let entry = |entry: &EntryText<T>| {
                    Some(Entry {
                        id: hash(&entry.id)?,
                        content: hash(&entry.content)?,
                    })
                };
                Below::Entries(entries.iter().map(entry).collect::<Option<_>>()?)
            }
            _ => return None,
        };
        (self.prefix == prefix.to_string()).then_some(Node {
            summary: Summary {
                count: self.count,
                digest: hash(&self.digest)?,
            },
            below,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, clippy::expect_used, reason = "tests")]

    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use super::super::tree::tests::entries;
    use super::*;
    use crate::tlog::sha256;

    /// Numbers that look random, and are the same each time (SplitMix64).
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) % bound as u64) as usize
        }
    }

    /// What was told, in order.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Differences {
        only_here: Vec<Entry>,
        only_there: Vec<Entry>,
        otherwise: Vec<(Entry, Entry)>,
    }

    impl Differences {
        fn take(&mut self, difference: Difference) {
            match difference {
                Difference::Here(row) => self.only_here.push(row.entry),
                Difference::There(row) => self.only_there.push(row.entry),
                Difference::Otherwise(own, other) => self.otherwise.push((own.entry, other.entry)),
            }
        }
    }

    fn walked(ours: &Tree, theirs: &Tree) -> (Differences, usize) {
        let (mut asked, mut found) = (0, Differences::default());
        let walked = compare(
            ours,
            theirs.root(),
            usize::MAX,
            |prefix| {
                asked += 1;
                let node = theirs.node(prefix).expect("in memory");
                let text = NodeText::new(prefix, &node, |_| ());
                Ok::<_, Infallible>((text.read(prefix).expect("a node is read back"), ()))
            },
            |difference, _| found.take(difference),
        );
        walked.expect("honest answers are sound");
        (found, asked)
    }

    #[test]
    fn planted_differences_are_found_and_nothing_else() {
        let mut dice = Dice(7);
        for size in [0, 1, 60, 70, 1000, 20_000] {
            for planted in [0, 1, 3, 30] {
                let all = entries(size + planted);
                let (mut ours, mut theirs) = (all.clone(), all);
                let mut expected = Differences::default();
                let mut touched = BTreeSet::new();
                for _ in 0..planted {
                    let place = dice.below(ours.len());
                    if !touched.insert(ours[place].id) {
                        continue;
                    }
                    let entry = ours[place];
                    match dice.below(4) {
                        0 => {
                            theirs.retain(|other| other.id != entry.id);
                            expected.only_here.push(entry);
                        }
                        1 => {
                            let invented = Entry {
                                id: sha256(entry.content.as_bytes()),
                                ..entry
                            };
                            theirs.push(invented);
                            expected.only_there.push(invented);
                        }
                        2 => {
                            // Held twice.
                            theirs.push(entry);
                            expected.only_there.push(entry);
                        }
                        _ => {
                            let other = Entry {
                                content: sha256(b"other"),
                                ..entry
                            };
                            theirs.retain(|one| one.id != entry.id);
                            theirs.push(other);
                            expected.otherwise.push((entry, other));
                        }
                    }
                }
                expected.only_here.sort_unstable();
                expected.only_there.sort_unstable();
                expected.otherwise.sort_unstable();
                ours.reverse();
                let (ours, theirs): (Tree, Tree) =
                    (ours.into_iter().collect(), theirs.into_iter().collect());
                let (found, asked) = walked(&ours, &theirs);
                assert_eq!(found, expected, "{planted} among {size}");
                let depth = 1 + (size.max(64) / 64).ilog2().div_ceil(4) as usize;
                assert!(
                    asked <= planted * (depth + 1),
                    "{asked} questions about {planted} among {size}"
                );
                let (mut mirrored, _) = walked(&theirs, &ours);
                std::mem::swap(&mut mirrored.only_here, &mut mirrored.only_there);
                for pair in &mut mirrored.otherwise {
                    *pair = (pair.1, pair.0);
                }
                assert_eq!(mirrored, expected);
            }
        }
    }

    #[test]
    fn an_answer_that_is_not_the_announced_one_ends_the_walk() {
        let (ours, theirs): (Tree, Tree) = (
            entries(5000).into_iter().collect(),
            entries(5100).into_iter().collect(),
        );
        let other: Tree = entries(5200).into_iter().collect();
        let answer = |prefix: &Prefix| {
            let tree = if prefix.digits() == 0 {
                &theirs
            } else {
                &other
            };
            tree.node(prefix).map(|node| (node, ()))
        };
        let lying = compare(&ours, theirs.root(), usize::MAX, answer, |_, _| {});
        assert!(matches!(lying, Err(WalkError::Unsound(_))));
    }

    /// What is not there at all is counted to the last record, and nobody is asked about it.
    #[test]
    fn an_empty_side_is_not_asked() {
        let ours: Tree = entries(5000).into_iter().collect();
        let nothing: Tree = [].into_iter().collect();
        let (found, asked) = walked(&ours, &nothing);
        assert_eq!((found.only_here.len(), asked), (5000, 0));
    }

    #[test]
    fn sets_that_have_nothing_in_common_are_given_up() {
        let (ours, theirs): (Tree, Tree) = (
            entries(5000).into_iter().collect(),
            entries(9000).into_iter().skip(5000).collect(),
        );
        let answer = |prefix: &Prefix| theirs.node(prefix).map(|node| (node, ()));
        let found = compare(&ours, theirs.root(), 100, answer, |_, _| {});
        assert!(matches!(found, Err(WalkError::TooMany(100))));
    }
}
