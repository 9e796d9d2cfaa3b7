//! What was forwarded of a submission, and what came back: every row about its records, as JSON.

use serde_json::{Value, json};

use crate::pipeline::Instant;
use crate::store::outbox::{self, Batch};
use crate::store::records::RecordRow;
use crate::store::{Database, StoreError};
use crate::tlog::hash;

/// Deliveries of some records, each with the batch that carried it last.
pub fn of(connection: &mut Database, records: &[RecordRow]) -> Result<Value, StoreError> {
    let ids: Vec<i64> = records.iter().map(|record| record.id).collect();
    let mut shown = Vec::new();
    for delivery in outbox::of_records(connection, &ids)? {
        let batch = match delivery.batch_id {
            Some(batch) => outbox::batch(connection, batch)?.map(|batch| of_batch(&batch)),
            None => None,
        };
        let index = records
            .iter()
            .find(|record| record.id == delivery.record_id)
            .map(|record| record.record_index);
        let state = usize::try_from(delivery.state).ok();
        shown.push(json!({
            "id": delivery.id,
            "destination": delivery.destination,
            "index": index,
            "state": state.and_then(|state| outbox::STATES.get(state)),
            "attempts": delivery.attempts,
            "reason": delivery.reason,
            "updated_at": Instant::from_millis(delivery.updated_at).text(),
            "batch": batch,
        }));
    }
    Ok(Value::Array(shown))
}

fn of_batch(batch: &Batch) -> Value {
    json!({
        "id": batch.id,
        "packet_sha256": hash::hex(&batch.packet_sha256),
        "records": batch.records,
        "attempts": batch.attempts,
        "created_at": Instant::from_millis(batch.created_at).text(),
        "answered_at": batch.answered_at.map(|at| Instant::from_millis(at).text()),
        "answer": batch.answer,
    })
}
