//! API keys: how sources and readers are known over HTTP.
//!
//! A key is `hub_<id>_<random>`, with 256 random bits. The hub keeps its SHA-256 only: random
//! keys need no slow hash. The id finds the account; only the hash admits.

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::KeyError;
use crate::tlog::sha256;

const PREFIX: &str = "hub_";
const RANDOM_BYTES: usize = 32;
/// Length of 32 bytes in base64url without padding.
const RANDOM_CHARS: usize = 43;

/// Makes a key for the account `id`; returns the key, to be shown once, and the hash to be kept.
pub fn new_api_key(id: &str) -> Result<(String, String), KeyError> {
    let mut random = [0; RANDOM_BYTES];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| KeyError::Entropy)?;
    let key = format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(random));
    let hash = hash_api_key(&key);
    Ok((key, hash))
}

/// Text of 128 random bits, that nobody can guess.
pub fn random_text() -> Result<String, KeyError> {
    let mut random = [0; 16];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| KeyError::Entropy)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// Hashes a key into the form that is kept: SHA-256 in hexadecimal.
pub fn hash_api_key(key: &str) -> String {
    sha256(key.as_bytes()).to_hex()
}

/// Returns the account that a key claims, if it has the form of a key.
pub fn api_key_id(key: &str) -> Option<&str> {
    let (id, random) = key
        .strip_prefix(PREFIX)?
        .split_at_checked(key.len().checked_sub(PREFIX.len() + RANDOM_CHARS + 1)?)?;
    let random = random.strip_prefix('_')?;
    let fits = !id.is_empty() && URL_SAFE_NO_PAD.decode(random).is_ok();
    fits.then_some(id)
}

/// Tells whether a presented key is the one whose hash is kept, in constant time.
pub fn admits(kept_hash: &str, key: &str) -> bool {
    same(kept_hash.as_bytes(), hash_api_key(key).as_bytes())
}

/// Compares without stopping at the first difference.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differences = a
        .iter()
        .zip(b)
        .fold(0, |all, (a, b)| black_box(all | (a ^ b)));
    a.len() == b.len() && black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_account_and_is_admitted() -> Result<(), KeyError> {
        for id in ["320100", "centre", "a_b"] {
            let (key, hash) = new_api_key(id)?;
            assert!(key.starts_with(&format!("hub_{id}_")), "{key}");
            assert_eq!(key.len(), "hub__".len() + id.len() + RANDOM_CHARS);
            assert_eq!(api_key_id(&key), Some(id));
            assert_eq!(hash, hash_api_key(&key));
            assert!(admits(&hash, &key));
        }
        Ok(())
    }

    #[test]
    fn another_key_is_not_admitted() -> Result<(), KeyError> {
        let (key, hash) = new_api_key("320100")?;
        let (other, _) = new_api_key("320100")?;
        assert_ne!(key, other);
        assert!(!admits(&hash, &other));
        assert!(!admits(&hash, &key.replacen("320100", "320200", 1)));
        assert!(!admits(&hash, ""));
        assert!(!admits("", &key));
        assert!(!admits(hash.get(..63).unwrap_or_default(), &key));
        Ok(())
    }

    #[test]
    fn what_has_not_the_form_of_a_key_claims_no_account() {
        let random = "A".repeat(RANDOM_CHARS);
        for key in [
            String::new(),
            "hub_".into(),
            random.clone(),
            format!("hub__{random}"),
            format!("hub_320100{random}"),
            format!("bus_320100_{random}"),
            format!("hub_320100_{random}A"),
            format!("hub_320100_{}!", "A".repeat(RANDOM_CHARS - 1)),
            format!("hub_江苏江苏江苏江苏江苏江苏江苏江苏江{random}"),
        ] {
            assert_eq!(api_key_id(&key), None, "{key}");
        }
    }
}
