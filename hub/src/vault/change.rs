//! How a new master key comes into force: kept beside the old one; made known to the database; every key wrapped anew;
//! the old one out of force; the old one destroyed. Durable step by step: begun again, it goes on where it stopped, and
//! at no moment is anything encrypted under a key that is not kept.
//!
//! What lies in backups or in the remains of deleted rows is wrapped by the old key. With the old key it is gone.

use std::sync::Arc;

use spec::Spec;

use super::renew::{Renewed, renew};
use super::{file, given, introduce};
use crate::attachment::Objects;
use crate::config::Config;
use crate::keys::Masters;
use crate::pipeline::{Instant, RawStore};
use crate::sandbox;
use crate::store::transaction::begin;
use crate::store::{self, masters};
use crate::uploads::Uploads;

/// Brings a new master key into force, in a hub and the sandbox beside it; its id. No hub may be serving the database.
pub async fn rotate(config: &Config) -> anyhow::Result<(String, Renewed)> {
    let path = file(config);
    let own_file = config.store.master_key.is_empty();
    let Some(mut masters) = given(config)? else {
        anyhow::bail!(
            "没有主密钥，请先启动一次枢纽 / there is no master key; the first start of a hub makes it"
        );
    };
    if masters.count() == 1 {
        anyhow::ensure!(
            own_file,
            "主密钥由 HUB_STORE_MASTER_KEY 提供：请将新密钥写在前、旧密钥写在后，以逗号分隔，再执行本命令 / the master key \
             comes from HUB_STORE_MASTER_KEY: put the new key before the old one, a comma between them, and run this again"
        );
        masters = masters.add(&path)?;
    }
    masters.admit();
    let id = masters.ids().into_iter().next().unwrap_or_default();
    let mut all = Renewed::default();
    for config in everywhere(config)? {
        let one = under(&config, &masters, &id, None).await?;
        all.records += one.records;
        all.submissions += one.submissions;
        all.refused += one.refused;
        all.attachments += one.attachments;
        all.packets += one.packets;
        all.uploads += one.uploads;
    }
    if own_file {
        masters.settle(&path)?;
    }
    Ok((id, all))
}

/// Encrypts what lies in clear from before there was a master key.
pub async fn seal(config: &Config, specification: &Spec) -> anyhow::Result<Renewed> {
    let (masters, _) = super::open(config)?;
    let id = masters.ids().into_iter().next().unwrap_or_default();
    under(config, &masters, &id, Some(specification)).await
}

/// A hub, and its sandbox when it has one.
fn everywhere(config: &Config) -> anyhow::Result<Vec<Config>> {
    let mut all = vec![config.clone()];
    if config.data.join(sandbox::NAME).is_dir() {
        all.push(sandbox::config(config)?);
    }
    Ok(all)
}

async fn under(
    config: &Config,
    given: &Masters,
    id: &str,
    specification: Option<&Spec>,
) -> anyhow::Result<Renewed> {
    let mut connection = store::connect(&config.database_url())?;
    store::migrate(&mut connection)?;
    let transaction = begin(&mut connection)?;
    let known = masters::list(transaction.connection)?;
    if known.iter().all(|row| row.key_id != id) {
        introduce(transaction.connection, given)?;
    }
    transaction.commit()?;
    let raw = RawStore::open(&config.data.join("raw"))?;
    let files = Objects::open(&config.data.join("attachments"))?;
    let uploads = Uploads::open(&config.data, &config.uploads, Arc::new(given.clone()))?;
    let places = (&raw, &files, &uploads);
    let renewed = renew(&mut connection, places, given, specification).await?;
    if specification.is_none() {
        let transaction = begin(&mut connection)?;
        masters::retire_others(transaction.connection, id, Instant::now().millis)?;
        transaction.commit()?;
    }
    Ok(renewed)
}
