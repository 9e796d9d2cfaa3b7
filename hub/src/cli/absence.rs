//! `hub prove-absence`: commits to what is held, shows that a record or a submission was not, and checks such proofs.

use std::path::PathBuf;

use anyhow::Context as _;

use super::folder::Folder;
use super::{receipt, said};
use crate::absence::proof::{Shown, show};
use crate::absence::{Subject, commit};
use crate::app;
use crate::pipeline::raw::Stored;
use crate::pipeline::{Instant, RawStore};
use crate::report::parse_instant;
use crate::store::transaction::begin;
use crate::store::{Database, commitments, erasures, submissions};
use crate::tlog::{Hash, Keys as _, Proof, Storage, prove_inclusion};

/// A proof to be made, or what else can be done.
#[derive(Debug, clap::Args)]
#[command(subcommand_negates_reqs = true)]
pub struct Arguments {
    /// Data set (number or column code); with --submission, the source.
    #[arg(required = true)]
    first: Option<String>,
    /// Business key, its parts joined with |; with --submission, the source's own number of the submission.
    #[arg(required = true)]
    second: Option<String>,
    /// It is a submission that is asked for, not a record.
    #[arg(long)]
    submission: bool,
    /// By the latest commitment at or before the end of this day, or this instant.
    #[arg(long, value_name = "DAY", required = true)]
    date: Option<String>,
    /// Where to write the proof; otherwise it is printed.
    #[arg(short, long, value_name = "FILE.json")]
    output: Option<PathBuf>,
    #[command(flatten)]
    folder: Folder,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What else can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check a proof offline.
    Verify {
        /// The proof.
        file: PathBuf,
        /// Public key of the log: a file such as log.pub, or the vkey itself.
        #[arg(long, value_name = "LOG.pub")]
        key: String,
    },
    /// Commit to what is held now; a serving hub does so for every day by itself.
    Commit {
        #[command(flatten)]
        folder: Folder,
    },
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    match &arguments.command {
        Some(Command::Verify { file, key }) => verify(file, key),
        Some(Command::Commit { folder }) => make(folder),
        None => prove(arguments),
    }
}

fn make(folder: &Folder) -> anyhow::Result<bool> {
    let (config, mut connection) = folder.open_existing()?;
    let specification = app::load_spec(&config)?;
    let raw = RawStore::open(&config.data.join("raw"))?;
    let until = Instant::now().millis;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let ready = runtime.block_on(commit::prepare(&mut connection, specification, &raw, until))?;
    let mut transaction = begin(&mut connection)?;
    let place = commit::write(&mut transaction, ready)?;
    transaction.commit()?;
    println!("日志位置 / leaf {place}");
    Ok(true)
}

