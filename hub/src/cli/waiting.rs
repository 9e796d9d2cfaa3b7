//! `hub waiting`: the deadline of the waiting room, brought about by hand.

use super::Form;
use super::folder::Folder;
use crate::app;
use crate::pipeline::Instant;
use crate::pipeline::expiry::{Deadlines, Expired, sweep};
use crate::report::parse_instant;
use crate::report::table::{Cell, Table, column};
use crate::store::transaction::begin;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Reject the records whose time to wait is over, as the serving hub does by itself.
    Sweep {
        /// As if it were this day (its end) or instant, for drills; the log holds the true time beside it.
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        #[command(flatten)]
        folder: Folder,
        /// Form of the result.
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
    },
}

/// Records of one transaction.
const MOST: i64 = 500;

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    let Command::Sweep { at, folder, format } = command;
    let due = match at {
        Some(text) => Instant::from_millis(parse_instant("--at", text, true)?),
        None => Instant::now(),
    };
    let (config, mut connection) = folder.open_existing()?;
    let deadlines = Deadlines::new(app::load_spec(&config)?, config.waiting.days);
    let mut all: Vec<Expired> = Vec::new();
    loop {
        let mut transaction = begin(&mut connection)?;
        let expired = sweep(&mut transaction, &deadlines, due, Instant::now(), MOST)?;
        transaction.commit()?;
        let done = (expired.len() as i64) < MOST;
        all.extend(expired);
        if done {
            break;
        }
    }
    match format {
        Form::Json => println!("{}", serde_json::json!({ "expired": all })),
        Form::Text => print!("{}", table(&all).text()),
    }
    Ok(true)
}

fn table(expired: &[Expired]) -> Table {
    let reason = |one: &Expired| {
        let texts = one.issues.iter().map(|issue| issue.message.zh.as_ref());
        texts.collect::<Vec<_>>().join("；")
    };
    Table {
        name: "expired",
        zh: "到期退回",
        columns: vec![
            column("submission", "批次 submission"),
            column("index", "记录 index"),
            column("since", "等待起始 since"),
            column("deadline", "期限 deadline"),
            column("reason", "原因 reason"),
        ],
        rows: expired
            .iter()
            .map(|one| {
                vec![
                    one.submission.as_str().into(),
                    Cell::Number(i64::from(one.index)),
                    one.since.as_str().into(),
                    one.deadline.as_str().into(),
                    reason(one).into(),
                ]
            })
            .collect(),
        total: None,
    }
}
