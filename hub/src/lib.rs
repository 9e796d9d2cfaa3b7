//! The exchange hub: receives, judges, logs, receipts, forwards.

pub mod keys;
pub mod tlog;
