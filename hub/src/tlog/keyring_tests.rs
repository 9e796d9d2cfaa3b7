//! Which keys must have signed what, before, at and after a change of keys.

use std::sync::Arc;

use ring::signature::Ed25519KeyPair;

use super::*;
use crate::tlog::{Signer, sha256};

type Tested = Result<(), Box<dyn std::error::Error>>;

const ORIGIN: &str = "log.example";

fn signer(seed: u8) -> Result<Signer, Box<dyn std::error::Error>> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).map_err(|e| e.to_string())?;
    Ok(Signer::new(ORIGIN, Arc::new(pair))?)
}

#[test]
fn at_a_change_of_keys_both_must_sign() -> Tested {
    let (old, new) = (signer(1)?, signer(2)?);
    let mut ring = Keyring::from(old.verifier().clone());
    ring.begin(new.verifier().clone(), 7)?;
    let signed = |size, signers: &[&Signer]| -> Result<bool, Box<dyn std::error::Error>> {
        let note = Checkpoint::new(ORIGIN, size, sha256(b"root")).sign(signers)?;
        Ok(ring.open(note.to_string().as_bytes()).is_ok())
    };
    for size in 0..7 {
        assert!(signed(size, &[&old])?, "{size}");
        assert!(!signed(size, &[&new])?, "{size}");
    }
    assert!(signed(7, &[&old, &new])?);
    assert!(!signed(7, &[&old])?);
    assert!(!signed(7, &[&new])?);
    assert!(signed(8, &[&new])?);
    assert!(!signed(8, &[&old])?, "an old key is worth nothing later");
    Ok(())
}

#[test]
fn a_promise_is_checked_by_the_key_of_its_time() -> Tested {
    let (old, new) = (signer(1)?, signer(2)?);
    let mut ring = Keyring::from(old.verifier().clone());
    ring.begin(new.verifier().clone(), 7)?;
    let (by_old, by_new) = (old.sign(b"promise")?, new.sign(b"promise")?);
    for (index, by, good) in [
        (6, &by_old, true),
        (7, &by_old, false),
        (7, &by_new, true),
        (6, &by_new, true),
    ] {
        assert_eq!(ring.promised(index, b"promise", by), good, "{index}");
    }
    Ok(())
}

#[test]
fn the_list_is_read_back() -> Tested {
    let mut ring = Keyring::from(signer(1)?.verifier().clone());
    assert_eq!(ring.to_string(), format!("{}\n", signer(1)?.verifier()));
    ring.begin(signer(2)?.verifier().clone(), 7)?;
    let text = ring.to_string();
    assert!(text.contains(" 0-7\n") && text.ends_with(" 7-\n"), "{text}");
    assert_eq!(text.parse::<Keyring>()?, ring);
    for wrong in [
        "",
        "x",
        &text.replace(" 0-7", " 7"),
        &text.replace(" 7-", " a-"),
        &text.replace(" 7-", " 7-8-9"),
    ] {
        assert!(wrong.parse::<Keyring>().is_err(), "{wrong}");
    }
    Ok(())
}
