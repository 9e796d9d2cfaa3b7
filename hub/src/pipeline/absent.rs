//! What is said to a correction or withdrawal of a record that is not there.

use spec::{Action, Issue, IssueCode, Message, Normalized, Severity};

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
            let (submission, place) = taken_back.came;
            let (zh, en) = if submission == own {
                ("本批次".to_owned(), "this submission".to_owned())
            } else {
                let receipt = receipt_id(submission);
                (format!("回执 {receipt} "), format!("receipt {receipt}"))
            };
            let place = place + 1;
            let (todo_zh, todo_en) = if is_withdrawal {
                ("无需再次撤回", "once is enough")
            } else {
                (
                    "撤回之后不能更正，如需恢复，请直接报送（upsert）",
                    "what was withdrawn is not corrected: to bring it back, send it anew (upsert)",
                )
            };
            (
                format!("该记录已由{zh}第 {place} 条记录撤回：{todo_zh}"),
                format!("it was withdrawn by record {place} of {en}: {todo_en}"),
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
