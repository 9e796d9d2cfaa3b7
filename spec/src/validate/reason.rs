//! Why a record is corrected or taken back: whoever does it says so, in words that others can read years later.

use crate::{Action, Issue, IssueCode, Message, Normalized, Severity};

/// Most characters of a reason.
pub(crate) const LONGEST: usize = 200;

/// A correction or withdrawal without a reason, or with an endless one, is rejected.
pub(super) fn judge(record: &Normalized<'_, '_>, issues: &mut Vec<Issue>) {
    let length = record
        .reason
        .as_deref()
        .map_or(0, |reason| reason.chars().count());
    if record.action == Action::Upsert || (1..=LONGEST).contains(&length) {
        return;
    }
    let message = Message::new(
        format!("更正或撤回须说明原因（reason），1至{LONGEST}个字符，实际{length}个"),
        format!(
            "a correction or withdrawal needs its reason in `reason`, 1 to {LONGEST} characters, found {length}"
        ),
    );
    let mut issue = Issue::new(IssueCode::RecordShape, Severity::Error, message);
    issue.at = Some(record.at);
    issue.found = length.to_string();
    issue.expected = format!("reason：1至{LONGEST}个字符").into();
    issues.push(issue);
}
