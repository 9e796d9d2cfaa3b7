//! How each source of the demo sends: by the first of the ways in that its profile names, over HTTP by the carrier that
//! fits its form. Nothing here knows a source by its name.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use adapters::{Profile, WireFormat};
use anyhow::Context as _;
use serde_json::{Value, json};

use super::part::{self, Running};
use super::{Pushed, key};
use crate::config::Kafka;
use crate::intake::kafka::produce;
use crate::store::exchange::{self, Filled};

/// How a source sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// One request a file.
    Http,
    /// Several files in a request, as `multipart/form-data`.
    Multipart,
    /// In pieces that can be resumed.
    Upload,
    /// Into the watched folder.
    Folder,
    /// As rows of an exchange database, which the hub reads.
    Database,
    /// As messages of a topic, which the hub reads.
    Kafka,
}

impl Way {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Way::Http => "HTTP",
            Way::Multipart => "HTTP multipart",
            Way::Upload => "HTTP 断点续传 resumable (tus)",
            Way::Folder => "监视目录 watched folder",
            Way::Database => "交换库 exchange database",
            Way::Kafka => "Kafka",
        }
    }

    /// The way of a source, where Kafka may be at hand.
    fn of(profile: &Profile, kafka: bool) -> Way {
        match profile.ways.first().map(String::as_str) {
            Some("folder") => Way::Folder,
            Some("database") => Way::Database,
            Some("kafka") if kafka => Way::Kafka,
            _ => match profile.wire.format {
                WireFormat::Zip => Way::Multipart,
                WireFormat::Ndjson => Way::Upload,
                _ => Way::Http,
            },
        }
    }
}

/// Everything about how the sources send.
pub struct Ways {
    ways: Vec<(String, Way)>,
    /// Sources that would send by Kafka.
    pub without: Vec<String>,
    kafka: Option<(Kafka, String)>,
    front: PathBuf,
    databases: Vec<Value>,
}

impl Ways {
    /// Plans how each source sends, and fills the exchange databases: they are there before a hub looks at them.
    pub fn plan(data: &Path, sources: &[Pushed], brokers: Option<&str>) -> anyhow::Result<Ways> {
        let profiles = adapters::embedded()?;
        // Another demo at the same broker must not meet the messages of this one.
        let kafka = brokers.map(|brokers| -> anyhow::Result<_> {
            let mut settings = crate::config::Config::load(data, None, &[])?.kafka;
            brokers.clone_into(&mut settings.brokers);
            Ok((settings, format!("demo-{}", uuid::Uuid::now_v7().simple())))
        });
        let mut plan = Ways {
            ways: Vec::new(),
            without: Vec::new(),
            kafka: kafka.transpose()?,
            front: data.join("front"),
            databases: Vec::new(),
        };
        for source in sources {
            let profile = profiles.iter().find(|profile| profile.id == source.id);
            let profile = profile.with_context(|| format!("no profile of {}", source.id))?;
            let way = Way::of(profile, plan.kafka.is_some());
            if way != Way::Kafka && profile.ways.first().is_some_and(|first| first == "kafka") {
                plan.without.push(source.id.clone());
            }
            match (way, &plan.kafka) {
                (Way::Database, _) => plan.databases.push(database(data, source, profile)?),
                (Way::Kafka, Some((settings, name))) => {
                    produce::topic(settings, &format!("{name}-{}", source.id))?;
                }
                _ => {}
            }
            plan.ways.push((source.id.clone(), way));
        }
        Ok(plan)
    }

    /// The way of a source.
    pub fn way(&self, source: &str) -> Way {
        let mut ways = self.ways.iter();
        ways.find(|(id, _)| id == source)
            .map_or(Way::Http, |(_, way)| *way)
    }

    /// The sections of the hub's configuration that its ways in need.
    pub fn configuration(&self) -> String {
        let front = json!(self.front.display().to_string());
        let mut text = format!(
            "[folders]\nbase = {front}\nsettle_ms = 300\npoll_ms = 100\n\
             [pull]\ninterval_ms = 500\nlook_back_ms = 0\ndatabases = [{}]\n",
            list(&self.databases)
        );
        if let Some((settings, name)) = &self.kafka {
            let topics: Vec<Value> = self
                .ways
                .iter()
                .filter(|(_, way)| *way == Way::Kafka)
                .map(|(source, _)| json!({ "topic": format!("{name}-{source}"), "source": source }))
                .collect();
            let brokers = json!(settings.brokers);
            let topics = list(&topics);
            text += &[
                "[kafka]\nbrokers = ",
                &brokers.to_string(),
                "\ntopics = [",
                &topics,
                "]\n",
            ]
            .concat();
        }
        text
    }

