//! The counter of a source went wrong: what it left out, went back to or used twice is a fact that neither side can
//! deny later.

use serde::{Deserialize, Serialize};

use super::Kind;

/// The leaf of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// `gap`, `rollback` or `fork`.
    pub alert: String,
    /// Whose counter.
    pub source: String,
    /// The number that would have been right.
    pub expected: i64,
    /// The number that came.
    pub found: i64,
    /// Number of the receipt of the submission that bore it.
    pub submission: String,
    /// Of a fork, the receipt of the submission that bore the number first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first: Option<String>,
    /// When.
    pub at: String,
}

impl Kind for Sequence {
    const KIND: &'static str = "sequence";
    const VERSION: u64 = 1;
}
