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
#[expect(clippy::struct_field_names, reason = "the words of the configuration")]
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

/// What to do instead of asking for what is not built in, for whoever configures a hub.
pub const WITHOUT_OPENSSL: &str = "a connection without TLS, SCRAM, OAUTHBEARER or Kerberos, which this build has not (librdkafka without OpenSSL): \
     PLAINTEXT or SASL_PLAINTEXT with PLAIN, through a TLS tunnel where the network is not trusted \
     本程序的 Kafka 客户端不含 TLS、SCRAM、OAUTHBEARER、Kerberos：请用 PLAINTEXT 或 SASL_PLAINTEXT（PLAIN），网络不可信时经 TLS 隧道连接";

/// The first option that asks for what librdkafka can do with OpenSSL or Kerberos only.
pub fn beyond_this_build(options: &BTreeMap<String, String>) -> Option<(&str, &str)> {
    let asks = |name: &str, value: &str| match name {
        "security.protocol" => value.to_ascii_lowercase().ends_with("ssl"),
        "sasl.mechanism" | "sasl.mechanisms" => !value.eq_ignore_ascii_case("PLAIN"),
        _ => {
            name.starts_with("ssl.")
                || name.starts_with("sasl.oauthbearer.")
                || name.starts_with("sasl.kerberos.")
        }
    };
    let mut options = options
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    options.find(|(name, value)| asks(name, value))
}

impl Kafka {
    /// What the types alone cannot say: key, whether it holds, what is expected.
    pub(super) fn conditions(&self) -> [(&'static str, bool, &'static str); 7] {
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
                "kafka.options",
                beyond_this_build(&self.options).is_none(),
                WITHOUT_OPENSSL,
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
