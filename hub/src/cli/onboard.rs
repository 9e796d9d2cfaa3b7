//! `hub sources add --sandbox` and `hub sources promote`: a source on its way from the sandbox into production.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::folder::Folder;
use super::{keys, said};
use crate::certificate::Held;
use crate::leaf;
use crate::pipeline::Instant;
use crate::store::access::Role;
use crate::store::onboarding::{self, Onboarding};
use crate::store::transaction::begin;

/// Makes a key for the sandbox, and writes down that the source has one.
pub fn sandbox(folder: &Folder, id: &str) -> anyhow::Result<bool> {
    let (_, mut connection) = folder.open()?;
    if onboarding::find(&mut connection, id)?.is_none() {
        let row = Onboarding {
            source: id.to_owned(),
            sandbox_at: Instant::now().millis,
            promoted_at: None,
            promoted_by: None,
            certificate_sha256: None,
            leaf_index: None,
        };
        onboarding::put(&mut connection, &row)?;
    }
    drop(connection);
    keys::make(folder, id, Role::Sandbox)
}

/// Refuses a key for production to a source that is still in the sandbox.
pub fn may_be_added(folder: &Folder, id: &str) -> anyhow::Result<()> {
    let (_, mut connection) = folder.open()?;
    let waits = onboarding::find(&mut connection, id)?.filter(|row| row.promoted_at.is_none());
    anyhow::ensure!(
        waits.is_none(),
        said(
            format!("数据来源“{id}”尚在沙箱，请先转入生产：hub sources promote {id}"),
            format!(
                "source `{id}` is in the sandbox: promote it first, `hub sources promote {id}`"
            ),
        )
    );
    Ok(())
}

/// Lets a source into production, if it holds the certificate that the configuration asks of it: written down with a
/// leaf of the log, then a key is made.
pub fn promote(folder: &Folder, id: &str, by: &str) -> anyhow::Result<bool> {
    let (config, mut connection) = folder.open_existing()?;
    let now = Instant::now();
    let held = Held::new(&config.data, &config.certificates)?;
    held.admit(id, &config.spec.edition, &now.civil.date().to_string())
        .map_err(|error| {
            let message = error.message();
            anyhow::anyhow!(said(message.zh.into_owned(), message.en.into_owned()))
        })?;
    let certificate_sha256 = held.digest(id)?;
    let mut transaction = begin(&mut connection)?;
    let row = onboarding::find(transaction.connection, id)?.with_context(|| {
        said(
            format!("数据来源“{id}”没有沙箱：hub sources add {id} --sandbox"),
            format!("source `{id}` has no sandbox: `hub sources add {id} --sandbox`"),
        )
    })?;
    anyhow::ensure!(
        row.promoted_at.is_none(),
        said(
            format!("数据来源“{id}”已在生产环境；新密钥请用 hub sources add {id}"),
            format!(
                "source `{id}` is in production already; for a new key, `hub sources add {id}`"
            ),
        )
    );
    let mut facts = BTreeMap::from([("change".to_owned(), "promoted".to_owned())]);
    facts.extend(
        certificate_sha256
            .clone()
            .map(|sha256| ("certificate_sha256".to_owned(), sha256)),
    );
    let leaf = leaf::encode(&leaf::Operator {
        action: leaf::operator::Action::SourceChanged,
        by: by.to_owned(),
        about: id.to_owned(),
        facts,
        at: now.text(),
    })?;
    let leaf_index = transaction.append_leaf(leaf)?;
    let row = Onboarding {
        promoted_at: Some(now.millis),
        promoted_by: Some(by.to_owned()),
        certificate_sha256,
        leaf_index: Some(leaf_index),
        ..row
    };
    onboarding::put(transaction.connection, &row)?;
    transaction.commit()?;
    drop(connection);
    eprintln!("来源 {id} 已转入生产 / {id} is in production");
    keys::make(folder, id, Role::Source)
}
