//! Documents in the form `ndjson`, as any sender may write them.
#![no_main]

use std::sync::OnceLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    static ADAPTER: OnceLock<Adapter> = OnceLock::new();
    let adapter = ADAPTER.get_or_init(|| fuzz::adapter("ndjson", Charset::Utf8));
    fuzz::judge(adapter, &Hint::default(), document);
});
