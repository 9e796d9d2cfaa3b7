//! `hub sources signer`: the public keys with which a source signs its manifests; each change is a leaf of the log.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

use crate::app;
use crate::cli::folder::Folder;
use crate::cli::said;
use crate::leaf;
use crate::leaf::operator::Action;
use crate::pipeline::Instant;
use crate::store::signers::{self, SignerRow};
use crate::store::transaction::begin;
use crate::tlog::{Algorithm, VerifierKey};

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Identifier of the source.
    id: String,
    /// Its public key (C2SP vkey, Ed25519 or SM2), or a file that holds it. The key bears the name of the source.
    key: String,
    /// Take the key out of force instead.
    #[arg(long)]
    retire: bool,
    /// Who decides.
    #[arg(long, value_name = "NAME", default_value = "command line")]
    by: String,
    #[command(flatten)]
    folder: Folder,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let id = arguments.id.as_str();
    let text = if Path::new(&arguments.key).is_file() {
        std::fs::read_to_string(&arguments.key).with_context(|| arguments.key.clone())?
    } else {
        arguments.key.clone()
    };
    let key: VerifierKey = text.trim().parse().with_context(|| {
        said(
            format!("“{}”不是公钥（name+hash+key）", arguments.key),
            format!("`{}` is no vkey (name+hash+key)", arguments.key),
        )
    })?;
    anyhow::ensure!(
        key.name() == id && key.algorithm() != Algorithm::Cosignature,
        said(
            format!("公钥名为“{}”，应为来源“{id}”的签名公钥", key.name()),
            format!(
                "the key is `{}`, expected a signing key named `{id}`",
                key.name()
            ),
        )
    );
    let (config, mut connection) = arguments.folder.open_existing()?;
    let sources = app::load_sources(&config, app::load_spec(&config)?)?;
    anyhow::ensure!(
        sources.all().iter().any(|source| source.profile.id == id),
        said(
            format!("没有数据来源“{id}”"),
            format!("there is no source `{id}`"),
        )
    );
    let now = Instant::now();
    let vkey = key.to_string();
    let mut transaction = begin(&mut connection)?;
    let change = if arguments.retire {
        "signer_retired"
    } else {
        "signer_added"
    };
    let facts = BTreeMap::from([
        ("change".to_owned(), change.to_owned()),
        ("key".to_owned(), vkey.clone()),
    ]);
    let leaf = leaf::encode(&leaf::Operator {
        action: Action::SourceChanged,
        by: arguments.by.clone(),
        about: id.to_owned(),
        facts,
        at: now.text(),
    })?;
    let leaf_index = transaction.numbers.leaf;
    let row = SignerRow {
        source: id.to_owned(),
        vkey: vkey.clone(),
        added_at: now.millis,
        retired_at: None,
        leaf_index,
    };
    let changed = if arguments.retire {
        signers::retire(transaction.connection, id, &vkey, now.millis)?
    } else {
        signers::add(transaction.connection, &row)?
    };
    anyhow::ensure!(
        changed,
        if arguments.retire {
            said("该公钥未登记或已停用", "the key is not in force")
        } else {
            said(
                "该公钥已登记过；停用后不得再启用",
                "the key was registered before; a retired one does not come back",
            )
        }
    );
    transaction.append_leaf(leaf)?;
    transaction.commit()?;
    println!("{vkey}");
    Ok(true)
}
