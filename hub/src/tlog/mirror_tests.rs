//! A mirror of an honest log is the log; of a dishonest one it stops before the first lie.

use std::sync::Arc;

use ring::signature::Ed25519KeyPair;

use super::*;
use crate::tlog::{Log, Signer, VerifierKey, verify_folder};

type Tested = Result<(), Box<dyn std::error::Error>>;

const ORIGIN: &str = "log.example";

fn signer() -> Result<Signer, Box<dyn std::error::Error>> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).map_err(|e| e.to_string())?;
    Ok(Signer::new(ORIGIN, Arc::new(pair))?)
}

fn key() -> Result<VerifierKey, Box<dyn std::error::Error>> {
    Ok(signer()?.verifier().clone())
}

fn grown(folder: &Path, to: u64, of: &str) -> Tested {
    let mut log = Log::open(folder, ORIGIN, signer()?)?;
    let entries: Vec<Entry> = (log.size()..to)
        .map(|i| format!("{of} {i}").into_bytes().into())
        .collect();
    log.integrate(log.size(), &entries)?;
    Ok(())
}

#[test]
fn a_mirror_follows_and_is_a_log_of_its_own() -> Tested {
    let (log, mirror) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut from = 0;
    for size in [0, 1, 255, 256, 300, 20_000, 20_001] {
        grown(log.path(), size, "entry")?;
        let source = Storage::new(log.path());
        let mirrored = follow(mirror.path(), &key()?, &|path| source.read(path))?;
        assert_eq!(mirrored, Mirrored { from, to: size });
        let verified = verify_folder(mirror.path(), &key()?)?;
        assert_eq!((verified.size, verified.beyond.len()), (size, 0));
        from = size;
    }
    let (a, b) = (Storage::new(log.path()), Storage::new(mirror.path()));
    for path in a.tiles()? {
        assert_eq!(a.read(&path)?, b.read(&path)?, "{path}");
    }
    Ok(())
}

#[test]
fn a_fork_a_roll_back_and_a_changed_entry_are_seen() -> Tested {
    let (log, other, mirror) = (
        tempfile::tempdir()?,
        tempfile::tempdir()?,
        tempfile::tempdir()?,
    );
    grown(log.path(), 300, "entry")?;
    let honest = Storage::new(log.path());
    follow(mirror.path(), &key()?, &|path| honest.read(path))?;
    let held = verify_folder(mirror.path(), &key()?)?;
    // The same key, another history: longer, as long, shorter.
    for size in [600, 300, 200] {
        let fork = other.path().join(size.to_string());
        grown(&fork, size, "other")?;
        let fork = Storage::new(fork);
        let fault = follow(mirror.path(), &key()?, &|path| fork.read(path))
            .err()
            .ok_or("followed")?;
        assert_eq!(fault.place, CHECKPOINT, "{fault}");
        assert_eq!(verify_folder(mirror.path(), &key()?)?.root, held.root);
    }
    // An entry changed on the way.
    grown(log.path(), 500, "entry")?;
    let lie = |path: &str| {
        let bytes = honest.read(path)?;
        Ok(bytes.map(|bytes| {
            if path.contains("entries/001") {
                String::from_utf8_lossy(&bytes)
                    .replace("entry 400", "entry 401")
                    .into_bytes()
            } else {
                bytes
            }
        }))
    };
    assert!(follow(mirror.path(), &key()?, &lie).is_err());
    assert_eq!(
        follow(mirror.path(), &key()?, &|path| honest.read(path))?,
        Mirrored { from: 300, to: 500 }
    );
    Ok(())
}
