//! A short digest that stands for a text in the platform's index: what is remembered of a hundred thousand records is
//! marks, not texts.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::tlog::hash::Hasher;

/// The first 16 bytes of SHA-256 over some parts. Texts that fool it are as hard to find as for any 128-bit digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Mark(u128);

impl Mark {
    /// The mark of some parts, which cannot run into each other.
    pub fn of(parts: &[&str]) -> Mark {
        let mut hasher = Hasher::default();
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        let digest = hasher.finish();
        let bytes = digest.as_bytes().iter().take(16);
        Mark(bytes.fold(0, |number, byte| number << 8 | u128::from(*byte)))
    }
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = u128::from_str_radix(&text, 16).map_err(D::Error::custom)?;
        Ok(Mark(number))
    }
}
