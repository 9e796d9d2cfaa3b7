//! A real broker on a port of its own, with its log on disk; and a client to make topics, to produce and to read.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::Message as _;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// Longest wait for anything of the broker.
pub const LONG: Duration = Duration::from_mins(1);

/// A running broker.
pub struct Broker {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

/// A message as it was read.
#[derive(Debug, Clone)]
pub struct Read {
    /// Its key as text.
    pub key: String,
    /// Its content.
    pub body: Vec<u8>,
    /// Its header `id`.
    pub id: String,
}

fn program() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"),
        PathBuf::from,
    );
    let program = cache.join("exchange-hub-tests/bin/tansu");
    assert!(
        program.exists(),
        "{} is missing: run `make servers`, which builds it",
        program.display()
    );
    program
}

fn spawn(port: u16, folder: &tempfile::TempDir) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.path().join("broker.log"))
        .expect("a log file");
    Command::new(program())
        .args([
            "broker",
            "--silent",
            "--storage-engine",
            "sqlite://broker.db",
        ])
        .args(["--listener-url", &format!("tcp://127.0.0.1:{port}")])
        .args([
            "--advertised-listener-url",
            &format!("tcp://127.0.0.1:{port}"),
        ])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log file"))
        .stderr(log)
        .spawn()
        .expect("the broker starts")
}

fn config(address: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", address)
        .set("reconnect.backoff.max.ms", "200");
    config
}

/// Sends messages (key, content) and waits until the broker has them all. No content: a tombstone.
pub fn produce(address: &str, topic: &str, messages: &[(&str, Option<&[u8]>)]) {
    let producer: BaseProducer = config(address)
        .set("enable.idempotence", "true")
        .set("message.timeout.ms", "60000")
        .create()
        .expect("a client");
    for (key, body) in messages {
        let mut record = BaseRecord::to(topic).headers(OwnedHeaders::new());
        if !key.is_empty() {
            record = record.key(*key);
        }
        if let Some(body) = body {
            record = record.payload(*body);
        }
        producer.send(record).expect("queued");
    }
    producer.flush(LONG).expect("the broker has them");
}

impl Broker {
    /// Starts a broker and waits until it answers.
    pub fn start() -> Broker {
        let folder = tempfile::Builder::new()
            .prefix("hub-kafka-")
            .tempdir()
            .expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let child = spawn(port, &folder);
        let broker = Broker {
            child,
            port,
            folder,
        };
        broker.wait();
        broker
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Takes it away.
    pub fn kill(&mut self) {
        self.child.kill().expect("the broker is killed");
        self.child.wait().expect("the broker has ended");
    }

    /// Brings it back, with what it held.
    pub fn restart(&mut self) {
        self.child = spawn(self.port, &self.folder);
        self.wait();
    }

    fn wait(&self) {
        let client: BaseConsumer = self.config().create().expect("a client");
        let started = Instant::now();
        while client
            .fetch_metadata(None, Duration::from_millis(500))
            .is_err()
        {
            assert!(
                started.elapsed() < LONG,
                "the broker does not answer: {}",
                std::fs::read_to_string(self.folder.path().join("broker.log")).unwrap_or_default()
            );
        }
    }

    fn config(&self) -> ClientConfig {
        config(&self.address())
    }

    /// Makes a topic.
    pub fn topic(&self, name: &str, partitions: i32) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().expect("a client");
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        let options = AdminOptions::new().operation_timeout(Some(LONG));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let made = runtime
            .block_on(admin.create_topics([&topic], &options))
            .expect("the broker answers");
        assert!(made.iter().all(Result::is_ok), "{made:?}");
    }

    /// Sends messages, as [`produce`] does.
    pub fn produce(&self, topic: &str, messages: &[(&str, Option<&[u8]>)]) {
        produce(&self.address(), topic, messages);
    }

    /// Reads a topic from its beginning until `enough` says so of what was read.
    pub fn read(&self, topic: &str, enough: impl Fn(&[Read]) -> bool) -> Vec<Read> {
        let client: BaseConsumer = self
            .config()
            .set("group.id", "reader")
            .set("enable.auto.commit", "false")
            .create()
            .expect("a client");
        let started = Instant::now();
        let mut read = Vec::new();
        let mut known = BTreeSet::new();
        while !enough(&read) {
            assert!(started.elapsed() < LONG, "{topic}: only {read:#?}");
            let metadata = client.fetch_metadata(Some(topic), LONG).expect("metadata");
            let there: BTreeSet<i32> = metadata
                .topics()
                .iter()
                .filter(|found| found.error().is_none())
                .flat_map(|found| {
                    found
                        .partitions()
                        .iter()
                        .map(rdkafka::metadata::MetadataPartition::id)
                })
                .collect();
            if there != known {
                let mut list = TopicPartitionList::new();
                for partition in &there {
                    list.add_partition_offset(topic, *partition, Offset::Beginning)
                        .expect("a partition");
                }
                client.assign(&list).expect("assigned");
                known = there;
                read.clear();
            }
            while let Some(polled) = client.poll(Duration::from_millis(200)) {
                let Ok(message) = polled else { continue };
                let text = |bytes: Option<&[u8]>| {
                    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
                };
                let id = message.headers().and_then(|headers| {
                    let found = headers.iter().find(|header| header.key == "id")?;
                    Some(text(found.value))
                });
                read.push(Read {
                    key: text(message.key()),
                    body: message.payload().unwrap_or_default().to_vec(),
                    id: id.unwrap_or_default(),
                });
            }
        }
        read
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
