//! The one integration binary: real processes, real HTTP, both databases. Files mirror what they test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "in a test a broken assumption is a failure with its place"
)]

mod absence;
mod activation;
mod api;
mod attachments;
mod books;
mod classes;
mod clock;
mod closes;
mod commands;
mod compressed;
mod condition;
mod conformance;
mod contract;
mod crash;
mod cut;
mod database;
mod deals;
mod destinations;
mod dialects;
mod differential;
mod enclosed;
mod erasure;
mod evidence;
mod fixtures;
mod folder;
mod forward;
mod full;
mod generate;
mod great_run;
mod harness;
mod history;
mod hostile;
mod kafka;
mod keyed;
mod large;
mod lookups;
mod masters;
mod misbehaviour;
mod newcomer;
mod outbox;
mod packets;
mod pages;
mod platforms;
mod profiles;
mod proof;
mod readme;
mod receipts;
mod reclosed;
mod reperform;
mod replays;
mod rules;
mod sandbox;
mod sequence;
mod steps;
mod tamper;
mod tidy;
mod topic;
mod uploads;
mod vouchers;
mod waiting;
