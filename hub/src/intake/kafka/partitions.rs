//! The partitions that this hub reads, and from where: as the group gives and takes them, or all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;

use crate::app::App;
use crate::config::Topic;
use crate::intake::ways::KAFKA;
use crate::store::{StoreError, progress};

/// A partition that is read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its position as stored; none before anything was read of it.
    pub position: Option<String>,
    /// Tells one time of holding it from the next: what was read before must not be kept after.
    pub term: u64,
}

impl Held {
    /// The offset to read from.
    pub fn offset(&self) -> i64 {
        let read = self.position.as_deref().and_then(|text| text.parse().ok());
        read.unwrap_or(0)
    }
}

#[derive(Debug, Default)]
struct State {
    held: BTreeMap<(String, i32), Held>,
    term: u64,
    fault: Option<String>,
}

/// The partitions of one session, told by the client's callbacks.
pub struct Partitions {
    app: Arc<App>,
    state: Mutex<State>,
}

impl Partitions {
    /// None yet.
    pub fn new(app: &Arc<App>) -> Self {
        Partitions {
            app: Arc::clone(app),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a partition is held; none when it is not.
    pub fn held(&self, topic: &str, partition: i32) -> Option<Held> {
        self.state()
            .held
            .get(&(topic.to_owned(), partition))
            .cloned()
    }

    /// All that are held.
    pub fn all(&self) -> Vec<((String, i32), Held)> {
        let state = self.state();
        state
            .held
            .iter()
            .map(|(place, held)| (place.clone(), held.clone()))
            .collect()
    }

    /// A partition was read further; no effect once it is taken away.
    pub fn moved(&self, topic: &str, partition: i32, term: u64, next: i64) {
        let mut state = self.state();
        if let Some(held) = state.held.get_mut(&(topic.to_owned(), partition))
            && held.term == term
        {
            held.position = Some(next.to_string());
        }
    }

    /// Why the session must end, when a callback found out.
    pub fn fault(&self) -> Option<String> {
        self.state().fault.take()
    }

    fn topic(&self, name: &str) -> Option<&Topic> {
        let mut topics = self.app.config.kafka.topics.iter();
        topics.find(|topic| topic.topic == name)
    }

    /// Takes partitions, at the positions of the store; gives them back with these.
    fn take(&self, wanted: &[(String, i32)]) -> Result<TopicPartitionList, StoreError> {
        let mut connection = self.app.readers.take()?;
        let mut list = TopicPartitionList::with_capacity(wanted.len());
        let mut found = Vec::with_capacity(wanted.len());
        for (name, partition) in wanted {
            let Some(topic) = self.topic(name) else {
                continue;
            };
            let place = topic.place(*partition);
            let position = progress::position(&mut connection, KAFKA, &place)?;
            let offset = match position.as_deref().map(str::parse) {
                None => Offset::Beginning,
                Some(Ok(next)) => Offset::Offset(next),
                Some(Err(_)) => {
                    return Err(StoreError::Damaged {
                        place: format!("progress, {KAFKA} {place}"),
                        what: "the position is not an offset".to_owned(),
                    });
                }
            };
            // Only an offset that is none can be refused, and these are offsets.
            if list.add_partition_offset(name, *partition, offset).is_ok() {
                found.push(((name.clone(), *partition), position));
            }
        }
        let mut state = self.state();
        state.term += 1;
        let term = state.term;
        for (place, position) in found {
            state.held.insert(place, Held { position, term });
        }
        Ok(list)
    }

    /// Reads all of these partitions, without a group.
    pub fn take_all(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &[(String, i32)],
    ) -> Result<(), TakeError> {
        consumer.assign(&self.take(partitions)?)?;
        Ok(())
    }

    fn assigned(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
    ) -> Result<(), TakeError> {
        let wanted: Vec<(String, i32)> = list
            .elements()
            .iter()
            .map(|one| (one.topic().to_owned(), one.partition()))
            .collect();
        let list = self.take(&wanted)?;
        tracing::info!(partitions = list.count(), "partitions are read here now");
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(&list)?,
            _ => consumer.assign(&list)?,
        }
        Ok(())
    }

    fn revoked(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> KafkaResult<()> {
        // First of all: from here on nothing that was read of them is kept.
        {
            let mut state = self.state();
            for one in list.elements() {
                state
                    .held
                    .remove(&(one.topic().to_owned(), one.partition()));
            }
        }
        tracing::info!(
            partitions = list.count(),
            "partitions are read elsewhere now"
        );
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
            _ => consumer.unassign(),
        }
    }
}

/// Partitions could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// Their positions cannot be read.
    #[error("the positions of the partitions cannot be read: {0}")]
    Store(#[from] StoreError),
    /// The client refuses.
    #[error("{0}")]
    Client(#[from] KafkaError),
}

impl ClientContext for Partitions {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "kafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // The session meets it too, as the result of a poll.
        tracing::debug!(%error, reason, "kafka");
    }

    fn stats(&self, statistics: Statistics) {
        for (name, topic) in &statistics.topics {
            let mut behind = None;
            for partition in topic.partitions.values() {
                if let Some(held) = self.held(name, partition.partition)
                    && partition.hi_offset >= 0
                {
                    let ahead = (partition.hi_offset - held.offset()).max(0);
                    *behind.get_or_insert(0) += ahead;
                }
            }
            self.app.ways.note(KAFKA, name, |way| way.behind = behind);
        }
    }
}

impl ConsumerContext for Partitions {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        kind: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let outcome = match kind {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self
                .assigned(consumer, list)
                .map_err(|error| error.to_string()),
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => self
                .revoked(consumer, list)
                .map_err(|error| error.to_string()),
            other => {
                self.state().held.clear();
                Err(format!("the group failed: {other:?}"))
            }
        };
        if let Err(why) = outcome {
            // Nothing is read of what could not be taken; the session ends and begins anew.
            drop(consumer.unassign());
            let mut state = self.state();
            state.held.clear();
            state.fault = Some(why);
        }
    }
}
