//! Who hangs on a record: what must be looked up before one is taken back, or loses a value that others refer to.
//!
//! Whether a record found so would really wait is for `validate::judge_among` to say, with the other record gone.

use crate::normalize::items;
use crate::references::lookup;
use crate::{Action, Edition, Issue, IssueCode, Lookup, Message, Normalized, Severity};

use crate::issue::Related;

/// The look-ups of records that refer to a value which `old` has and `new` has no longer (none: `old` is taken back).
pub fn lookups(
    edition: &Edition,
    old: &Normalized<'_, '_>,
    new: Option<&Normalized<'_, '_>>,
) -> Vec<Lookup> {
    let mut all = Vec::new();
    for referrer in &old.dataset.referrers {
        let kept = new.and_then(|new| new.text(referrer.field));
        for item in old.text(referrer.field).into_iter().flat_map(items) {
            let lost = kept.is_none_or(|kept| items(kept).all(|other| other != item));
            if lost {
                all.push(lookup(edition, referrer.dataset, referrer.by, item));
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether another version of a record of this data set may lose a value that others refer to: its key stays.
pub fn may_lose(dataset: &crate::Dataset) -> bool {
    let mut referrers = dataset.referrers.iter();
    referrers.any(|referrer| !dataset.key.contains(&referrer.field))
}

/// The finding that refuses to take a record back, or to change what others refer to. `more`: there are others
/// besides those named.
pub fn held(record: &Normalized<'_, '_>, related: Vec<Related>, more: bool) -> Issue {
    let names: Vec<String> = related
        .iter()
        .map(|one| format!("{} {}", one.dataset, one.key))
        .collect();
    let (names_zh, names_en) = (names.join("、"), names.join(", "));
    let (etc_zh, etc_en) = if more {
        ("等", " and others")
    } else {
        ("", "")
    };
    let message = if record.action == Action::Withdraw {
        Message::new(
            format!("仍有记录引用本记录，不能撤回：{names_zh}{etc_zh}"),
            format!("cannot be withdrawn while others refer to it: {names_en}{etc_en}"),
        )
    } else {
        Message::new(
            format!("仍有记录引用本记录的原值，不能变更该值：{names_zh}{etc_zh}"),
            format!("the value cannot be changed while others refer to it: {names_en}{etc_en}"),
        )
    };
    let mut issue = Issue::new(IssueCode::ReferenceHeld, Severity::Error, message);
    issue.at = Some(record.at);
    issue.found = format!("{}{}", related.len(), if more { "+" } else { "" });
    issue.expected = "没有记录引用".into();
    issue.help = Some(Message::new(
        "请先撤回或更正这些记录（可在同一批次中排在本记录之前），再报送本记录",
        "withdraw or correct those records first (they may stand before this one in the same submission), then send \
         this one again",
    ));
    issue.related = related;
    issue
}
