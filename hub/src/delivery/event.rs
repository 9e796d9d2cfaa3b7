//! A record version as an event: what subscribers get over webhooks and Kafka, and fetch again over HTTP.
//!
//! The same delivery always gives the same event. Its number is the delivery's: a repeat is told by it, and it is the
//! cursor to go on from. Personal values are masked.
//!
//! After an erasure each version that a subscriber may hold is told once more, as `record.erased`: which version it was,
//! by number, receipt and digest, and for what class of reason it went; no value of it. Whoever gets it erases what it
//! holds of that version.

use serde_json::{Map, Value};
use spec::{Dataset, Sensitivity, Spec};

use crate::pipeline::commit::receipt_id;
use crate::store::deliveries::{Content, Owed};
use crate::store::erasures::notices::Notice;

/// An event.
#[derive(Debug, serde::Serialize)]
pub struct Event {
    /// `record.current`, or `record.erased`.
    pub r#type: &'static str,
    /// Number of the delivery.
    pub event: i64,
    /// What is to be kept in order: the deal, or what is urgent of it.
    pub order: String,
    /// Column code of the data set.
    pub dataset: String,
    /// Business key.
    pub key: String,
    /// `upsert`, `correct` or `withdraw`; `erase`: what is held of this version is to be erased.
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
    /// The personal values of the record were erased: its values are gone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// Why it was erased, as a word; only of `record.erased`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_class: Option<String>,
    /// The values.
    pub data: Map<String, Value>,
}

/// The type of an event that says that a record was erased.
pub const ERASED: &str = "record.erased";

/// Makes the event of a delivery; none when what is stored is not an object.
pub fn event(
    spec: &Spec,
    owed: &Owed,
    content: &Content,
    notice: Option<&Notice>,
) -> Option<Event> {
    let mut data: Map<String, Value> = match content.body.held() {
        Some(canonical) => serde_json::from_slice(canonical).ok()?,
        None if content.body.is_erased() => Map::new(),
        None => return None,
    };
    let number = content.dataset.to_string();
    let dataset = spec
        .edition(&content.edition)
        .and_then(|edition| edition.dataset(&number));
    if let Some(dataset) = dataset {
        mask(dataset, &mut data);
    }
    Some(Event {
        r#type: if notice.is_some() {
            ERASED
        } else {
            "record.current"
        },
        event: owed.id,
        order: owed.lane.to_string(),
        dataset: dataset.map_or(number, |dataset| dataset.id.clone()),
        key: dataset
            .map(|dataset| key(dataset, &data))
            .unwrap_or_default(),
        action: match content.action {
            _ if notice.is_some() => "erase",
            0 => "upsert",
            1 => "correct",
            _ => "withdraw",
        },
        // In words of the sender, who may have named somebody.
        reason: content.reason.clone().filter(|_| notice.is_none()),
        reason_class: notice.map(|notice| notice.class.clone()),
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
        digest: content.body.digest().to_hex(),
        erased: content.body.is_erased(),
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
