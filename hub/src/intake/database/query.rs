//! What is read of an exchange database: the tables that the profile of its source names.

use adapters::Profile;

/// A table or view that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Its name for positions, figures and messages: source and table.
    pub name: String,
    /// Whose records it holds.
    pub source: String,
    /// Table or view, with its schema if need be.
    pub table: String,
    /// Columns to read; none: all.
    pub columns: Vec<String>,
    /// Column that only grows.
    pub watermark: String,
    /// Column that tells rows of one watermark apart.
    pub key: String,
    /// Data set of the rows.
    pub dataset: String,
}

/// Everything that a profile wants read.
pub fn of(profile: &Profile) -> Vec<Query> {
    let named = |pull: &adapters::Pull, table: &String, dataset: &String| Query {
        name: format!("{}/{table}", profile.id),
        source: profile.id.clone(),
        table: table.clone(),
        columns: pull.columns.clone(),
        watermark: pull.watermark.clone(),
        key: pull.key.clone(),
        dataset: dataset.clone(),
    };
    let pulls = profile.pull.iter();
    let tables = pulls.flat_map(|pull| pull.tables.iter().map(move |rows| (pull, rows)));
    tables
        .map(|(pull, (table, dataset))| named(pull, table, dataset))
        .collect()
}
