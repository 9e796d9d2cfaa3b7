//! Every kind of change to a folder is found and named.
#![expect(clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::tlog::{Entry, Log, Signer, VerifierKey, merkle_root};
use ring::signature::Ed25519KeyPair;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

type Tested = Result<(), Box<dyn std::error::Error>>;

const ORIGIN: &str = "log.example";

fn signer() -> Result<Signer, Box<dyn std::error::Error>> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).map_err(|e| e.to_string())?;
    Ok(Signer::new(ORIGIN, Arc::new(pair))?)
}

fn entry(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

/// Grows a log to the sizes, one after the other.
fn grown(sizes: &[u64]) -> Result<(tempfile::TempDir, VerifierKey), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let signer = signer()?;
    let key = signer.verifier().clone();
    let mut log = Log::open(folder.path(), ORIGIN, signer)?;
    for size in sizes {
        let leaves: Vec<_> = (log.size()..*size).map(entry).map(Entry::from).collect();
        log.integrate(log.size(), &leaves)?;
    }
    Ok((folder, key))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
    let mut files = vec![PathBuf::from(CHECKPOINT)];
    files.extend(Storage::new(folder).tiles()?.into_iter().map(PathBuf::from));
    Ok(files)
}

/// Changes a file, verifies the folder and puts the file back.
fn verified_with(
    folder: &Path,
    key: &VerifierKey,
    path: &Path,
    change: impl FnOnce(&mut Vec<u8>),
) -> Result<Result<Verified, FirstFault>, Box<dyn std::error::Error>> {
    let path = folder.join(path);
    let bytes = fs::read(&path)?;
    let mut changed = bytes.clone();
    change(&mut changed);
    fs::write(&path, changed)?;
    let verified = verify_folder(folder, key);
    fs::write(&path, bytes)?;
    Ok(verified)
}

#[test]
fn a_sound_folder_verifies_and_so_does_a_copy() -> Tested {
    for sizes in [[0, 0], [1, 5], [200, 256], [256, 257], [700, 66_000]] {
        let (folder, key) = grown(&sizes)?;
        let hashes: Vec<_> = (0..sizes[1]).map(|i| leaf_hash(&entry(i))).collect();
        let verified = verify_folder(folder.path(), &key)?;
        assert_eq!(verified.size, sizes[1]);
        assert_eq!(verified.root, merkle_root(&hashes));
        assert!(verified.beyond.is_empty());
        let copy = tempfile::tempdir()?;
        for path in files(folder.path())? {
            let to = copy.path().join(&path);
            fs::create_dir_all(to.parent().ok_or("no folder")?)?;
            fs::copy(folder.path().join(&path), to)?;
        }
        assert_eq!(verify_folder(copy.path(), &key)?, verified);
    }
    Ok(())
}

#[test]
fn a_flipped_byte_is_named_with_its_file_and_number() -> Tested {
    let (folder, key) = grown(&[3, 255, 256, 600, 700])?;
    let files = files(folder.path())?;
    assert!(
        files.contains(&"tile/0/002.p/88".into()),
        "older partial tiles are kept"
    );
    assert!(
        !files.contains(&"tile/0/000.p/255".into()),
        "superseded ones are not"
    );
    for path in files {
        let length = fs::read(folder.path().join(&path))?.len();
        // Every byte of the first two entries or hashes, and a sample of the others.
        let sample = (0..length.min(70))
            .chain((70..length).step_by(89))
            .chain([length - 1]);
        for at in sample {
            let verified = verified_with(folder.path(), &key, &path, |b| b[at] ^= 0x10)?;
            let fault = verified.err().ok_or(format!("{path:?} byte {at}"))?;
            let name = path.to_string_lossy();
            let place = &fault.place;
            if name == CHECKPOINT {
                assert_eq!(*place, name);
                continue;
            }
            let (file, number) = place.split_once(", ").ok_or(place.clone())?;
            assert_eq!(file, name, "byte {at}: {fault}");
            let Some(Resource::Tile(tile)) = Resource::parse(&name) else {
                return Err(name.into());
            };
            let first = tile.index * 256;
            if let Kind::Hashes(_) = tile.kind {
                assert_eq!(number, format!("hash {}", first + at as u64 / 32));
            } else if at < 9 && tile.index == 0 {
                assert_eq!(number, "entry 0", "{fault}");
            }
        }
    }
    assert!(verify_folder(folder.path(), &key).is_ok());
    Ok(())
}

