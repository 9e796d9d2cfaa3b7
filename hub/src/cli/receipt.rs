//! `hub receipt verify`: checks receipts offline, with nothing but the log's public key.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::pipeline::receipt::Receipt;
use crate::pipeline::record_proof::RecordProof;
use crate::tlog::{Algorithm, Keyring, VerifierKey};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check receipts: signature, every verdict listed, place in the log.
    Verify {
        /// Receipts, as kept by `hub submit` or answered by the hub.
        #[arg(required = true)]
        receipts: Vec<PathBuf>,
        /// Public key of the log: a file such as log.pub, or the vkey itself.
        #[arg(long, value_name = "LOG.pub")]
        key: String,
        /// Refuse a receipt that carries no proof yet.
        #[arg(long)]
        require_proof: bool,
    },
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    let Command::Verify {
        receipts,
        key,
        require_proof,
    } = command;
    let key = read_key(key)?;
    let mut good = true;
    for path in receipts {
        let name = path.display();
        match verify(path, &key, *require_proof)? {
            Ok(told) => println!("{name}: good / 有效 · {told}"),
            Err(fault) => {
                println!("{name}: NOT good / 无效 · {fault}");
                good = false;
            }
        }
    }
    Ok(good)
}

fn verify(
    path: &Path,
    keys: &Keyring,
    require_proof: bool,
) -> anyhow::Result<Result<String, String>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    if let Ok(record) = serde_json::from_slice::<RecordProof>(&bytes) {
        return Ok(match record.verify(keys) {
            Ok(size) => Ok(format!(
                "record {} of {}: {:?}, in a log of {size}",
                record.outcome.index, record.receipt, record.outcome.verdict
            )),
            Err(fault) => Err(fault.to_string()),
        });
    }
    let receipt: Receipt = match serde_json::from_slice(&bytes) {
        Ok(receipt) => receipt,
        Err(error) => {
            return Ok(Err(super::said(
                "不是回执",
                format!("not a receipt: {error}"),
            )));
        }
    };
    Ok(match receipt.verify(keys) {
        Err(fault) => Err(fault.to_string()),
        Ok(verified) => match verified.published_at_size {
            Some(size) => Ok(format!(
                "{} of {}, {} records, place {} in a log of {size}",
                receipt.id, receipt.source, receipt.counts.records, receipt.evidence.leaf_index
            )),
            None if require_proof => Err("proof: the receipt carries none".to_owned()),
            None => Ok(format!(
                "{} of {}, {} records, signed; it carries no proof of its place {} yet",
                receipt.id, receipt.source, receipt.counts.records, receipt.evidence.leaf_index
            )),
        },
    })
}

/// Reads the public keys of a log: the text of a vkey, or a file that lists them.
pub fn read_key(key: &str) -> anyhow::Result<Keyring> {
    let path = Path::new(key);
    let text = if path.exists() {
        std::fs::read_to_string(path).with_context(|| key.to_owned())?
    } else {
        key.to_owned()
    };
    text.trim().parse().with_context(|| {
        super::said(
            format!("“{key}”既不是文件，也不是公钥（name+hash+key）"),
            format!("`{key}` is neither a file nor a vkey (name+hash+key)"),
        )
    })
}

/// Reads the Ed25519 key of a log that is in force, out of what [`read_key`] reads.
pub fn read_current(key: &str) -> anyhow::Result<VerifierKey> {
    let ring = read_key(key)?;
    let found = ring
        .current()
        .find(|key| key.algorithm() == Algorithm::Ed25519);
    found
        .cloned()
        .with_context(|| super::said("没有现行的 Ed25519 公钥", "no Ed25519 key is in force"))
}
