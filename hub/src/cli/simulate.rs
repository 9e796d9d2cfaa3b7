//! `hub simulate`: other parties, for drills, the demo, tests and examinations.

mod hub;

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::receipt::read_key;
use crate::simulate::national::{Links, National, Options, Plan, Verifier};
use crate::telemetry;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// A platform that takes packets, judges them by the published schemas, and misbehaves on request.
    National(Arguments),
    /// A hub that examines a system that sends: takes, judges, receipts, misbehaves by a script, and grades.
    Hub(hub::Arguments),
}

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:9090", value_name = "ADDRESS:PORT")]
    listen: String,
    /// Public key of a sender: a file such as log.pub, or the vkey itself. Without one, signatures are not
    /// checked.
    #[arg(long, value_name = "VKEY")]
    key: Vec<String>,
    /// Faults, for example 5xx=0.1,hang=0.02,drop_after_commit=0.05,seed=7 or script=[500,drop,ok].
    #[arg(long, default_value = "", value_name = "PLAN")]
    fail: String,
    /// Folder of the journal, so that a restart remembers.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How long the business answer takes, in milliseconds.
    #[arg(long, default_value_t = 100, value_name = "MS")]
    delay: u64,
    /// Edition that senders hold.
    #[arg(long, default_value = "3.0")]
    from_edition: String,
    /// Edition of the packets.
    #[arg(long, default_value = "2.0")]
    edition: String,
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    match command {
        Command::National(arguments) => national(arguments),
        Command::Hub(arguments) => hub::run(arguments),
    }
}

fn national(arguments: &Arguments) -> anyhow::Result<bool> {
    let config = crate::config::Config::load(&PathBuf::from("."), None, &[])?;
    telemetry::start(&config.telemetry);
    let specification = crate::app::load_spec(&config)?;
    let edition = specification.edition(&arguments.edition).with_context(|| {
        let id = &arguments.edition;
        super::said(
            format!("没有规范版本“{id}”"),
            format!("there is no edition `{id}`"),
        )
    })?;
    let schemas: HashMap<String, serde_json::Value> = edition
        .datasets
        .iter()
        .map(|dataset| {
            (
                dataset.id.clone(),
                spec::export::json_schema(edition, dataset),
            )
        })
        .collect();
    let options = Options {
        listen: arguments.listen.clone(),
        verifier: verifier(&arguments.key)?,
        schemas,
        links: Links::from_spec(specification, &arguments.from_edition, &arguments.edition),
        data: arguments.data.clone(),
        delay: Duration::from_millis(arguments.delay),
        plan: arguments.fail.parse::<Plan>()?,
    };
    National::run_until_ctrl_c(options, |url| {
        let mut out = std::io::stdout().lock();
        // Whoever started the platform waits for this line; if nobody reads it, it serves all the same.
        drop(writeln!(out, "listening on {url}").and_then(|()| out.flush()));
    })?;
    Ok(true)
}

fn verifier(keys: &[String]) -> anyhow::Result<Option<Verifier>> {
    if keys.is_empty() {
        return Ok(None);
    }
    let mut known = Vec::new();
    for key in keys {
        known.push(read_key(key)?);
    }
    Ok(Some(Arc::new(
        move |name: &str, message: &[u8], signature: &[u8; 64]| {
            known
                .iter()
                .any(|key| key.name() == name && key.verifies(message, signature))
        },
    )))
}
