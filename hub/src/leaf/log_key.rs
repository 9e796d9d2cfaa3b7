//! A key that signs this log came into force, or went out of it.
//!
//! The key that a log begins with is announced before its first checkpoint. Each later key is announced by a leaf that stands under a
//! checkpoint of the key before it: who trusts the first key can follow to the last one.

use serde::{Deserialize, Serialize};

use super::Kind;

/// The leaf of a change of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogKey {
    /// What changed.
    pub change: KeyChange,
    /// The key, as a C2SP verifier key (or, for SM2, our own text of the same form).
    pub key: String,
    /// Why, in a word: `first`, `planned`, `compromised`, …
    pub reason: String,
    /// When.
    pub at: String,
}

/// What happened to a key of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyChange {
    /// Signs from now on.
    Begun,
    /// Signs no more; what it signed before stays valid.
    Retired,
}

impl Kind for LogKey {
    const KIND: &'static str = "log_key";
    const VERSION: u64 = 1;
}
