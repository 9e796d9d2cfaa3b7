//! The exchange hub: receives, judges, logs, receipts, forwards. All IO is here.

pub mod absence;
pub mod app;
pub mod audit;
pub mod certificate;
pub mod cli;
pub mod config;
pub mod delivery;
pub mod error;
pub mod evidence;
pub mod faults;
pub mod http;
pub mod intake;
pub mod keys;
pub mod leaf;
pub mod pipeline;
pub mod reperform;
pub mod report;
pub mod sequencer;
pub mod simulate;
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod timeline;
pub mod tlog;
pub mod uploads;
