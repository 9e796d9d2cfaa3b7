//! Proofs that a key stands in a committed list, or that it does not; checked with nothing but the log's public key.

use serde::{Deserialize, Serialize};

use super::{Subject, commit};
use crate::leaf::{self, Commitment};
use crate::tlog::hash::hex;
use crate::tlog::{FirstFault, Hash, Keys, Proof, Span, leaf_hash, sha256, verify_inclusion};

/// A proof, as it is handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Version of this form.
    pub v: u32,
    /// Always `exchange-hub/absence`.
    pub kind: String,
    /// What it is about.
    pub about: Subject,
    /// The salt, hexadecimal.
    pub salt: String,
    /// Whether it was held.
    pub held: bool,
    /// The entry itself when it was held; else the one before and the one after, as far as there are any.
    pub entries: Vec<Placed>,
    /// The leaf that commits to the list, verbatim.
    pub commitment: String,
    /// Its place in the log (C2SP tlog-proof).
    pub proof: String,
}

/// An entry with its place in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// Its place, from 0.
    pub index: u64,
    /// The entry, hexadecimal.
    pub entry: String,
    /// Inclusion path (RFC 6962), base64.
    pub path: Vec<String>,
}

/// Shows from a whole list whether a subject stands in it.
pub fn show(
    about: Subject,
    salt: &[u8],
    list: &[Hash],
    commitment: String,
    proof: String,
) -> Shown {
    let wanted = about.entry(salt);
    let found = list.binary_search_by_key(wanted.as_bytes(), |entry| *entry.as_bytes());
    let tree = Span::new(
        0,
        list.iter()
            .map(|entry| leaf_hash(entry.as_bytes()))
            .collect(),
    );
    let placed = |index: usize| {
        let entry = list.get(index)?;
        let path = tree.path(index as u64)?;
        Some(Placed {
            index: index as u64,
            entry: entry.to_hex(),
            path: path.iter().map(ToString::to_string).collect(),
        })
    };
    let (held, entries) = match found {
        Ok(at) => (true, placed(at).into_iter().collect()),
        Err(at) => {
            let before = at.checked_sub(1).and_then(placed);
            (false, before.into_iter().chain(placed(at)).collect())
        }
    };
    Shown {
        v: 1,
        kind: "exchange-hub/absence".to_owned(),
        about,
        salt: hex(salt),
        held,
        entries,
        commitment,
        proof,
    }
}

fn fault(place: &str, what: impl Into<String>) -> FirstFault {
    FirstFault {
        place: place.to_owned(),
        what: what.into(),
    }
}

impl Shown {
    /// Checks it: the commitment that it rests on.
    pub fn verify(&self, keys: &dyn Keys) -> Result<Commitment, FirstFault> {
        if (self.v, self.kind.as_str()) != (1, "exchange-hub/absence") {
            return Err(fault(
                "kind",
                "不是未收证明 / is not `exchange-hub/absence`, version 1",
            ));
        }
        let leaf = self.commitment.as_bytes();
        let commitment: Commitment =
            leaf::decode(leaf).map_err(|error| fault("commitment", error.to_string()))?;
        let read = self.proof.parse::<Proof>();
        read.and_then(|proof| proof.verify_with(leaf, keys))
            .map_err(|error| fault("proof", error.to_string()))?;
        let salt = Hash::from_hex(&self.salt).map_err(|error| fault("salt", error.to_string()))?;
        if sha256(salt.as_bytes()).to_hex() != commitment.salt_sha256 {
            return Err(fault(
                "salt",
                "与清单所记不符 / is not the one that the commitment names",
            ));
        }
        let (size, root) = match self.about {
            Subject::Record { .. } => (commitment.records, &commitment.records_root),
            Subject::Submission { .. } => (commitment.submissions, &commitment.submissions_root),
        };
        let root = Hash::from_hex(root).map_err(|error| fault("commitment", error.to_string()))?;
        let mut placed = Vec::new();
        for (at, one) in self.entries.iter().enumerate() {
            let place = format!("entries/{at}");
            let wrong = |error: crate::tlog::Error| fault(&place, error.to_string());
            let entry = Hash::from_hex(&one.entry).map_err(wrong)?;
            let path = one
                .path
                .iter()
                .map(|hash| hash.parse())
                .collect::<Result<Vec<Hash>, _>>();
            let leaf = leaf_hash(entry.as_bytes());
            verify_inclusion(one.index, size, &leaf, &path.map_err(wrong)?, &root)
                .map_err(wrong)?;
            placed.push((one.index, *entry.as_bytes()));
        }
        self.stands(&placed, size, &root)?;
        Ok(commitment)
    }

