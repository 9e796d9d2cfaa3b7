//! The look-up key: what values are found by, so that who holds the database alone cannot try out guesses.
//!
//! A value is kept in the look-up tables as 64 bits. A bare digest of it could be enumerated: there are few identity
//! numbers, and fewer telephone numbers. These bits are HMAC-SHA-256 under a key that stands in the database wrapped by
//! the master key, so that every hub of a database finds by the same bits, and a change of the master key changes none
//! of them. What goes in is the digest and not the value: so tables from before there was a key are brought under it
//! without the values, of which those that were erased are not to be had any more.

use std::sync::Arc;

use ring::hmac;

use super::sealing::{KEY, random};
use super::{KeyError, Masters, master};

/// What the wrapped key is bound to.
const BOUND: &[u8] = b"exchange-hub/lookup-key/v1";

/// The key under which values are looked up in one database.
#[derive(Clone)]
pub struct LookupKey(Arc<hmac::Key>);

impl LookupKey {
    fn of(secret: &[u8; KEY]) -> LookupKey {
        LookupKey(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// Draws a key; gives it back with its wrapped form, as the database keeps it.
    pub fn draw(masters: &Masters) -> Result<(LookupKey, Vec<u8>), KeyError> {
        let secret = random()?;
        Ok((LookupKey::of(&secret), masters.wrap(&secret, BOUND)?))
    }

    /// Opens a wrapped key.
    pub fn open(wrapped: &[u8]) -> Result<LookupKey, KeyError> {
        Ok(LookupKey::of(&master::unwrap(wrapped, BOUND)?))
    }

    /// The wrapped key under the newest master key; none when it is so already.
    pub fn renewed(masters: &Masters, wrapped: &[u8]) -> Result<Option<Vec<u8>>, KeyError> {
        masters.rewrap(wrapped, BOUND)
    }

    /// A key for judging where nothing is kept and nothing is asked of a store.
    pub fn of_nothing() -> LookupKey {
        LookupKey::of(&[0; KEY])
    }

    /// The 64 bits under which a value with this digest is kept.
    #[must_use]
    pub fn keyed(&self, digest: i64) -> i64 {
        let tag = hmac::sign(&self.0, &digest.to_be_bytes());
        let first = tag.as_ref().first_chunk().copied().unwrap_or_default();
        i64::from_be_bytes(first)
    }
}

impl std::fmt::Debug for LookupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LookupKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hub_of_a_database_finds_by_the_same_bits_and_nobody_else_does()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("master.key");
        let masters = Masters::create(&path)?;
        masters.admit();
        let (key, wrapped) = LookupKey::draw(&masters)?;
        let (other, _) = LookupKey::draw(&masters)?;
        let again = LookupKey::open(&wrapped)?;
        assert_eq!(key.keyed(7), again.keyed(7));
        assert_ne!(key.keyed(7), key.keyed(8));
        assert_ne!(key.keyed(7), other.keyed(7));
        assert_ne!(key.keyed(7), 7);
        // A new master key changes how it is wrapped, not what it finds.
        let both = masters.add(&path)?;
        both.admit();
        let renewed = LookupKey::renewed(&both, &wrapped)?.ok_or("was old")?;
        assert_eq!(LookupKey::open(&renewed)?.keyed(7), key.keyed(7));
        assert_eq!(LookupKey::renewed(&both, &renewed)?, None);
        Ok(())
    }
}
