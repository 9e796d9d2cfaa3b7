//! An append-only transparency log in C2SP form, in one folder of plain files.
//!
//! Hashing is RFC 6962, tiles are C2SP tlog-tiles, checkpoints are C2SP tlog-checkpoint in a
//! signed note, offline proofs are C2SP tlog-proof: any standard client can follow this log, and
//! a copy of the folder is a full mirror.
//!
//! The pure part ([`hash`], [`layout`], [`bundle`], [`span`], [`tree`], [`prove`], [`verify`], [`note`],
//! [`checkpoint`], [`proof`]) knows no files; [`storage`], [`log`] and [`audit`] do. Nothing here
//! knows what an entry means, and nothing here imports another module of this crate.

pub mod audit;
pub mod bundle;
pub mod checkpoint;
pub mod cosignature;
mod error;
#[cfg(test)]
mod faults;
pub mod hash;
pub mod keyring;
pub mod layout;
pub mod log;
pub mod mirror;
pub mod note;
pub mod proof;
pub mod prove;
pub mod quorum;
pub mod seals;
pub mod span;
pub mod storage;
pub mod tree;
#[cfg(test)]
mod vectors;
pub mod verify;
pub mod vkey;
pub mod witness;

pub use audit::{FirstFault, Verified, verify_folder};
pub use checkpoint::Checkpoint;
pub use error::Error;
pub use hash::{Hash, leaf_hash, merkle_root, node_hash, sha256};
pub use keyring::{Keyring, Keys};
pub use layout::{Kind, Resource, Tile};
pub use log::Log;
pub use note::{Note, Sign, Signer};
pub use proof::Proof;
pub use prove::{prove_consistency, prove_inclusion};
pub use seals::Seals;
pub use span::{Entry, Span};
pub use storage::Storage;
pub use tree::Tree;
pub use verify::{verify_consistency, verify_inclusion};
pub use vkey::{Algorithm, VerifierKey};
