//! `hub demo`: the main job end to end on this machine, by the same program and the same interfaces that
//! everybody else uses: a hub and a national platform as processes of their own, and every source that has fixtures, in its
//! own dialect and by its own way in ([`ways`]).
//!
//! Exits 0 only if the books balance and the proofs hold.

mod balance;
mod close;
mod ending;
mod part;
mod watch;
mod ways;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;

use self::balance::Books;
use self::ending::Ending;
use self::part::Part;
use self::ways::{Way, Ways};
use super::said;
use crate::config::Config;

/// What can be chosen.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folder for the demo's data; must be new. Default: a fresh temporary folder.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Folder of the fixtures.
    #[arg(long, default_value = "fixtures")]
    pub fixtures: PathBuf,
    /// Keep hub and simulator running until ctrl-C.
    #[arg(long)]
    pub serve: bool,
    /// Addresses of a Kafka broker, for the sources that send by it; without it they send over HTTP.
    #[arg(long, value_name = "URL")]
    pub kafka: Option<String>,
    /// Faults of the simulated national platform, as for `hub simulate national --fail`.
    #[arg(
        long,
        default_value = "5xx=0.05,drop_after_commit=0.02,lost_answer=0.02"
    )]
    pub fail: String,
}

/// What the demo's hub is configured with.
const CONFIGURATION: &str = "# The fixtures say 20 November 2026; judged by today's clock all of them would come late.\n\
    [spec]\nmuted_rules = [\"all.timely_*\"]\n";

/// How many witnesses must have cosigned.
const QUORUM: usize = 2;

/// The keys of the witnesses, one a line.
const WITNESSES: &str = "witnesses.pub";

/// Longest wait until enough witnesses have cosigned.
const COSIGNING: Duration = Duration::from_secs(20);

/// Runs the demo; true when everything is as it should be.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let sources = sources(&arguments.fixtures)?;
    let data = match &arguments.data {
        Some(data) if data.join("hub.db").exists() => {
            anyhow::bail!("{} holds a hub already", data.display())
        }
        Some(data) => data.clone(),
        None => tempfile::Builder::new()
            .prefix("hub-demo-")
            .tempdir()?
            .keep(),
    };
    let ending = Ending::listen()?;
    println!("公共资源交易数据交换枢纽 · 演示 / exchange hub, demo");
    std::fs::create_dir_all(&data)?;
    let ways = Ways::plan(&data, &sources, arguments.kafka.as_deref())?;
    let configuration = format!("{CONFIGURATION}{}", ways.configuration());
    let (hub, national, witnesses) = start(&data, &arguments.fail, &sources, &configuration)?;
    println!("hub                 {}", hub.url);
    println!("national simulator  {}", national.url);
    for witness in &witnesses {
        println!("witness             {}", witness.url);
    }
    println!("folder              {}", data.display());
    println!();

    let reader = key(&data, &["keys", "reader", "demo", "--role", "centre"])?;
    ways_told(&sources, &ways);
    let (mut pushes, mut fetched) = (Vec::new(), Vec::new());
    for source in &sources {
        match ways.push(&hub.url, &data, source)? {
            Some(running) => pushes.push(running),
            None => fetched.push((source.id.clone(), source.records)),
        }
    }
    let outcome = watch::until_settled(&hub.url, &reader, (pushes, &fetched), &ending)?;
    anyhow::ensure!(!ending.is_asked(), said("演示被中止", "the demo was ended"));
    ways.gather(&hub.url, &data)?;
    println!(
        "（价格类数据集不转报国家平台，待关联记录暂不转报 / prices are not forwarded, nor is what waits）"
    );
    issues(&hub.url, &reader)?;

    let mut books = Books::default();
    books.sources(&outcome.table, &sources_sent(&data, &sources, &ways)?);
    books.national(&part::get(&format!("{}/summary", national.url), "")?);
    books.settled(outcome.settled, outcome.failed_pushes);
    proofs(&data, &hub.url, &reader, &mut books)?;
    close::day(&data, &hub.url, &national.url, &ids(&sources), &mut books)?;
    let good = books.print();
    places(&data);
    if arguments.serve {
        println!(
            "枢纽运行于 / running at {}，按 Ctrl-C 停止 / until ctrl-C",
            hub.url
        );
        println!("  读者密钥 / reader key  {reader}");
        println!("  例如 / for example:");
        println!(
            "  curl -s -H 'Authorization: Bearer {reader}' {}/v1/reports/exchange",
            hub.url
        );
        hub.wait(&ending)?;
    }
    Ok(good)
}

/// One source's folder of fixtures.
struct Pushed {
    id: String,
    files: Vec<PathBuf>,
    /// Records in them, as the list beside them says.
    records: i64,
}

fn ids(sources: &[Pushed]) -> Vec<String> {
    sources.iter().map(|source| source.id.clone()).collect()
}

