//! A destination as its file describes it: one TOML in the folder of destinations, named after it. Adding one adds a
//! file and touches nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use spec::Spec;

use super::Settings;
use super::client::BATCH;
use super::pace::Window;
use super::retry::Backoff;
use crate::sources::Sources;
use crate::store::owing::Rule;

/// The file of a destination cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// It cannot be read.
    #[error("目的地文件无法读取 / the file of a destination cannot be read: {}", path.display())]
    Read {
        /// Folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("{}: {what}", path.display())]
    Content {
        /// File.
        path: PathBuf,
        /// What is wrong, and what is expected.
        what: String,
    },
}

/// What is sent where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// A subscriber over HTTP, as Standard Webhooks says.
    Webhook {
        /// Where it listens.
        url: String,
    },
    /// A topic of Kafka.
    Kafka {
        /// Addresses of brokers, with commas between them.
        brokers: String,
        /// The topic.
        topic: String,
        /// Further options of librdkafka, such as those of a login.
        #[serde(default)]
        options: BTreeMap<String, String>,
        /// File that holds the password of the login.
        #[serde(default)]
        password_file: Option<PathBuf>,
    },
    /// Another platform that speaks as the national one does.
    National(Remote),
}

/// A platform that speaks as the national one does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// Where it listens.
    pub url: String,
    /// Edition in which it is spoken to.
    pub edition: String,
    /// Identifier of the sender.
    pub sender: String,
    /// Public keys (C2SP vkey) that sign its answers.
    #[serde(default)]
    pub keys: Vec<String>,
    /// File of the authorities that vouch for its TLS certificate.
    #[serde(default)]
    pub ca: String,
}

impl Target {
    /// The word for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Target::Webhook { .. } => "webhook",
            Target::Kafka { .. } => "kafka",
            Target::National(_) => "national",
        }
    }
}

/// Which records it is owed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Column codes or numbers of data sets; none: all.
    pub datasets: Vec<String>,
    /// Beginnings of region codes of sources; none: all.
    pub regions: Vec<String>,
    /// Sources; none: all.
    pub sources: Vec<String>,
    /// Data sets that do not wait behind others.
    pub urgent: Vec<String>,
}

/// How fast, and when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// Delivery hours in China, such as 08:00-20:00; empty: always.
    pub window: String,
    /// Records a second; 0: as many as it takes.
    pub rate: u32,
    /// Records in a batch.
    pub batch: usize,
    /// Batches under way at once.
    pub concurrency: usize,
    /// Longest wait for an answer, in milliseconds.
    pub timeout_ms: u64,
    /// First wait before a batch is sent again, in milliseconds; it doubles, with jitter.
    pub backoff_base_ms: u64,
    /// Longest such wait, in milliseconds.
    pub backoff_max_ms: u64,
    /// Attempts after which a batch waits for an operator.
    pub attempts: u32,
    /// Failures in a row that open the circuit breaker.
    pub breaker_failures: u32,
    /// How long it stays open, in milliseconds.
    pub breaker_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            window: String::new(),
            rate: 0,
            batch: 100,
            concurrency: 2,
            timeout_ms: 10_000,
            backoff_base_ms: 500,
            backoff_max_ms: 60_000,
            attempts: 500,
            breaker_failures: 5,
            breaker_ms: 5_000,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    target: Target,
    #[serde(default)]
    filter: Filter,
    #[serde(default)]
    pace: Pace,
    /// `now`, `beginning`, or a day.
    #[serde(default)]
    start: Option<String>,
}

/// From when on a new destination is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// What becomes current from now on.
    Now,
    /// What was received at this instant or later, milliseconds since 1970 UTC.
    At(i64),
}

/// A destination, checked.
#[derive(Debug, Clone)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// What is sent where.
    pub target: Target,
    /// What it is owed.
    pub rule: Rule,
    /// From when on, when it is new.
    pub begin: Begin,
    /// How it is served.
    pub settings: Settings,
}

/// Reads all destinations of a folder, in order of their names; a folder that is not there holds none.
pub fn read_folder(
    folder: &Path,
    spec: &Spec,
    sources: &Sources,
) -> Result<Vec<Description>, DescriptionError> {
    let unread = |path: &Path| {
        let path = path.to_owned();
        move |source| DescriptionError::Read { path, source }
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unread(folder)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(unread(folder))?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut all = Vec::with_capacity(paths.len());
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(unread(&path))?;
        let name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let read = parse(&name, &text, spec, sources);
        all.push(read.map_err(|what| DescriptionError::Content { path, what })?);
    }
    Ok(all)
}

