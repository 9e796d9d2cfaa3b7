//! Configuration: embedded defaults → `hub.toml` → `HUB_*` → flags, into one checked value.
//!
//! The defaults file is the reference: a key that it does not have is refused, with the place where it was
//! written. Nothing else in the program reads the environment, and nothing is read again after start.

mod close;
mod kafka;
mod layers;
mod pull;
mod secret;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::delivery::client::BATCH;
use crate::delivery::pace::Window;

pub use close::Close;
pub use kafka::{Kafka, Topic, WITHOUT_OPENSSL, beyond_this_build};
pub use layers::ConfigError;
pub use pull::{Pull, PullDatabase};
pub use secret::Secret;

/// The commented defaults, which are the configuration reference too.
pub const DEFAULTS: &str = include_str!("../hub.toml");

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of everything that the hub keeps.
    #[serde(skip)]
    pub data: PathBuf,
    /// Whether the yardstick of the benches is served.
    pub bench: bool,
    /// How requests are taken.
    pub server: Server,
    /// Where records are kept.
    pub store: Store,
    /// What judges.
    pub spec: Specification,
    /// What is refused as too much.
    pub limits: Limits,
    /// Uploads that can be resumed.
    pub uploads: Uploads,
    /// The watched folders.
    pub folders: Folders,
    /// What is read from Kafka.
    pub kafka: Kafka,
    /// What is read from exchange databases.
    pub pull: Pull,
    /// The waiting room.
    pub waiting: Waiting,
    /// Files beside records.
    pub attachments: Attachments,
    /// Sources that fall silent.
    pub silence: Silence,
    /// The transparency log.
    pub log: Log,
    /// The other destinations.
    pub delivery: Delivery,
    /// The national platform.
    pub national: National,
    /// The daily close.
    pub close: Close,
    /// Certificates of conformance.
    pub certificates: Certificates,
    /// What is written to stderr.
    pub telemetry: Telemetry,
}

/// How requests are taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address to listen on.
    pub listen: String,
    /// Threads; 0: one per core.
    pub workers: usize,
    /// Grace for requests in progress at a stop.
    pub shutdown_ms: u64,
    /// Longest silence inside a body.
    pub idle_ms: u64,
}

/// Where records are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// File inside the data folder, or URL of PostgreSQL.
    pub database: String,
    /// Connections for readers.
    pub readers: u32,
    /// Master keys, in place of their file.
    pub master_key: String,
}

/// What judges.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specification {
    /// Folder of editions; empty: embedded.
    pub folder: String,
    /// Folder of profiles; empty: embedded.
    pub sources: String,
    /// Edition of a submission that names none.
    pub edition: String,
    /// Rules that are not judged.
    pub muted_rules: Vec<String>,
    /// One record in so many is held against the published schema too; 0: none.
    pub second_opinion: u64,
}

/// What is refused as too much.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a body as it arrives.
    pub body_bytes: usize,
    /// Bytes after decompression.
    pub decompressed_bytes: usize,
    /// Bytes above which a body or file is judged in parts, from disk.
    pub memory_bytes: usize,
    /// Bytes of such a body or file.
    pub file_bytes: u64,
    /// Records of such a submission.
    pub file_records: u64,
    /// Bodies received to disk at once.
    pub files: usize,
    /// Bytes that one compressed byte may become.
    pub ratio: usize,
    /// Levels of nesting.
    pub depth: usize,
    /// Records of a submission.
    pub records: usize,
    /// Fields of a record.
    pub fields: usize,
    /// Bytes of one value.
    pub value_bytes: usize,
    /// Milliseconds that a sender waits for the commit of what it sent.
    pub answer_ms: u64,
    /// Submissions in progress.
    pub requests: usize,
    /// Of these, by one source.
    pub source_requests: usize,
    /// Submissions of one source per second; 0: no limit.
    pub source_rate: u32,
    /// Submissions that may come at once.
    pub source_burst: u32,
}

/// Uploads that can be resumed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uploads {
    /// Open ones of one source.
    pub per_source: usize,
    /// Their bytes together.
    pub source_bytes: u64,
    /// Hours after which an untouched one goes away.
    pub keep_hours: u32,
}

