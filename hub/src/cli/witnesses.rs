//! The flags that ask for cosignatures: whose, and how many.

use std::path::Path;

use anyhow::Context as _;

use super::said;
use crate::tlog::quorum::{Quorum, Witnessed};
use crate::tlog::{Keyring, Keys, Note, VerifierKey};

/// Who must have cosigned.
#[derive(Debug, clap::Args)]
pub struct Witnesses {
    /// A witness whose cosignature counts: its verifier key, or a file with one a line; may be given more than once.
    #[arg(long = "witness", value_name = "KEY")]
    witnesses: Vec<String>,
    /// How many of them must have cosigned; without it, all.
    #[arg(long, value_name = "K", requires = "witnesses")]
    quorum: Option<usize>,
}

impl Witnesses {
    /// The policy; none when no witness was named.
    pub fn policy(&self) -> anyhow::Result<Option<Quorum>> {
        let mut keys: Vec<VerifierKey> = Vec::new();
        for given in &self.witnesses {
            let path = Path::new(given);
            let text = if path.exists() {
                std::fs::read_to_string(path).with_context(|| given.clone())?
            } else {
                given.clone()
            };
            for line in text.lines().map(str::trim) {
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                // A line of `log.witnesses` bears the address before the key.
                let key = line.rsplit(' ').next().unwrap_or(line);
                keys.push(key.parse().with_context(|| {
                    said(
                        format!("“{key}”不是见证方公钥（name+hash+key）"),
                        format!("`{key}` is not the verifier key of a witness (name+hash+key)"),
                    )
                })?);
            }
        }
        if keys.is_empty() {
            return Ok(None);
        }
        let names: std::collections::BTreeSet<&str> = keys.iter().map(VerifierKey::name).collect();
        let (known, needed) = (names.len(), self.quorum.unwrap_or(names.len()));
        let quorum = Quorum::new(keys, needed).with_context(|| {
            said(
                format!("见证方 {known} 个，要求其中 {needed} 个：应为 1 至 {known}，且均为见证方公钥"),
                format!("{needed} of {known} witnesses: expected 1 to {known}, each with the key of a witness"),
            )
        })?;
        Ok(Some(quorum))
    }
}

/// The keys of a log, with the policy if there is one.
pub fn with<'k>(keys: &'k Keyring, policy: Option<&'k Quorum>) -> Box<dyn Keys + 'k> {
    match policy {
        Some(quorum) => Box::new(Witnessed { keys, quorum }),
        None => Box::new(keys.clone()),
    }
}

/// What can be said of the cosignatures of a checkpoint, in words.
pub fn told(note: &str, keys: &Keyring, policy: Option<&Quorum>) -> String {
    let Some(quorum) = policy else {
        let own = |name: &str| name == keys.origin();
        let others = Note::parse(note.as_bytes()).map_or(0, |note| {
            let signatures = note.signatures().iter();
            signatures.filter(|signature| !own(&signature.name)).count()
        });
        return match others {
            0 => said("无见证签名", "no cosignatures"),
            _ => said(
                format!("附见证签名 {others} 个，未核验（用 --witness 给出见证方公钥）"),
                format!("{others} cosignatures, not checked (name witnesses with --witness)"),
            ),
        };
    };
    let cosigners = quorum.cosigners(note.as_bytes()).unwrap_or_default();
    let listed: Vec<String> = cosigners
        .iter()
        .map(|cosigner| {
            let millis = i64::try_from(cosigner.time)
                .unwrap_or(0)
                .saturating_mul(1000);
            let at = crate::pipeline::Instant::from_millis(millis).text();
            format!("{} {at}", cosigner.name)
        })
        .collect();
    said(
        format!(
            "见证 {} 个有效，要求 {} 个，共列 {} 个：{}",
            cosigners.len(),
            quorum.needed(),
            quorum.known(),
            listed.join("；")
        ),
        format!(
            "cosigned by {} of {} witnesses, {} needed",
            cosigners.len(),
            quorum.known(),
            quorum.needed()
        ),
    )
}
