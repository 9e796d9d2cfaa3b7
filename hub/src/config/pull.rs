//! What is read from the exchange databases of sources, and how much of it at once.

use std::collections::BTreeSet;

use serde::Deserialize;

/// What is read from exchange databases.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    /// What is read.
    pub queries: Vec<PullQuery>,
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

/// A table or view of a source's exchange database.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullQuery {
    /// Its name here, for positions, figures and messages.
    pub name: String,
    /// Whose records it holds.
    pub source: String,
    /// Address of the database.
    #[serde(default)]
    pub url: String,
    /// File that holds the address, when it has a password in it.
    #[serde(default)]
    pub url_file: String,
    /// Table or view, with its schema if need be.
    pub table: String,
    /// Columns to read; none: all.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Column that only grows.
    pub watermark: String,
    /// Column that tells rows of one watermark apart.
    pub key: String,
    /// Data set of the rows.
    pub dataset: String,
}

/// An address may hold a password.
impl std::fmt::Debug for PullQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PullQuery")
            .field("name", &self.name)
            .field("source", &self.source)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

impl Pull {
    /// What the types alone cannot say: key, whether it holds, what is expected.
    pub(super) fn conditions(&self) -> [(&'static str, bool, &'static str); 4] {
        let names: BTreeSet<&str> = self.queries.iter().map(|query| &*query.name).collect();
        let short = |query: &PullQuery| (1..=120).contains(&query.name.len());
        let addressed = |query: &PullQuery| query.url.is_empty() != query.url_file.is_empty();
        [
            (
                "pull.queries",
                names.len() == self.queries.len() && self.queries.iter().all(short),
                "each query under a name of its own, of 1 to 120 characters",
            ),
            (
                "pull.queries",
                self.queries.iter().all(addressed),
                "either url or url_file in each query",
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
