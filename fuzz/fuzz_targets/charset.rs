//! Documents in GB18030, whose second bytes look like separators, quotes and brackets.
#![no_main]

use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

static ADAPTERS: LazyLock<[Adapter; 3]> =
    LazyLock::new(|| ["csv", "xml", "message"].map(|form| fuzz::adapter(form, Charset::Gb18030)));

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTERS); }, |input: &[u8]| {
    for adapter in ADAPTERS.iter() {
        drop(fuzz::judge(adapter, &Hint::default(), input));
    }
});
