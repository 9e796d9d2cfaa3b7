//! What is said to a correction or withdrawal of a record that is not there.

use spec::{Action, Issue, IssueCode, Message, Normalized, Severity};

use super::judge::shown_key;

/// The finding for a correction or withdrawal of what is not there.
pub fn nothing_to(record: &Normalized<'_, '_>) -> Issue {
    let (zh, en) = if record.action == Action::Withdraw {
        (
            "要撤回的记录不存在：请先报送，或核对业务主键",
            "there is no record to withdraw: check its business key",
        )
    } else {
        (
            "要更正的记录不存在：请先报送，或核对业务主键",
            "there is no record to correct: check its business key",
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
