//! What was erased: when, at whose order and why, how much of it, and which destinations have not confirmed yet that
//! they erased it too. The newest first; one row for each destination that held it. A duty is `open` where nobody but an
//! operator can tell the destination; a subscriber is `telling`, `told` once it has taken every event over, or `not_told`
//! when the hub has given up; `confirmed` is what an operator noted.

use super::table::{Cell, Table, column};
use super::{Facts, Question, ReportError};
use crate::pipeline::Instant;
use crate::store::Database;
use crate::store::erasures::notices::{self, Progress};
use crate::store::erasures::{self, duties};

/// Rows when nothing else is asked.
const USUAL: usize = 1000;

/// Makes the report.
pub fn make(
    connection: &mut Database,
    _facts: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let limit = question.limit.unwrap_or(USUAL);
    let instant = |millis: i64| Instant::from_millis(millis).text();
    let mut rows = Vec::new();
    for one in erasures::listed(connection, &question.span, limit as i64)? {
        let count = |number: i64| Cell::Number(number);
        let base = |rest: Vec<Cell>| {
            let mut row: Vec<Cell> = vec![
                instant(one.at).into(),
                count(one.leaf_index),
                count(one.versions),
                count(one.files),
                one.ordered_by.as_str().into(),
                one.reason.as_str().into(),
            ];
            row.extend(rest);
            row
        };
        let owed = duties::of(connection, one.leaf_index)?;
        let progress = notices::progress(connection, one.leaf_index)?;
        if owed.is_empty() {
            rows.push(base(vec![
                None::<&str>.into(),
                "none".into(),
                None::<&str>.into(),
                None::<&str>.into(),
                None::<&str>.into(),
            ]));
        }
        for duty in owed {
            let told = progress.get(&duty.destination).copied().unwrap_or_default();
            let state = match told {
                _ if duty.done_at.is_some() => "confirmed",
                Progress { all: 0, .. } => "open",
                Progress { failed: 1.., .. } => "not_told",
                Progress { all, told, .. } if all == told => "told",
                _ => "telling",
            };
            let told_at = Some(told.at).filter(|_| told.all > 0 && told.told == told.all);
            rows.push(base(vec![
                duty.destination.as_str().into(),
                state.into(),
                told_at.map(instant).into(),
                duty.done_at.map(instant).into(),
                duty.done_by.as_deref().into(),
            ]));
        }
    }
    Ok(Table {
        name: "erasures",
        zh: "个人信息删除",
        columns: vec![
            column("at", "时间"),
            column("leaf", "日志条目"),
            column("versions", "版本数"),
            column("attachments", "附件数"),
            column("by", "指令人"),
            column("reason", "原因"),
            column("destination", "已收到的目的地"),
            column("duty", "目的地删除情况"),
            column("told_at", "通知送达时间"),
            column("confirmed_at", "确认时间"),
            column("confirmed_by", "确认人"),
        ],
        rows,
        total: None,
    })
}
