//! `hub log mirror URL DIR`: follows the log of another hub, and checks that it only grew.

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::receipt::read_key;
use crate::tlog::{Error, mirror};

/// Most bytes of a file of a log: 256 entries of 64 KiB, with their lengths.
const LARGEST: u64 = 256 * (65_535 + 2);

/// What the command takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Address of the hub, or of any copy of its log.
    url: String,
    /// Folder of the mirror.
    folder: PathBuf,
    /// Public keys of the log: a file such as log.pub, or the vkey itself; not from the hub that is mirrored.
    #[arg(long, value_name = "LOG.pub")]
    key: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let keys = read_key(&arguments.key)?;
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_mins(1)))
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let base = arguments.url.trim_end_matches('/');
    let fetch = |path: &str| {
        let failed = |error: ureq::Error| Error::Io {
            action: "fetch",
            path: format!("{base}/{path}").into(),
            source: std::io::Error::other(error),
        };
        let mut answer = agent.get(format!("{base}/{path}")).call().map_err(failed)?;
        match answer.status().as_u16() {
            200 => {
                let body = answer.body_mut().with_config().limit(LARGEST);
                body.read_to_vec().map(Some).map_err(failed)
            }
            404 => Ok(None),
            status => Err(failed(ureq::Error::StatusCode(status))),
        }
    };
    match mirror::follow(&arguments.folder, &keys, &fetch) {
        Ok(mirrored) => {
            println!("一致 / good · {} → {}", mirrored.from, mirrored.to);
            Ok(true)
        }
        Err(fault) => {
            println!("不一致 / NOT good · {fault}");
            Ok(false)
        }
    }
}
