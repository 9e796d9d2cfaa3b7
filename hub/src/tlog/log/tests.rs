//! The writer: growth, resuming, crashes at every step, refusals.

use super::*;
use crate::tlog::{Signer, merkle_root, verify_consistency, verify_folder, verify_inclusion};
use ring::signature::Ed25519KeyPair;
use std::sync::Arc;

type Tested = Result<(), Box<dyn std::error::Error>>;

const ORIGIN: &str = "log.example";

fn signer() -> Result<Signer, Box<dyn std::error::Error>> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).map_err(|e| e.to_string())?;
    Ok(Signer::new(ORIGIN, Arc::new(pair))?)
}

fn open(folder: &Path) -> Result<Log, Box<dyn std::error::Error>> {
    Ok(Log::open(folder, ORIGIN, signer()?)?)
}

fn leaves(from: u64, to: u64) -> Vec<Entry> {
    (from..to)
        .map(|i| format!("entry {i}").into_bytes().into())
        .collect()
}

fn root_of(size: u64) -> Hash {
    let hashes: Vec<_> = leaves(0, size).iter().map(|leaf| leaf.hash).collect();
    merkle_root(&hashes)
}

#[test]
fn a_log_grows_and_is_taken_up_again() -> Tested {
    let folder = tempfile::tempdir()?;
    let mut size = 0;
    for next in [0, 1, 2, 255, 256, 257, 511, 512, 1200] {
        let mut log = open(folder.path())?;
        assert_eq!((log.size(), log.root()), (size, root_of(size)));
        let checkpoint = log.integrate(size, &leaves(size, next))?;
        assert_eq!((checkpoint.size, checkpoint.root), (next, root_of(next)));
        drop(log);
        let verified = verify_folder(folder.path(), signer()?.verifier())?;
        assert_eq!((verified.size, verified.beyond.len()), (next, 0));
        size = next;
    }
    Ok(())
}

#[test]
fn proofs_from_the_folder_verify_at_old_sizes_too() -> Tested {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    let sizes = [3, 200, 300, 700];
    for size in sizes {
        log.integrate(log.size(), &leaves(log.size(), size))?;
    }
    for size in sizes {
        for (index, leaf) in (0..).zip(leaves(0, size)) {
            let path = log.prove_inclusion(index, size)?;
            verify_inclusion(index, size, &leaf.hash, &path, &root_of(size))?;
        }
        for old in sizes.into_iter().filter(|old| *old <= size) {
            let path = log.prove_consistency(old, size)?;
            verify_consistency(old, &root_of(old), size, &root_of(size), &path)?;
        }
    }
    let text = log.proof(42)?.to_string();
    let keys = [signer()?.verifier().clone()];
    let proof: Proof = text.parse()?;
    assert_eq!(proof.verify(b"entry 42", ORIGIN, &keys)?, *log.checkpoint());
    assert!(matches!(
        log.prove_inclusion(0, 701),
        Err(Error::OutOfRange { .. })
    ));
    assert!(matches!(log.proof(700), Err(Error::OutOfRange { .. })));
    Ok(())
}

/// Grows 200 → 300 with a crash after `steps` steps. Returns whether the step was done.
fn crash(folder: &Path, steps: usize) -> Result<bool, Box<dyn std::error::Error>> {
    let mut log = open(folder)?;
    log.integrate(0, &leaves(0, 200))?;
    log.storage.faults.after(steps);
    let integrated = log.integrate(200, &leaves(200, 300)).is_ok();
    Ok(integrated && !log.storage.faults.struck())
}

#[test]
fn after_a_crash_at_any_step_the_log_goes_on() -> Tested {
    let mut published_midway = false;
    for steps in 0.. {
        let folder = tempfile::tempdir()?;
        let done = crash(folder.path(), steps)?;

        // The folder is a sound log of the old size or the new one, before anything is repaired.
        let key = signer()?.verifier().clone();
        let verified = verify_folder(folder.path(), &key)?;
        assert!([200, 300].contains(&verified.size), "step {steps}");
        assert_eq!(verified.root, root_of(verified.size));
        published_midway |= !done && verified.size == 300;

        // It goes on, even with other leaves and another batch than were interrupted.
        let mut log = open(folder.path())?;
        let size = log.size();
        assert_eq!(size, verified.size);
        let other = vec![Entry::from(b"other".to_vec()); 77];
        log.integrate(size, &other)?;
        let verified = verify_folder(folder.path(), &key)?;
        assert_eq!(
            (verified.size, verified.beyond.len()),
            (size + 77, 0),
            "step {steps}"
        );
        if done {
            assert!(steps > 30, "{steps} steps are too few for this growth");
            break;
        }
    }
    assert!(published_midway);
    Ok(())
}

