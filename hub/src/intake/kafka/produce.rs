//! Messages as a source sends them: for the demo, which plays the source.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::FromClientConfig as _;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};

use super::client::Client;
use crate::config::Kafka;
use crate::intake::IntakeError;

/// Longest wait for the broker.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message.
#[derive(Debug)]
pub struct Message {
    /// Its key.
    pub key: String,
    /// The data set of its record, where the message does not say it.
    pub dataset: Option<String>,
    /// Its content.
    pub body: Vec<u8>,
}

/// Makes a topic of one partition, so that its messages keep their order.
pub fn topic(settings: &Kafka, name: &str) -> Result<(), IntakeError> {
    run(async {
        let client = Client::new(settings)?.writer();
        let admin = AdminClient::<DefaultClientContext>::from_config(&client).map_err(refused)?;
        let topic = NewTopic::new(name, 1, TopicReplication::Fixed(1));
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
        let made = admin.create_topics([&topic], &options).await;
        for outcome in made.map_err(refused)? {
            outcome.map_err(|(name, code)| IntakeError::Broker(format!("{name}: {code}")))?;
        }
        Ok(())
    })
}

/// Sends messages in order; when this returns, the broker has them.
pub fn send(settings: &Kafka, topic: &str, messages: &[Message]) -> Result<(), IntakeError> {
    run(async {
        let client = Client::new(settings)?.writer();
        let producer = FutureProducer::<DefaultClientContext>::from_config(&client);
        let producer = producer.map_err(refused)?;
        for message in messages {
            let headers = message.dataset.as_deref().map(|dataset| {
                OwnedHeaders::new().insert(Header {
                    key: "dataset",
                    value: Some(dataset),
                })
            });
            let mut record = FutureRecord::to(topic)
                .key(&message.key)
                .payload(&message.body);
            record.headers = headers;
            let sent = producer.send(record, PATIENCE).await;
            sent.map_err(|(error, _)| refused(error))?;
        }
        Ok(())
    })
}

fn run<T>(what: impl Future<Output = Result<T, IntakeError>>) -> Result<T, IntakeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(what)
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn refused(error: KafkaError) -> IntakeError {
    IntakeError::Broker(error.to_string())
}
