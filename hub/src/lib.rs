//! The exchange hub: receives, judges, logs, receipts, forwards. All IO is here.

pub mod pipeline;
pub mod store;
