//! One signature for all receipts of a commit: it covers the root over the leaves that were committed together,
//! and every receipt carries the path from its own leaf to that root.
//!
//! Signing costs more than judging a small record, and a commit is shared by many. Nothing is signed until the
//! first receipt asks, so that commits without receipts cost nothing.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::commit::Unsigned;
use super::receipt::{self, Evidence, Group, Receipt};
use crate::keys::SigningKey;
use crate::tlog::{Span, leaf_hash};

/// The leaves of one commit, and their signature once it was asked for.
#[derive(Debug)]
pub struct Seal {
    span: Span,
    root: String,
    signature: OnceLock<String>,
}

impl Seal {
    /// Takes leaves that were committed together.
    pub fn new(span: Span) -> Seal {
        Seal {
            root: span.root().to_string(),
            span,
            signature: OnceLock::new(),
        }
    }

    /// How the leaf at an index belongs to the signed root; none when it is not one of these.
    pub fn group(&self, index: u64) -> Option<Group> {
        let path = self.span.path(index)?;
        Some(Group {
            first: self.span.first(),
            size: self.span.size(),
            root: self.root.clone(),
            path: path.iter().map(ToString::to_string).collect(),
        })
    }

    /// Ed25519 over [`receipt::signed_group`], base64. Deterministic: made again, it is the same.
    pub fn signature(&self, key: &SigningKey, origin: &str) -> String {
        let sign = || {
            let (first, size) = (self.span.first(), self.span.size());
            let message = receipt::signed_group(origin, first, size, &self.root);
            BASE64_STANDARD.encode(key.sign(&message))
        };
        self.signature.get_or_init(sign).clone()
    }
}

/// Makes a receipt, signed under the name of a log by the seal of its own commit or, for what was just committed, by
/// the given one. What was kept before commits were sealed bears a signature of its own, as it did then.
pub fn receipt(
    (key, origin): (&SigningKey, &str),
    unsigned: Unsigned,
    seal: Option<&Seal>,
) -> Receipt {
    let Unsigned {
        leaf,
        says,
        leaf_index,
        outcomes,
        parts,
        seal: own,
    } = unsigned;
    let sealed = own
        .as_ref()
        .or(seal)
        .and_then(|seal| Some((seal.group(leaf_index)?, seal.signature(key, origin))));
    let (group, signature) = if let Some((group, signature)) = sealed {
        (Some(group), signature)
    } else {
        let message = receipt::signed_bytes(origin, leaf_index, &leaf);
        (None, BASE64_STANDARD.encode(key.sign(&message)))
    };
    Receipt {
        id: says.id,
        submission: says.submission,
        source: says.source,
        received_at: says.received_at,
        edition: says.edition,
        space: crate::sandbox::space(origin),
        counts: says.counts,
        records: outcomes,
        parts: parts.iter().map(ToString::to_string).collect(),
        omitted: Vec::new(),
        evidence: Evidence {
            raw_sha256: says.raw_sha256,
            specification: says.specification,
            codes: says.codes,
            build: says.build,
            outcomes_root: says.outcomes_root,
            records_root: says.records_root,
            leaf_hash: leaf_hash(leaf.as_bytes()).to_string(),
            leaf,
            leaf_index,
            origin: origin.to_owned(),
            group,
        },
        signature,
        proof: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf::{self, Counts, LeafError};
    use crate::tlog::{Hash, VerifierKey, merkle_root};

    const ORIGIN: &str = "log.example";

    type Tested = Result<(), Box<dyn std::error::Error>>;

    /// A submission without records, which is the least that a receipt can be about.
    fn unsigned(number: u64) -> Result<Unsigned, LeafError> {
        let nothing = merkle_root(&[]).to_hex();
        let says = leaf::Submission {
            id: format!("S{number:012}"),
            source: "320100".to_owned(),
            submission: format!("own-{number}"),
            sender_signature: None,
            received_at: "2026-11-20T09:30:00.000+08:00".to_owned(),
            edition: "3.0".to_owned(),
            raw_sha256: nothing.clone(),
            raw_bytes: 0,
            specification: nothing.clone(),
            codes: nothing.clone(),
            build: "hub".to_owned(),
            basis: None,
            counts: Counts::default(),
            outcomes_root: nothing.clone(),
            records_root: nothing,
        };
        Ok(Unsigned {
            leaf: String::from_utf8_lossy(&leaf::encode(&says)?).into_owned(),
            says,
            leaf_index: 40 + number,
            outcomes: Vec::new(),
            parts: Vec::new(),
            seal: None,
        })
    }

    fn sealed(numbers: std::ops::Range<u64>) -> Result<Seal, LeafError> {
        let first = 40 + numbers.start;
        let leaf = |number| Ok(leaf_hash(unsigned(number)?.leaf.as_bytes()));
        let leaves: Vec<Hash> = numbers.map(leaf).collect::<Result<_, LeafError>>()?;
        Ok(Seal::new(Span::new(first, leaves)))
    }

    #[test]
    fn receipts_of_a_commit_share_a_signature_and_stand_alone() -> Tested {
        let key = SigningKey::generate()?;
        let public: VerifierKey = key.vkey(ORIGIN)?.trim_end().parse()?;
        let signs = (&key, ORIGIN);
        let seal = sealed(0..5)?;
        let first = receipt(signs, unsigned(0)?, Some(&seal));
        for number in 0..5 {
            let mut one = receipt(signs, unsigned(number)?, Some(&seal));
            assert_eq!(one.signature, first.signature);
            assert_eq!(one.verify(&public).map(|_| ()), Ok(()));
            // The promised place is signed too.
            one.evidence.leaf_index += 1;
            let place = one.verify(&public).map_err(|fault| fault.place);
            assert_eq!(place, Err("evidence.group".to_owned()));
        }
        // A receipt cannot move into a group that was signed without it.
        let mut stranger = receipt(signs, unsigned(7)?, None);
        assert_eq!(stranger.verify(&public).map(|_| ()), Ok(()));
        stranger.evidence.group.clone_from(&first.evidence.group);
        stranger.evidence.leaf_index = first.evidence.leaf_index;
        stranger.signature.clone_from(&first.signature);
        let place = stranger.verify(&public).map_err(|fault| fault.place);
        assert_eq!(place, Err("evidence.group".to_owned()));
        Ok(())
    }

    #[test]
    fn a_group_must_be_the_one_that_was_signed() -> Tested {
        let key = SigningKey::generate()?;
        let public: VerifierKey = key.vkey(ORIGIN)?.trim_end().parse()?;
        let good = receipt((&key, ORIGIN), unsigned(2)?, Some(&sealed(0..5)?));
        let forged = sealed(2..4)?;
        let mut other = good.clone();
        other.evidence.group = forged.group(good.evidence.leaf_index);
        let place = other.verify(&public).map_err(|fault| fault.place);
        assert_eq!(place, Err("signature".to_owned()));
        let mut shifted = good.clone();
        if let Some(group) = &mut shifted.evidence.group {
            group.first += 100;
        }
        shifted.evidence.leaf_index += 100;
        let place = shifted.verify(&public).map_err(|fault| fault.place);
        assert_eq!(place, Err("signature".to_owned()));
        Ok(())
    }
}
