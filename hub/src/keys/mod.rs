//! Keys: the hub's signing key, and the keys by which its clients are known.
//!
//! Together with `tlog` the only user of the cryptographic library. Private keys leave this
//! module only as a file for the hub's own account; API keys are kept as hashes.

pub mod api;
mod digest;
mod error;
mod file;
pub mod salt;
mod signing;

pub use digest::Digest;
pub use error::KeyError;
pub use signing::{SigningKey, VerifyingKey};
