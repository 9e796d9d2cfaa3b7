//! What tests start: hubs as real processes, a real PostgreSQL, folders that vanish.

pub mod browser;
pub mod chain;
pub mod closing;
pub mod hub;
pub mod kafka;
pub mod national;
pub mod postgres;
pub mod receiver;
pub mod records;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate lies in the project")
        .to_owned()
}

/// Which engine a test runs on. Every test of the store runs on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded.
    Sqlite,
    /// Production.
    Postgres,
}

impl Engine {
    /// The `--database` of a fresh database; none for the embedded one.
    pub fn fresh(self) -> Option<String> {
        match self {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres::fresh_database()),
        }
    }
}

/// A name as it may stand in an address.
pub fn escaped(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Waits until something holds, at most so long.
#[track_caller]
pub fn within(most: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < most, "never: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// The same, at most two minutes.
#[track_caller]
pub fn until(what: &str, holds: impl FnMut() -> bool) {
    within(Duration::from_mins(2), what, holds);
}

/// Leaves that the published checkpoint of a hub covers.
#[track_caller]
pub fn log_size(hub: &hub::Hub) -> u64 {
    let note = hub.get("/checkpoint", "").text;
    let size = note.lines().nth(1).expect("a size");
    size.parse().expect("a number")
}
