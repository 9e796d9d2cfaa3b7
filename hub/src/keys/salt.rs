//! Salts: random bytes that keep hashes from being guessed.

use ring::rand::{SecureRandom as _, SystemRandom};

use super::KeyError;

/// Makes a salt.
pub fn new_salt<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut salt = [0; N];
    SystemRandom::new()
        .fill(&mut salt)
        .map_err(|_| KeyError::Entropy)?;
    Ok(salt)
}
