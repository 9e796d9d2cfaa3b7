//! Keys: the hub's signing key, and the keys by which its clients are known.
//!
//! Together with `tlog` the only user of the cryptographic library. Private keys leave this
//! module only as a file for the hub's own account; API keys are kept as hashes.

pub mod api;
pub mod chain;
mod digest;
mod error;
mod file;
mod lookup;
pub mod master;
pub mod salt;
pub mod sealing;
pub mod segments;
mod signing;
mod sm2;
pub mod webhook;

pub use chain::PrivateKey;
pub use digest::Digest;
pub use error::KeyError;
pub use lookup::LookupKey;
pub use master::Masters;
pub use segments::FileKey;
pub use signing::{SigningKey, VerifyingKey};
pub use sm2::Sm2Key;
