//! Counters of sources that went wrong: numbers left out, gone back to, or used twice for different messages.

use super::table::{Cell, Table, column};
use super::{Facts, Question, ReportError};
use crate::pipeline::Instant;
use crate::pipeline::commit::receipt_id;
use crate::pipeline::sequence::word;
use crate::store::{Database, sequence};

/// Rows when nothing else is asked.
const USUAL: usize = 1000;

/// Makes the report: every alert, the newest first, with what is still missing.
pub fn make(
    connection: &mut Database,
    facts: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let limit = question.limit.unwrap_or(USUAL) as i64;
    let span = (
        question.span.from.unwrap_or(i64::MIN),
        question.span.to.unwrap_or(i64::MAX),
    );
    let mut rows = Vec::new();
    for alert in sequence::alerts(connection, question.span.source.as_deref(), span, limit)? {
        let name = facts.sources.iter().find(|(id, _)| *id == alert.source);
        let missing = sequence::gaps_of(connection, &alert.source, alert.id)?;
        let missing: Vec<String> = missing
            .iter()
            .map(|(first, last)| {
                if first == last {
                    first.to_string()
                } else {
                    format!("{first}–{last}")
                }
            })
            .collect();
        rows.push(vec![
            alert.source.as_str().into(),
            name.map(|(_, name)| name.as_str()).into(),
            word(alert.kind).into(),
            Cell::Number(alert.expected),
            Cell::Number(alert.found),
            missing.join(", ").into(),
            receipt_id(alert.submission_id).into(),
            alert.first_id.map(receipt_id).into(),
            Instant::from_millis(alert.at).text().into(),
            alert
                .closed_at
                .map(|at| Instant::from_millis(at).text())
                .into(),
        ]);
    }
    Ok(Table {
        name: "sequence",
        zh: "序号异常",
        columns: vec![
            column("source", "数据来源"),
            column("source_name", "来源名称"),
            column("alert", "异常"),
            column("expected", "应为序号"),
            column("found", "实际序号"),
            column("missing", "尚缺序号"),
            column("submission", "批次"),
            column("first_submission", "同序号先前批次"),
            column("at", "发现时间"),
            column("closed_at", "消除时间"),
        ],
        rows,
        total: None,
    })
}
