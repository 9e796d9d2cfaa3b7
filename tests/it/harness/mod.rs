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
