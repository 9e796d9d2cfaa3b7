//! What is read from the exchange databases of sources, and how much of it at once.

use std::collections::BTreeSet;

use serde::Deserialize;

/// What is read from exchange databases.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    /// What is read.
    pub databases: Vec<PullDatabase>,
    /// How often.
    pub interval_ms: u64,
    /// Rows of a page: one submission.
    pub rows: usize,
    /// Pages in a row, before the pause.
    pub pages: usize,
    /// Bytes of a row.
    pub row_bytes: usize,
    /// How far to look back for rows that were committed late.
    pub look_back_ms: u64,
    /// Rows that are remembered for it.
    pub look_back_rows: usize,
    /// Longest time of a statement.
    pub statement_ms: u64,
    /// First wait after a fault.
    pub backoff_base_ms: u64,
    /// Longest wait after a fault.
    pub backoff_max_ms: u64,
}

/// The exchange database of a source; what is read there, its profile says.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullDatabase {
    /// Whose records it holds.
    pub source: String,
    /// Address of the database.
    #[serde(default)]
    pub url: String,
    /// File that holds the address, when it has a password in it.
    #[serde(default)]
    pub url_file: String,
}

/// An address may hold a password.
impl std::fmt::Debug for PullDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PullDatabase")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl Pull {
    /// What the types alone cannot say: key, whether it holds, what is expected.
    pub(super) fn conditions(&self) -> [(&'static str, bool, &'static str); 4] {
        let sources: BTreeSet<&str> = self.databases.iter().map(|one| &*one.source).collect();
        let addressed = |one: &PullDatabase| one.url.is_empty() != one.url_file.is_empty();
        [
            (
                "pull.databases",
                sources.len() == self.databases.len(),
                "one database of each source",
            ),
            (
                "pull.databases",
                self.databases.iter().all(addressed),
                "either url or url_file of each database",
            ),
            (
                "pull.rows",
                self.rows > 0 && self.pages > 0 && self.row_bytes > 0,
                "at least 1 row, page and byte",
            ),
            ("pull.interval_ms", self.interval_ms > 0, "at least 1"),
        ]
    }
}
