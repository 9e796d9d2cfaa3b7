//! Kafka topics as a way in: messages are judged like any submission, and how far each partition was read is written
//! in the transaction of the records. So a crash neither loses nor repeats; the broker's own offsets are for show.
//!
//! A session reads until something breaks, and then is begun anew from what the store says. Verdicts owed to a reply
//! topic are rows of the same transaction, sent by a thread of their own.

mod client;
mod commit;
mod message;
mod partitions;
pub mod produce;
mod reply;
mod session;
mod suspect;

use std::sync::Arc;
use std::thread::JoinHandle;

use super::ways::KAFKA;
use super::{IntakeError, Stop, permitted};
use crate::app::App;

/// Starts reading, when brokers are configured.
pub fn start(app: &Arc<App>, stop: &Stop) -> Result<Vec<JoinHandle<()>>, IntakeError> {
    let settings = &app.config.kafka;
    if settings.brokers.is_empty() {
        return Ok(Vec::new());
    }
    for topic in &settings.topics {
        let place = format!("topic `{}`", topic.topic);
        permitted(app, KAFKA, &place, &topic.source)?;
        app.ways.add(KAFKA, &topic.topic, &topic.source);
    }
    let client = client::Client::new(settings)?;
    // What the client refuses is a slip of the configuration: said at start, not in a loop.
    client.check()?;
    let mut threads = Vec::new();
    let (owed, reader) = (Arc::new(reply::Wake::default()), client.clone());
    let (shared, asked, wake) = (Arc::clone(app), stop.clone(), Arc::clone(&owed));
    threads.push(
        std::thread::Builder::new()
            .name("kafka".to_owned())
            .spawn(move || session::serve(&shared, &reader, &asked, &wake))?,
    );
    if settings.topics.iter().any(|topic| topic.reply.is_some()) {
        let (shared, asked) = (Arc::clone(app), stop.clone());
        threads.push(
            std::thread::Builder::new()
                .name("kafka-replies".to_owned())
                .spawn(move || reply::serve(&shared, &client, &asked, &owed))?,
        );
    }
    Ok(threads)
}
