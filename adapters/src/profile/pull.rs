//! Tables of a source's exchange database: what is read of them, and in which order.
//!
//! Where the database is, and with which password, is the hub's business, not the profile's.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Tables or views that are read in the same manner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    /// Column that only grows and is never empty: rows are read in its order, and the last one read is remembered.
    pub watermark: String,
    /// Column that tells rows of one watermark apart.
    pub key: String,
    /// Columns to read; none: all.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Tables or views (with their schema if need be), each with the data set of its rows, or the name that `wide`
    /// gives to rows of several.
    pub tables: BTreeMap<String, String>,
}
