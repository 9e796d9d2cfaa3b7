//! How a key of the log comes into force: announced by a leaf that the keys before it vouch for, then signed in.
//!
//! The steps are durable one by one, and begun again where they stopped: the private key is kept; the leaf that
//! announces it is committed and published under the old keys; the checkpoint of that size is signed by old and new
//! keys together; `log.pub` says from which size on the new one signs. No hub may serve the log meanwhile.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::config::Config;
use crate::keys::{PrivateKey, SigningKey, chain};
use crate::leaf::log_key::KeyChange;
use crate::leaf::{self, LogKey};
use crate::pipeline::Instant;
use crate::sequencer::LogHandle;
use crate::store;
use crate::store::transaction::begin;
use crate::tlog::storage::{Content, Storage};
use crate::tlog::{Algorithm, Keyring, Seals, VerifierKey};

/// Name of the published list of keys, in the data folder.
const PUBLIC: &str = "log.pub";

/// Most leaves that are looked at for the announcement of the first key.
const EARLY: i64 = 1024;

/// The keys of a log, public and private.
#[derive(Debug, Clone)]
pub struct LogKeys {
    folder: PathBuf,
    data: PathBuf,
    origin: String,
    private: Vec<PrivateKey>,
    /// The public keys and their terms.
    pub ring: Keyring,
}

impl LogKeys {
    /// Opens the keys of a data folder; on first start makes them. Keys that are not those of `log.pub` are refused:
    /// they would fork the log.
    pub fn open(config: &Config) -> anyhow::Result<LogKeys> {
        let folder = config.data.join("keys");
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let path = config.data.join(PUBLIC);
        let published = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        if published.is_none() && config.log.key.is_empty() {
            SigningKey::load_or_create(&folder.join("log.key"))
                .context("opening the signing key")?;
        }
        let private =
            chain::load(&folder, config.log.key.reveal()).context("opening the signing key")?;
        let origin = config.log.origin.clone();
        let ring = match &published {
            Some(text) => text
                .parse::<Keyring>()
                .with_context(|| path.display().to_string())?,
            None => {
                let first = private
                    .iter()
                    .find(|key| matches!(key, PrivateKey::Ed25519(_)));
                let first = first.context("there is no Ed25519 key to begin the log with")?;
                Keyring::from(first.verifier(&origin)?)
            }
        };
        let keys = LogKeys {
            folder,
            data: config.data.clone(),
            origin,
            private,
            ring,
        };
        if let Err(error) = keys.seals() {
            anyhow::bail!(
                "{} says `{}`, but {error} in {}: wrong key, or another log.origin / \
                 日志密钥与已公布的公钥不符，拒绝启动：请核对 keys 目录与 log.origin",
                path.display(),
                published.as_deref().unwrap_or_default().trim_end(),
                keys.folder.display(),
            );
        }
        if published.is_none() {
            keys.publish()?;
        }
        Ok(keys)
    }

    /// What signs checkpoints.
    pub fn seals(&self) -> anyhow::Result<Seals> {
        let signers = self.private.iter().map(|key| key.signer(&self.origin));
        Ok(Seals::new(
            self.ring.clone(),
            signers.collect::<Result<_, _>>()?,
        )?)
    }

    /// The Ed25519 key that is in force: it signs receipts and packets too.
    pub fn signing(&self) -> anyhow::Result<SigningKey> {
        let found = self.private.iter().find_map(|key| match key {
            PrivateKey::Ed25519(own) if self.in_force(key).unwrap_or(false) => Some(own.clone()),
            _ => None,
        });
        found.context("no Ed25519 key is in force")
    }

    /// Whether an algorithm has a key in force.
    pub fn seals_with(&self, algorithm: Algorithm) -> bool {
        self.ring.current().any(|key| key.algorithm() == algorithm)
    }

