//! Calls in the manner of `receiveInfo`: a form whose escapes, arguments and XML are the sender's.
#![no_main]

use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| fuzz::adapter("call", Charset::Utf8));

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTER); }, |document: &[u8]| {
    fuzz::judge(&ADAPTER, &Hint::default(), document);
});
