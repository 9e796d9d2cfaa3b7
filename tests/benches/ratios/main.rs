//! Speed and memory as ratios in one run, so that the machine and the hour cancel out.
//!
//! `cargo bench -p tests --bench ratios [-- judge|ingest|singles|linear|log|memory|forward|beside|outbox|published|close]`. Each part prints what it measured
//! against what, the ratio, and the bound that the project promises; the exit code is 1 when a bound is missed.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot run must say so and stop"
)]

mod beside;
mod close;
mod forward;
mod ingest;
mod judge;
mod linear;
mod listen;
mod load;
mod log;
mod memory;
mod outbox;
mod published;
mod records;
mod server;
mod singles;
mod sqlite;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One bound, and what was measured.
pub struct Figure {
    /// What is compared with what.
    pub what: String,
    /// What was measured.
    pub measured: f64,
    /// The bound.
    pub bound: f64,
    /// Whether the bound is the most or the least.
    pub at_most: bool,
}

impl Figure {
    fn holds(&self) -> bool {
        if self.at_most {
            self.measured <= self.bound
        } else {
            self.measured >= self.bound
        }
    }
}

/// The middle one of some measurements.
pub fn median(measured: &mut [f64]) -> f64 {
    measured.sort_by(f64::total_cmp);
    measured[measured.len() / 2]
}

fn main() -> std::process::ExitCode {
    let told: Vec<String> = std::env::args().skip(1).collect();
    if let [word, folder, key] = told.as_slice()
        && word == log::VERIFY
    {
        log::verify_alone(folder, key);
        return std::process::ExitCode::SUCCESS;
    }
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let mut figures = Vec::new();
    if wants("judge") {
        figures.extend(judge::run());
    }
    if wants("ingest") {
        figures.extend(ingest::run());
    }
    if wants("singles") {
        figures.extend(singles::run());
    }
    if wants("linear") {
        figures.extend(linear::run());
    }
    if wants("log") {
        figures.extend(log::run());
    }
    if wants("memory") {
        figures.extend(memory::run());
    }
    if wants("forward") {
        figures.extend(forward::run());
    }
    if wants("beside") {
        figures.extend(beside::run());
    }
    if wants("outbox") {
        figures.extend(outbox::run());
    }
    if wants("published") {
        figures.extend(published::run());
    }
    if wants("close") {
        figures.extend(close::run());
    }
    println!();
    let mut good = true;
    for figure in &figures {
        let (holds, sign) = (figure.holds(), if figure.at_most { "≤" } else { "≥" });
        good &= holds;
        println!(
            "{} {:<76} {:>8.2} {sign} {}",
            if holds { "✓" } else { "✗" },
            figure.what,
            figure.measured,
            figure.bound
        );
    }
    std::process::ExitCode::from(u8::from(!good))
}
