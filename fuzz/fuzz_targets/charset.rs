//! Documents in GB18030, whose second bytes look like separators, quotes and brackets.
#![no_main]

use std::sync::OnceLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    static ADAPTERS: OnceLock<Vec<Adapter>> = OnceLock::new();
    let forms = ["csv", "xml", "message"];
    let adapters =
        ADAPTERS.get_or_init(|| forms.map(|form| fuzz::adapter(form, Charset::Gb18030)).into());
    for adapter in adapters {
        fuzz::judge(adapter, &Hint::default(), input);
    }
});