    /// Begins to send what a source has; none when the hub fetches it by itself.
    pub fn push(&self, url: &str, data: &Path, source: &Pushed) -> anyhow::Result<Option<Running>> {
        let key = key(data, &["sources", "add", &source.id])?;
        let keys = data.join("demo-keys");
        std::fs::create_dir_all(&keys)?;
        let key_file = keys.join(&source.id);
        std::fs::write(&key_file, key)?;
        let extra: &[&str] = match self.way(&source.id) {
            Way::Http => &[],
            Way::Multipart => &["--multipart"],
            Way::Upload => &["--upload-above", "0"],
            Way::Folder => {
                self.drop_files(source)?;
                return Ok(None);
            }
            Way::Kafka => {
                self.produce(source)?;
                return Ok(None);
            }
            Way::Database => return Ok(None),
        };
        let receipts = receipts(data, &source.id);
        let mut arguments = vec!["submit".to_owned()];
        arguments.extend(source.files.iter().map(|file| file.display().to_string()));
        arguments.extend(["--url".to_owned(), url.to_owned()]);
        arguments.extend(["--key-file".to_owned(), key_file.display().to_string()]);
        arguments.extend(["--receipts".to_owned(), receipts.display().to_string()]);
        arguments.extend(extra.iter().map(|&word| word.to_owned()));
        let log = data.join(format!("submit-{}.log", source.id));
        Running::start(&arguments, &log).map(Some)
    }

    /// Puts the files of a source into its inbox, each whole under another name first.
    fn drop_files(&self, source: &Pushed) -> anyhow::Result<()> {
        let inbox = self.front.join(&source.id).join("inbox");
        let until = Instant::now() + Duration::from_secs(30);
        while !inbox.is_dir() {
            anyhow::ensure!(Instant::now() < until, "{}: not made", inbox.display());
            std::thread::sleep(Duration::from_millis(20));
        }
        for file in &source.files {
            let name = file.file_name().unwrap_or_default();
            let begun = inbox.join(format!("{}.part", name.to_string_lossy()));
            std::fs::copy(file, &begun)?;
            std::fs::rename(&begun, inbox.join(name))?;
        }
        Ok(())
    }

    /// Sends the files of a source as messages: the name of a file says the data set, where its content does not.
    fn produce(&self, source: &Pushed) -> anyhow::Result<()> {
        let (settings, name) = self.kafka.as_ref().context("no broker")?;
        let mut messages = Vec::new();
        for file in &source.files {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            messages.push(produce::Message {
                dataset: stem.split('-').nth(2).map(str::to_owned),
                key: stem.clone().into_owned(),
                body: std::fs::read(file)?,
            });
        }
        produce::send(settings, &format!("{name}-{}", source.id), &messages)?;
        Ok(())
    }

    /// Gathers the receipts of those that no `hub submit` kept: they lie beside the files of the watched folder, and
    /// sources whose rows or messages the hub fetched ask for them.
    pub fn gather(&self, url: &str, data: &Path) -> anyhow::Result<()> {
        for (source, way) in &self.ways {
            match way {
                Way::Http | Way::Multipart | Way::Upload => {}
                Way::Folder => self.copy(source, &receipts(data, source))?,
                Way::Kafka | Way::Database => fetch(url, data, source)?,
            }
        }
        Ok(())
    }

    /// Copies the receipts beside the files of a watched folder.
    fn copy(&self, source: &str, to: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(self.front.join(source).join("done"))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".receipt.json") {
                std::fs::copy(&path, to.join(name.as_ref()))?;
            }
        }
        Ok(())
    }
}

/// Asks for all receipts of a source, with its own key.
fn fetch(url: &str, data: &Path, source: &str) -> anyhow::Result<()> {
    let key = std::fs::read_to_string(data.join("demo-keys").join(source))?;
    let to = receipts(data, source);
    std::fs::create_dir_all(&to)?;
    let listed = part::get(&format!("{url}/v1/submissions?limit=1000"), key.trim())?;
    let items = listed.get("items").and_then(Value::as_array);
    for item in items.into_iter().flatten() {
        let id = item.get("id").and_then(Value::as_str);
        let id = id.unwrap_or_default();
        let receipt = part::get(&format!("{url}/v1/receipts/{id}"), key.trim())?;
        let file = to.join(format!("{id}.receipt.json"));
        std::fs::write(file, receipt.to_string())?;
    }
    Ok(())
}

/// Where the receipts of a source are kept.
pub fn receipts(data: &Path, source: &str) -> PathBuf {
    data.join("receipts").join(source)
}

/// Tables of TOML on one line.
fn list(tables: &[Value]) -> String {
    let tables = tables.iter().filter_map(Value::as_object).map(|table| {
        let members: Vec<String> = table
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        format!("{{ {} }}", members.join(", "))
    });
    tables.collect::<Vec<String>>().join(", ")
}

/// Fills the exchange database of a source as its profile says that it is, and says where it is. The last word of a
/// file's name is the data set of its rows.
fn database(data: &Path, source: &Pushed, profile: &Profile) -> anyhow::Result<Value> {
    let mut tables: Vec<Filled> = Vec::new();
    let mut held: Vec<&str> = Vec::new();
    for pull in &profile.pull {
        for (name, dataset) in &pull.tables {
            held.push(dataset);
            tables.push(Filled {
                name: name.clone(),
                key: pull.key.clone(),
                watermark: pull.watermark.clone(),
                rows: Vec::new(),
            });
        }
    }
    for file in &source.files {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let dataset = stem.rsplit('-').next().unwrap_or_default();
        let place = held.iter().position(|held| *held == dataset);
        let table = place.and_then(|place| tables.get_mut(place));
        let table = table.with_context(|| format!("{}: no table of {dataset}", source.id))?;
        for line in std::fs::read_to_string(file)?.lines() {
            table.rows.push(serde_json::from_str(line)?);
        }
    }
    let path = data.join(format!("exchange-{}.db", source.id));
    exchange::fill(&path, &tables)?;
    Ok(json!({ "source": source.id, "url": path.display().to_string() }))
}
