//! A record version as an event: what subscribers get over webhooks and Kafka, and fetch again over HTTP.
//!
//! The same delivery always gives the same event. Its number is the delivery's: a repeat is told by it, and it is the
//! cursor to go on from. Personal values are masked.

use serde_json::{Map, Value};
use spec::{Dataset, Sensitivity, Spec};

use crate::pipeline::commit::receipt_id;
use crate::store::deliveries::{Content, Owed};
use crate::tlog::sha256;

/// An event.
#[derive(Debug, serde::Serialize)]
pub struct Event {
    /// Number of the delivery.
    pub event: i64,
    /// What is to be kept in order: the deal, or what is urgent of it.
    pub order: String,
    /// Column code of the data set.
    pub dataset: String,
    /// Business key.
    pub key: String,
    /// `upsert`, `correct` or `withdraw`.
    pub action: &'static str,
    /// Why it corrects or takes back the version before it.
    pub reason: Option<String>,
    /// Number of the version.
    pub record: i64,
    /// Number of the version before it.
    pub previous: Option<i64>,
    /// `accepted` or `accepted_with_warnings`.
    pub verdict: &'static str,
    /// Who sent it.
    pub source: String,
    /// Edition by which it was judged.
    pub edition: String,
    /// Number of the receipt.
    pub receipt: String,
    /// Place in the submission, from 0.
    pub record_index: i32,
    /// SHA-256 of the canonical bytes.
    pub digest: String,
    /// The values.
    pub data: Map<String, Value>,
}

/// Makes the event of a delivery; none when what is stored is not an object.
pub fn event(spec: &Spec, owed: &Owed, content: &Content) -> Option<Event> {
    let mut data: Map<String, Value> = serde_json::from_slice(&content.body).ok()?;
    let number = content.dataset.to_string();
    let dataset = spec
        .edition(&content.edition)
        .and_then(|edition| edition.dataset(&number));
    if let Some(dataset) = dataset {
        mask(dataset, &mut data);
    }
    Some(Event {
        event: owed.id,
        order: owed.lane.to_string(),
        dataset: dataset.map_or(number, |dataset| dataset.id.clone()),
        key: dataset
            .map(|dataset| key(dataset, &data))
            .unwrap_or_default(),
        action: match content.action {
            0 => "upsert",
            1 => "correct",
            _ => "withdraw",
        },
        reason: content.reason.clone(),
        record: content.id,
        previous: content.previous,
        verdict: if content.verdict == 0 {
            "accepted"
        } else {
            "accepted_with_warnings"
        },
        source: content.source.clone(),
        edition: content.edition.clone(),
        receipt: receipt_id(content.submission),
        record_index: content.place,
        digest: sha256(&content.body).to_hex(),
        data,
    })
}

fn key(dataset: &Dataset, data: &Map<String, Value>) -> String {
    let fields = dataset.key.iter().filter_map(|&index| dataset.field(index));
    let parts: Vec<&str> = fields
        .map(|field| {
            data.get(&field.id)
                .and_then(Value::as_str)
                .unwrap_or_default()
        })
        .collect();
    parts.join("|")
}

fn mask(dataset: &Dataset, data: &mut Map<String, Value>) {
    let fields = dataset.fields.iter();
    for field in fields.filter(|field| field.sensitivity == Sensitivity::Personal) {
        if let Some(Value::String(text)) = data.get_mut(&field.id) {
            *text = spec::issue::shown(text, field.sensitivity);
        }
    }
}
