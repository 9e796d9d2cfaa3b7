//! A witness as in C2SP tlog-witness: cosigns a checkpoint once it has seen that the log only grew.
//!
//! What was cosigned last is durable before the cosignature is made, so that a witness that falls at any moment never
//! vouches for two histories. One file per log: the checkpoint as it was submitted.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::path::PathBuf;
use std::str::FromStr;

use super::layout::decimal;
use super::log::lock;
use super::note::Signer;
use super::storage::{Content, Storage};
use super::{
    Checkpoint, Error, Hash, Keyring, Keys as _, Note, cosignature, merkle_root, sha256,
    verify_consistency,
};

/// Most lines of a consistency proof.
const MAX_PROOF: usize = 63;

/// What a log submits: the size that the witness saw last, and the proof from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Size of the checkpoint that the witness cosigned last; 0 at first.
    pub old: u64,
    /// Consistency proof from there.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for Request {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = |why| Error::Malformed {
            what: "request",
            why,
        };
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| malformed("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old
            .and_then(decimal)
            .ok_or_else(|| malformed("no old size"))?;
        let proof: Vec<Hash> = lines
            .take(MAX_PROOF + 1)
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        if proof.len() > MAX_PROOF {
            return Err(malformed("the proof is too long"));
        }
        let checkpoint = checkpoint.to_owned();
        Ok(Self {
            old,
            proof,
            checkpoint,
        })
    }
}

/// Why a checkpoint is not cosigned; each has a status of its own in the protocol.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// 400: not a request.
    #[error("not a request: {0}")]
    Malformed(#[source] Error),
    /// 404: not a log that this witness watches.
    #[error("this log is not watched here")]
    UnknownLog,
    /// 403: not signed by the keys of the log.
    #[error("not signed by the log: {0}")]
    Unsigned(#[source] Error),
    /// 409: the witness saw another size last.
    #[error("the checkpoint cosigned last is of size {0}")]
    OtherSize(u64),
    /// 409: the same size with another root: the log is forked, or was changed.
    #[error("another root was cosigned for the size {0}: the log shows two histories")]
    OtherRoot(u64),
    /// 422: the proof does not hold.
    #[error("the log did not only grow: {0}")]
    NotConsistent(#[source] Error),
    /// 500: what was seen cannot be kept, so nothing is vouched for.
    #[error("what was seen cannot be kept: {0}")]
    Broken(#[source] Error),
}

impl Refusal {
    /// The HTTP status that the protocol gives it.
    pub const fn status(&self) -> u16 {
        match self {
            Refusal::Malformed(_) => 400,
            Refusal::Unsigned(_) => 403,
            Refusal::UnknownLog => 404,
            Refusal::OtherSize(_) | Refusal::OtherRoot(_) => 409,
            Refusal::NotConsistent(_) => 422,
            Refusal::Broken(_) => 500,
        }
    }
}

/// A witness and what it saw.
pub struct Witness {
    signer: Signer,
    logs: Vec<Keyring>,
    storage: Storage,
    _lock: File,
}

impl Witness {
    /// Opens a witness in a folder of its own, with its key (of cosignatures) and the logs that it watches.
    pub fn open(
        folder: impl Into<PathBuf>,
        signer: Signer,
        logs: Vec<Keyring>,
    ) -> Result<Self, Error> {
        let storage = Storage::new(folder);
        let lock = lock(storage.root())?;
        storage.sync()?;
        Ok(Self {
            signer,
            logs,
            storage,
            _lock: lock,
        })
    }

    /// Its public key.
    pub fn key(&self) -> &super::VerifierKey {
        self.signer.verifier()
    }

    /// The checkpoint of a log that was cosigned last; the empty one at first.
    pub fn last(&self, origin: &str) -> Result<Checkpoint, Error> {
        match self.storage.read(&file(origin))? {
            Some(note) => Checkpoint::parse(Note::parse(&note)?.text()),
            None => Ok(Checkpoint::new(origin, 0, merkle_root(&[]))),
        }
    }

    /// Takes a request; answers with the line of the cosignature. The time is in seconds since 1970.
    pub fn add_checkpoint(&mut self, request: &str, time: u64) -> Result<String, Refusal> {
        let request: Request = request.parse().map_err(Refusal::Malformed)?;
        let bytes = request.checkpoint.as_bytes();
        let note = Note::parse(bytes).map_err(Refusal::Malformed)?;
        let claimed = Checkpoint::parse(note.text()).map_err(Refusal::Malformed)?;
        let log = self.logs.iter().find(|log| log.origin() == claimed.origin);
        let log = log.ok_or(Refusal::UnknownLog)?;
        let new = log.open(bytes).map_err(Refusal::Unsigned)?;
        if request.old > new.size {
            let (index, size) = (request.old, new.size);
            return Err(Refusal::Malformed(Error::OutOfRange { index, size }));
        }
        let old = self.last(&new.origin).map_err(Refusal::Broken)?;
        if request.old != old.size {
            return Err(Refusal::OtherSize(old.size));
        }
        if old.size == new.size && old.root != new.root {
            return Err(Refusal::OtherRoot(old.size));
        }
        verify_consistency(old.size, &old.root, new.size, &new.root, &request.proof)
            .map_err(Refusal::NotConsistent)?;
        // Durable before anything is signed: afterwards only what follows from it will be.
        let path = file(&new.origin);
        let kept = Content {
            path,
            bytes: bytes.to_vec(),
        };
        self.storage.write(&[kept]).map_err(Refusal::Broken)?;
        let line = cosignature::cosign(&self.signer, note.text(), time).map_err(Refusal::Broken)?;
        let mut answer = String::new();
        // Writing to a string does not fail.
        let _ = write!(answer, "{line}");
        Ok(answer)
    }
}

/// Where the last checkpoint of a log is kept; the name of a log may hold anything.
fn file(origin: &str) -> String {
    format!("{:x}.checkpoint", sha256(origin.as_bytes()))
}

#[cfg(test)]
#[path = "witness_tests.rs"]
mod tests;
