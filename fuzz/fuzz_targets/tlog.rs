//! What others hand over as parts of a log: notes, checkpoints, proofs, keys, paths, tiles, bundles.
//!
//! The first byte says which parser; what it took must come out as it went in.
#![no_main]

#[allow(dead_code, unused_imports, reason = "compiled whole, used in part")]
#[path = "../../hub/src/tlog/mod.rs"]
mod tlog;

use libfuzzer_sys::fuzz_target;
use tlog::{Checkpoint, Note, Proof, Resource, VerifierKey};

fuzz_target!(|input: &[u8]| {
    let [which, bytes @ ..] = input else {
        return;
    };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    match which % 7 {
        0 => {
            if let Ok(note) = Note::parse(bytes) {
                let again = Note::parse(note.to_string().as_bytes()).expect("a note that is written is a note");
                assert_eq!(note.text(), again.text());
                drop(note.verify(&[]));
            }
        }
        1 => {
            if let Ok(checkpoint) = Checkpoint::parse(text) {
                let again = Checkpoint::parse(&checkpoint.to_string()).expect("a checkpoint that is written is one");
                assert_eq!(checkpoint, again);
            }
        }
        2 => {
            if let Ok(proof) = text.parse::<Proof>() {
                assert!(proof.to_string().parse::<Proof>().is_ok());
            }
        }
        3 => {
            if let Ok(key) = text.parse::<VerifierKey>() {
                assert_eq!(key.to_string(), text.trim_end());
            }
        }
        4 => {
            if let Some(resource) = Resource::parse(text) {
                assert_eq!(resource.path(), text);
            }
        }
        5 => {
            for entry in tlog::bundle::entries(bytes) {
                if entry.is_err() {
                    break;
                }
            }
        }
        _ => {
            if let [width, tile @ ..] = bytes {
                drop(tlog::tree::parse_tile(tile, u16::from(*width) + 1));
            }
        }
    }
});
