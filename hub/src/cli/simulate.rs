//! `hub simulate`: other parties, for drills, the demo, tests and examinations.

mod hub;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use super::receipt::read_key;
use crate::simulate::national::{National, Options, Plan, Verifier, Way, verifier};
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
#[command(after_long_help = crate::simulate::national::help())]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:9090", value_name = "ADDRESS:PORT")]
    listen: String,
    /// Public key of a sender: a file such as log.pub, or the vkey itself. Without one, signatures are not
    /// checked.
    #[arg(long, value_name = "VKEY")]
    key: Vec<String>,
    /// Faults, for example 5xx=0.1,hang=0.02,drop_after_commit=0.05,seed=7 or script=[500,drop,ok].
    #[arg(
        long,
        default_value = "",
        value_name = "PLAN",
        conflicts_with = "script"
    )]
    fail: String,
    /// Faults by a script in TOML: which packets, which seconds, how often (see below).
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Folder of its store: key, packets, journal. A restart goes on where it stopped. Without one, in memory only.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Speak TLS: the authority's certificate is ca.pem in the folder of --data (setting national.ca of the hub).
    #[arg(long, requires = "data")]
    tls: bool,
    /// How long the business answer takes, in milliseconds.
    #[arg(long, default_value_t = 100, value_name = "MS")]
    delay: u64,
    /// How the business answer reaches the hub.
    #[arg(long, value_enum, default_value_t = Way::Polled)]
    answers: Way,
    /// Where it is pushed: the hub's /v1/destinations/NAME/acknowledgements. POST /callback {"url"} sets it later.
    #[arg(long, value_name = "URL")]
    callback: Option<String>,
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
    let (from, to) = (&arguments.from_edition, &arguments.edition);
    specification.edition(to).with_context(|| {
        super::said(
            format!("没有规范版本“{to}”"),
            format!("there is no edition `{to}`"),
        )
    })?;
    let plan = match &arguments.script {
        None => arguments.fail.parse::<Plan>()?,
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            Plan::from_script(&text)?
        }
    };
    let options = Options {
        listen: arguments.listen.clone(),
        verifier: known(&arguments.key)?,
        data: arguments.data.clone(),
        delay: Duration::from_millis(arguments.delay),
        tls: arguments.tls,
        way: arguments.answers,
        callback: arguments.callback.clone(),
        plan,
        ..Options::new(specification, from, to)
    };
    let summary = National::run_until_ctrl_c(options, |url| {
        let mut out = std::io::stdout().lock();
        // Whoever started the platform waits for this line; if nobody reads it, it serves all the same.
        drop(writeln!(out, "listening on {url}").and_then(|()| out.flush()));
    })?;
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{}", serde_json::to_string_pretty(&summary)?));
    Ok(true)
}

fn known(keys: &[String]) -> anyhow::Result<Option<Verifier>> {
    if keys.is_empty() {
        return Ok(None);
    }
    let mut known = Vec::new();
    for key in keys {
        let ring = read_key(key)?;
        known.extend(ring.terms().iter().map(|term| term.key.clone()));
    }
    Ok(Some(verifier(known)))
}
