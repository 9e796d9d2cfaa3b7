//! Records made on purpose: sound ones of any data set, and faulty ones with the findings that they must earn.
//!
//! Everything is derived from the loaded specification, so that a new data set or rule is served the day it is
//! added. What is made is proposed here and judged by the engine; this module never decides what is right. The same
//! seed gives the same records on every machine, and nothing is taken from a real one.

mod case;
mod draft;
mod faults;
pub mod identifiers;
mod instants;
mod maker;
mod random;
mod scene;

pub use case::{Case, Given};
pub use draft::Draft;
pub use faults::{Expected, Fault, Faulty, plant};
pub use maker::Maker;
pub use random::Random;

#[cfg(test)]
mod tests;
