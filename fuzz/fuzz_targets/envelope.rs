//! Files that are cut into chunks: in pieces they hold the records that they hold at once.
//!
//! The first byte says the form, the second the size of chunks and pieces; the rest is the file.
#![no_main]

use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

static ADAPTERS: LazyLock<[Adapter; 3]> =
    LazyLock::new(|| ["json", "ndjson", "csv"].map(|form| fuzz::adapter(form, Charset::Utf8)));

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTERS); }, |input: &[u8]| {
    let [form, size, file @ ..] = input else {
        return;
    };
    let adapter = &ADAPTERS[usize::from(*form) % ADAPTERS.len()];
    let step = usize::from(*size) + 1;
    let pieces = fuzz::judge_in_chunks(adapter, file, step * 4, step);
    let whole = fuzz::judge(adapter, &Hint::default(), file);
    // A file of any length may be read in pieces; at once, only one within the limits.
    if let (Some(whole), Some(pieces)) = (whole, pieces) {
        assert_eq!(whole, pieces, "records at once, and in pieces");
    }
});
