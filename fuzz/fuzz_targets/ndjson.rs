//! Documents in the form `ndjson`, as any sender may write them.
#![no_main]

use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| fuzz::adapter("ndjson", Charset::Utf8));

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTER); }, |document: &[u8]| {
    drop(fuzz::judge(&ADAPTER, &Hint::default(), document));
});
