//! Profiles, as whoever connects a source may write them: what loads has no error, and what does not is told why.
#![no_main]

use std::sync::LazyLock;

use adapters::Profile;
use libfuzzer_sys::fuzz_target;
use spec::{Severity, Spec};

static SPEC: LazyLock<Spec> =
    LazyLock::new(|| Spec::embedded().expect("the embedded specification loads"));

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&SPEC); }, |text: &str| {
    let remarks = adapters::lint(text, &SPEC);
    let has_errors = remarks.iter().any(|remark| remark.severity == Severity::Error);
    if Profile::parse("profile.toml", text).is_err() {
        assert!(has_errors, "what does not load is told why");
    }
});
