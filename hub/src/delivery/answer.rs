//! What the business answer means for each delivery of a batch. Pure: facts in, decision out.

use std::collections::HashMap;

use super::client::{Decision, RecordResult};
use crate::store::deliveries::{Owed, Settlement, State};

/// The figures of an answer, as the log keeps them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Taken over.
    pub accepted: usize,
    /// Refused.
    pub refused: usize,
    /// To be sent again.
    pub again: usize,
}

/// Decides about each member of a batch.
///
/// Refused for its order (`order`), not processed, or not named at all: sent again after `wait`, until it
/// has been in `horizon` batches, then refused with the last reason. `duplicate` says that the destination
/// holds this very version already, so it is acknowledged.
pub fn decide(
    members: &[Owed],
    results: &[RecordResult],
    horizon: i32,
    mut wait: impl FnMut(&Owed) -> i64,
) -> (Settlement, Vec<Owed>, Figures) {
    let by_record: HashMap<i64, &RecordResult> =
        results.iter().map(|result| (result.id, result)).collect();
    let mut settlement = Settlement {
        others: Some((State::Acknowledged, None)),
        ..Settlement::default()
    };
    let mut back = Vec::new();
    let mut figures = Figures::default();
    for member in members {
        let result = by_record.get(&member.record).copied();
        let code = result.and_then(|result| result.code.as_deref());
        let reason = reason(result);
        match result.map(|result| result.result) {
            Some(Decision::Accepted) => figures.accepted += 1,
            Some(Decision::Refused) if code == Some("duplicate") => figures.accepted += 1,
            Some(Decision::Refused) if code != Some("order") => {
                figures.refused += 1;
                settlement.refused.push((member.id, reason));
            }
            _ if member.attempts >= horizon => {
                figures.refused += 1;
                settlement.refused.push((member.id, reason));
            }
            _ => {
                figures.again += 1;
                let due_at = wait(member);
                settlement.back.push((member.id, due_at, reason));
                back.push(Owed { due_at, ..*member });
            }
        }
    }
    (settlement, back, figures)
}

fn reason(result: Option<&RecordResult>) -> String {
    let Some(result) = result else {
        return "unanswered: 应答中没有该记录 / the answer does not name the record".to_owned();
    };
    let fallback = match result.result {
        Decision::NotProcessed => "not_processed",
        Decision::Accepted | Decision::Refused => "refused",
    };
    let code = result.code.as_deref().unwrap_or(fallback);
    match result.reason.as_deref() {
        Some(words) => format!("{code}: {words}"),
        None => code.to_owned(),
    }
}
