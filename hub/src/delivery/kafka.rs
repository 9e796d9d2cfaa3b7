//! A topic of Kafka: one message an event, through an idempotent producer.
//!
//! The key of a message is what is to be kept in order, so a deal stays in one partition, and one batch of a deal is
//! under way at a time. A batch is taken over when every message of it is confirmed by all in-sync replicas.
//!
//! What the protocol gives is at least once: after a crash, or when confirmations were lost, the batch is produced
//! again. A consumer keeps the highest `id` (a header, and `event` in the body) that it has seen of each key, and
//! passes over what is not higher: then it sees each event once, in order. For that a session of the producer must
//! never leave a gap. So no message expires by itself: when a batch is not confirmed in time, the whole session is
//! thrown away with everything that it held, and the next attempt begins with another one.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{
    BaseRecord, Producer as _, ProducerContext, PurgeConfig, ThreadedProducer,
};
use spec::Spec;

use super::client::{Asking, Sending, Timeouts, Trouble};
use super::packet::PacketError;
use super::projection::Unfit;
use super::webhook::events;
use super::wire::{Packed, Stamp, Version, Wire};

/// Most bytes of a message: what a broker takes by its defaults, with room for key and headers.
const MOST: usize = 1_000_000 - 8 * 1024;

/// Everything that was produced through one connection of the client.
type Session = ThreadedProducer<Reports>;

/// A topic.
pub struct Kafka {
    config: ClientConfig,
    session: Mutex<Option<Arc<Session>>>,
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
    /// A producer for a topic. `options` are further ones of librdkafka, such as those of a login.
    pub fn new(
        brokers: &str,
        topic: &str,
        options: &BTreeMap<String, String>,
        timeouts: Timeouts,
        spec: &'static Spec,
    ) -> Result<Self, KafkaError> {
        let mut config = ClientConfig::new();
        for (name, value) in options {
            config.set(name, value);
        }
        config
            .set("bootstrap.servers", brokers)
            .set("client.id", "exchange-hub")
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "5")
            // The same partition for a key as the clients in Java choose.
            .set("partitioner", "murmur2_random")
            // See above: the batch has a time limit, a message has none.
            .set("message.timeout.ms", "0")
            .set("reconnect.backoff.max.ms", "1000");
        let kafka = Kafka {
            config,
            session: Mutex::new(None),
            topic: topic.to_owned(),
            patience: timeouts.request,
            spec,
        };
        // Wrong options are known at the start, not at the first record.
        kafka.session()?;
        Ok(kafka)
    }

    fn session(&self) -> Result<Arc<Session>, KafkaError> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = session.as_ref() {
            return Ok(Arc::clone(session));
        }
        let made = Arc::new(self.config.create_with_context(Reports)?);
        *session = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Throws away a session. Other batches that go through it fail at once, and are produced again.
    fn discard(&self, failed: &Arc<Session>) {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if session
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, failed))
        {
            *session = None;
        }
        drop(session);
        failed.purge(PurgeConfig::default().queue().inflight());
    }

    fn produce(&self, session: &Session, packet: &[u8]) -> Result<usize, String> {
        let deadline = Instant::now() + self.patience;
        let (told, reports) = channel();
        let mut messages = 0;
        for line in packet
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let named: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
            let id = named.event.to_string();
            let headers = OwnedHeaders::new().insert(Header {
                key: "id",
                value: Some(&id),
            });
            let mut record = BaseRecord::with_opaque_to(&self.topic, Box::new(told.clone()))
                .key(&named.order)
                .payload(line)
                .headers(headers);
            loop {
                match session.send(record) {
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
        let (made, events) = events(self.spec, versions);
        let mut packed = Packed {
            unfit: made.unfit,
            ..Packed::default()
        };
        packed.ends.push(0);
        for (member, event) in made.members.into_iter().zip(&events) {
            let line = serde_json::to_vec(event).map_err(std::io::Error::from)?;
            if line.len() > MOST {
                // The broker would refuse it, and with it the batch, for ever.
                let why = Unfit::Size(line.len(), MOST).to_string();
                packed.unfit.push((member.id, why));
                continue;
            }
            packed.members.push(member);
            packed.packet.extend_from_slice(&line);
            packed.packet.push(b'\n');
            packed.ends.push(packed.packet.len());
        }
        packed.records = packed.members.len();
        Ok(packed)
    }

    fn send(&self, _: i64, packet: &[u8]) -> Sending {
        let session = match self.session() {
            Ok(session) => session,
            Err(error) => return Sending::Trouble(Trouble::sick(error.to_string())),
        };
        match self.produce(&session, packet) {
            Ok(messages) => Sending::Taken(format!("{messages} confirmed by {}", self.topic)),
            Err(why) => {
                self.discard(&session);
                Sending::Trouble(Trouble::sick(why))
            }
        }
    }

    fn ask(&self, _: i64) -> Asking {
        Asking::Unknown
    }
}
