//! From a source's own bytes to records of the specification.
//!
//! A source (city or industry system) is one TOML file, its [`Profile`]; compiled against an edition it
//! is an [`Adapter`], which reads whole documents, and [`Chunks`] cuts files of any size into such
//! documents. Nothing here judges a value, opens a file or knows the name of a source.

mod chunks;
mod decode;
mod hooks;
mod mapping;
mod package;
mod profile;

pub use chunks::{Chunk, Chunks};
pub use decode::{
    Adapter, AttachmentRef, DecodeError, Decoded, Envelope, Hint, Limits, Locator, Origin, ROW_END,
    Spans,
};
pub use package::{CallAnswer, CalledFile, Enclosed, Package, Part};
pub use profile::{
    AnswerForm, BinaryContent, Case, Charset, Join, Level, Permitted, Profile, ProfileError, Pull,
    Remark, SetProfile, SourceKind, Split, Wire, WireFormat, embedded, embedded_texts, lint,
};
