//! Who vouched for the log, held against the log itself: cosignatures of witnesses that it keeps, and the keys that came
//! into force and went.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::fault;
use crate::leaf::log_key::KeyChange;
use crate::leaf::{LogKey, Witness};
use crate::tlog::keyring::Term;
use crate::tlog::prove::root_from_tiles;
use crate::tlog::{Algorithm, Checkpoint, FirstFault, Keyring, Storage, VerifierKey};

/// A cosignature in the log is one of a checkpoint that the log had.
pub(super) fn witness(
    index: i64,
    leaf: &Witness,
    keys: &Keyring,
    storage: &Storage,
) -> Result<(), FirstFault> {
    use crate::tlog::Keys as _;

    let wrong = |what: String| fault(format!("leaves, leaf_index {index} (witness)"), what);
    let key: VerifierKey = leaf
        .witness
        .parse()
        .map_err(|error: crate::tlog::Error| wrong(error.to_string()))?;
    if leaf.size > index.unsigned_abs() {
        return Err(wrong(format!(
            "所见日志有 {} 条，多于该条目之前的条目 / cosigns a log of {}, more than stood before it",
            leaf.size, leaf.size
        )));
    }
    let root = root_from_tiles(leaf.size, &|tile| storage.read_tile(tile))
        .map_err(|error| wrong(error.to_string()))?;
    if root.to_string() != leaf.root {
        return Err(wrong(format!(
            "{} 所见的根哈希与日志不同：其时日志分叉 / {} saw root {} at size {}, the log has {root}: it was forked then",
            key.name(),
            key.name(),
            leaf.root,
            leaf.size
        )));
    }
    let text = Checkpoint::new(keys.origin(), leaf.size, root).to_string();
    let signed = BASE64_STANDARD
        .decode(&leaf.cosignature)
        .is_ok_and(|signature| {
            key.algorithm() == Algorithm::Cosignature && key.verifies(text.as_bytes(), &signature)
        });
    if signed {
        Ok(())
    } else {
        Err(wrong(format!(
            "{} 的见证签名无效 / the cosignature of {} does not verify",
            key.name(),
            key.name()
        )))
    }
}

/// What the log says of its keys, in order.
#[derive(Debug, Default)]
pub(super) struct Announced {
    begun: BTreeMap<String, i64>,
    retired: BTreeMap<String, i64>,
}

impl Announced {
    /// A key came into force, or went.
    pub fn take(&mut self, index: i64, leaf: &LogKey) {
        let changes = match leaf.change {
            KeyChange::Begun => &mut self.begun,
            KeyChange::Retired => &mut self.retired,
        };
        changes.entry(leaf.key.clone()).or_insert(index);
    }

    /// Every key of the list was announced before it signed, and where one follows another the old one was retired by
    /// a leaf that it still signed, at the size where the new one begins.
    pub fn conclude(&self, keys: &Keyring) -> Result<(), FirstFault> {
        if self.begun.is_empty() {
            // A log from before keys were announced; it has the one key that all checkpoints are checked by.
            return Ok(());
        }
        for term in keys.terms() {
            let wrong = |what: String| fault(format!("log.pub, {}", term.key), what);
            let announced = self.begun.get(&term.key.to_string());
            let announced = announced.ok_or_else(|| {
                wrong(
                    "日志中没有该密钥的启用条目 / no leaf of the log announces this key".to_owned(),
                )
            })?;
            if term.from > 0 && announced.unsigned_abs() >= term.from {
                return Err(wrong(format!(
                    "自 {} 条起签名，但第 {announced} 条才启用 / signs from size {}, but is announced by leaf {announced}",
                    term.from, term.from
                )));
            }
            if term.from > 0 {
                self.overlaps(term, keys).map_err(wrong)?;
            }
        }
        Ok(())
    }

    fn overlaps(&self, term: &Term, keys: &Keyring) -> Result<(), String> {
        let earlier = |old: &&Term| {
            old.key.algorithm() == term.key.algorithm()
                && old.from <= term.from
                && old.key != term.key
                && old.until.is_none_or(|until| until >= term.from)
        };
        for old in keys.terms().iter().filter(earlier) {
            if old.until != Some(term.from) {
                return Err(format!(
                    "前一密钥应签至 {} 条 / the key before it must sign up to size {}, log.pub says {:?}",
                    term.from, term.from, old.until
                ));
            }
            let retired = self.retired.get(&old.key.to_string());
            if retired.is_none_or(|index| index.unsigned_abs() >= term.from) {
                return Err(format!(
                    "前一密钥未在日志第 {} 条之前停用 / no leaf before {} retires the key before it",
                    term.from, term.from
                ));
            }
        }
        Ok(())
    }
}