#[test]
fn a_cut_or_missing_file_is_named() -> Tested {
    let (folder, key) = grown(&[600, 700])?;
    for path in files(folder.path())? {
        let name = path.to_string_lossy().into_owned();
        let cuts: [fn(&mut Vec<u8>); 3] = [|b| b.truncate(b.len() - 1), |b| b.push(0), Vec::clear];
        for cut in cuts {
            let fault = verified_with(folder.path(), &key, &path, cut)?.err();
            let fault = fault.ok_or(format!("{name} cut"))?;
            assert!(fault.place.starts_with(&name), "{name}: {fault}");
        }
        let older = name.contains(".p/88");
        let bytes = fs::read(folder.path().join(&path))?;
        fs::remove_file(folder.path().join(&path))?;
        let verified = verify_folder(folder.path(), &key);
        fs::write(folder.path().join(&path), bytes)?;
        match verified {
            // A log may drop partial tiles of older trees; a mirror may lack them.
            Ok(_) => assert!(older, "{name} is missing"),
            Err(fault) => assert_eq!(fault.place, name),
        }
    }
    Ok(())
}

#[test]
fn edits_that_fit_together_are_seen() -> Tested {
    let (folder, key) = grown(&[699, 700])?;
    let whole = |path: &str| fs::read(folder.path().join(path));
    let bundle_path = Path::new("tile/entries/000");

    // Entries 0 and 1 change places.
    let swapped = verified_with(folder.path(), &key, bundle_path, |b| {
        b[2..18].rotate_left(9);
    })?;
    assert!(swapped.is_err());

    // An entry and its leaf hash are edited: the tile above tells.
    let mut tile = whole("tile/0/000")?;
    tile[..32].copy_from_slice(leaf_hash(b"entry X").as_bytes());
    let original = whole("tile/0/000")?;
    fs::write(folder.path().join("tile/0/000"), &tile)?;
    let edited = verified_with(folder.path(), &key, bundle_path, |b| b[8] = b'X')?;
    let fault = edited.err().ok_or("edited")?;
    assert_eq!(fault.place, "tile/1/000.p/2, hash 0");
    fs::write(folder.path().join("tile/0/000"), original)?;

    // Another log under the same name, signed by another key; and the same with the own key.
    let (fork, _) = grown(&[699])?;
    let older = fs::read(fork.path().join(CHECKPOINT))?;
    let back = verified_with(folder.path(), &key, Path::new(CHECKPOINT), |b| *b = older)?;
    let beyond = back?.beyond;
    assert!(
        beyond.contains(&"tile/0/002.p/188".into()),
        "the way back is seen: {beyond:?}"
    );
    let swapped_key = VerifierKey::new(ORIGIN, [7; 32])?;
    let fault = verify_folder(folder.path(), &swapped_key).err();
    assert_eq!(fault.map(|f| f.place).as_deref(), Some(CHECKPOINT));
    let root = leaf_hash(b"fork");
    let forked = Checkpoint::new(ORIGIN, 700, root).sign(&[&signer()?])?;
    let forked = forked.to_string().into_bytes();
    let fault = verified_with(folder.path(), &key, Path::new(CHECKPOINT), |b| *b = forked)?;
    let fault = fault.err().ok_or("forked")?;
    assert_eq!(fault.place, CHECKPOINT);
    assert!(fault.what.contains(&root.to_hex()), "{fault}");
    Ok(())
}

#[test]
fn a_file_that_is_not_of_a_log_is_named() -> Tested {
    let (folder, key) = grown(&[3])?;
    fs::write(folder.path().join("tile/0/0001"), b"x")?;
    let fault = verify_folder(folder.path(), &key).err();
    assert_eq!(fault.map(|f| f.place).as_deref(), Some("tile/0/0001"));
    let nothing = verify_folder(Path::new("/nonexistent/log"), &key).err();
    assert_eq!(
        nothing.map(|f| f.to_string()).as_deref(),
        Some("checkpoint: missing")
    );
    Ok(())
}