/// The watched folders.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folders {
    /// Base folder; empty: none is watched.
    pub base: String,
    /// How long a file must not have changed.
    pub settle_ms: u64,
    /// Ending of marker files; empty: none.
    pub marker: String,
    /// How often is looked.
    pub poll_ms: u64,
}

/// The waiting room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Days that a record may wait; below 0: what its edition says.
    pub days: i64,
    /// How often those over it are looked for.
    pub sweep_ms: u64,
}

/// Files beside records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachments {
    /// Most bytes of a file, whatever its type may have.
    pub most_bytes: u64,
    /// Most files of a source under one code.
    pub most_files: i64,
}

/// Sources that fall silent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Working days of silence after which a source is shown as silent whose rhythm is not known.
    pub working_days: u32,
    /// How many times the usual interval a source may be silent, in percent.
    pub tolerance_percent: u32,
}

/// The transparency log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Its name.
    pub origin: String,
    /// Longest wait for a checkpoint.
    pub checkpoint_ms: u64,
    /// Private key in PEM; empty: the files in the folder `keys`.
    pub key: Secret,
    /// Algorithms that sign checkpoints.
    pub seal: Vec<String>,
    /// Witnesses: address and verifier key.
    pub witnesses: Vec<String>,
    /// So many of them must cosign.
    pub quorum: usize,
}

/// The other destinations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Folder of their files.
    pub folder: String,
    /// Retries per hundred first attempts, all destinations together.
    pub retry_percent: u32,
    /// Retries a second that are always allowed, all destinations together.
    pub retries_per_second: u32,
    /// Most retries that are saved up for later.
    pub retries_saved: u32,
}

/// The national platform.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct National {
    /// Address; empty: nothing is forwarded.
    pub url: String,
    /// Edition in which it is spoken to.
    pub edition: String,
    /// Identifier of this province.
    pub sender: String,
    /// Public keys (C2SP vkey) that sign its answers.
    pub keys: Vec<String>,
    /// File of the authorities that vouch for its TLS certificate.
    pub ca: String,
    /// Records in a packet.
    pub batch: usize,
    /// Packets in flight.
    pub concurrency: usize,
    /// Delivery hours in China; empty: always.
    pub window: String,
    /// Records a second; 0: as many as it takes.
    pub rate: u32,
    /// How often work is looked for.
    pub poll_ms: u64,
    /// Longest wait for an answer.
    pub timeout_ms: u64,
    /// First wait before a repetition.
    pub backoff_base_ms: u64,
    /// Longest wait before a repetition.
    pub backoff_max_ms: u64,
    /// Attempts before an operator is needed.
    pub attempts: u32,
    /// Failures in a row that open the breaker.
    pub breaker_failures: u32,
    /// How long it stays open.
    pub breaker_ms: u64,
}

impl National {
    /// The delivery hours; none: always.
    pub fn hours(&self) -> Result<Option<Window>, <Window as FromStr>::Err> {
        let text = Some(self.window.as_str()).filter(|text| !text.is_empty());
        text.map(str::parse).transpose()
    }
}

/// Certificates of conformance.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificates {
    /// Sources that must hold one; `*`: all.
    pub required: Vec<String>,
    /// Public keys of those who may sign one.
    pub keys: Vec<String>,
}

/// What is written to stderr.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Level or filter.
    pub level: String,
    /// For whom.
    pub format: LogFormat,
}

/// Form of the lines on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors.
    Json,
}