fn sources(fixtures: &Path) -> anyhow::Result<Vec<Pushed>> {
    let folder = fixtures.join("sources");
    let entries = std::fs::read_dir(&folder).with_context(|| {
        format!(
            "{}: start the demo in the project's folder, or say --fixtures",
            folder.display()
        )
    })?;
    let mut sources = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        let mut files = Vec::new();
        for file in std::fs::read_dir(&path)? {
            let file = file?.path();
            if file.is_file() && file.file_name().is_some_and(|name| name != "expected.json") {
                files.push(file);
            }
        }
        files.sort();
        let id = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let listed = std::fs::read(path.join("expected.json"))?;
        let listed: Value = serde_json::from_slice(&listed)?;
        let records = watch::figure(&listed, "records");
        sources.push(Pushed { id, files, records });
    }
    sources.sort_by(|a, b| a.id.cmp(&b.id));
    anyhow::ensure!(!sources.is_empty(), "{} holds no source", folder.display());
    Ok(sources)
}

/// Starts the simulator with the hub's public key, then the hub with the simulator's address.
fn start(
    data: &Path,
    fail: &str,
    sources: &[Pushed],
    configuration: &str,
) -> anyhow::Result<(Part, Part, Vec<Part>)> {
    std::fs::write(data.join("hub.toml"), configuration)?;
    let config = Config::load(data, None, &[])?;
    crate::keychange::LogKeys::open(&config)?;
    let public = data.join("log.pub").display().to_string();
    let mut simulate = vec![
        "simulate",
        "national",
        "--listen",
        "127.0.0.1:0",
        "--key",
        &public,
    ];
    if !fail.is_empty() {
        simulate.extend(["--fail", fail]);
    }
    let national = Part::start("national", &simulate, &data.join("national.log"))?;
    // What the platform says counts only over its signature.
    let key = part::text(&format!("{}/key", national.url), "")?;
    let configuration = format!("{configuration}[national]\nkeys = [\"{}\"]\n", key.trim());
    let folder = data.display().to_string();
    let serve = [
        "serve",
        "--data",
        &folder,
        "--listen",
        "127.0.0.1:0",
        "--national",
        &national.url,
    ];
    let witnesses = witnesses(data, &public, sources, &configuration)?;
    let hub = Part::start("hub", &serve, &data.join("hub.log"))?;
    Ok((hub, national, witnesses))
}

/// Starts three witnesses, each played by one of the sources, and has the hub ask for two of three cosignatures.
fn witnesses(
    data: &Path,
    public: &str,
    sources: &[Pushed],
    configuration: &str,
) -> anyhow::Result<Vec<Part>> {
    let (mut parts, mut lines, mut keys) = (Vec::new(), Vec::new(), String::new());
    for source in sources.iter().take(3) {
        let folder = data.join("witnesses").join(&source.id);
        std::fs::create_dir_all(&folder)?;
        let (folder, name) = (
            folder.display().to_string(),
            format!("{}.witness.example", source.id),
        );
        let listen = ["--listen", "127.0.0.1:0", "--name", &name];
        let arguments = ["log", "witness", "--data", &folder, "--log", public];
        let arguments: Vec<&str> = arguments.into_iter().chain(listen).collect();
        let log = data.join(format!("witness-{}.log", source.id));
        let part = Part::start("witness", &arguments, &log)?;
        let key = part::text(&format!("{}/key", part.url), "")?;
        lines.push(format!("\"{} {}\"", part.url, key.trim()));
        keys.extend([key.trim(), "\n"]);
        parts.push(part);
    }
    std::fs::write(data.join(WITNESSES), keys)?;
    let quorum = lines.len().min(QUORUM);
    let lines = lines.join(", ");
    let log = format!("{configuration}[log]\nwitnesses = [{lines}]\nquorum = {quorum}\n");
    std::fs::write(data.join("hub.toml"), log)?;
    Ok(parts)
}

/// Runs a command that prints a key as its last line.
fn key(data: &Path, command: &[&str]) -> anyhow::Result<String> {
    let folder = data.display().to_string();
    let arguments: Vec<&str> = command.iter().copied().chain(["--data", &folder]).collect();
    let printed = part::run(&arguments)?.succeeded()?;
    Ok(printed
        .trim_end()
        .lines()
        .last()
        .unwrap_or_default()
        .trim()
        .to_owned())
}

/// Says by which way each source sends.
fn ways_told(sources: &[Pushed], ways: &Ways) {
    for source in sources {
        println!("{:<18}  {}", source.id, ways.way(&source.id).name());
    }
    if !ways.without.is_empty() {
        println!(
            "未指定 --kafka，{} 改用 HTTP 报送 / without --kafka these send over HTTP",
            ways.without.join("、")
        );
    }
    println!();
}

