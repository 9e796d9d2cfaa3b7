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

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::tree::{Below, Entry, Node, Prefix, Summary, Tree};
use crate::tlog::Hash;

/// How far two sets differ. Entries are in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Ids, or repetitions of one, that only the own side has.
    pub only_here: Vec<Entry>,
    /// Ids, or repetitions of one, that only the other side has.
    pub only_there: Vec<Entry>,
    /// The same id with different contents: own, other.
    pub otherwise: Vec<(Entry, Entry)>,
}

impl Differences {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.only_here.len() + self.only_there.len() + self.otherwise.len()
    }

    /// Adds what was found elsewhere.
    pub fn append(&mut self, mut more: Differences) {
        self.only_here.append(&mut more.only_here);
        self.only_there.append(&mut more.only_there);
        self.otherwise.append(&mut more.otherwise);
    }

    /// Compares two ordered lists.
    pub fn between(here: &[Entry], there: &[Entry]) -> Differences {
        let mut found = Differences::default();
        found.add(here, there);
        found
    }

    fn add(&mut self, here: &[Entry], there: &[Entry]) {
        let (own, others) = unequal(here, there);
        let (mut here, mut there) = (own.into_iter(), others.into_iter());
        let (mut own, mut other) = (here.next(), there.next());
        // What is left of one id on both sides says other things; what is left over is on one side only.
        loop {
            match (own, other) {
                (Some(left), Some(right)) if left.id == right.id => {
                    self.otherwise.push((left, right));
                    (own, other) = (here.next(), there.next());
                }
                (Some(left), right) if right.is_none_or(|right| left.id < right.id) => {
                    self.only_here.push(left);
                    own = here.next();
                }
                (_, Some(right)) => {
                    self.only_there.push(right);
                    other = there.next();
                }
                (_, None) => return,
            }
        }
    }
}

/// The entries of two ordered lists that have no equal on the other side.
fn unequal(here: &[Entry], there: &[Entry]) -> (Vec<Entry>, Vec<Entry>) {
    let (mut own, mut others) = (Vec::new(), Vec::new());
    let (mut here, mut there) = (here.iter().peekable(), there.iter().peekable());
    loop {
        match (here.peek(), there.peek()) {
            (None, None) => return (own, others),
            (Some(_), None) => own.extend(here.next().copied()),
            (None, Some(_)) => others.extend(there.next().copied()),
            (Some(left), Some(right)) => match left.cmp(right) {
                Ordering::Less => own.extend(here.next().copied()),
                Ordering::Greater => others.extend(there.next().copied()),
                Ordering::Equal => {
                    here.next();
                    there.next();
                }
            },
        }
    }
}

/// Why a walk ended early.
#[derive(Debug, thiserror::Error)]
pub enum WalkError<E> {
    /// The other side did not answer.
    #[error(transparent)]
    Asked(E),
    /// It gave an answer that contradicts itself, or the one above it.
    #[error(
        "对方对前缀 `{0}` 的答复与其摘要不符，对账中止 / the other side's answer about prefix `{0}` does not fit its own digest: the comparison was ended"
    )]
    Unsound(Prefix),
    /// More is different than is worth naming one by one.
    #[error(
        "差异超过 {0} 条，不再逐条列出：请先检查日期与数据来源是否一致 / more than {0} records differ: check that both sides speak of the same day and source"
    )]
    TooMany(usize),
}

/// Compares a set at hand with one that is asked about, from the digest with which the other side began. At most
/// `most` differences are gathered.
pub fn compare<E>(
    ours: &Tree,
    theirs: Summary,
    most: usize,
    mut ask: impl FnMut(&Prefix) -> Result<Node, E>,
) -> Result<Differences, WalkError<E>> {
    let mut found = Differences::default();
    let mut open = vec![(Prefix::root(), theirs)];
    while let Some((prefix, announced)) = open.pop() {
        if ours.summary(&prefix) == announced {
            continue;
        }
        if announced.count == 0 {
            found.add(ours.beneath(&prefix), &[]);
        } else {
            let node = ask(&prefix).map_err(WalkError::Asked)?;
            if node.summary != announced || !node.is_sound(&prefix) {
                return Err(WalkError::Unsound(prefix));
            }
            match node.below {
                Below::Entries(entries) => found.add(ours.beneath(&prefix), &entries),
                // From the last to the first, so that the first is looked at first.
                Below::Children(children) => {
                    let children: Vec<_> = prefix.children().zip(children).collect();
                    open.extend(children.into_iter().rev());
                }
            }
        }
        if found.count() > most {
            return Err(WalkError::TooMany(most));
        }
    }
    Ok(found)
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

    fn walked(ours: &Tree, theirs: &Tree) -> (Differences, usize) {
        let mut asked = 0;
        let found = compare(ours, theirs.root(), usize::MAX, |prefix| {
            asked += 1;
            let text = NodeText::new(prefix, &theirs.node(prefix), |_| ());
            Ok::<_, Infallible>(text.read(prefix).expect("a node is read back"))
        });
        (found.expect("honest answers are sound"), asked)
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
        let lying = compare(&ours, theirs.root(), usize::MAX, |prefix| {
            let tree = if prefix.digits() == 0 {
                &theirs
            } else {
                &other
            };
            Ok::<_, Infallible>(tree.node(prefix))
        });
        assert!(matches!(lying, Err(WalkError::Unsound(_))));
    }

    #[test]
    fn sets_that_have_nothing_in_common_are_not_listed() {
        let ours: Tree = entries(5000).into_iter().collect();
        let nothing: Tree = [].into_iter().collect();
        let found = compare(&ours, nothing.root(), 100, |prefix| {
            Ok::<_, Infallible>(nothing.node(prefix))
        });
        assert!(matches!(found, Err(WalkError::TooMany(100))));
    }
}
