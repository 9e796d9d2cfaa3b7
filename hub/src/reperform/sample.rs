//! Which submissions are judged again, drawn by the checkpoint so that nobody can choose them.
//!
//! Derivation: for i = 0, 1, 2, … take the first 8 bytes (big-endian) of SHA-256 over the lines
//! `exchange-hub/sample/v1`, name of the log, size, root (base64), i, joined by line feeds, modulo the size. The leaf
//! at that index is drawn if it is of a submission and was not drawn before. Whoever has the signed checkpoint draws
//! the same ones.

use std::collections::BTreeSet;

use crate::tlog::{Checkpoint, sha256};

/// Draws without a hit after which the log is taken to hold no more submissions.
const PATIENCE: u64 = 10_000;

/// The place of draw `i`.
pub fn place(checkpoint: &Checkpoint, i: u64) -> u64 {
    let Checkpoint {
        origin, size, root, ..
    } = checkpoint;
    let text = format!("exchange-hub/sample/v1\n{origin}\n{size}\n{root}\n{i}");
    let digest = sha256(text.as_bytes());
    let first = digest.as_bytes().first_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(first) % (*size).max(1)
}

/// Draws places until `wanted` are found at which `is_submission` says yes, in the order in which they were drawn.
pub fn draw<E>(
    checkpoint: &Checkpoint,
    wanted: u64,
    mut is_submission: impl FnMut(u64) -> Result<bool, E>,
) -> Result<Vec<u64>, E> {
    let (mut seen, mut drawn) = (BTreeSet::new(), Vec::new());
    let (mut i, mut idle) = (0, 0);
    while (drawn.len() as u64) < wanted && (seen.len() as u64) < checkpoint.size && idle < PATIENCE
    {
        let place = place(checkpoint, i);
        i += 1;
        idle += 1;
        if seen.insert(place) && is_submission(place)? {
            drawn.push(place);
            idle = 0;
        }
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::leaf_hash;

    fn checkpoint(word: &[u8]) -> Checkpoint {
        Checkpoint::new("log.example", 100, leaf_hash(word))
    }

    /// A value that another program can hold itself against (Python: hashlib and int.from_bytes).
    #[test]
    fn the_derivation_is_the_documented_one() {
        let drawn: Vec<u64> = (0..4).map(|i| place(&checkpoint(b"root"), i)).collect();
        assert_eq!(drawn, VECTOR);
    }

    const VECTOR: [u64; 4] = [87, 17, 34, 80];

    #[test]
    fn each_is_drawn_once_and_another_checkpoint_draws_others() {
        let even = |place: u64| Ok::<_, ()>(place.is_multiple_of(2));
        let drawn = draw(&checkpoint(b"a"), 10, even).unwrap_or_default();
        assert_eq!(drawn.len(), 10);
        assert!(drawn.iter().all(|place| place % 2 == 0 && *place < 100));
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 10);
        assert_ne!(draw(&checkpoint(b"b"), 10, even), Ok(drawn));
        let all = draw(&checkpoint(b"a"), 1000, even).unwrap_or_default();
        assert_eq!(all.len(), 50, "all that there are, and no more");
        assert_eq!(
            draw(&Checkpoint::new("l", 0, leaf_hash(b"")), 3, even),
            Ok(Vec::new())
        );
    }
}
