//! What lies encrypted, and under which master key: decided when a hub opens its database.
//!
//! The first hub on a database makes the master key, in a file beside the keys of the log, unless one was given in the
//! configuration. From then on the database knows the id of its master key and a text that only this key opens: a hub
//! that comes with another key, or with none, is refused before it reads or writes anything.

pub mod change;
mod renew;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use crate::config::Config;
use crate::keys::{KeyError, LookupKey, Masters, master};
use crate::pipeline::Instant;
use crate::sandbox;
use crate::store::masters::{self, MasterRow};
use crate::store::transaction::begin;
use crate::store::{self, Database, erasures, lookup_keys};

/// What the proof of a master key holds.
const PROOF: &[u8] = b"exchange-hub/master-proof/v1";

/// The file of the master keys. A sandbox lies under the key of the hub that it is beside.
pub fn file(config: &Config) -> PathBuf {
    const NAME: &str = "keys/master.key";
    let beside = config.data.parent().map(|folder| folder.join(NAME));
    beside
        .filter(|path| config.data.ends_with(sandbox::NAME) && path.is_file())
        .unwrap_or_else(|| config.data.join(NAME))
}

/// The master keys that were given: in the configuration or, if nothing is there, in the file.
pub fn given(config: &Config) -> Result<Option<Masters>, KeyError> {
    let path = file(config);
    if config.store.master_key.is_empty() {
        return Masters::load(&path);
    }
    let parsed = Masters::parse(&config.store.master_key);
    parsed.map(Some).ok_or(KeyError::Master {
        path: "store.master_key".into(),
    })
}

/// Opens what was given for reading, for commands that look at a database; what opens nothing is refused.
pub fn admit(config: &Config, connection: &mut Database) -> anyhow::Result<()> {
    let known = masters::list(connection)?;
    if let Some(given) = given(config).context("reading the master key")? {
        given.admit();
        if !known.is_empty() {
            check(config, &known, &given)?;
            if lookup_keys::wrapped(connection)?.is_none() {
                let transaction = begin(connection)?;
                lookup_key(transaction.connection, &given)?;
                transaction.commit()?;
            }
            let lookup = lookup_keys::read(connection)?;
            bring_under(connection, &lookup)?;
        }
    }
    Ok(())
}

/// Opens the master keys of a database for writing, and its look-up key; the first time they are made.
pub fn open(config: &Config) -> anyhow::Result<(Arc<Masters>, LookupKey)> {
    let mut connection = store::connect(&config.database_url())?;
    // Two hubs that meet an empty database make one key: the second waits here, and finds the row of the first.
    let transaction = begin(&mut connection)?;
    let known = masters::list(transaction.connection)?;
    let masters = match given(config).context("reading the master key")? {
        Some(given) => given,
        None if known.is_empty() => {
            Masters::create(&file(config)).context("making the master key")?
        }
        None => anyhow::bail!("{}", missing(config, &known)),
    };
    masters.admit();
    if known.is_empty() {
        introduce(transaction.connection, &masters)?;
    } else {
        check(config, &known, &masters)?;
    }
    let lookup = lookup_key(transaction.connection, &masters)?;
    transaction.commit()?;
    bring_under(&mut connection, &lookup)?;
    Ok((Arc::new(masters), lookup))
}

/// Brings what a database from before the look-up key is searched by under it. What was there is overwritten.
fn bring_under(connection: &mut Database, lookup: &LookupKey) -> anyhow::Result<()> {
    if lookup_keys::is_bare(connection)? {
        erasures::overwrite(connection, true)?;
        let moved = lookup_keys::bring_under(connection, lookup)?;
        erasures::overwrite(connection, false)?;
        erasures::scrub(connection)?;
        tracing::info!(rows = moved, "what records are found by is keyed now");
    }
    Ok(())
}

/// The look-up key of a database; the first time it is drawn. Inside a transaction: two hubs find the same one.
fn lookup_key(connection: &mut Database, masters: &Masters) -> anyhow::Result<LookupKey> {
    if let Some(wrapped) = lookup_keys::wrapped(connection)? {
        return Ok(LookupKey::open(&wrapped)?);
    }
    let (lookup, wrapped) = LookupKey::draw(masters)?;
    lookup_keys::add(connection, &wrapped, Instant::now().millis)?;
    Ok(lookup)
}

/// Writes the first key into the database that is to be encrypted under it.
pub fn introduce(connection: &mut Database, given: &Masters) -> anyhow::Result<()> {
    let key_id = given.ids().into_iter().next().unwrap_or_default();
    let proof = given.seal(PROOF, key_id.as_bytes())?;
    masters::add(
        connection,
        &MasterRow {
            key_id,
            proof,
            created_at: Instant::now().millis,
            retired_at: None,
        },
    )?;
    Ok(())
}

/// Every key in force is among the given ones, and is what it was; the first is known.
fn check(config: &Config, known: &[MasterRow], given: &Masters) -> anyhow::Result<()> {
    let in_force = known.iter().filter(|row| row.retired_at.is_none());
    for row in in_force {
        let opens = master::open(&row.proof, row.key_id.as_bytes());
        anyhow::ensure!(opens.as_deref() == Ok(PROOF), missing(config, known));
    }
    let first = given.ids().into_iter().next().unwrap_or_default();
    anyhow::ensure!(
        known
            .iter()
            .any(|row| row.key_id == first && row.retired_at.is_none()),
        "主密钥 {first} 尚未启用或已停用；更换主密钥请用 hub keys master rotate / master key {first} is not in force in \
         this database; `hub keys master rotate` brings a new one into force"
    );
    Ok(())
}

fn missing(config: &Config, known: &[MasterRow]) -> String {
    let in_force = known.iter().filter(|row| row.retired_at.is_none());
    let ids: Vec<&str> = in_force.map(|row| row.key_id.as_str()).collect();
    let (ids, path) = (ids.join(", "), file(config));
    format!(
        "数据库中的个人信息由主密钥 {ids} 加密，但所给的主密钥不是它；请将原文件放回 {path}（权限 600），或用环境变量 \
         HUB_STORE_MASTER_KEY 提供 / personal values in this database are encrypted under master key {ids}, which is not \
         the one that was given; put its file back as {path} (mode 600), or give it as HUB_STORE_MASTER_KEY",
        path = path.display()
    )
}
