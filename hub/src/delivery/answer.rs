//! What the business answer means for each delivery of a batch. Pure: facts in, decision out.

use std::collections::HashMap;

use super::client::{Decision, RecordResult};
use crate::store::deliveries::{Owed, Settlement, State};

/// Characters of a reason that are kept: the answer is kept whole beside it.
const REASON: usize = 1000;

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
) -> (Settlement, Vec<Owed>) {
    let mut by_record: HashMap<i64, &RecordResult> = HashMap::new();
    for result in results {
        // a record that went as several is taken over when all of them are
        let held = by_record.entry(result.id).or_insert(result);
        if held.result == Decision::Accepted {
            *held = result;
        }
    }
    let mut settlement = Settlement {
        others: Some((State::Acknowledged, None)),
        ..Settlement::default()
    };
    let mut back = Vec::new();
    for member in members {
        let result = by_record.get(&member.record).copied();
        let code = result.and_then(|result| result.code.as_deref());
        let reason = reason(result);
        match result.map(|result| result.result) {
            Some(Decision::Accepted) => {}
            Some(Decision::Refused) if code == Some("duplicate") => {}
            Some(Decision::Refused) if code != Some("order") => {
                settlement.refused.push((member.id, reason));
            }
            _ if member.attempts >= horizon => {
                settlement.refused.push((member.id, reason));
            }
            _ => {
                let due_at = wait(member);
                settlement.back.push((member.id, due_at, reason));
                back.push(Owed { due_at, ..*member });
            }
        }
    }
    (settlement, back)
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
    let short = |text: &str| text.chars().take(REASON).collect::<String>();
    match result.reason.as_deref() {
        Some(words) => format!("{}: {}", short(code), short(words)),
        None => short(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: i64, attempts: i32) -> Owed {
        Owed {
            id,
            record: id + 100,
            lane: 1,
            attempts,
            due_at: 0,
        }
    }

    fn result(member: i64, result: Decision, code: Option<&str>) -> RecordResult {
        RecordResult {
            id: member + 100,
            result,
            code: code.map(str::to_owned),
            reason: code.map(|code| format!("because of {code}")),
        }
    }

    #[test]
    fn each_record_gets_the_fate_that_the_answer_gives_it() {
        let members: Vec<Owed> = (1..=7)
            .map(|id| member(id, if id == 7 { 3 } else { 1 }))
            .collect();
        let results = [
            result(1, Decision::Accepted, None),
            result(2, Decision::Accepted, None),
            result(2, Decision::Refused, Some("schema")),
            result(3, Decision::Refused, Some("order")),
            result(4, Decision::NotProcessed, None),
            result(5, Decision::Refused, Some("duplicate")),
            result(7, Decision::Refused, Some("order")),
            result(7, Decision::Accepted, None),
        ];
        let (settlement, back) = decide(&members, &results, 3, |owed| owed.id * 10);
        let refused = [
            (2, "schema: because of schema".to_owned()),
            (7, "order: because of order".to_owned()),
        ];
        assert_eq!(settlement.refused, refused);
        let again: Vec<i64> = settlement.back.iter().map(|(id, ..)| *id).collect();
        assert_eq!(again, [3, 4, 6], "6 is not named in the answer");
        let due: Vec<i64> = back.iter().map(|owed| owed.due_at).collect();
        assert_eq!(due, [30, 40, 60]);
        assert_eq!(settlement.others, Some((State::Acknowledged, None)));
    }
}
