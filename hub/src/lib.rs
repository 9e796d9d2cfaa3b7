//! The exchange hub: receives, judges, logs, receipts, forwards. All IO is here.

pub mod delivery;
pub mod pipeline;
pub mod simulate;
pub mod store;
