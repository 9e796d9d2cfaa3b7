//! A topic of Kafka: one message an event, through an idempotent producer.
//!
//! The key of a message is what is to be kept in order, so a deal stays in one partition, and one batch of a deal is
//! under way at a time. A batch is taken over when every message of it is confirmed by all in-sync replicas. After a
//! crash the batch is produced again: consumers tell a repeat by the number of the event, which is a header too.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use spec::Spec;

use super::client::{Asking, Sending, Timeouts, Trouble};
use super::packet::PacketError;
use super::webhook::events;
use super::wire::{Packed, Stamp, Version, Wire};

/// A topic.
pub struct Kafka {
    producer: ThreadedProducer<Reports>,
    topic: String,
    patience: Duration,
    spec: &'static Spec,
}

/// Tells whoever waits what became of a message.
struct Reports;

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Sender<Result<(), KafkaError>>>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiting: Self::DeliveryOpaque) {
        let outcome = match result {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error.clone()),
        };
        // Who does not wait any more counts the batch as failed, and produces it again.
        drop(waiting.send(outcome));
    }
}

/// One line of a packet: a message.
#[derive(serde::Deserialize)]
struct Line {
    event: i64,
    order: String,
}

impl Kafka {
    /// A producer for a topic.
    pub fn new(
        brokers: &str,
        topic: &str,
        timeouts: Timeouts,
        spec: &'static Spec,
    ) -> Result<Self, KafkaError> {
        let patience = timeouts.request.as_millis().to_string();
        let producer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "5")
            .set("message.timeout.ms", &patience)
            .set("socket.timeout.ms", &patience)
            .create_with_context(Reports)?;
        Ok(Kafka {
            producer,
            topic: topic.to_owned(),
            patience: timeouts.request,
            spec,
        })
    }

    fn produce(&self, packet: &[u8]) -> Result<usize, String> {
        let deadline = Instant::now() + self.patience * 2;
        let (told, reports) = channel();
        let mut messages = 0;
        for line in packet
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let named: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
            let id = named.event.to_string();
            let headers = OwnedHeaders::new().insert(Header {
                key: "event",
                value: Some(&id),
            });
            let mut record = BaseRecord::with_opaque_to(&self.topic, Box::new(told.clone()))
                .key(&named.order)
                .payload(line)
                .headers(headers);
            loop {
                match self.producer.send(record) {
                    Ok(()) => break,
                    Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back))
                        if Instant::now() < deadline =>
                    {
                        record = back;
                        // Room comes with the next confirmation.
                        std::thread::park_timeout(Duration::from_millis(5));
                    }
                    Err((error, _)) => return Err(error.to_string()),
                }
            }
            messages += 1;
        }
        drop(told);
        for _ in 0..messages {
            let left = deadline.saturating_duration_since(Instant::now());
            match reports.recv_timeout(left) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(error.to_string()),
                Err(_) => return Err("not every message was confirmed in time".to_owned()),
            }
        }
        Ok(messages)
    }
}

impl Wire for Kafka {
    fn pack(&self, _: Stamp, versions: Vec<Version>) -> Result<Packed, PacketError> {
        let (mut packed, events) = events(self.spec, versions);
        for event in &events {
            serde_json::to_writer(&mut packed.packet, event).map_err(std::io::Error::from)?;
            packed.packet.push(b'\n');
        }
        Ok(packed)
    }

    fn send(&self, _: i64, packet: &[u8]) -> Sending {
        match self.produce(packet) {
            Ok(messages) => Sending::Taken(format!("{messages} confirmed by {}", self.topic)),
            Err(why) => Sending::Trouble(Trouble::sick(why)),
        }
    }

    fn ask(&self, _: i64) -> Asking {
        Asking::Unknown
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // What is not confirmed is produced again after the next start: no use in waiting for it.
        self.producer
            .purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
    }
}
