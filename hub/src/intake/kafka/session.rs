//! Reading: what is there is gathered, judged and committed together, and then the next is looked at. A session ends
//! with the first thing that breaks, and another begins from what the store says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::runtime::Runtime;

use super::client::Client;
use super::commit::{self, Became, Part, Ready};
use super::message::{Message, Refusal};
use super::partitions::Partitions;
use super::reply::Wake;
use super::suspect::{STRIKES, Suspect};
use crate::app::App;
use crate::config::Topic;
use crate::error::Error;
use crate::intake::problem::{Problem, is_about_the_message};
use crate::intake::ways::{KAFKA, failed};
use crate::intake::{Backoff, Stop};
use crate::pipeline::{
    self,
    writer::{Transaction, WriteError},
};
use crate::store::progress;
use crate::tlog::hash;

/// How long to wait for a message before looking whether to stop.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long to wait for one more message, so that more share a commit.
const LINGER: Duration = Duration::from_millis(1);
/// Longest wait for what a broker is asked.
const ASK: Duration = Duration::from_secs(5);
/// How often to look for new partitions, or whether a broker that was away is there.
const LOOK: Duration = Duration::from_secs(10);

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("{0}")]
    Client(#[from] KafkaError),
    #[error("{0}")]
    Partitions(String),
    #[error("nothing could be kept: {0}")]
    NotKept(String),
}

/// Reads until asked to stop.
pub fn serve(app: &Arc<App>, client: &Client, stop: &Stop, owed: &Wake) {
    let settings = &app.config.kafka;
    let mut backoff = Backoff::new(
        Duration::from_millis(settings.backoff_base_ms),
        Duration::from_millis(settings.backoff_max_ms),
    );
    let mut suspect = Suspect::default();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return tell(app, &format!("no runtime: {error}")),
    };
    while !stop.asked() {
        let session = Session::begin(app, client, &runtime, owed);
        let ended = session.and_then(|mut session| session.run(stop, &mut backoff, &mut suspect));
        if let Err(ended) = ended {
            tell(app, &ended.to_string());
            stop.wait(backoff.failed());
        }
    }
}

/// Says on all topics that they are not read.
fn tell(app: &App, why: &str) {
    for topic in &app.config.kafka.topics {
        failed(app, KAFKA, &topic.topic, why);
    }
}

/// Messages of one partition, not judged yet.
struct Gathered {
    topic: Topic,
    partition: i32,
    term: u64,
    from: Option<String>,
    messages: Vec<Message>,
}

struct Session<'s> {
    app: &'s Arc<App>,
    runtime: &'s Runtime,
    owed: &'s Wake,
    consumer: BaseConsumer<Partitions>,
    /// How many partitions there were when all of them were taken; none in a group.
    alone: Option<Vec<(String, i32)>>,
    looked: Instant,
    away: bool,
}

impl<'s> Session<'s> {
    fn begin(
        app: &'s Arc<App>,
        client: &Client,
        runtime: &'s Runtime,
        owed: &'s Wake,
    ) -> Result<Self, Ended> {
        let consumer: BaseConsumer<Partitions> =
            client.reader().create_with_context(Partitions::new(app))?;
        let mut session = Session {
            app,
            runtime,
            owed,
            consumer,
            alone: None,
            looked: Instant::now(),
            away: false,
        };
        let partitions = session.look()?;
        if client.shares() {
            let topics: Vec<&str> = app.config.kafka.topics.iter().map(|t| &*t.topic).collect();
            session.consumer.subscribe(&topics)?;
        } else {
            let taken = session
                .consumer
                .context()
                .take_all(&session.consumer, &partitions);
            taken.map_err(|error| Ended::Partitions(error.to_string()))?;
            session.alone = Some(partitions);
        }
        Ok(session)
    }

    /// Asks the broker for the partitions of all topics; notes of each topic whether it is there.
    fn look(&mut self) -> Result<Vec<(String, i32)>, Ended> {
        self.looked = Instant::now();
        let mut partitions = Vec::new();
        for topic in &self.app.config.kafka.topics {
            let name = &topic.topic;
            let metadata = self.consumer.fetch_metadata(Some(name), ASK)?;
            let found = metadata.topics().iter().find(|found| found.name() == name);
            let there =
                found.filter(|found| found.error().is_none() && !found.partitions().is_empty());
            if let Some(there) = there {
                self.app.ways.works(KAFKA, name);
                partitions.extend(
                    there
                        .partitions()
                        .iter()
                        .map(|one| (name.clone(), one.id())),
                );
            } else {
                failed(
                    self.app,
                    KAFKA,
                    name,
                    "the topic is not there, or may not be read: make it, or permit it to the hub",
                );
            }
        }
        partitions.sort();
        self.away = false;
        Ok(partitions)
    }

