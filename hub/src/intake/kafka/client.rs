//! What both clients, the one that reads and the one that replies, are made from.

use rdkafka::ClientConfig;
use rdkafka::client::DefaultClientContext;
use rdkafka::config::FromClientConfig as _;
use rdkafka::consumer::BaseConsumer;
use rdkafka::producer::FutureProducer;

use crate::config::Kafka;
use crate::intake::IntakeError;

/// Settings of a connection.
#[derive(Clone)]
pub struct Client {
    base: ClientConfig,
    group: String,
    queued_kbytes: usize,
}

impl Client {
    /// Reads the settings, and the password from its file.
    pub fn new(settings: &Kafka) -> Result<Client, IntakeError> {
        let mut base = ClientConfig::new();
        base.set("bootstrap.servers", &settings.brokers)
            .set("client.id", "exchange-hub")
            .set("reconnect.backoff.max.ms", "5000")
            .set("topic.metadata.refresh.interval.ms", "10000");
        for (name, value) in &settings.options {
            base.set(name, value);
        }
        let password = if settings.password_file.is_empty() {
            settings.password.clone()
        } else {
            let file = &settings.password_file;
            let text = std::fs::read_to_string(file).map_err(|source| IntakeError::Secret {
                file: file.clone(),
                source,
            })?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        };
        if !password.is_empty() {
            base.set("sasl.password", password);
        }
        Ok(Client {
            base,
            group: settings.group.clone(),
            queued_kbytes: (settings.batch_bytes / 1024 * 2).max(1024),
        })
    }

    /// Whether partitions are shared in a group, or all are read here.
    pub fn shares(&self) -> bool {
        !self.group.is_empty()
    }

    /// Settings of the client that reads.
    pub fn reader(&self) -> ClientConfig {
        let mut config = self.base.clone();
        // Without a group nothing asks the broker for one; the client wants a name all the same.
        let group = if self.shares() {
            &self.group
        } else {
            "exchange-hub"
        };
        config
            .set("group.id", group)
            // The store says where to go on, and nothing else does.
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("statistics.interval.ms", "5000")
            // What the client fetches ahead is bounded, whatever the number of partitions.
            .set("queued.max.messages.kbytes", self.queued_kbytes.to_string())
            .set("queued.min.messages", "1000");
        config
    }

    /// Settings of the client that replies: each reply in order, not lost, not doubled by the client's own retries.
    pub fn writer(&self) -> ClientConfig {
        let mut config = self.base.clone();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "5")
            .set("message.timeout.ms", "30000");
        config
    }

    /// Whether the client takes these settings.
    pub fn check(&self) -> Result<(), IntakeError> {
        let refused = |error: rdkafka::error::KafkaError| IntakeError::Client(error.to_string());
        BaseConsumer::from_config(&self.reader()).map_err(refused)?;
        drop(FutureProducer::<DefaultClientContext>::from_config(&self.writer()).map_err(refused)?);
        Ok(())
    }
}
