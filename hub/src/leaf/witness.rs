//! A witness cosigned a checkpoint of this log: it saw that the log only grew.
//!
//! The leaf keeps the cosignature in the log itself, so that a later reader need not ask the witness.

use serde::{Deserialize, Serialize};

use super::Kind;

/// The leaf of a cosignature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Verifier key of the witness (C2SP vkey, cosignature/v1).
    pub witness: String,
    /// Size of the log in the checkpoint.
    pub size: u64,
    /// Root of the log in the checkpoint, base64 as it stands there.
    pub root: String,
    /// The cosignature: 8 bytes of time and the signature, base64, as after the key id in the note.
    pub cosignature: String,
    /// When the hub received it.
    pub at: String,
}

impl Kind for Witness {
    const KIND: &'static str = "witness";
    const VERSION: u64 = 1;
}
