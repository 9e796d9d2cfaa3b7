//! `hub receipt verify`: checks receipts offline, with nothing but the log's public key.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::said;
use super::witnesses::{self, Witnesses};
use crate::pipeline::receipt::Receipt;
use crate::pipeline::record_proof::RecordProof;
use crate::tlog::Keyring;
use crate::tlog::quorum::Quorum;

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
        #[command(flatten)]
        witnesses: Witnesses,
    },
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    let Command::Verify {
        receipts,
        key,
        require_proof,
        witnesses,
    } = command;
    let key = read_key(key)?;
    let policy = witnesses.policy()?;
    let mut good = true;
    for path in receipts {
        let name = path.display();
        match verify(path, &key, policy.as_ref(), *require_proof)? {
            Ok(told) => println!("{name}: 有效 / good · {told}"),
            Err(fault) => {
                println!("{name}: 无效 / NOT good · {fault}");
                good = false;
            }
        }
    }
    Ok(good)
}

fn verify(
    path: &Path,
    keys: &Keyring,
    policy: Option<&Quorum>,
    require_proof: bool,
) -> anyhow::Result<Result<String, String>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let asked = witnesses::with(keys, policy);
    let cosigned = |proof: &str| {
        let note = proof.split_once("\n\n").map_or("", |(_, note)| note);
        witnesses::told(note, keys, policy)
    };
    if let Ok(record) = serde_json::from_slice::<RecordProof>(&bytes) {
        return Ok(match record.verify(&*asked) {
            Ok(size) => Ok(format!(
                "{} · {}",
                said(
                    format!(
                        "{} 第 {} 条记录的判定，存证日志共 {size} 条",
                        record.receipt, record.outcome.index
                    ),
                    format!(
                        "record {} of {}: {:?}, in a log of {size}",
                        record.outcome.index, record.receipt, record.outcome.verdict
                    )
                ),
                cosigned(&record.proof)
            )),
            Err(fault) => Err(fault.to_string()),
        });
    }
    let receipt: Receipt = match serde_json::from_slice(&bytes) {
        Ok(receipt) => receipt,
        Err(error) => {
            return Ok(Err(said("不是回执", format!("not a receipt: {error}"))));
        }
    };
    let proof = receipt.proof.clone().unwrap_or_default();
    let (id, source, records) = (&receipt.id, &receipt.source, receipt.counts.records);
    let named = named(source);
    let place = receipt.evidence.leaf_index;
    Ok(match receipt.verify(&*asked) {
        Err(fault) => Err(fault.to_string()),
        Ok(verified) => match verified.published_at_size {
            Some(size) => Ok(format!(
                "{} · {}",
                said(
                    format!(
                        "{id}，来源 {named}，记录 {records} 条，存证日志第 {place} 条（共 {size} 条）"
                    ),
                    format!(
                        "{id} of {source}, {records} records, place {place} in a log of {size}"
                    )
                ),
                cosigned(&proof)
            )),
            None if require_proof || policy.is_some() => Err(said(
                "proof：回执未附日志证明，请向枢纽重新获取该回执",
                "the receipt carries no proof of its place: fetch it again from the hub",
            )),
            None => Ok(said(
                format!(
                    "{id}，来源 {named}，记录 {records} 条，签名有效；尚未附第 {place} 条的日志证明"
                ),
                format!(
                    "{id} of {source}, {records} records, signed; it carries no proof of its place {place} yet"
                ),
            )),
        },
    })
}

/// A source with its Chinese name, where this program knows it.
fn named(source: &str) -> String {
    let profiles = adapters::embedded().unwrap_or_default();
    let profile = profiles.into_iter().find(|profile| profile.id == source);
    profile.map_or_else(
        || source.to_owned(),
        |profile| format!("{}（{source}）", profile.name),
    )
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
        said(
            format!("“{key}”既不是文件，也不是公钥（name+hash+key）；镜像目录请用 --tiles 目录 --key log.pub"),
            format!("`{key}` is neither a file nor a vkey (name+hash+key); of a mirror say --tiles DIR --key log.pub"),
        )
    })
}
