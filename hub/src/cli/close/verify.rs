//! `hub close verify`: checks a close offline, with nothing but the log's public key.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::receipt::read_key;
use crate::close::document::Books;
use crate::close::shown::{Shown, Verified};
use crate::tlog::VerifierKey;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Closes, as the hub answered them (`GET /v1/closes/DATE`).
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Public key of the log: a file such as log.pub, or the vkey itself.
    #[arg(long, value_name = "LOG.pub")]
    key: String,
    /// Public key of the platform (C2SP vkey, or a file that holds it): refuse a close with a platform that does not hold
    /// its statement under this key.
    #[arg(long, value_name = "KEY")]
    platform_key: Option<String>,
    /// Refuse a close whose place in the log is not proven yet.
    #[arg(long)]
    require_proof: bool,
}

/// Runs the command: true when every close is genuine. Whether its books balance is told, not judged.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let ring = read_key(&arguments.key)?;
    let platform = arguments.platform_key.as_deref().map(vkey).transpose()?;
    let mut good = true;
    for path in &arguments.files {
        let name = path.display();
        let bytes = std::fs::read(path).with_context(|| name.to_string())?;
        let checked = match serde_json::from_slice::<Shown>(&bytes) {
            Err(error) => Err(crate::cli::said(
                "不是对账单",
                format!("not a close: {error}"),
            )),
            Ok(shown) => shown.verify(&ring).map_err(|fault| fault.to_string()),
        };
        let checked = checked.and_then(|verified| {
            if let Some(expected) = &platform
                && verified.document.with.starts_with("destination/")
                && verified.platform.as_ref() != Some(expected)
            {
                let found = verified.platform.as_deref().unwrap_or("-");
                return Err(format!(
                    "document.books.destination.platform.statement: key `{found}`, expected `{expected}`"
                ));
            }
            let lacking = arguments.require_proof && !verified.published;
            (!lacking)
                .then_some(verified)
                .ok_or_else(|| "placed.proof: the close carries none".to_owned())
        });
        match checked {
            Ok(verified) => println!("{name}: 有效 / good · {}", told(&verified)),
            Err(fault) => {
                println!("{name}: 无效 / NOT good · {fault}");
                good = false;
            }
        }
    }
    Ok(good)
}

/// A public key, or the file that holds it, in its one form.
fn vkey(text: &str) -> anyhow::Result<String> {
    let text = if std::path::Path::new(text).is_file() {
        std::fs::read_to_string(text).with_context(|| text.to_owned())?
    } else {
        text.to_owned()
    };
    let key: VerifierKey = text.trim().parse().with_context(|| {
        crate::cli::said(
            "不是平台公钥（C2SP vkey）",
            "not the public key of a platform (C2SP vkey)",
        )
    })?;
    Ok(key.to_string())
}

fn told(verified: &Verified) -> String {
    let document = &verified.document;
    let balance = if document.balanced() {
        "平衡 balanced"
    } else {
        "不平 NOT balanced"
    };
    let source = match &verified.source {
        None => String::new(),
        Some((said, key, true)) => {
            format!(
                " · 来源已签署一致 signed and agreed by {} ({key})",
                said.source
            )
        }
        Some((said, key, false)) => {
            format!(
                " · 来源签署不一致 signed and NOT agreed by {} ({key})",
                said.source
            )
        }
    };
    let platform = verified.platform.as_ref().map_or_else(String::new, |key| {
        format!(" · 平台签名的持有数 what the platform holds, signed by {key}")
    });
    let platform = match &document.books {
        Books::Destination(books) => match &books.platform {
            Some(one) if !one.compared() => {
                format!("{platform} · 本次未与平台核对 not compared with the platform this time")
            }
            _ => platform,
        },
        Books::Source(_) | Books::Hub(_) => platform,
    };
    let place = if verified.published {
        " · 已入日志 in the log"
    } else {
        ""
    };
    format!(
        "{} {} 第{}次 no. {} · {balance}{source}{platform}{place}",
        document.date, document.with, document.number, document.number
    )
}