/// Reads one destination; what is wrong is said in both languages.
pub fn parse(
    name: &str,
    text: &str,
    spec: &Spec,
    sources: &Sources,
) -> Result<Description, String> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty()
        || name.len() > 40
        || !name.chars().all(sound)
        || name == crate::store::NATIONAL
    {
        return Err(format!(
            "“{name}”不能作目的地名称：应为 1 至 40 个小写字母、数字或“-”，且不是 national / `{name}` is not the name of a destination: expected 1 to 40 lower-case letters, digits, `-`, and not `national`"
        ));
    }
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    check(&file)?;
    let rule = Rule {
        projected: matches!(file.target, Target::National(_)),
        datasets: some(numbers(spec, &file.filter.datasets)?),
        sources: senders(&file.filter, sources)?,
        urgent: numbers(spec, &file.filter.urgent)?,
    };
    let pace = &file.pace;
    let defaults = Settings::new(name);
    let window = Some(pace.window.as_str()).filter(|text| !text.is_empty());
    let window = window.map(str::parse::<Window>).transpose();
    let settings = Settings {
        batch: pace.batch,
        in_flight: pace.concurrency,
        timeouts: super::client::Timeouts {
            request: Duration::from_millis(pace.timeout_ms),
            ..defaults.timeouts
        },
        backoff: Backoff {
            base: Duration::from_millis(pace.backoff_base_ms),
            max: Duration::from_millis(pace.backoff_max_ms),
        },
        attempts: i32::try_from(pace.attempts).unwrap_or(i32::MAX),
        breaker: super::breaker::Thresholds {
            failures: pace.breaker_failures,
            open_for: Duration::from_millis(pace.breaker_ms),
        },
        window: window.map_err(|error| format!("pace.window: {error}"))?,
        rate: pace.rate,
        ..defaults
    };
    Ok(Description {
        name: name.to_owned(),
        begin: begin(file.start.as_deref())?,
        target: file.target,
        rule,
        settings,
    })
}

fn check(file: &File) -> Result<(), String> {
    let url = match &file.target {
        Target::Webhook { url } | Target::National(Remote { url, .. }) => Some(url),
        Target::Kafka { brokers, topic, .. } => {
            if brokers.is_empty() || topic.is_empty() {
                return Err("target.brokers、target.topic 不得为空 / must not be empty".to_owned());
            }
            None
        }
    };
    if let Some(url) = url
        && !url.starts_with("http://")
        && !url.starts_with("https://")
    {
        return Err(format!(
            "target.url 为“{url}”，应以 http:// 或 https:// 开头 / is `{url}`, expected an http:// or https:// address"
        ));
    }
    let pace = &file.pace;
    if !(1..=BATCH).contains(&pace.batch) || !(1..=64).contains(&pace.concurrency) {
        return Err("pace.batch 应为 1 至 5000，pace.concurrency 应为 1 至 64 / expected pace.batch 1 to 5000, pace.concurrency 1 to 64".to_owned());
    }
    Ok(())
}

fn begin(start: Option<&str>) -> Result<Begin, String> {
    match start {
        None | Some("now") => Ok(Begin::Now),
        Some("beginning") => Ok(Begin::At(0)),
        Some(day) => crate::report::parse_instant("start", day, false)
            .map(Begin::At)
            .map_err(|error| error.to_string()),
    }
}

fn some<T>(set: BTreeSet<T>) -> Option<BTreeSet<T>> {
    Some(set).filter(|set| !set.is_empty())
}

fn numbers(spec: &Spec, names: &[String]) -> Result<BTreeSet<i32>, String> {
    let find = |name: &String| {
        let mut editions = spec.editions.iter().rev();
        let found = editions.find_map(|edition| edition.dataset(name));
        found
            .map(|dataset| i32::from(dataset.code))
            .ok_or_else(|| format!("filter: 没有数据集“{name}” / there is no data set `{name}`"))
    };
    names.iter().map(find).collect()
}

/// The sources that the filter names or whose region it names; none: all.
fn senders(filter: &Filter, sources: &Sources) -> Result<Option<BTreeSet<String>>, String> {
    if filter.sources.is_empty() && filter.regions.is_empty() {
        return Ok(None);
    }
    if let Some(unknown) = filter.sources.iter().find(|id| sources.get(id).is_none()) {
        return Err(format!(
            "filter.sources: 没有来源“{unknown}” / there is no source `{unknown}`"
        ));
    }
    let here = |region: &str| {
        filter.regions.is_empty() || filter.regions.iter().any(|begin| region.starts_with(begin))
    };
    let named = |id: &String| filter.sources.is_empty() || filter.sources.contains(id);
    let fitting: BTreeSet<String> = sources
        .all()
        .into_iter()
        .map(|source| &source.profile)
        .filter(|profile| here(&profile.region) && named(&profile.id))
        .map(|profile| profile.id.clone())
        .collect();
    if fitting.is_empty() {
        return Err("filter: 没有符合条件的来源 / no source fits the filter".to_owned());
    }
    Ok(Some(fitting))
}
