//! Verdicts back to their senders: a cursor over the replies owed. A row goes when the broker has the reply, so one
//! may be sent again after a crash: at least once, and with the same `id`, by which the second is known.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;

use super::client::Client;
use crate::app::App;
use crate::intake::ways::{KAFKA, failed};
use crate::intake::{Backoff, Stop};
use crate::pipeline::receipt::{Counts, Receipt};
use crate::pipeline::{commit, seal};
use crate::store::replies::{self, Reply};
use crate::store::{self, Database, StoreError, submissions};

/// Replies in flight at most.
const FLIGHT: i64 = 200;
/// Bytes of a reply at most: brokers take a million.
const LARGEST: usize = 900_000;
/// How often to look for replies that nobody announced.
const LOOK: Duration = Duration::from_millis(500);

/// Says that replies may be owed.
#[derive(Debug, Default)]
pub struct Wake(Mutex<bool>, Condvar);

impl Wake {
    /// Wakes the sender.
    pub fn wake(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.1.notify_one();
    }

    fn wait(&self, most: Duration) {
        let woken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut woken = if *woken {
            woken
        } else {
            let waited = self.1.wait_timeout(woken, most);
            waited.unwrap_or_else(PoisonError::into_inner).0
        };
        *woken = false;
    }
}

/// What a reply says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Says<'r> {
    /// The receipt of the submission that the message became, with the records that have findings at least.
    Receipt(&'r Receipt),
    /// The same in few words: the receipt is too large for a message, and to be fetched over HTTP.
    Summary {
        id: &'r str,
        submission: &'r str,
        counts: Counts,
    },
    /// Why the message became no submission.
    Problem(&'r RawValue),
}

#[derive(Debug, Serialize)]
struct Body<'r> {
    id: &'r str,
    #[serde(flatten)]
    says: Says<'r>,
}

/// Replies could not be sent.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error("{0}")]
    Client(#[from] KafkaError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Other(String),
}

/// Sends until asked to stop.
pub fn serve(app: &Arc<App>, client: &Client, stop: &Stop, wake: &Wake) {
    let settings = &app.config.kafka;
    let wait = |ms| Duration::from_millis(ms);
    let mut backoff = Backoff::new(
        wait(settings.backoff_base_ms),
        wait(settings.backoff_max_ms),
    );
    while !stop.asked() {
        let ended =
            Sender::begin(app, client).and_then(|mut sender| sender.run(stop, wake, &mut backoff));
        if let Err(error) = ended {
            tracing::warn!(%error, "replies are not sent; trying again later");
            stop.wait(backoff.next());
        }
    }
}

struct Sender<'s> {
    app: &'s Arc<App>,
    runtime: Runtime,
    producer: FutureProducer,
    connection: Database,
    /// Reply topics that take nothing, and when to try them again.
    broken: BTreeMap<String, Instant>,
}

impl<'s> Sender<'s> {
    fn begin(app: &'s Arc<App>, client: &Client) -> Result<Self, Unsent> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| Unsent::Other(error.to_string()))?;
        Ok(Sender {
            app,
            runtime,
            producer: client.writer().create()?,
            connection: store::connect(&app.config.database_url())?,
            broken: BTreeMap::new(),
        })
    }

    fn run(&mut self, stop: &Stop, wake: &Wake, backoff: &mut Backoff) -> Result<(), Unsent> {
        while !stop.asked() {
            let now = Instant::now();
            self.broken.retain(|_, until| *until > now);
            let without: Vec<String> = self.broken.keys().cloned().collect();
            let owed = if replies::take_place(&mut self.connection)? {
                replies::owed(&mut self.connection, &without, FLIGHT)?
            } else {
                Vec::new()
            };
            if owed.is_empty() {
                wake.wait(LOOK);
                continue;
            }
            self.send(&owed, backoff)?;
        }
        Ok(())
    }

    /// Sends replies together, and strikes out those that the broker has.
    fn send(&mut self, owed: &[Reply], backoff: &mut Backoff) -> Result<(), Unsent> {
        let mut flights: Vec<(&Reply, DeliveryFuture)> = Vec::with_capacity(owed.len());
        for reply in owed {
            let id = format!("{}/{}", reply.place, reply.message_offset);
            let body = self.body(reply, &id)?;
            let headers = OwnedHeaders::new().insert(Header {
                key: "id",
                value: Some(&id),
            });
            let mut record = FutureRecord::to(&reply.topic)
                .payload(&body)
                .headers(headers);
            if let Some(key) = &reply.message_key {
                record = record.key(key);
            }
            match self.producer.send_result(record) {
                Ok(flight) => flights.push((reply, flight)),
                // The queue is full: the rest is sent next time.
                Err(_) => break,
            }
        }
        let (mut sent, mut broken) = (Vec::new(), BTreeMap::new());
        for (reply, flight) in flights {
            match self.runtime.block_on(flight) {
                Ok(Ok(_)) => sent.push((reply.place.clone(), reply.message_offset)),
                Ok(Err((error, _))) => drop(broken.insert(reply.topic.clone(), error.to_string())),
                Err(_) => return Err(Unsent::Other("the client ended".to_owned())),
            }
        }
        let topics = &self.app.config.kafka.topics;
        for topic in topics {
            let count = sent.iter().filter(|(place, _)| topic.owns(place)).count() as u64;
            self.app
                .ways
                .note(KAFKA, &topic.topic, |way| way.replies += count);
        }
        let any = !sent.is_empty();
        let struck = self
            .app
            .writer
            .run(move |transaction| replies::sent(transaction.connection, &sent));
        struck.map_err(|error| Unsent::Other(error.to_string()))?;
        if any {
            backoff.reset();
        }
        for (topic, why) in broken {
            for known in topics
                .iter()
                .filter(|known| known.reply.as_ref() == Some(&topic))
            {
                let why = format!("replies cannot be sent to topic `{topic}`: {why}");
                failed(self.app, KAFKA, &known.topic, &why);
            }
            self.broken.insert(topic, Instant::now() + backoff.next());
        }
        Ok(())
    }

    fn body(&mut self, reply: &Reply, id: &str) -> Result<Vec<u8>, Unsent> {
        let lost = |what: &str| {
            Unsent::Store(StoreError::Damaged {
                place: format!("replies, {id}"),
                what: what.to_owned(),
            })
        };
        let write = |says: Says<'_>| {
            serde_json::to_vec(&Body { id, says }).map_err(|error| Unsent::Other(error.to_string()))
        };
        if let Some(problem) = &reply.problem {
            let problem: &RawValue =
                serde_json::from_str(problem).map_err(|_| lost("the problem is not JSON"))?;
            return write(Says::Problem(problem));
        }
        let number = reply.submission_id.ok_or_else(|| lost("it says nothing"))?;
        let row = submissions::by_id(&mut self.connection, number)?
            .ok_or_else(|| lost("there is no such submission"))?;
        let unsigned = commit::load(&mut self.connection, &row)?;
        let mut receipt = seal::receipt(self.app.signs(), unsigned, None);
        let mut body = write(Says::Receipt(&receipt))?;
        if body.len() > LARGEST {
            receipt = receipt.only_issues();
            body = write(Says::Receipt(&receipt))?;
        }
        if body.len() > LARGEST {
            body = write(Says::Summary {
                id: &receipt.id,
                submission: &receipt.submission,
                counts: receipt.counts,
            })?;
        }
        Ok(body)
    }
}
