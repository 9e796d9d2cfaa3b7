//! Files that are cut into chunks: in pieces they hold the records that they hold at once, and what cannot be read at
//! once cannot be read in pieces.
//!
//! The first byte says the form, the second the size of chunks and pieces; the rest is the file.
#![no_main]

use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

static ADAPTERS: LazyLock<[Adapter; 6]> = LazyLock::new(|| {
    [
        ("json", Charset::Utf8),
        ("ndjson", Charset::Utf8),
        ("csv", Charset::Utf8),
        ("xml", Charset::Utf8),
        ("message", Charset::Utf8),
        ("xml", Charset::Gb18030),
    ]
    .map(|(form, charset)| fuzz::adapter(form, charset))
});

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTERS); }, |input: &[u8]| {
    let [form, size, file @ ..] = input else {
        return;
    };
    let adapter = &ADAPTERS[usize::from(*form) % ADAPTERS.len()];
    fuzz::judge_both_ways(adapter, &Hint::default(), file, usize::from(*size) + 1);
});
