//! Reads the data files into checked types.

/// A data file is wrong.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {}
