//! The witness against logs that grow, stand still, fork, go back and lie; and against its own crashes.

use std::sync::Arc;

use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::*;
use crate::tlog::{Algorithm, Entry, Log, VerifierKey};

type Tested = Result<(), Box<dyn std::error::Error>>;

const ORIGIN: &str = "log.example";

fn pair(seed: u8) -> Result<Arc<Ed25519KeyPair>, String> {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32])
        .map(Arc::new)
        .map_err(|error| error.to_string())
}

fn log(folder: &std::path::Path, seed: u8) -> Result<Log, Box<dyn std::error::Error>> {
    Ok(Log::open(
        folder,
        ORIGIN,
        Signer::new(ORIGIN, pair(seed)?)?,
    )?)
}

fn witness(folder: &std::path::Path) -> Result<Witness, Box<dyn std::error::Error>> {
    let pair9 = pair(9)?;
    let public = pair9.public_key().as_ref().to_vec();
    let key = VerifierKey::of("witness.example/w1", Algorithm::Cosignature, public)?;
    let watched = Signer::new(ORIGIN, pair(5)?)?.verifier().clone();
    Ok(Witness::open(
        folder,
        Signer::with(key, pair9),
        vec![watched.into()],
    )?)
}

fn entries(from: u64, to: u64, of: &str) -> Vec<Entry> {
    (from..to)
        .map(|i| format!("{of} {i}").into_bytes().into())
        .collect()
}

fn request(log: &Log, old: u64) -> Result<String, Error> {
    let proof = match old {
        0 => Vec::new(),
        old => log.prove_consistency(old, log.size())?,
    };
    let checkpoint = log.signed_checkpoint().to_owned();
    Ok(Request {
        old,
        proof,
        checkpoint,
    }
    .to_string())
}

fn status(outcome: Result<String, Refusal>) -> u16 {
    outcome.map_or_else(|refusal| refusal.status(), |_| 200)
}

#[test]
fn a_log_that_grows_is_cosigned_step_by_step() -> Tested {
    let (of_log, of_witness) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut log = log(of_log.path(), 5)?;
    let mut old = 0;
    for size in [1, 2, 255, 256, 700] {
        // Opened anew each time: what it saw is on disk.
        let mut witness = witness(of_witness.path())?;
        log.integrate(log.size(), &entries(log.size(), size, "entry"))?;
        let line = witness.add_checkpoint(&request(&log, old)?, 1_700_000_000 + size)?;
        let note = format!("{}{line}", log.signed_checkpoint());
        let note = Note::parse(note.as_bytes())?;
        assert_eq!(note.verify(&[witness.key().clone()])?.len(), 1);
        assert_eq!(witness.last(ORIGIN)?.size, size);
        // The answer was lost: asked again, it says where it is, and cosigns the same once more.
        if old > 0 {
            assert!(
                matches!(witness.add_checkpoint(&request(&log, old)?, 1), Err(Refusal::OtherSize(seen)) if seen == size)
            );
        }
        assert_eq!(
            status(witness.add_checkpoint(&request(&log, size)?, 1)),
            200
        );
        log.cosigned(&note)?;
        assert_eq!(
            Note::parse(log.signed_checkpoint().as_bytes())?
                .signatures()
                .len(),
            2
        );
        old = size;
    }
    Ok(())
}

#[test]
fn what_is_not_the_same_log_growing_is_refused() -> Tested {
    let (one, two, stranger, of_witness) = (
        tempfile::tempdir()?,
        tempfile::tempdir()?,
        tempfile::tempdir()?,
        tempfile::tempdir()?,
    );
    let mut honest = log(one.path(), 5)?;
    honest.integrate(0, &entries(0, 300, "entry"))?;
    let mut witness = witness(of_witness.path())?;
    assert_eq!(
        status(witness.add_checkpoint(&request(&honest, 0)?, 1)),
        200
    );
    // Another history of the same size, and a longer one.
    let mut forked = log(two.path(), 5)?;
    forked.integrate(0, &entries(0, 300, "other"))?;
    assert!(matches!(
        witness.add_checkpoint(&request(&forked, 300)?, 1),
        Err(Refusal::OtherRoot(300))
    ));
    forked.integrate(300, &entries(300, 400, "other"))?;
    assert_eq!(
        status(witness.add_checkpoint(&request(&forked, 300)?, 1)),
        422
    );
    // An older state of the same log: it says which size it saw.
    assert_eq!(
        status(witness.add_checkpoint(&request(&forked, 0)?, 1)),
        409
    );
    // Another key.
    let mut other = log(stranger.path(), 6)?;
    other.integrate(0, &entries(0, 300, "entry"))?;
    assert_eq!(
        status(witness.add_checkpoint(&request(&other, 300)?, 1)),
        403
    );
    let unknown = request(&honest, 300)?.replacen(ORIGIN, "log.unknown", 1);
    assert_eq!(status(witness.add_checkpoint(&unknown, 1)), 404);
    let beyond = request(&honest, 300)?.replacen("old 300", "old 301", 1);
    assert_eq!(status(witness.add_checkpoint(&beyond, 1)), 400);
    for wrong in ["", "old 300\n", "old 0300\n\n", "new 1\n\nx\n"] {
        assert_eq!(status(witness.add_checkpoint(wrong, 1)), 400, "{wrong:?}");
    }
    // None of it changed what it vouches for.
    assert_eq!(witness.last(ORIGIN)?.root, honest.root());
    Ok(())
}

#[test]
fn a_crash_at_any_step_never_lets_it_vouch_for_two_histories() -> Tested {
    for steps in 0.. {
        let (one, two, of_witness) = (
            tempfile::tempdir()?,
            tempfile::tempdir()?,
            tempfile::tempdir()?,
        );
        let (mut left, mut right) = (log(one.path(), 5)?, log(two.path(), 5)?);
        left.integrate(0, &entries(0, 3, "left"))?;
        right.integrate(0, &entries(0, 3, "right"))?;
        let mut first = witness(of_witness.path())?;
        first.storage.faults.after(steps);
        let signed = first.add_checkpoint(&request(&left, 0)?, 1).is_ok();
        drop(first);
        let mut again = witness(of_witness.path())?;
        let seen = again.last(ORIGIN)?.size;
        let other = status(again.add_checkpoint(&request(&right, seen)?, 1));
        assert!(
            !(signed && other == 200),
            "after {steps} steps it cosigned both"
        );
        if signed {
            return Ok(());
        }
    }
    Ok(())
}
