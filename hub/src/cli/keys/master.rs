//! `hub keys master`: the master keys listed and changed, and what lies in clear encrypted.

use crate::cli::folder::Folder;
use crate::cli::said;
use crate::pipeline::Instant;
use crate::report::table::{Table, column};
use crate::store::masters;
use crate::vault::change;
use crate::{app, vault};

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Action {
    /// Show which master keys the database knows, and which were given.
    List,
    /// Bring a new master key into force, and destroy the old one. No hub may be serving the database.
    Rotate,
    /// Encrypt personal values that lie in clear from before there was a master key. No hub may be serving the database.
    Seal,
}

/// Runs the command.
pub fn run(folder: &Folder, action: Action) -> anyhow::Result<bool> {
    let config = folder.config(Vec::new())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    match action {
        Action::List => list(folder),
        Action::Rotate => {
            let _lock = app::lock(&config.data)?;
            let (id, renewed) = runtime.block_on(change::rotate(&config))?;
            eprintln!(
                "{}",
                said(
                    format!(
                        "新主密钥已生效，旧主密钥已销毁；{} 条记录、{} 份原始报文的密钥已重新加密。请更新主密钥的备份",
                        renewed.records, renewed.submissions
                    ),
                    format!(
                        "the new master key is in force, the old one destroyed; keys of {} records and {} submissions were \
                         wrapped anew. Renew your copy of the master key",
                        renewed.records, renewed.submissions
                    )
                )
            );
            println!("{id}");
            Ok(true)
        }
        Action::Seal => {
            let (config, connection) = folder.open_existing()?;
            drop(connection);
            let _lock = app::lock(&config.data)?;
            let specification = app::load_spec(&config)?;
            let renewed = runtime.block_on(change::seal(&config, specification))?;
            println!("{}", serde_json::to_string(&renewed)?);
            Ok(true)
        }
    }
}

fn list(folder: &Folder) -> anyhow::Result<bool> {
    let (config, mut connection) = folder.open_existing()?;
    let given = vault::given(&config)?.map(|given| given.ids());
    let given = given.unwrap_or_default();
    let instant = |millis: i64| Instant::from_millis(millis).text();
    let rows = masters::list(&mut connection)?
        .into_iter()
        .map(|row| {
            let here = given.contains(&row.key_id);
            vec![
                row.key_id.into(),
                instant(row.created_at).into(),
                row.retired_at.map(instant).into(),
                if here { "yes" } else { "no" }.into(),
            ]
        })
        .collect();
    let table = Table {
        name: "master_keys",
        zh: "主密钥",
        columns: vec![
            column("key_id", "编号 id"),
            column("created_at", "启用 in force"),
            column("retired_at", "停用 retired"),
            column("given", "已提供 given"),
        ],
        rows,
        total: None,
    };
    print!("{}", table.text());
    Ok(true)
}
