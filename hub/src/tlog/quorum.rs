//! "Any k of n": how many witnesses must have cosigned a checkpoint before it counts.
//!
//! A witness is counted by its name, once, however many keys it has had. A cosignature that does not verify counts for
//! nothing; it is no reason to refuse the others.

use super::cosignature::split;
use super::vkey::Algorithm;
use super::{Checkpoint, Error, Keys, Note, VerifierKey};

/// Witnesses that are known, and how many of them are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    witnesses: Vec<VerifierKey>,
    needed: usize,
}

/// A witness that cosigned.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Cosigner {
    /// Its name.
    pub name: String,
    /// When it did, seconds since 1970 UTC, by its own clock.
    pub time: u64,
}

impl Quorum {
    /// A policy; `needed` is at most the number of witnesses.
    pub fn new(witnesses: Vec<VerifierKey>, needed: usize) -> Result<Self, Error> {
        let quorum = Quorum { witnesses, needed };
        let malformed = |why| Error::Malformed {
            what: "list of witnesses",
            why,
        };
        let cosigns = |key: &VerifierKey| key.algorithm() == Algorithm::Cosignature;
        if !quorum.witnesses.iter().all(cosigns) {
            return Err(malformed("a key is not that of a witness"));
        }
        if needed == 0 || needed > quorum.known() {
            return Err(malformed("more, or fewer, are asked for than there are"));
        }
        Ok(quorum)
    }

    /// How many witnesses are known, by their names.
    pub fn known(&self) -> usize {
        let mut names: Vec<&str> = self.witnesses.iter().map(VerifierKey::name).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }

    /// How many must have cosigned.
    pub fn needed(&self) -> usize {
        self.needed
    }

    /// Who of them cosigned a note, in the order of the note.
    pub fn cosigners(&self, note: &[u8]) -> Result<Vec<Cosigner>, Error> {
        let note = Note::parse(note)?;
        let mut found: Vec<Cosigner> = Vec::new();
        for signature in note.signatures() {
            let by = |key: &&VerifierKey| {
                key.name() == signature.name
                    && key.id() == signature.id
                    && key.verifies(note.text().as_bytes(), &signature.bytes)
            };
            let Some(key) = self.witnesses.iter().find(by) else {
                continue;
            };
            if found.iter().all(|cosigner| cosigner.name != key.name()) {
                found.push(Cosigner {
                    name: key.name().to_owned(),
                    time: split(&signature.bytes).map_or(0, |(time, _)| time),
                });
            }
        }
        Ok(found)
    }

    /// Refuses a note that too few of them cosigned.
    pub fn check(&self, note: &[u8]) -> Result<(), Error> {
        let cosigners = self.cosigners(note)?;
        if cosigners.len() >= self.needed {
            return Ok(());
        }
        let names: Vec<String> = cosigners
            .into_iter()
            .map(|cosigner| cosigner.name)
            .collect();
        Err(Error::TooFewWitnesses {
            found: names.len(),
            names: names.join(", "),
            needed: self.needed,
            known: self.known(),
        })
    }
}

/// Keys of a log whose checkpoints count only with enough cosignatures.
pub struct Witnessed<'k> {
    /// The keys of the log.
    pub keys: &'k dyn Keys,
    /// Who must have cosigned.
    pub quorum: &'k Quorum,
}

impl Keys for Witnessed<'_> {
    fn origin(&self) -> &str {
        self.keys.origin()
    }

    fn open(&self, note: &[u8]) -> Result<Checkpoint, Error> {
        let checkpoint = self.keys.open(note)?;
        self.quorum.check(note)?;
        Ok(checkpoint)
    }

    fn promised(&self, index: u64, message: &[u8], signature: &[u8]) -> bool {
        self.keys.promised(index, message, signature)
    }

    fn promise_is_enough(&self) -> bool {
        false
    }
}