#[test]
fn a_failed_step_is_settled_without_opening_again() -> Tested {
    for steps in 0.. {
        let folder = tempfile::tempdir()?;
        let mut log = open(folder.path())?;
        log.integrate(0, &leaves(0, 200))?;
        log.storage.faults.after(steps);
        let failed = log.integrate(200, &leaves(200, 300)).is_err();
        let struck = log.storage.faults.struck();
        log.storage.faults.after(usize::MAX);
        match log.integrate(200, &leaves(200, 300)) {
            Ok(checkpoint) => assert_eq!(checkpoint.root, root_of(300)),
            // The failed step had been published: no leaf enters twice.
            Err(Error::NotNext {
                first: 200,
                size: 300,
            }) => {}
            Err(e) => return Err(e.into()),
        }
        log.integrate(300, &leaves(300, 301))?;
        assert_eq!(log.root(), root_of(301));
        let verified = verify_folder(folder.path(), signer()?.verifier())?;
        assert_eq!((verified.size, verified.beyond.len()), (301, 0));
        if !failed && !struck {
            break;
        }
    }
    Ok(())
}

#[test]
fn a_changed_edge_is_refused_by_name() -> Tested {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    log.integrate(0, &leaves(0, 600))?;
    drop(log);
    for (path, place) in [
        ("tile/0/002.p/88", "tile/0/002.p/88, number 513"),
        ("tile/1/000.p/2", "tile/1/000.p/2, number 1"),
        ("tile/entries/002.p/88", "tile/entries/002.p/88, number "),
    ] {
        let path = folder.path().join(path);
        let bytes = fs::read(&path)?;
        let mut changed = bytes.clone();
        changed.iter_mut().skip(40).take(1).for_each(|b| *b ^= 1);
        fs::write(&path, changed)?;
        let refused = Log::open(folder.path(), ORIGIN, signer()?).err();
        let refused = refused.map(|e| e.to_string()).unwrap_or_default();
        assert!(refused.starts_with(place), "{refused}");
        fs::remove_file(&path)?;
        let refused = Log::open(folder.path(), ORIGIN, signer()?);
        assert!(matches!(refused, Err(Error::Missing { .. })));
        fs::write(&path, bytes)?;
    }
    open(folder.path())?;
    Ok(())
}

#[test]
fn a_lost_foreign_or_forked_checkpoint_is_refused() -> Tested {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    log.integrate(0, &leaves(0, 5))?;
    let path = folder.path().join(CHECKPOINT);
    let signed = fs::read(&path)?;

    // The same size with another root, under the log's own key: while running and at the start.
    let fork = Checkpoint::new(ORIGIN, 5, root_of(4)).sign(&[&signer()?])?;
    fs::write(&path, fork.to_string())?;
    let refused = log.integrate(5, &leaves(5, 6));
    assert!(matches!(refused, Err(Error::CheckpointChanged)));
    drop(log);
    let refused = Log::open(folder.path(), ORIGIN, signer()?);
    assert!(matches!(refused, Err(Error::Wrong { place, .. }) if place == CHECKPOINT));

    fs::remove_file(&path)?;
    let refused = Log::open(folder.path(), ORIGIN, signer()?);
    assert!(matches!(refused, Err(Error::CheckpointMissing { .. })));

    fs::write(&path, &signed)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&[6; 32]).map_err(|e| e.to_string())?;
    let other = Signer::new(ORIGIN, Arc::new(pair))?;
    assert!(matches!(
        Log::open(folder.path(), ORIGIN, other),
        Err(Error::Unsigned)
    ));
    let named = Log::open(folder.path(), "other.example", signer()?);
    assert!(matches!(named, Err(Error::Origin { .. })));
    assert_eq!(open(folder.path())?.size(), 5);
    Ok(())
}

#[test]
fn what_cannot_be_appended_changes_nothing() -> Tested {
    let folder = tempfile::tempdir()?;
    let mut log = open(folder.path())?;
    log.integrate(0, &leaves(0, 5))?;
    let before = fs::read(folder.path().join(CHECKPOINT))?;
    let too_long = [b"fine".to_vec(), vec![0; 65_536]].map(Entry::from);
    let refused = log.integrate(5, &too_long);
    assert!(matches!(
        refused,
        Err(Error::EntryTooLong { length: 65_536 })
    ));
    for first in [0, 4, 6] {
        let refused = log.integrate(first, &leaves(5, 6));
        assert!(matches!(refused, Err(Error::NotNext { size: 5, .. })));
    }
    assert_eq!(log.integrate(5, &[])?.size, 5);
    assert_eq!(fs::read(folder.path().join(CHECKPOINT))?, before);
    log.integrate(5, &[vec![0; 65_535].into()])?;
    assert_eq!(log.size(), 6);
    Ok(())
}

#[test]
fn a_log_has_one_writer() -> Tested {
    let folder = tempfile::tempdir()?;
    let first = open(folder.path())?;
    let second = Log::open(folder.path(), ORIGIN, signer()?);
    assert!(matches!(second, Err(Error::Locked { .. })));
    drop(first);
    open(folder.path())?;
    Ok(())
}