/// Records that the receipts of each source account for: the sender's side of the books. A source whose rows or
/// messages are fetched holds no receipts: it knows what it laid ready.
fn sources_sent(
    data: &Path,
    sources: &[Pushed],
    ways: &Ways,
) -> anyhow::Result<Vec<(String, u64)>> {
    let mut sent = Vec::new();
    for source in sources {
        if matches!(ways.way(&source.id), Way::Database | Way::Kafka) {
            sent.push((source.id.clone(), source.records.unsigned_abs()));
            continue;
        }
        let mut records = 0;
        for entry in std::fs::read_dir(ways::receipts(data, &source.id))? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(".receipt.json") {
                let receipt: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
                records += receipt
                    .pointer("/counts/records")
                    .and_then(Value::as_u64)
                    .unwrap_or_default();
            }
        }
        sent.push((source.id.clone(), records));
    }
    Ok(sent)
}

/// The ten commonest findings, one example each.
fn issues(url: &str, reader: &str) -> anyhow::Result<()> {
    let report = part::get(&format!("{url}/v1/reports/issues?limit=10"), reader)?;
    println!();
    println!("最常见的十类问题 / the ten commonest findings");
    let text = |row: &Value, member: &str| match row.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    for (place, row) in (1..).zip(
        report
            .get("rows")
            .and_then(Value::as_array)
            .into_iter()
            .flatten(),
    ) {
        let code = text(row, "code");
        println!(
            "{place:>3}. {code}  {}  ×{}  {}{}",
            text(row, "rule"),
            text(row, "count"),
            text(row, "dataset"),
            text(row, "path")
        );
        if let Some(example) = example(url, reader, row, &code)? {
            println!("     {example}");
        }
    }
    Ok(())
}

fn example(url: &str, reader: &str, row: &Value, code: &str) -> anyhow::Result<Option<String>> {
    let Some(id) = row.get("example_submission").and_then(Value::as_str) else {
        return Ok(None);
    };
    let listed = part::get(
        &format!("{url}/v1/submissions/{id}/issues?format=json"),
        reader,
    )?;
    let found = listed
        .get("issues")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|issue| {
            issue.get("code").and_then(Value::as_str) == Some(code)
                && issue.get("path") == row.get("path")
        });
    Ok(found.map(|issue| {
        let part = |pointer: &str| match issue.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        format!(
            "{id} {}:{}  {}（{} → {}）",
            part("/line"),
            part("/column"),
            part("/message/zh"),
            part("/found"),
            part("/expected")
        )
    }))
}

/// Verifies the log and one receipt, offline; the receipt with the cosignatures of the witnesses.
fn proofs(data: &Path, hub: &str, reader: &str, books: &mut Books) -> anyhow::Result<()> {
    let folder = data.display().to_string();
    let log = part::run(&["log", "verify", "--data", &folder])?;
    books.proof("log verify", log.success, &log.stdout);
    let kept = std::fs::read_dir(data.join("receipts"))?
        .filter_map(|entry| std::fs::read_dir(entry.ok()?.path()).ok()?.next()?.ok())
        .map(|entry| entry.path())
        .min()
        .context("no receipt was kept")?;
    let kept: Value = serde_json::from_slice(&std::fs::read(kept)?)?;
    let id = kept.get("id").and_then(Value::as_str).unwrap_or_default();
    let path = data.join("receipt.json");
    let text = |name: &str| data.join(name).display().to_string();
    let (receipt, public, witnesses) = (text("receipt.json"), text("log.pub"), text(WITNESSES));
    let verify = ["receipt", "verify", &receipt, "--key", &public];
    let cosigned = ["--witness", &witnesses, "--quorum", &QUORUM.to_string()];
    let started = Instant::now();
    loop {
        // Fetched anew: the proof that came with the first answer was given before the witnesses were asked.
        let fresh = part::get(&format!("{hub}/v1/receipts/{id}"), reader)?;
        std::fs::write(&path, serde_json::to_vec_pretty(&fresh)?)?;
        let checked = part::run(&[&verify, cosigned.as_slice()].concat())?;
        if checked.success || started.elapsed() > COSIGNING {
            books.proof("receipt verify", checked.success, &checked.stdout);
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn places(data: &Path) {
    println!();
    println!("数据位置 / where everything lies");
    for (name, what) in [
        ("hub.db", "database"),
        (
            "raw",
            "raw bytes as received, where they are too large for the database",
        ),
        (
            "log",
            "the published log: a copy of this folder is a full mirror",
        ),
        ("log.pub", "public key of the log"),
        ("receipts", "receipts with their proofs"),
        (
            "receipt.json",
            "one of them, fetched again with the cosignatures of the witnesses",
        ),
        (WITNESSES, "public keys of the witnesses"),
        ("hub.log", "what the hub logged"),
    ] {
        println!("  {:<44} {what}", data.join(name).display());
    }
    if std::io::stdout().is_terminal() {
        println!(
            "  try: hub receipt verify {0}/receipt.json --key {0}/log.pub --witness {0}/{WITNESSES} --quorum {QUORUM}",
            data.display()
        );
    }
}
