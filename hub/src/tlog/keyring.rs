//! The keys of one log through its life: which of them sign, for which sizes of the log.
//!
//! A line is a verifier key, and, when it does not sign from beginning to end, the sizes for which it does:
//! `<vkey> 0-153` was in force until the log had 153 leaves, `<vkey> 153-` is since. Where one key follows another,
//! the checkpoint of that size is signed by both: the old one vouches for the new one. Keys of different algorithms
//! are in force side by side. A checkpoint must be signed by *every* key that is in force at its size.

use std::fmt;
use std::str::FromStr;

use super::layout::decimal;
use super::vkey::Algorithm;
use super::{Checkpoint, Error, Note, VerifierKey};

/// Public keys by which what a log signed is checked.
pub trait Keys {
    /// Name of the log.
    fn origin(&self) -> &str;
    /// Reads a checkpoint of the log, and checks the signatures of the keys that are in force at its size.
    fn open(&self, note: &[u8]) -> Result<Checkpoint, Error>;
    /// Whether the log signed a promise about the leaf at an index: Ed25519, by a key that was in force then or is later.
    fn promised(&self, index: u64, message: &[u8], signature: &[u8]) -> bool;
    /// Whether a promise of the log counts without a checkpoint that keeps it: not where witnesses are asked for.
    fn promise_is_enough(&self) -> bool {
        true
    }
}

impl Keys for VerifierKey {
    fn origin(&self) -> &str {
        self.name()
    }

    fn open(&self, note: &[u8]) -> Result<Checkpoint, Error> {
        Checkpoint::open(note, self.name(), std::slice::from_ref(self))
    }

    fn promised(&self, _: u64, message: &[u8], signature: &[u8]) -> bool {
        self.verifies(message, signature)
    }
}

/// A key and the sizes of the log for which it signs checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The key.
    pub key: VerifierKey,
    /// Smallest size that it signs.
    pub from: u64,
    /// Largest size that it signs; none while it is in force.
    pub until: Option<u64>,
}

impl Term {
    fn covers(&self, size: u64) -> bool {
        self.from <= size && self.until.is_none_or(|until| size <= until)
    }
}

/// The keys of a log, in the order in which they came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    terms: Vec<Term>,
    origin: String,
}

impl Keyring {
    /// The terms, in order.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The keys that sign checkpoints of a size.
    pub fn at(&self, size: u64) -> impl Iterator<Item = &VerifierKey> {
        let covers = move |term: &&Term| term.covers(size);
        self.terms.iter().filter(covers).map(|term| &term.key)
    }

    /// The keys that are in force now.
    pub fn current(&self) -> impl Iterator<Item = &VerifierKey> {
        let current = self.terms.iter().filter(|term| term.until.is_none());
        current.map(|term| &term.key)
    }

    /// Lets a key come into force at a size, and the one of the same algorithm before it go out of force.
    pub fn begin(&mut self, key: VerifierKey, size: u64) -> Result<(), Error> {
        if key.name() != self.origin {
            return Err(Error::Origin {
                found: key.name().into(),
                expected: self.origin.clone(),
            });
        }
        for term in &mut self.terms {
            if term.until.is_none() && term.key.algorithm() == key.algorithm() {
                term.until = Some(size);
            }
        }
        let (from, until) = (size, None);
        self.terms.push(Term { key, from, until });
        Ok(())
    }
}

impl Keys for Keyring {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn open(&self, note: &[u8]) -> Result<Checkpoint, Error> {
        // The size is not to be trusted yet: it only says which keys must have signed it.
        let claimed = Checkpoint::parse(Note::parse(note)?.text())?;
        let mut opened = None;
        for key in self.at(claimed.size) {
            opened = Some(Checkpoint::open(
                note,
                &self.origin,
                std::slice::from_ref(key),
            )?);
        }
        opened.ok_or(Error::Unsigned)
    }

    fn promised(&self, index: u64, message: &[u8], signature: &[u8]) -> bool {
        self.terms.iter().any(|term| {
            // The announcement of the next key is the last leaf that the old one promises; the new one may repeat
            // what was promised before it, because all of it stands in the log by then.
            let promises = term.until.is_none_or(|until| index < until);
            let ed25519 = term.key.algorithm() == Algorithm::Ed25519;
            promises && ed25519 && term.key.verifies(message, signature)
        })
    }
}

impl From<VerifierKey> for Keyring {
    fn from(key: VerifierKey) -> Self {
        let origin = key.name().to_owned();
        let terms = vec![Term {
            key,
            from: 0,
            until: None,
        }];
        Keyring { terms, origin }
    }
}

impl fmt::Display for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Term { key, from, until } in &self.terms {
            match (from, until) {
                (0, None) => writeln!(f, "{key}")?,
                (from, None) => writeln!(f, "{key} {from}-")?,
                (from, Some(until)) => writeln!(f, "{key} {from}-{until}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Keyring {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = |why| Error::Malformed {
            what: "list of keys",
            why,
        };
        let mut terms = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (key, sizes) = line.split_once(' ').unwrap_or((line, "0-"));
            let (from, until) = sizes
                .split_once('-')
                .ok_or_else(|| malformed("sizes are not written from-until"))?;
            let from = decimal(from).ok_or_else(|| malformed("a size is not a number"))?;
            let until = match until {
                "" => None,
                until => Some(decimal(until).ok_or_else(|| malformed("a size is not a number"))?),
            };
            let key: VerifierKey = key.parse()?;
            terms.push(Term { key, from, until });
        }
        let first = terms.first().ok_or_else(|| malformed("there is no key"))?;
        let origin = first.key.name().to_owned();
        if terms.iter().any(|term| term.key.name() != origin) {
            return Err(malformed("the keys are not of one log"));
        }
        Ok(Keyring { terms, origin })
    }
}

#[cfg(test)]
#[path = "keyring_tests.rs"]
mod tests;