    /// The entries show what is claimed.
    fn stands(&self, placed: &[(u64, [u8; 32])], size: u64, root: &Hash) -> Result<(), FirstFault> {
        let salt = Hash::from_hex(&self.salt).map_err(|error| fault("salt", error.to_string()))?;
        let wanted = *self.about.entry(salt.as_bytes()).as_bytes();
        let shown = match (self.held, placed) {
            (true, [(_, entry)]) => *entry == wanted,
            (false, []) => size == 0 && *root == commit::root(&[]),
            (false, [(index, entry)]) => {
                (*index == 0 && wanted < *entry) || (index + 1 == size && *entry < wanted)
            }
            (false, [(first, before), (second, after)]) => {
                first + 1 == *second && *before < wanted && wanted < *after
            }
            _ => false,
        };
        if shown {
            Ok(())
        } else {
            Err(fault(
                "entries",
                "不能证明所称内容 / do not show what the proof claims",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(key: u32) -> Subject {
        Subject::Record {
            dataset: 1,
            key: key.to_string(),
        }
    }

    /// Every key of a list is shown to be held, every other not to be, whatever the size; no proof serves another claim.
    #[test]
    fn presence_and_absence_are_shown_for_every_place_of_a_list() {
        let salt = [7; 32];
        for size in 0..12 {
            let mut list: Vec<Hash> = (0..size).map(|key| subject(key).entry(&salt)).collect();
            list.sort_unstable_by_key(|entry| *entry.as_bytes());
            let root = commit::root(&list);
            for key in 0..40 {
                let shown = show(subject(key), &salt, &list, String::new(), String::new());
                assert_eq!(shown.held, key < size);
                let entries = |shown: &Shown| -> Vec<(u64, [u8; 32])> {
                    let mut placed = Vec::new();
                    for one in &shown.entries {
                        let entry = Hash::from_hex(&one.entry).unwrap_or(root);
                        let path: Vec<Hash> = one
                            .path
                            .iter()
                            .filter_map(|hash| hash.parse().ok())
                            .collect();
                        let leaf = leaf_hash(entry.as_bytes());
                        assert!(
                            verify_inclusion(one.index, u64::from(size), &leaf, &path, &root)
                                .is_ok()
                        );
                        placed.push((one.index, *entry.as_bytes()));
                    }
                    placed
                };
                let placed = entries(&shown);
                assert!(shown.stands(&placed, u64::from(size), &root).is_ok());
                let mut lie = shown.clone();
                lie.held = !lie.held;
                assert!(lie.stands(&placed, u64::from(size), &root).is_err());
                lie = shown.clone();
                lie.about = subject(if key < size { 1000 } else { 0 });
                if size > 0 && (key < size || placed.len() == 2) {
                    let other = lie.stands(&placed, u64::from(size), &root);
                    let fits = shown.held
                        || entries(&show(
                            subject(0),
                            &salt,
                            &list,
                            String::new(),
                            String::new(),
                        )) != placed;
                    assert!(other.is_err() && fits);
                }
                if let Some((_, rest)) = placed.split_first().filter(|(_, rest)| !rest.is_empty()) {
                    let one = shown.stands(rest, u64::from(size), &root);
                    let edge = rest.iter().any(|(index, _)| *index == 0);
                    assert_eq!(one.is_ok(), edge, "half a gap is no gap");
                }
            }
        }
    }
}
