//! Files beside records: whether they are what they are declared to be, for every type that the specification takes.
//!
//! The first byte says the type; the rest stands behind one of its beginnings, or is the file, by the second byte.
#![no_main]

#[allow(dead_code, reason = "compiled whole, used in part")]
#[path = "../../hub/src/attachment/inspect.rs"]
mod inspect;
#[path = "../../hub/src/attachment/markers.rs"]
mod markers;
#[path = "../../hub/src/attachment/packages.rs"]
mod packages;

use std::io::Cursor;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spec::Spec;
use spec::attachment::FileType;

static TYPES: LazyLock<Vec<FileType>> = LazyLock::new(|| {
    let spec = Spec::embedded().expect("the embedded specification loads");
    let edition = spec.editions.iter().max_by_key(|edition| edition.id.clone());
    edition.expect("an edition").attachments.types.clone()
});

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&TYPES); }, |input: &[u8]| {
    let [which, how, rest @ ..] = input else {
        return;
    };
    let kind = &TYPES[usize::from(*which) % TYPES.len()];
    let begin = match kind.begins.get(usize::from(*how)) {
        Some(begin) => begin.as_slice(),
        None => &[],
    };
    let file = [begin, rest].concat();
    if let Err(refusal) = inspect::inspect(kind, Cursor::new(&file)) {
        assert!(!refusal.message.zh.is_empty() && !refusal.message.en.is_empty());
        assert!(refusal.message.en.len() < 4096, "a refusal quotes a little, not the file");
    }
});