fn prove(wanted: &Arguments) -> anyhow::Result<bool> {
    let date = wanted.date.as_deref().unwrap_or_default();
    let (config, mut connection) = wanted.folder.open_existing()?;
    let specification = app::load_spec(&config)?;
    let about = about(wanted, specification)?;
    if let Some(leaf) = erased(&mut connection, specification, &about)? {
        // A list from after the erasure does not name it: it must not be made to say that nothing was ever held.
        anyhow::bail!(said(
            format!(
                "该记录曾被接收，其个人信息后已依法删除（日志条目 {leaf}）：不能证明其未被接收"
            ),
            format!(
                "the record was held, and its personal data was erased since (leaf {leaf} of the log): it cannot be shown \
                 that it was not"
            )
        ));
    }
    let until = parse_instant("--date", date, true)?;
    let row = commitments::latest(&mut connection, until)?.with_context(|| {
        said(
            format!(
                "{date} 及以前没有每日清单：运行中的枢纽次日零点后自动生成；也可现在执行 hub prove-absence commit \
                 --data {0}，再以今天的日期查询",
                config.data.display()
            ),
            format!(
                "there is no daily list at or before {date}: a serving hub makes one after each midnight; or make one \
                 now with `hub prove-absence commit --data {0}` and ask with today's date",
                config.data.display()
            ),
        )
    })?;
    let leaf = submissions::leaf(&mut connection, row.leaf_index)?
        .with_context(|| said("日志记录缺失", "the leaf is missing"))?;
    let list = match about {
        Subject::Record { .. } => &row.records_list,
        Subject::Submission { .. } => &row.submissions_list,
    };
    let name = Hash::from_hex(&crate::tlog::hash::hex(list))?;
    let raw = RawStore::open(&config.data.join("raw"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let bytes = runtime.block_on(raw.get(&Stored::archived(name)))?;
    let (chunks, _) = bytes.as_chunks::<32>();
    let list: Vec<Hash> = chunks.iter().map(|entry| Hash::new(*entry)).collect();
    let own = receipt::read_key(&config.data.join("log.pub").display().to_string())?;
    let storage = Storage::new(app::log_folder(&config));
    let signed = storage
        .read_checkpoint()?
        .context(said("日志尚未发布", "the log is not published yet"))?;
    let checkpoint = own.open(&signed)?;
    let index = row.leaf_index as u64;
    let proof = Proof {
        extra: None,
        index,
        path: prove_inclusion(index, checkpoint.size, &|tile| storage.read_tile(tile)).context(
            said(
                "该承诺尚未发布，请稍后再试",
                "the commitment is not published yet, try again in a second",
            ),
        )?,
        checkpoint: String::from_utf8_lossy(&signed).into_owned(),
    };
    let shown = show(
        about,
        &row.salt,
        &list,
        String::from_utf8(leaf)?,
        proof.to_string(),
    );
    let text = serde_json::to_string_pretty(&shown)?;
    match &wanted.output {
        Some(path) => {
            std::fs::write(path, text).with_context(|| path.display().to_string())?;
            println!("{}: {}", path.display(), word(shown.held));
        }
        None => println!("{text}"),
    }
    if shown.held {
        eprintln!(
            "{}",
            said(
                format!("该日已收到，此证明不能用于证明未收：{}", word(true)),
                format!(
                    "it was held at that date: this proves no absence: {}",
                    word(true)
                )
            )
        );
    }
    // 1: what was asked for, a proof of absence, is not what came out.
    Ok(!shown.held)
}

/// The leaf at which a record was erased that was held under the key.
fn erased(
    connection: &mut Database,
    specification: &spec::Spec,
    about: &Subject,
) -> anyhow::Result<Option<i64>> {
    let Subject::Record { dataset, key } = about else {
        return Ok(None);
    };
    let held = crate::evidence::Subject::Record(dataset.to_string(), key.clone());
    for version in held.versions(specification, connection)? {
        if let Some(erasure) = erasures::of(connection, version.id)? {
            return Ok(Some(erasure.leaf_index));
        }
    }
    Ok(None)
}

fn about(wanted: &Arguments, specification: &spec::Spec) -> anyhow::Result<Subject> {
    let first = wanted.first.clone().unwrap_or_default();
    let second = wanted.second.clone().unwrap_or_default();
    if wanted.submission {
        return Ok(Subject::Submission {
            source: first,
            submission: second,
        });
    }
    let mut editions = specification.editions.iter().rev();
    let dataset = editions.find_map(|edition| edition.dataset(&first));
    let dataset = dataset.with_context(|| {
        said(
            format!("没有数据集“{first}”"),
            format!("there is no data set `{first}`"),
        )
    })?;
    Ok(Subject::Record {
        dataset: dataset.code,
        key: second,
    })
}

fn verify(file: &std::path::Path, key: &str) -> anyhow::Result<bool> {
    let key = receipt::read_key(key)?;
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let shown: Shown = serde_json::from_slice(&bytes)
        .with_context(|| said("不是未收证明", "not a proof of absence"))?;
    match shown.verify(&key) {
        Ok(commitment) => println!(
            "有效 / good · {}: {}, {} · {} records, {} submissions",
            word(shown.held),
            serde_json::to_string(&shown.about)?,
            commitment.until,
            commitment.records,
            commitment.submissions
        ),
        Err(fault) => {
            println!("无效 / NOT good · {}: {}", fault.place, fault.what);
            return Ok(false);
        }
    }
    Ok(true)
}

fn word(held: bool) -> &'static str {
    if held {
        "已收 / HELD"
    } else {
        "未收 / NOT held"
    }
}
