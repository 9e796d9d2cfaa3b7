//! `hub log witness`: a small server that cosigns the checkpoints of other logs once it has seen that they only grow.

use std::io::Write as _;
use std::path::PathBuf;

use crate::cli::receipt::read_key;
use crate::http::witness;
use crate::keys::SigningKey;
use crate::tlog::witness::Witness;

/// What the command takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folder of the witness: its key, and what it saw of each log.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Its name: an address without scheme, such as witness.example.cn/log.
    #[arg(long)]
    name: String,
    /// Public keys of a log that it watches: a file such as log.pub, or the vkey; may be given more than once.
    #[arg(long = "log", value_name = "LOG.pub", required = true)]
    logs: Vec<String>,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: String,
}

/// Runs the command; prints the line for `log.witnesses` of the watched hub when it is ready.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let key = SigningKey::load_or_create(&arguments.data.join("witness.key"))?;
    let signer = key.cosigner(&arguments.name)?;
    let logs = arguments.logs.iter().map(|log| read_key(log));
    let logs = logs.collect::<anyhow::Result<Vec<_>>>()?;
    let public = signer.verifier().to_string();
    let opened = Witness::open(arguments.data.join("seen"), signer, logs)?;
    witness::serve(opened, &arguments.listen, |address| {
        // Whoever started it may read the first line only, or nothing, which is fine.
        let mut out = std::io::stdout().lock();
        drop(write!(out, "listening on {address}\n{address} {public}\n"));
        drop(out.flush());
    })?;
    Ok(true)
}
