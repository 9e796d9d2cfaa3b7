//! What is said of a record that is not there: to who corrects it, takes it back or refers to it.

use std::sync::Arc;

use spec::{Action, Issue, IssueCode, Known, Lookup, Message, Normalized, Severity};

use super::commit::receipt_id;
use super::judge::shown_key;
use super::neighbours::Neighbour;

/// The finding for a correction or withdrawal of what is not there; `newest` is what was sent last under its key, `own`
/// the submission that the record comes in.
pub fn nothing_to(record: &Normalized<'_, '_>, newest: Option<&Neighbour>, own: i64) -> Issue {
    let taken_back = newest.filter(|newest| newest.withdrawn);
    let is_withdrawal = record.action == Action::Withdraw;
    let (zh, en) = match (taken_back, is_withdrawal) {
        (Some(taken_back), _) => {
            let (zh, en) = came(taken_back, own);
            let (todo_zh, todo_en) = if is_withdrawal {
                ("无需再次撤回", "once is enough")
            } else {
                (
                    "撤回之后不能更正，如需恢复，请直接报送（upsert）",
                    "what was withdrawn is not corrected: to bring it back, send it anew (upsert)",
                )
            };
            (
                format!("该记录已由{zh}撤回：{todo_zh}"),
                format!("it was withdrawn by {en}: {todo_en}"),
            )
        }
        (None, true) => (
            "要撤回的记录不存在：核对数据集与业务主键".to_owned(),
            "there is no record to withdraw: check data set and business key".to_owned(),
        ),
        (None, false) => (
            "要更正的记录不存在：核对数据集与业务主键；从未报送的，不用更正，直接报送".to_owned(),
            "there is no record to correct: check data set and business key; what is not there is sent, not corrected"
                .to_owned(),
        ),
    };
    Issue {
        at: Some(record.at),
        found: shown_key(record).unwrap_or_default(),
        expected: record
            .dataset
            .key
            .iter()
            .filter_map(|&f| record.dataset.field(f))
            .map(|f| f.id.as_str())
            .collect::<Vec<_>>()
            .join("|")
            .into(),
        ..Issue::new(
            IssueCode::ReferenceMissing,
            Severity::Error,
            Message::new(zh, en),
        )
    }
}

/// Says to a reference that finds nothing that the record was there until it was taken back: to wait for it is in vain
/// unless it is sent anew. `known` is what the reference was judged among, `taken_back` finds a withdrawal by the key of
/// what it took back.
pub fn referred_to(
    record: &Normalized<'_, '_>,
    known: &Known,
    issue: &mut Issue,
    own: i64,
    taken_back: impl Fn(&Lookup) -> Option<Arc<Neighbour>>,
) {
    if issue.code != IssueCode::ReferenceMissing || issue.help.is_some() {
        return;
    }
    let field = record
        .dataset
        .field_index(issue.path.trim_start_matches('/'));
    let Some(text) = field.and_then(|field| record.text(field)) else {
        return;
    };
    let withdrawals = known
        .answers
        .iter()
        .filter(|(lookup, found)| lookup.field.is_none() && found.is_empty())
        .filter(|(lookup, _)| text.split(';').any(|item| item == lookup.value))
        .filter_map(|(lookup, _)| taken_back(lookup));
    if let Some(newest) = withdrawals.max_by_key(|withdrawal| withdrawal.id) {
        let (zh, en) = came(&newest, own);
        issue.help = Some(Message::new(
            format!(
                "被引用的记录已由{zh}撤回：如需恢复，请重新报送（upsert）；否则请更正本记录的引用"
            ),
            format!(
                "what is referred to was withdrawn by {en}: send it anew (upsert), or correct what this record refers to"
            ),
        ));
    }
}

/// Where a version came: which record of which receipt, or of the submission `own` itself.
fn came(version: &Neighbour, own: i64) -> (String, String) {
    let (submission, place) = version.came;
    let place = place + 1;
    if submission == own {
        return (
            format!("本批次第 {place} 条记录"),
            format!("record {place} of this submission"),
        );
    }
    let receipt = receipt_id(submission);
    (
        format!("回执 {receipt} 第 {place} 条记录"),
        format!("record {place} of receipt {receipt}"),
    )
}
