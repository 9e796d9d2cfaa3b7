//! What a sender sent, as the real judge found it.

use std::collections::BTreeMap;

use serde::Serialize;
use spec::{Action, Message, Verdict};

use super::script::Required;
use crate::pipeline::commit;
use crate::pipeline::receipt::{Counts, Outcome};
use crate::store::submissions::{self, Filter};
use crate::store::{Database, StoreError, records};

/// Records that a report names, of those in one state.
const NAMED: usize = 50;
/// Submissions that are looked at in one go.
const PAGE: i64 = 500;

/// One data set of the sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Set {
    /// Column code.
    pub dataset: String,
    /// Verdicts of its records.
    pub counts: Counts,
    /// Findings by code and rule, and how many.
    pub findings: BTreeMap<String, u64>,
}

/// What was sent, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Data {
    /// By data set.
    pub sets: Vec<Set>,
    /// Records that were corrected.
    pub corrections: u32,
    /// Records that were taken back.
    pub withdrawals: u32,
    /// What was wrong; empty: passed.
    pub faults: Vec<Message>,
}

/// Looks through everything that was kept.
pub fn examine(
    connection: &mut Database,
    source: &str,
    required: &Required,
) -> Result<Data, StoreError> {
    let mut sets: BTreeMap<String, Set> = BTreeMap::new();
    let mut last: BTreeMap<(String, String), (Verdict, Option<Message>)> = BTreeMap::new();
    let mut nameless = 0;
    let mut waiting = 0;
    let (mut corrections, mut withdrawals) = (0, 0);
    let mut after = 0;
    loop {
        let filter = Filter {
            source: Some(source.to_owned()),
            after,
            limit: PAGE,
            ..Filter::default()
        };
        let page = submissions::list(connection, &filter)?;
        let Some(end) = page.last().map(|line| line.id) else {
            break;
        };
        for line in page {
            waiting += crate::store::waiting::waiting_of(connection, line.id)?;
            // What was kept counts, once, however often it was sent.
            for record in records::of_submission(connection, line.id, line.id)? {
                corrections += u32::from(record.action == Action::Correct as i32);
                withdrawals += u32::from(record.action == Action::Withdraw as i32);
            }
            let Some(row) = submissions::by_id(connection, line.id)? else {
                continue;
            };
            for outcome in commit::load(connection, &row)?.outcomes {
                let set = sets.entry(outcome.dataset.clone()).or_insert_with(|| Set {
                    dataset: outcome.dataset.clone(),
                    counts: Counts::default(),
                    findings: BTreeMap::new(),
                });
                count(set, &outcome);
                // Why it was rejected, not what else was remarked before that.
                let mut errors = outcome.issues.iter();
                let why = errors.find(|issue| issue.severity == spec::Severity::Error);
                let why = why.map(|issue| issue.message.clone());
                match outcome.key {
                    Some(key) => {
                        last.insert((outcome.dataset, key), (outcome.verdict, why));
                    }
                    None if outcome.verdict == Verdict::Rejected => nameless += 1,
                    None => {}
                }
            }
        }
        after = end;
    }
    let mut data = Data {
        sets: sets.into_values().collect(),
        corrections,
        withdrawals,
        faults: Vec::new(),
    };
    let rejected = last
        .iter()
        .filter(|(_, (verdict, _))| *verdict == Verdict::Rejected);
    let rejected: Vec<_> = rejected.collect();
    for ((dataset, key), (_, why)) in rejected.iter().take(NAMED) {
        let why = why.clone().unwrap_or_else(|| Message::new("", ""));
        data.faults.push(Message::new(
            format!("{dataset} 主键 {key} 被退回，之后未改正重报：{}", why.zh),
            format!(
                "{dataset} with key {key} was rejected and not sent again put right: {}",
                why.en
            ),
        ));
    }
    let more = rejected.len().saturating_sub(NAMED);
    data.missing(more > 0, || {
        (
            format!("另有 {more} 条被退回"),
            format!("{more} more were rejected"),
        )
    });
    data.missing(nameless > 0, || {
        (
            format!("{nameless} 条记录因主键无法识别而退回"),
            format!("{nameless} records without a key that can be read were rejected"),
        )
    });
    data.missing(waiting > 0, || {
        (
            format!("{waiting} 条记录所引用的记录始终未报送"),
            format!("{waiting} records still wait for records that were never sent"),
        )
    });
    for dataset in &required.datasets {
        let is_sent = data.sets.iter().any(|set| set.dataset == *dataset);
        data.missing(!is_sent, || {
            (
                format!("未报送要求的数据集 {dataset}"),
                format!("data set {dataset} was required and not sent"),
            )
        });
    }
    let records: u32 = data.sets.iter().map(|set| set.counts.records).sum();
    data.missing(records == 0, || {
        ("未报送任何记录".to_owned(), "no record was sent".to_owned())
    });
    for (wanted, found, zh, en) in [
        (required.corrections, corrections, "更正", "corrected"),
        (required.withdrawals, withdrawals, "撤回", "withdrawn"),
    ] {
        data.missing(found < wanted, || {
            (
                format!("应{zh} {wanted} 条记录，实际 {found} 条"),
                format!("{wanted} records had to be {en}, {found} were"),
            )
        });
    }
    Ok(data)
}

impl Data {
    fn missing(&mut self, is_wrong: bool, said: impl FnOnce() -> (String, String)) {
        if is_wrong {
            self.faults.push(said().into());
        }
    }
}

fn count(set: &mut Set, outcome: &Outcome) {
    set.counts.add(outcome.verdict);
    for issue in &outcome.issues {
        let name = issue.rule.as_deref().unwrap_or(issue.code.name());
        *set.findings.entry(name.to_owned()).or_default() += 1;
    }
}
