//! Profiles, as whoever connects a source may write them.
#![no_main]

use adapters::Profile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    drop(Profile::parse("profile.toml", text));
});
