//! `hub keys`: keys of readers made, all keys listed and retired.

mod master;

use anyhow::Context as _;

use super::Form;
use super::folder::Folder;
use crate::keychange::LogKeys;
use crate::keys::api;
use crate::leaf::operator::Action;
use crate::leaf::{self, LeafError, Operator};
use crate::pipeline::Instant;
use crate::report::table::{Cell, Table, column};
use crate::sequencer::LogHandle;
use crate::store;
use crate::store::access::{self, Principal, Role};
use crate::store::transaction::begin;
use crate::tlog::Algorithm;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List all keys, without the keys.
    List {
        #[command(flatten)]
        folder: Folder,
        /// Form of the result.
        #[arg(long, value_enum, default_value = "text")]
        format: Form,
    },
    /// Make a key for a reader; it is shown once, as the last line.
    Reader {
        /// Name of the reader.
        name: String,
        /// What the reader may do.
        #[arg(long, value_enum)]
        role: ReaderRole,
        #[command(flatten)]
        folder: Folder,
    },
    /// Retire a key by its number; a hub that is serving refuses it within seconds.
    Retire {
        /// Number of the key, from `hub keys list`.
        id: i64,
        #[command(flatten)]
        folder: Folder,
    },
    /// Bring a new key of the log into force; the one before it signs no more. No hub may be serving the folder.
    Rotate {
        /// What the key computes.
        #[arg(long, value_enum, default_value = "ed25519")]
        algorithm: Seal,
        /// Why, in a word: planned, compromised, …
        #[arg(long, default_value = "planned")]
        reason: String,
        #[command(flatten)]
        folder: Folder,
    },
    /// The master keys, under which personal values are encrypted.
    Master {
        /// What to do.
        #[arg(value_enum)]
        action: master::Action,
        #[command(flatten)]
        folder: Folder,
    },
    /// List the keys of the log, and from which size to which each signs.
    Log {
        #[command(flatten)]
        folder: Folder,
    },
}

/// Algorithms of the keys of a log.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Seal {
    /// Ed25519.
    Ed25519,
    /// SM2 with SM3.
    Sm2,
}

/// Roles of readers.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum ReaderRole {
    /// Reads everything.
    Centre,
    /// Reads everything.
    Auditor,
    /// Reads everything, and acts on deliveries.
    Operator,
    /// A destination of this name: reads what it is owed, and acknowledges it.
    Subscriber,
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<bool> {
    match command {
        Command::List { folder, format } => list(folder, *format),
        Command::Reader { name, role, folder } => {
            let role = match role {
                ReaderRole::Centre => Role::Centre,
                ReaderRole::Auditor => Role::Auditor,
                ReaderRole::Operator => Role::Operator,
                ReaderRole::Subscriber => Role::Subscriber,
            };
            make(folder, name, role)
        }
        Command::Retire { id, folder } => {
            let (_, mut connection) = folder.open_existing()?;
            let mut transaction = begin(&mut connection)?;
            anyhow::ensure!(
                access::retire(transaction.connection, *id, Instant::now().millis)?,
                super::said(
                    format!("没有有效的密钥 {id}"),
                    format!("there is no key {id} in force"),
                )
            );
            let leaf = acted(Action::KeyRetired, &id.to_string(), &[])?;
            transaction.append_leaf(leaf)?;
            transaction.commit()?;
            eprintln!("密钥 {id} 已停用 / key {id} is retired");
            Ok(true)
        }
        Command::Rotate {
            algorithm,
            reason,
            folder,
        } => rotate(folder, *algorithm, reason),
        Command::Master { action, folder } => master::run(folder, *action),
        Command::Log { folder } => {
            print!("{}", crate::keychange::published(&folder.data)?);
            Ok(true)
        }
    }
}