/// A value given on the command line, by the name of its key (`server.listen`).
pub type Flag = (&'static str, Option<String>);

impl Config {
    /// What is refused of one document.
    pub fn document_limits(&self) -> adapters::Limits {
        adapters::Limits {
            bytes: self.limits.decompressed_bytes,
            depth: self.limits.depth,
            records: self.limits.records,
            fields: self.limits.fields,
            value: self.limits.value_bytes,
            file: usize::try_from(self.attachments.most_bytes).unwrap_or(usize::MAX),
        }
    }

    /// Reads the configuration of a data folder: its `hub.toml` if there is one, or the named file.
    pub fn load(data: &Path, file: Option<&Path>, flags: &[Flag]) -> Result<Config, ConfigError> {
        let own = data.join("hub.toml");
        let path = file.unwrap_or(&own);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                String::new()
            }
            Err(source) => {
                return Err(ConfigError::Read {
                    file: path.to_owned(),
                    source,
                });
            }
        };
        Config::from_layers(data, (path, &text), std::env::vars(), flags)
    }

    /// The defaults, for a data folder: what tests start from.
    pub fn defaults(data: &Path) -> Result<Config, ConfigError> {
        Config::from_layers(data, (Path::new("hub.toml"), ""), [], &[])
    }

    fn from_layers(
        data: &Path,
        (path, text): (&Path, &str),
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[Flag],
    ) -> Result<Config, ConfigError> {
        let mut layers = layers::Layers::of_defaults(DEFAULTS)?;
        layers.add_file(path, text)?;
        layers.add_environment(environment)?;
        layers.add_flags(flags)?;
        let mut config: Config = layers.build()?;
        data.clone_into(&mut config.data);
        for (key, holds, expected) in config
            .conditions()
            .into_iter()
            .chain(config.kafka.conditions())
            .chain(config.pull.conditions())
        {
            if !holds {
                return Err(layers.fault(key, expected));
            }
        }
        Ok(config)
    }

    /// What the types alone cannot say: key, whether it holds, what is expected.
    fn conditions(&self) -> Vec<(&'static str, bool, &'static str)> {
        let origin = self.log.origin.as_str();
        let url = self.national.url.as_str();
        vec![
            (
                "server.listen",
                self.server.listen.contains(':'),
                "an address and port such as 127.0.0.1:8080",
            ),
            (
                "store.database",
                !self.store.database.is_empty(),
                "a file name or postgres:// URL",
            ),
            ("store.readers", self.store.readers > 0, "at least 1"),
            (
                "limits.body_bytes",
                self.limits.body_bytes > 0,
                "at least 1",
            ),
            (
                "limits.decompressed_bytes",
                self.limits.decompressed_bytes > 0,
                "at least 1",
            ),
            (
                "limits.memory_bytes",
                (1..=self.limits.decompressed_bytes).contains(&self.limits.memory_bytes),
                "at least 1, and at most limits.decompressed_bytes",
            ),
            (
                "limits.file_records",
                (1..=i32::MAX as u64).contains(&self.limits.file_records),
                "1 to 2147483647",
            ),
            ("limits.ratio", self.limits.ratio > 0, "at least 1"),
            ("limits.records", self.limits.records > 0, "at least 1"),
            ("limits.requests", self.limits.requests > 0, "at least 1"),
            (
                "limits.source_requests",
                self.limits.source_requests > 0,
                "at least 1",
            ),
            (
                "log.origin",
                !origin.is_empty() && !origin.contains([' ', '+', '\n']),
                "a name without blanks and `+`",
            ),
            (
                "log.seal",
                self.log.seal.iter().any(|seal| seal == "ed25519")
                    && self
                        .log
                        .seal
                        .iter()
                        .all(|seal| matches!(seal.as_str(), "ed25519" | "sm2")),
                "[\"ed25519\"] or [\"ed25519\", \"sm2\"]",
            ),
            (
                "log.quorum",
                self.log.quorum <= self.log.witnesses.len(),
                "at most the number of log.witnesses",
            ),
            (
                "close.at",
                self.close.is_sound(),
                "a time of day such as 00:30, or nothing",
            ),
            (
                "national.url",
                url.is_empty() || url.starts_with("http://") || url.starts_with("https://"),
                "an http:// or https:// address, or nothing",
            ),
            (
                "national.batch",
                (1..=BATCH).contains(&self.national.batch),
                "1 to 5000: an answer has room for so many",
            ),
            (
                "national.window",
                self.national.hours().is_ok(),
                "delivery hours such as 08:00-20:00, or nothing",
            ),
            (
                "national.concurrency",
                (1..=64).contains(&self.national.concurrency),
                "1 to 64",
            ),
        ]
    }

    /// URL of the database: a file name is one inside the data folder.
    pub fn database_url(&self) -> String {
        let name = &self.store.database;
        if crate::store::is_postgres(name) {
            return name.clone();
        }
        self.data.join(name).to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests;
