//! A subscriber over HTTP, as Standard Webhooks 1.0.0 says: the events of a batch in one signed message.
//!
//! The message keeps its `webhook-id` through every attempt; its timestamp is that of the attempt. Any 2xx takes it
//! over for good, because the subscriber has nothing else to say; everything else is tried again, until an operator
//! is needed. The secrets are read anew for every message, so that changing one needs no restart.

use std::path::PathBuf;

use spec::Spec;

use super::client::{Asking, Reply, Sending, Timeouts, Trouble, agent};
use super::clock;
use super::event::{ERASED, Event, event};
use super::packet::{PacketError, wall_clock};
use super::projection::Unfit;
use super::wire::{Packed, Stamp, Version, Wire};
use crate::keys::webhook::Secrets;

/// A subscriber.
pub struct Webhook {
    agent: ureq::Agent,
    url: String,
    destination: String,
    secrets: PathBuf,
    spec: &'static Spec,
}

/// The body of a message.
#[derive(serde::Serialize)]
struct Message<'m> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'m>,
}

#[derive(serde::Serialize)]
struct Data<'m> {
    destination: &'m str,
    /// The last member: they are written into it one by one.
    events: [Event; 0],
}

impl Message<'_> {
    /// The message with its events, and where its parts end.
    fn written(&self, events: &[Event]) -> serde_json::Result<(Vec<u8>, Vec<usize>)> {
        let mut packet = serde_json::to_vec(self)?;
        let after = packet.split_off(packet.len().saturating_sub(AFTER.len()));
        let mut ends = vec![packet.len()];
        for (place, event) in events.iter().enumerate() {
            if place > 0 {
                packet.push(b',');
            }
            serde_json::to_writer(&mut packet, event)?;
            ends.push(packet.len());
        }
        packet.extend_from_slice(&after);
        Ok((packet, ends))
    }
}

/// What follows the last event.
const AFTER: &[u8] = b"]}}";

impl Webhook {
    /// The subscriber at a URL; `secrets` is the file of its secrets.
    pub fn new(
        destination: &str,
        url: &str,
        secrets: PathBuf,
        timeouts: Timeouts,
        spec: &'static Spec,
    ) -> Self {
        Webhook {
            agent: agent(timeouts, None),
            url: url.to_owned(),
            destination: destination.to_owned(),
            secrets,
            spec,
        }
    }
}

/// The events of versions: carried, unfit, and the events themselves, in order.
pub(super) fn events(spec: &Spec, versions: Vec<Version>) -> (Packed, Vec<Event>) {
    let mut packed = Packed::default();
    let mut events = Vec::with_capacity(versions.len());
    for version in versions {
        let made = match &version.content {
            None => Err(Unfit::Missing),
            Some(content) => {
                let notice = version.notice.as_ref();
                event(spec, &version.owed, content, notice).ok_or(Unfit::Body)
            }
        };
        match made {
            Ok(made) => {
                packed.members.push(version.owed);
                events.push(made);
            }
            Err(why) => packed.unfit.push((version.owed.id, why.to_string())),
        }
    }
    packed.records = events.len();
    (packed, events)
}

impl Wire for Webhook {
    fn pack(&self, stamp: Stamp, versions: Vec<Version>) -> Result<Packed, PacketError> {
        let (mut packed, events) = events(self.spec, versions);
        if !events.is_empty() {
            let message = Message {
                r#type: if events.iter().all(|event| event.r#type == ERASED) {
                    ERASED
                } else {
                    "records.current"
                },
                timestamp: wall_clock(stamp.created_at)?,
                data: Data {
                    destination: &self.destination,
                    events: [],
                },
            };
            (packed.packet, packed.ends) =
                message.written(&events).map_err(std::io::Error::from)?;
        }
        Ok(packed)
    }

    fn send(&self, batch: i64, packet: &[u8]) -> Sending {
        let secrets = match Secrets::load_or_create(&self.secrets) {
            Ok(secrets) => secrets,
            Err(error) => return Sending::Trouble(Trouble::sick(error.to_string())),
        };
        let id = format!("{}-{batch}", self.destination);
        let timestamp = clock() / 1000;
        let answer = self
            .agent
            .post(&self.url)
            .content_type("application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", secrets.sign(&id, timestamp, packet))
            .send(packet);
        match Reply::read(answer) {
            Ok(reply) if (200..=299).contains(&reply.status) => {
                Sending::Taken(format!("status {}", reply.status))
            }
            Ok(reply) => Sending::Trouble(reply.trouble()),
            Err(trouble) => Sending::Trouble(trouble),
        }
    }

    fn ask(&self, _: i64) -> Asking {
        // Never a business answer: what was sent was taken over.
        Asking::Unknown
    }
}