/// Brings a new key of the log into force.
fn rotate(folder: &Folder, algorithm: Seal, reason: &str) -> anyhow::Result<bool> {
    let (config, connection) = folder.open_existing()?;
    drop(connection);
    let algorithm = match algorithm {
        Seal::Ed25519 => Algorithm::Ed25519,
        Seal::Sm2 => Algorithm::Sm2,
    };
    let _lock = crate::app::lock(&config.data)?;
    let url = config.database_url();
    let mut keys = LogKeys::open(&config)?;
    let readers = store::Readers::open(&url, 2)?;
    let folder = crate::app::log_folder(&config);
    let (log, _) = LogHandle::open(&folder, &config.log.origin, keys.seals()?, readers)?;
    let key = keys.change(algorithm, reason, &log, &url)?;
    eprintln!(
        "{}",
        super::said(
            "新密钥已生效；请将 log.pub 分发给审计方与见证方，旧回执仍可验证",
            "the new key is in force; hand log.pub to auditors and witnesses; old receipts still verify"
        )
    );
    println!("{key}");
    Ok(true)
}

/// Makes a key and prints it, once.
pub fn make(folder: &Folder, name: &str, role: Role) -> anyhow::Result<bool> {
    anyhow::ensure!(
        !name.is_empty()
            && name.len() <= 64
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
        super::said(
            format!("“{name}”不能作名称：应为 1 至 64 个字母、数字、“-”、“_”或“.”"),
            format!("`{name}` is not a name: expected 1 to 64 letters, digits, `-`, `_`, `.`"),
        )
    );
    let (_, mut connection) = folder.open()?;
    let (key, hash) =
        api::new_api_key(name).context(super::said("无法生成密钥", "cannot make a key"))?;
    let mut transaction = begin(&mut connection)?;
    let holds = |key: &Principal| key.name == name && key.role == role && key.retired_at.is_none();
    let admitted = role == Role::Source && !access::list(transaction.connection)?.iter().any(holds);
    let now = Instant::now().millis;
    let id = access::add(transaction.connection, name, role, &hash, now)?;
    let facts = [("role", role.name()), ("name", name)];
    transaction.append_leaf(acted(Action::KeyMade, &id.to_string(), &facts)?)?;
    if admitted {
        let facts = [("change", "admitted")];
        transaction.append_leaf(acted(Action::SourceStanding, name, &facts)?)?;
    }
    transaction.commit()?;
    eprintln!(
        "请妥善保存，仅显示一次 / key {id} of {} {name}: keep it, it is not shown again",
        role.name()
    );
    println!("{key}");
    Ok(true)
}

/// The leaf of something that was done on the command line.
pub fn acted(action: Action, about: &str, facts: &[(&str, &str)]) -> Result<Vec<u8>, LeafError> {
    let facts = facts.iter();
    let facts = facts.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    leaf::encode(&Operator {
        action,
        by: "command line".to_owned(),
        about: about.to_owned(),
        facts: facts.collect(),
        at: Instant::now().text(),
    })
}

fn list(folder: &Folder, format: Form) -> anyhow::Result<bool> {
    let (_, mut connection) = folder.open_existing()?;
    let keys = access::list(&mut connection)?;
    match format {
        Form::Json => println!("{}", serde_json::to_string(&keys)?),
        Form::Text => print!("{}", table(&keys).text()),
    }
    Ok(true)
}

fn table(keys: &[Principal]) -> Table {
    let instant = |millis: i64| Instant::from_millis(millis).text();
    let rows = keys
        .iter()
        .map(|key| {
            vec![
                Cell::Number(key.id),
                key.role.name().into(),
                key.name.as_str().into(),
                instant(key.created_at).into(),
                key.retired_at.map(instant).into(),
            ]
        })
        .collect();
    let columns = vec![
        column("id", "编号 id"),
        column("role", "角色 role"),
        column("name", "名称 name"),
        column("created_at", "创建 created"),
        column("retired_at", "停用 retired"),
    ];
    Table {
        name: "keys",
        zh: "密钥",
        columns,
        rows,
        total: None,
    }
}
