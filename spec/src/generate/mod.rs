//! Records made on purpose: sound ones of any data set, and faulty ones with the findings that they must earn.
//!
//! Everything is derived from the loaded specification, so that a new data set or rule is served the day it is
//! added. What is made is proposed here and judged by the engine; this module never decides what is right. The same
//! seed gives the same records on every machine, and nothing is taken from a real one.

mod arrival;
mod batch;
mod case;
mod draft;
mod family;
mod faults;
mod goal;
pub mod identifiers;
mod instants;
mod maker;
mod moves;
mod others;
mod plot;
mod proposals;
pub(crate) mod random;
mod reads;
mod scene;
mod search;
mod unbreakable;

pub use batch::{record, with_parents};
pub use case::{Case, Given};
pub use draft::Draft;
pub use family::family;
pub use faults::{Expected, Fault, Faulty, plant};
pub use goal::{Outcome, outcome};
pub use maker::Maker;
pub use plot::{Plot, Setting, story};
pub use random::Random;
pub use search::{broken, kept, sound};
pub use unbreakable::unbreakable;

#[cfg(test)]
mod tests;