    fn run(
        &mut self,
        stop: &Stop,
        backoff: &mut Backoff,
        suspect: &mut Suspect,
    ) -> Result<(), Ended> {
        while !stop.asked() {
            let gathered = self.gather(suspect.careful)?;
            let pause = if self.away { LOOK / 5 } else { LOOK };
            if self.looked.elapsed() > pause {
                self.look_again()?;
            }
            if !gathered.is_empty() {
                self.keep(gathered, suspect)?;
                backoff.reset();
            }
        }
        Ok(())
    }

    fn look_again(&mut self) -> Result<(), Ended> {
        match self.look() {
            Err(error) => {
                tell(self.app, &error.to_string());
                self.away = true;
                Ok(())
            }
            Ok(now) if self.alone.as_ref().is_some_and(|before| *before != now) => {
                Err(Ended::Partitions(
                    "the topics have other partitions now; reading begins anew".to_owned(),
                ))
            }
            Ok(_) => Ok(()),
        }
    }

    /// Takes what is there, up to the bounds of a batch.
    fn gather(&mut self, careful: bool) -> Result<BTreeMap<(String, i32), Gathered>, Ended> {
        let settings = &self.app.config.kafka;
        let most = if careful { 1 } else { settings.batch };
        let mut parts: BTreeMap<(String, i32), Gathered> = BTreeMap::new();
        let (mut messages, mut bytes, mut patience) = (0, 0, PATIENCE);
        while messages < most && bytes < settings.batch_bytes {
            let (problem, polled) = match self.consumer.poll(patience) {
                None => (None, false),
                Some(Err(error)) => (Some(error), false),
                Some(Ok(borrowed)) => {
                    let message = Message::of(&borrowed);
                    let size = message.bytes();
                    if self.put(&mut parts, borrowed.topic(), borrowed.partition(), message) {
                        messages += 1;
                        bytes += size;
                    }
                    (None, true)
                }
            };
            if let Some(why) = self.consumer.context().fault() {
                return Err(Ended::Partitions(why));
            }
            if let Some(error) = problem {
                self.met(error)?;
            }
            if !polled {
                break;
            }
            patience = LINGER;
        }
        // What was taken away while it was gathered is read by another hub.
        parts.retain(|(topic, partition), part| {
            let held = self.consumer.context().held(topic, *partition);
            held.is_some_and(|held| held.term == part.term)
        });
        Ok(parts)
    }

    fn put(
        &self,
        parts: &mut BTreeMap<(String, i32), Gathered>,
        topic: &str,
        partition: i32,
        message: Message,
    ) -> bool {
        let mut topics = self.app.config.kafka.topics.iter();
        let Some(known) = topics.find(|known| known.topic == topic) else {
            return false;
        };
        let Some(held) = self.consumer.context().held(topic, partition) else {
            return false;
        };
        let fresh = || Gathered {
            topic: known.clone(),
            partition,
            term: held.term,
            from: held.position.clone(),
            messages: Vec::new(),
        };
        let part = parts
            .entry((topic.to_owned(), partition))
            .or_insert_with(fresh);
        if part.term != held.term {
            *part = fresh();
        }
        let next = part
            .messages
            .last()
            .map_or(held.offset(), |last| last.offset + 1);
        // Offsets go back after a rebalance now and then.
        if message.offset < next {
            return false;
        }
        part.messages.push(message);
        true
    }

    /// An error that reading met: the client goes on by itself after most of them.
    fn met(&mut self, error: KafkaError) -> Result<(), Ended> {
        match &error {
            KafkaError::MessageConsumptionFatal(_) => Err(error.into()),
            KafkaError::MessageConsumption(
                RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange,
            ) => Err(self.out_of_range()?),
            _ => {
                tell(self.app, &error.to_string());
                self.away = true;
                Ok(())
            }
        }
    }

    /// The broker has no message at a stored position: either it has deleted what was not read yet, or the topic is
    /// another one under the old name.
    fn out_of_range(&self) -> Result<Ended, Ended> {
        for ((name, partition), held) in self.consumer.context().all() {
            let mut topics = self.app.config.kafka.topics.iter();
            let Some(topic) = topics.find(|topic| topic.topic == name) else {
                continue;
            };
            let (low, high) = self.consumer.fetch_watermarks(&name, partition, ASK)?;
            let (at, place) = (held.offset(), topic.place(partition));
            if at > high {
                return Ok(Ended::Partitions(format!(
                    "{place} was read up to offset {at}, but ends at {high}: if the topic was made anew, raise its \
                     `generation` in kafka.topics; if not, its broker has lost messages"
                )));
            }
            if at < low {
                let why = format!(
                    "the broker deleted offsets {at} to {} of {place} before they were read; they must be sent again",
                    low - 1
                );
                failed(self.app, KAFKA, &name, &why);
                let moved = self.app.writer.run(move |transaction| {
                    let now = pipeline::Instant::now().millis;
                    let (from, next) = (held.position.as_deref(), low.to_string());
                    progress::advance(transaction.connection, (KAFKA, &place), from, &next, now)
                });
                return Ok(moved.map_or_else(
                    |error| Ended::NotKept(error.to_string()),
                    |_| Ended::Partitions(why),
                ));
            }
        }
        Ok(Ended::Partitions(
            "the broker has no message at a stored position".to_owned(),
        ))
    }

