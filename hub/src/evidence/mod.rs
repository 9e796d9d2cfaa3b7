//! Evidence bundles 证据包: everything about a submission, a record or a deal in one ZIP, checked years later by someone
//! who trusts neither the hub nor its database.
//!
//! The same state of the hub gives the same bytes: members in order, no clock. Personal values stand in a bundle only
//! when they were asked for; without them the raw bytes and canonical records of what holds any are left out, and the
//! manifest says which.

pub mod check;
mod cover;
mod deliveries;
pub mod gather;
mod pack;
mod packets;
pub mod subject;
mod submission;

use serde::{Deserialize, Serialize};

pub use pack::{PackError, read, write};

/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";

/// What a bundle is and holds; the first thing that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this form.
    pub v: u32,
    /// Always `exchange-hub/evidence`.
    pub kind: String,
    /// What it is about, as it was asked for.
    pub about: String,
    /// Name of the log.
    pub origin: String,
    /// Version of the hub that made it.
    pub build: String,
    /// Numbers of the submissions in it, in order.
    pub submissions: Vec<String>,
    /// Members that were left out because they hold personal values.
    pub withheld: Vec<String>,
    /// Every other member.
    pub members: Vec<Member>,
}

/// One member of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Path inside the bundle.
    pub path: String,
    /// Number of its bytes.
    pub bytes: u64,
    /// Their SHA-256, hexadecimal.
    pub sha256: String,
}

/// The stand-alone page that checks a bundle in a browser.
pub const PAGE: &str = include_str!("verify.html");
