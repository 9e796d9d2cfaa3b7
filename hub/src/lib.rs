//! The exchange hub: receives, judges, logs, receipts, forwards. All IO is here.

pub mod config;
pub mod pipeline;
pub mod report;
pub mod store;
pub mod telemetry;