    /// Judges and commits what was gathered, and goes on from there.
    fn keep(
        &mut self,
        gathered: BTreeMap<(String, i32), Gathered>,
        suspect: &mut Suspect,
    ) -> Result<(), Ended> {
        let mut parts = Vec::with_capacity(gathered.len());
        let mut moves = Vec::with_capacity(gathered.len());
        let mut last = None;
        for ((name, partition), part) in gathered {
            let place = part.topic.place(part.partition);
            let mut messages = Vec::with_capacity(part.messages.len());
            let mut next = 0;
            for message in part.messages {
                let offset = message.offset;
                next = offset + 1;
                let guilty = suspect.guilty(&place, offset);
                match self.ready(&part.topic, &place, message, guilty) {
                    Ok(ready) => messages.push(ready),
                    Err(Error::Internal(why)) => {
                        suspect.accuse(&place, offset, true);
                        return Err(Ended::NotKept(why));
                    }
                    Err(error) => return Err(Ended::NotKept(error.to_string())),
                }
                last = Some((place.clone(), offset));
            }
            moves.push((name, partition, part.term, next));
            parts.push(Part {
                topic: part.topic,
                place,
                from: part.from,
                next,
                messages,
            });
        }
        let run = self
            .app
            .writer
            .run(move |transaction| commit::commit(transaction, parts));
        let (done, elsewhere) = match run {
            Ok(outcome) => outcome,
            Err(error) => {
                // Only while the store takes other things is the message to blame.
                let works = self.writable();
                if let Some((place, offset)) = last {
                    suspect.accuse(
                        &place,
                        offset,
                        works && matches!(error, WriteError::Failed(_)),
                    );
                }
                return Err(Ended::NotKept(error.to_string()));
            }
        };
        *suspect = Suspect::default();
        for part in done {
            for outcomes in &part.outcomes {
                self.app.figures.judged(&part.source, outcomes);
            }
            self.app.ways.works(KAFKA, &part.topic);
            self.app.ways.note(KAFKA, &part.topic, |way| {
                way.taken += part.messages;
                way.refused += part.refused;
            });
        }
        self.owed.wake();
        if let Some(place) = elsewhere.first() {
            return Err(Ended::Partitions(format!("{place} is read by another hub")));
        }
        let mut shown = TopicPartitionList::with_capacity(moves.len());
        for (name, partition, term, next) in moves {
            self.consumer.context().moved(&name, partition, term, next);
            drop(shown.add_partition_offset(&name, partition, Offset::Offset(next)));
        }
        if self.alone.is_none() {
            // For the broker's own tools; nothing rests on it.
            drop(self.consumer.commit(&shown, CommitMode::Async));
        }
        Ok(())
    }

    /// Whether the store takes anything at all: asked each time, for what it took a moment ago says nothing.
    fn writable(&self) -> bool {
        let probe = |transaction: &mut Transaction<'_>| {
            let now = pipeline::Instant::now().millis.to_string();
            progress::probe(transaction.connection, KAFKA, &now)
        };
        self.app.writer.run(probe).is_ok()
    }

    /// Judges one message by itself. What is wrong with the message is a refusal, not an error.
    fn ready(
        &self,
        topic: &Topic,
        place: &str,
        message: Message,
        guilty: bool,
    ) -> Result<Ready, Error> {
        let number = format!("{KAFKA}:{place}/{}", message.offset);
        let incoming = message.incoming(topic, &number, self.app.config.limits.body_bytes);
        let prepared = match incoming {
            Err(error) => Err(error),
            Ok(_) if guilty => Err(Error::Internal(format!(
                "{number} stopped the hub {STRIKES} times"
            ))),
            Ok(incoming) => {
                // On a task of its own: should judging panic, the thread goes on.
                let app = Arc::clone(self.app);
                let task = self
                    .runtime
                    .spawn(async move { pipeline::prepare(&app, incoming).await });
                self.runtime
                    .block_on(task)
                    .map_err(|error| Error::Internal(format!("judging stopped: {error}")))?
            }
        };
        let became = match prepared {
            Ok(prepared) => Became::Submission(Box::new(prepared)),
            Err(error) if guilty || is_about_the_message(&error) => {
                let body = message.payload.unwrap_or_default();
                let sha256 = hash::sha256(&body);
                Became::Refused(Refusal {
                    raw: self.runtime.block_on(self.app.raw.keep(
                        &sha256,
                        &body,
                        Some(&self.app.masters),
                    ))?,
                    sha256: sha256.as_bytes().to_vec(),
                    bytes: body.len() as i64,
                    problem: Problem::of(&error),
                })
            }
            Err(error) => return Err(error),
        };
        Ok(Ready {
            offset: message.offset,
            key: message.key,
            became,
        })
    }
}
