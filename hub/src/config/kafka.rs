//! What is read from Kafka, and by which connection.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// What is read from Kafka.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// Addresses; empty: nothing is read.
    pub brokers: String,
    /// Consumer group; empty: this hub reads all partitions.
    pub group: String,
    /// What is read.
    pub topics: Vec<Topic>,
    /// Password for SASL.
    pub password: String,
    /// File that holds the password.
    pub password_file: String,
    /// Further options of librdkafka.
    pub options: BTreeMap<String, String>,
    /// Messages in flight.
    pub batch: usize,
    /// Bytes in flight.
    pub batch_bytes: usize,
    /// First wait after a fault.
    pub backoff_base_ms: u64,
    /// Longest wait after a fault.
    pub backoff_max_ms: u64,
}

/// A password is never shown.
impl std::fmt::Debug for Kafka {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kafka")
            .field("brokers", &self.brokers)
            .field("group", &self.group)
            .field("topics", &self.topics)
            .finish_non_exhaustive()
    }
}

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its name.
    pub topic: String,
    /// Whose records it carries.
    pub source: String,
    /// Data set of messages that do not say theirs.
    #[serde(default)]
    pub dataset: Option<String>,
    /// Whether a message is one record, named by its key.
    #[serde(default)]
    pub keyed: bool,
    /// Topic for the verdicts.
    #[serde(default)]
    pub reply: Option<String>,
    /// How often the topic was made anew, from 1.
    #[serde(default = "first")]
    pub generation: u32,
}

const fn first() -> u32 {
    1
}

impl Topic {
    /// Where a partition of it stands in `progress`, and what the numbers of its submissions begin with.
    pub fn place(&self, partition: i32) -> String {
        match self.generation {
            0 | 1 => format!("{}/{partition}", self.topic),
            more => format!("{}#{more}/{partition}", self.topic),
        }
    }

    /// Whether a place is of this topic.
    pub fn owns(&self, place: &str) -> bool {
        let (name, _) = place.rsplit_once('/').unwrap_or_default();
        name.split('#').next() == Some(self.topic.as_str())
    }
}

/// Options that the hub sets itself: another value would lose or repeat messages.
const OURS: [&str; 6] = [
    "bootstrap.servers",
    "group.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "acks",
];

impl Kafka {
    /// What the types alone cannot say: key, whether it holds, what is expected.
    pub(super) fn conditions(&self) -> [(&'static str, bool, &'static str); 6] {
        let names: BTreeSet<&str> = self.topics.iter().map(|topic| &*topic.topic).collect();
        let short = |topic: &Topic| (1..=120).contains(&topic.topic.len());
        [
            (
                "kafka.topics",
                names.len() == self.topics.len() && self.topics.iter().all(short),
                "each topic once, named in 1 to 120 characters",
            ),
            (
                "kafka.topics",
                self.brokers.is_empty() || !self.topics.is_empty(),
                "at least one topic, as kafka.brokers is set",
            ),
            (
                "kafka.options",
                OURS.iter().all(|ours| !self.options.contains_key(*ours)),
                "options that the hub does not set itself (brokers, group, offsets, acks)",
            ),
            (
                "kafka.password",
                self.password.is_empty() || self.password_file.is_empty(),
                "either a password or a file with it",
            ),
            ("kafka.batch", self.batch > 0, "at least 1"),
            ("kafka.batch_bytes", self.batch_bytes > 0, "at least 1"),
        ]
    }
}
