//! A hub that examines who sends to it: the conformance kit 符合性检测.
//!
//! Behind it a real hub runs, over an empty store of its own: the same handlers, the same judge, the same receipts.
//! What stands before it passes requests on, makes trouble by a [`Script`], and remembers everything ([`book`]); at
//! the end the sender is graded ([`grade`], [`data`]) and told what to put right ([`Report`]).

mod book;
mod data;
mod grade;
mod progress;
mod report;
mod script;
mod server;

use std::sync::Arc;
use std::time::Duration;

pub use progress::Progress;
pub use report::{Candidate, Report};
pub use script::{DEFAULT, Fault, Script, ScriptError};
pub use server::Front;

use crate::app::App;
use crate::error::Error;
use crate::pipeline::Instant;

/// What an examination needs.
pub struct Options {
    /// Address to listen on.
    pub listen: String,
    /// The hub behind, serving already.
    pub behind: String,
    /// The hub behind, to be looked into.
    pub app: Arc<App>,
    /// Key that takes the place of the first, when the script changes it.
    pub second_key: String,
    /// Who is examined.
    pub candidate: Candidate,
    /// In what.
    pub script: Script,
    /// Ends by itself after so long without a request, once every step was met.
    pub quiet: Duration,
}

/// Examines until the sender is done, or the kit is interrupted, and grades. `ready` is told the address, `told` how far
/// it has come whenever that changed.
pub fn examine(
    options: Options,
    ready: impl FnOnce(&str),
    told: impl Fn(Progress) + 'static,
) -> anyhow::Result<Report> {
    let started = Instant::now().text();
    let front = Front::new(&options);
    server::run(&front, &options.listen, options.quiet, ready, told)?;
    let ended = Instant::now().text();
    let mut connection = options.app.readers.take().map_err(Error::from)?;
    let book = front.book();
    let data = data::examine(
        &mut connection,
        &options.candidate.source,
        &options.script.required,
    )?;
    let mut report = Report {
        candidate: options.candidate,
        started,
        ended,
        passed: false,
        cases: grade::cases(&book),
        order: grade::sequence(&book),
        data,
        script: options.script,
        kit: format!("hub {}", env!("CARGO_PKG_VERSION")),
    };
    report.passed = report.is_passed();
    Ok(report)
}
