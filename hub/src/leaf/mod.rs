//! Leaves: what is written into the log, one file per kind.
//!
//! A leaf is one JSON object in canonical form (RFC 8785: members in order, no spaces, whole numbers), with `kind`
//! and `v` (the version of the kind's form) beside its own members. It holds digests and small facts, never bodies,
//! and is shorter than 64 KiB, because an entry bundle (C2SP tlog-tiles) cannot hold more. Instants are RFC 3339 in
//! +08:00, digests lower-case hexadecimal SHA-256, roots those of RFC 6962. `fixtures/tlog/leaves.jsonl` has one of
//! each kind with its hash.
//!
//! A new kind is a file here, a line of [`kinds!`] and a line of [`vectors`]. Nothing here does IO or reads a clock;
//! whoever has a transaction appends what [`encode`] gives with `append_leaf`.

pub mod acknowledgement;
pub mod attachment;
mod canonical;
pub mod change;
pub mod close;
pub mod commitment;
pub mod contradiction;
pub mod delivery;
pub mod log_key;
pub mod manifest;
pub mod numbers;
pub mod operator;
pub mod packet;
pub mod parts;
pub mod reperformance;
pub mod sequence;
pub mod submission;
pub mod vectors;
pub mod witness;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use acknowledgement::Acknowledgement;
pub use attachment::Attachment;
pub use canonical::canonical;
pub use change::Change;
pub use close::Close;
pub use commitment::Commitment;
pub use contradiction::Contradiction;
pub use delivery::Delivery;
pub use log_key::LogKey;
pub use manifest::Manifest;
pub use operator::Operator;
pub use packet::Packet;
pub use reperformance::Reperformance;
pub use sequence::Sequence;
pub use submission::{Counts, Submission};
pub use witness::Witness;

/// Longest leaf in bytes: what the 16 bits before an entry in a bundle can say.
pub const LONGEST: usize = u16::MAX as usize;

/// A kind of leaf.
pub trait Kind: Serialize + DeserializeOwned {
    /// The word in `kind`.
    const KIND: &'static str;
    /// The number in `v`; it grows when a member changes its meaning.
    const VERSION: u64;
}

/// A leaf that cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// It would not fit into an entry bundle.
    #[error("a leaf of {length} bytes, at most {LONGEST} are possible")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// It is not an object of its kind.
    #[error("not a leaf of kind {kind}: {why}")]
    Malformed {
        /// Kind that was expected.
        kind: String,
        /// What is wrong with it.
        why: String,
    },
    /// It is of a kind, or a version of one, that this program does not know.
    #[error("a leaf of kind {kind}, version {version}, is not known here")]
    Unknown {
        /// Its kind.
        kind: String,
        /// Its version.
        version: u64,
    },
}

/// Writes a leaf in canonical form.
pub fn encode<K: Kind>(leaf: &K) -> Result<Vec<u8>, LeafError> {
    let malformed = |why: String| LeafError::Malformed {
        kind: K::KIND.to_owned(),
        why,
    };
    let mut value = serde_json::to_value(leaf).map_err(|error| malformed(error.to_string()))?;
    let members = value
        .as_object_mut()
        .ok_or_else(|| malformed("not an object".to_owned()))?;
    members.insert("kind".to_owned(), K::KIND.into());
    members.insert("v".to_owned(), K::VERSION.into());
    let bytes = canonical(&value).into_bytes();
    fits(&bytes).map(|()| bytes)
}

/// Refuses what no entry bundle can hold.
pub fn fits(leaf: &[u8]) -> Result<(), LeafError> {
    match leaf.len() {
        0..=LONGEST => Ok(()),
        length => Err(LeafError::TooLong { length }),
    }
}

/// Reads a leaf that must be of one kind.
pub fn decode<K: Kind>(bytes: &[u8]) -> Result<K, LeafError> {
    let (kind, version, value) = open(bytes)?;
    if kind != K::KIND || version != K::VERSION {
        return Err(LeafError::Unknown { kind, version });
    }
    of(value)
}

/// Takes the kind and version off a leaf.
fn open(bytes: &[u8]) -> Result<(String, u64, Value), LeafError> {
    let malformed = |why: String| LeafError::Malformed {
        kind: "any".to_owned(),
        why,
    };
    let mut value: Value =
        serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
    let members = value
        .as_object_mut()
        .ok_or_else(|| malformed("not an object".to_owned()))?;
    let Some(Value::String(kind)) = members.remove("kind") else {
        return Err(malformed("names no kind".to_owned()));
    };
    let version = members.remove("v").as_ref().and_then(Value::as_u64);
    let version = version.ok_or_else(|| malformed("names no version".to_owned()))?;
    Ok((kind, version, value))
}

fn of<K: Kind>(value: Value) -> Result<K, LeafError> {
    serde_json::from_value(value).map_err(|error| LeafError::Malformed {
        kind: K::KIND.to_owned(),
        why: error.to_string(),
    })
}

/// Writes the closed list of kinds, and how any leaf is read.
macro_rules! kinds {
    ($($name:ident),*) => {
        /// A leaf of any kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is documented as a type of the same name")]
        pub enum Leaf { $($name(Box<$name>)),* }

        /// Reads a leaf of any kind.
        pub fn read(bytes: &[u8]) -> Result<Leaf, LeafError> {
            let (kind, version, value) = open(bytes)?;
            match (kind.as_str(), version) {
                $((<$name as Kind>::KIND, <$name as Kind>::VERSION) => Ok(Leaf::$name(Box::new(of(value)?))),)*
                _ => Err(LeafError::Unknown { kind, version }),
            }
        }
    };
}

kinds!(
    Submission,
    Change,
    Delivery,
    Acknowledgement,
    Close,
    Manifest,
    Commitment,
    Operator,
    Witness,
    Reperformance,
    LogKey,
    Attachment,
    Sequence,
    Packet,
    Contradiction
);

#[cfg(test)]
mod tests;
