//! Files that are cut into chunks: in pieces they hold the records that they hold at once.
//!
//! The first byte says the form, the second the size of chunks and pieces; the rest is the file.
#![no_main]

use std::sync::OnceLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    static ADAPTERS: OnceLock<Vec<Adapter>> = OnceLock::new();
    let forms = ["json", "ndjson", "csv"];
    let adapters =
        ADAPTERS.get_or_init(|| forms.map(|form| fuzz::adapter(form, Charset::Utf8)).into());
    let [form, size, file @ ..] = input else {
        return;
    };
    let adapter = &adapters[usize::from(*form) % adapters.len()];
    let step = usize::from(*size) + 1;
    let pieces = fuzz::judge_in_chunks(adapter, file, step * 4, step);
    let whole = fuzz::judge(adapter, &Hint::default(), file);
    // A file of any length may be read in pieces; at once, only one within the limits.
    if let (Some(whole), Some(pieces)) = (whole, pieces) {
        assert_eq!(whole, pieces, "records at once, and in pieces");
    }
});
