//! Files beside records 附件: taken in, looked at from outside, kept under their SHA-256. Nothing here opens a file to
//! show it or run it, and nothing that could be run when somebody else does is taken.
//!
//! A file is first written beside ([`incoming`]), hashed as it comes and looked at ([`inspect`]), then put into the
//! object store ([`objects`]), and only then named by a row of the database
//! ([`crate::pipeline::attached`]). A crash leaves at most bytes that nothing names.

pub mod enclosed;
pub mod incoming;
pub mod inspect;
mod markers;
pub mod objects;
mod packages;

pub use incoming::Incoming;
pub use objects::Objects;