    fn in_force(&self, key: &PrivateKey) -> anyhow::Result<bool> {
        let public = key.verifier(&self.origin)?;
        Ok(self.ring.current().any(|current| *current == public))
    }

    /// Writes the list of public keys, whole or not at all.
    fn publish(&self) -> anyhow::Result<()> {
        let kept = Content {
            path: PUBLIC.to_owned(),
            bytes: self.ring.to_string().into_bytes(),
        };
        Storage::new(&self.data)
            .write(&[kept])
            .context("writing log.pub")
    }

    /// Announces the key with which a new log begins, before anything of it is published.
    pub fn announce_first(&self, url: &str) -> anyhow::Result<()> {
        let mut connection = store::connect(url)?;
        let mut transaction = begin(&mut connection)?;
        // Commands may have made API keys before the hub was started for the first time.
        let early = store::submissions::leaves_from(transaction.connection, 0, EARLY)?;
        let says = |(_, body): &(i64, Vec<u8>)| leaf::decode::<LogKey>(body).is_ok();
        let published = store::checkpoints::last(transaction.connection)?.is_some();
        if !published && (early.len() as i64) < EARLY && !early.iter().any(says) {
            for key in self.ring.current() {
                transaction.append_leaf(announcement(key, KeyChange::Begun, "first")?)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Brings a new key of an algorithm into force, after the one of the same algorithm before it; its public side.
    pub fn change(
        &mut self,
        algorithm: Algorithm,
        reason: &str,
        log: &LogHandle,
        url: &str,
    ) -> anyhow::Result<VerifierKey> {
        log.catch_up()?;
        let new = match self.announced(algorithm, url)? {
            // An earlier attempt came so far.
            Some(new) => new,
            None => {
                let new = PrivateKey::create(&self.folder, algorithm, &self.origin)?;
                let public = new.verifier(&self.origin)?;
                let mut connection = store::connect(url)?;
                let mut transaction = begin(&mut connection)?;
                transaction.append_leaf(announcement(&public, KeyChange::Begun, reason)?)?;
                for old in self.ring.current() {
                    if old.algorithm() == algorithm {
                        let leaf = announcement(old, KeyChange::Retired, reason)?;
                        transaction.append_leaf(leaf)?;
                    }
                }
                transaction.commit()?;
                self.private.push(new.clone());
                new
            }
        };
        log.catch_up()?;
        let public = new.verifier(&self.origin)?;
        self.ring.begin(public.clone(), log.log().size())?;
        log.reseal(self.seals()?)?;
        self.publish()?;
        Ok(public)
    }

    /// A private key that was announced in the log and is not in force yet.
    fn announced(&self, algorithm: Algorithm, url: &str) -> anyhow::Result<Option<PrivateKey>> {
        let mut connection = store::connect(url)?;
        let known = |public: &VerifierKey| self.ring.terms().iter().any(|term| term.key == *public);
        for key in &self.private {
            let public = key.verifier(&self.origin)?;
            if public.algorithm() != algorithm || known(&public) {
                continue;
            }
            // An announcement is among the last leaves: no hub has served since.
            let leaves = store::submissions::last_leaves(&mut connection, 1024)?;
            let text = public.to_string();
            let names =
                |leaf: &Vec<u8>| leaf::decode::<LogKey>(leaf).is_ok_and(|leaf| leaf.key == text);
            if leaves.iter().any(names) {
                return Ok(Some(key.clone()));
            }
        }
        Ok(None)
    }
}

fn announcement(key: &VerifierKey, change: KeyChange, reason: &str) -> anyhow::Result<Vec<u8>> {
    Ok(leaf::encode(&LogKey {
        change,
        key: key.to_string(),
        reason: reason.to_owned(),
        at: Instant::now().text(),
    })?)
}

/// Reads the published list of keys of a data folder.
pub fn published(data: &Path) -> anyhow::Result<Keyring> {
    let path = data.join(PUBLIC);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    text.parse().with_context(|| path.display().to_string())
}
