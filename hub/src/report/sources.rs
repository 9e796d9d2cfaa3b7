//! Who sent and who is silent: every source, with when it was last heard of.

use super::table::{Cell, Table, column};
use super::{Facts, Question, ReportError};
use crate::pipeline::commit::receipt_id;
use crate::store::Database;
use crate::store::totals;

/// Makes the report. Sources without a submission in the span are listed too.
pub fn make(
    connection: &mut Database,
    facts: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let totals = totals::sources(connection, &question.span)?;
    let only = question.span.source.as_deref();
    let named = facts
        .sources
        .iter()
        .map(|(id, name)| (id.as_str(), name.as_str()));
    let unnamed = totals
        .iter()
        .filter(|total| facts.sources.iter().all(|(id, _)| *id != total.source))
        .map(|total| (total.source.as_str(), ""));
    let mut rows = Vec::new();
    for (id, name) in named
        .chain(unnamed)
        .filter(|(id, _)| only.is_none_or(|only| only == *id))
    {
        let total = totals.iter().find(|total| total.source == id);
        rows.push(vec![
            id.into(),
            name.into(),
            Cell::Number(total.map_or(0, |total| total.submissions)),
            Cell::Number(total.map_or(0, |total| total.records)),
            Cell::Number(total.map_or(0, |total| total.rejected)),
            total.map(|total| instant(total.last_at)).into(),
            total.map(|total| receipt_id(total.last_id)).into(),
        ]);
    }
    Ok(Table {
        name: "sources",
        zh: "数据来源",
        columns: vec![
            column("source", "数据来源"),
            column("source_name", "来源名称"),
            column("submissions", "批次"),
            column("records", "记录"),
            column("rejected", "退回"),
            column("last_received_at", "最近接收时间"),
            column("last_submission", "最近批次"),
        ],
        rows,
        total: None,
    })
}

/// An instant as people in China read it, with its offset.
fn instant(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map(|instant| {
            instant
                .display_with_offset(jiff::tz::Offset::constant(8))
                .to_string()
        })
        .unwrap_or_default()
}
