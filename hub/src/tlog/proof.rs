//! Offline proofs as in C2SP tlog-proof: the place of one entry under one signed checkpoint.
//!
//! The extra data is carried and not covered by any signature: trust nothing that stands there.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::layout::decimal;
use super::vkey::VerifierKey;
use super::{Checkpoint, Error, Hash, Keys, leaf_hash, verify_inclusion};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Longest inclusion path of a tree whose size fits into 64 bits.
const MAX_PATH: usize = 64;

/// Where an entry stands in a log, and how to check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Opaque data of the application, not authenticated.
    pub extra: Option<Vec<u8>>,
    /// Index of the entry.
    pub index: u64,
    /// Inclusion path, from the leaf upwards.
    pub path: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl Proof {
    /// Checks that `entry` is in the log `origin`, by a checkpoint that one of the keys signed.
    pub fn verify(
        &self,
        entry: &[u8],
        origin: &str,
        keys: &[VerifierKey],
    ) -> Result<Checkpoint, Error> {
        self.verify_leaf(&leaf_hash(entry), origin, keys)
    }

    /// Checks that `entry` is in the log, by a checkpoint that the keys in force at its size signed.
    pub fn verify_with(&self, entry: &[u8], keys: &dyn Keys) -> Result<Checkpoint, Error> {
        let checkpoint = keys.open(self.checkpoint.as_bytes())?;
        let Checkpoint { size, root, .. } = &checkpoint;
        verify_inclusion(self.index, *size, &leaf_hash(entry), &self.path, root)?;
        Ok(checkpoint)
    }

    /// Checks the same for an entry of which only the leaf hash is known.
    pub fn verify_leaf(
        &self,
        leaf: &Hash,
        origin: &str,
        keys: &[VerifierKey],
    ) -> Result<Checkpoint, Error> {
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), origin, keys)?;
        let Checkpoint { size, root, .. } = &checkpoint;
        verify_inclusion(self.index, *size, leaf, &self.path, root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for Proof {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| malformed("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(malformed("not a c2sp.org/tlog-proof@v1"));
        }
        let extra = lines
            .next_if(|line| line.starts_with("extra"))
            .map(|line| {
                line.strip_prefix("extra ")
                    .and_then(|base64| STANDARD.decode(base64).ok())
                    .ok_or_else(|| malformed("the extra data is not base64"))
            })
            .transpose()?;
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(decimal)
            .ok_or_else(|| malformed("no index"))?;
        let path: Vec<Hash> = lines
            .take(MAX_PATH + 1)
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        if path.len() > MAX_PATH {
            return Err(malformed("the path is too long"));
        }
        let checkpoint = checkpoint.into();
        Ok(Self {
            extra,
            index,
            path,
            checkpoint,
        })
    }
}

fn malformed(why: &'static str) -> Error {
    Error::Malformed { what: "proof", why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::{Signer, Tree, prove_inclusion};
    use ring::signature::Ed25519KeyPair;
    use std::sync::Arc;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    const ORIGIN: &str = "log.example";

    /// A proof of entry 4 among 7, and the key of the log.
    fn proof() -> Result<(Proof, [VerifierKey; 1]), Box<dyn std::error::Error>> {
        let leaves: Vec<Hash> = (0..7_u8).map(|i| leaf_hash(&[i])).collect();
        let mut tree = Tree::new();
        let tiles = tree.grow(&leaves);
        let path = prove_inclusion(4, 7, &|tile| {
            let found = tiles.iter().find(|t| t.tile == tile);
            found
                .map(super::super::tree::HashTile::to_bytes)
                .ok_or_else(|| Error::Missing { path: tile.path() })
        })?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).map_err(|e| e.to_string())?;
        let signer = Signer::new(ORIGIN, Arc::new(pair))?;
        let checkpoint = Checkpoint::new(ORIGIN, 7, tree.root()).sign(&[&signer])?;
        let proof = Proof {
            extra: None,
            index: 4,
            path,
            checkpoint: checkpoint.to_string(),
        };
        Ok((proof, [signer.verifier().clone()]))
    }

    #[test]
    fn a_proof_is_read_back_and_verifies() -> Tested {
        let (mut proof, keys) = proof()?;
        assert!(
            proof
                .to_string()
                .starts_with("c2sp.org/tlog-proof@v1\nindex 4\n")
        );
        for extra in [None, Some(b"more".to_vec()), Some(Vec::new())] {
            proof.extra = extra;
            let read: Proof = proof.to_string().parse()?;
            assert_eq!(read, proof);
            assert_eq!(read.verify(&[4], ORIGIN, &keys)?.size, 7);
        }
        Ok(())
    }

    #[test]
    fn another_entry_log_or_key_is_refused() -> Tested {
        let (proof, keys) = proof()?;
        assert!(proof.verify(&[5], ORIGIN, &keys).is_err());
        assert!(proof.verify(&[4], "other.example", &keys).is_err());
        assert!(proof.verify(&[4], ORIGIN, &[]).is_err());
        let key = VerifierKey::new(ORIGIN, [9; 32])?;
        assert!(proof.verify(&[4], ORIGIN, &[key]).is_err());
        Ok(())
    }

    #[test]
    fn a_proof_with_any_byte_flipped_fails() -> Tested {
        let (proof, keys) = proof()?;
        let text = proof.to_string();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes
                    .iter_mut()
                    .skip(at)
                    .take(1)
                    .for_each(|b| *b ^= 1 << bit);
                let verified = String::from_utf8(bytes)
                    .ok()
                    .and_then(|text| text.parse::<Proof>().ok())
                    .and_then(|proof| proof.verify(&[4], ORIGIN, &keys).ok());
                assert_eq!(verified, None, "byte {at} bit {bit}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_proof_with_any_line_missing_or_doubled_fails() -> Tested {
        let (proof, keys) = proof()?;
        let text = proof.to_string();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for at in 0..lines.len() {
            let missing = lines.iter().enumerate().filter(|(i, _)| *i != at);
            let missing: String = missing.map(|(_, line)| *line).collect();
            let doubled = lines.iter().enumerate();
            let doubled: String = doubled
                .map(|(i, line)| line.repeat(if i == at { 2 } else { 1 }))
                .collect();
            for text in [missing, doubled] {
                let verified = text
                    .parse::<Proof>()
                    .and_then(|proof| proof.verify(&[4], ORIGIN, &keys));
                // The same signature twice is the same statement.
                let same = text.matches('\u{2014}').count() == 2;
                assert_eq!(verified.is_ok(), same, "{text}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_path_longer_than_any_tree_is_refused() -> Tested {
        let (mut proof, _) = proof()?;
        proof.path = vec![leaf_hash(b""); MAX_PATH + 1];
        assert!(proof.to_string().parse::<Proof>().is_err());
        Ok(())
    }
}
