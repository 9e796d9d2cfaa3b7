//! What is said to a correction or withdrawal of a record that is not there.

use spec::{Action, Issue, IssueCode, Message, Normalized, Severity};

use super::judge::shown_key;

/// The finding for a correction or withdrawal of what is not there.
pub fn nothing_to(record: &Normalized<'_, '_>) -> Issue {
    let (zh, en) = if record.action == Action::Withdraw {
        (
            "要撤回的记录不存在，或此前已撤回：核对数据集与业务主键；已撤回的无需再撤回",
            "there is no record to withdraw, or it was withdrawn before: check data set and business key; once is enough",
        )
    } else {
        (
            "要更正的记录不存在，或此前已撤回：核对数据集与业务主键；从未报送或已撤回的，不用更正，直接报送",
            "there is no record to correct, or it was withdrawn: check data set and business key; what is not there is sent, not corrected",
        )
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
