//! What came by a way without an answer and became no submission: messages, rows, files of the watched folder. Each with
//! why, the newest first.

use super::table::{Cell, Table, column};
use super::{Facts, Question, ReportError};
use crate::intake::ways::{FOLDER, KAFKA};
use crate::pipeline::Instant;
use crate::store::{Database, refused};
use crate::tlog::hash::hex;

/// Rows when nothing else is asked.
const USUAL: usize = 1000;

/// Makes the report.
pub fn make(
    connection: &mut Database,
    facts: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let limit = question.limit.unwrap_or(USUAL) as i64;
    let rows = refused::listed(connection, &question.span, limit)?;
    let rows = rows.into_iter().map(|row| {
        let name = facts.sources.iter().find(|(id, _)| *id == row.source);
        let problem: serde_json::Value = serde_json::from_str(&row.problem).unwrap_or_default();
        let text = |member: &str| problem.get(member).and_then(serde_json::Value::as_str);
        let number = |member: &str| problem.get(member).and_then(serde_json::Value::as_i64);
        // The name of a topic has no colon.
        let (way, place) = row.place.split_once(':').unwrap_or((KAFKA, &row.place));
        let key = row.message_key.as_deref().map(String::from_utf8_lossy);
        vec![
            Instant::from_millis(row.received_at).text().into(),
            row.source.as_str().into(),
            name.map(|(_, name)| name.as_str()).into(),
            way.into(),
            place.into(),
            // A file has a name, and no number.
            (way != FOLDER).then_some(row.message_offset).into(),
            key.as_deref().map(masked).into(),
            Cell::Number(row.raw_bytes),
            hex(&row.raw_sha256).into(),
            text("code").into(),
            number("line").into(),
            number("column").into(),
            text("detail").into(),
            text("detail_en").into(),
        ]
    });
    Ok(Table {
        name: "refused",
        zh: "未能接收",
        columns: vec![
            column("at", "时间"),
            column("source", "数据来源"),
            column("source_name", "来源名称"),
            column("way", "接入方式"),
            column("place", "主题、查询或目录"),
            column("number", "序号"),
            column("key", "消息键、行键或文件名"),
            column("bytes", "字节数"),
            column("sha256", "SHA-256"),
            column("code", "问题代码"),
            column("line", "行"),
            column("column", "列"),
            column("detail", "说明"),
            column("detail_en", "说明（英文）"),
        ],
        rows: rows.collect(),
        total: None,
    })
}

/// A key as a list may show it.
fn masked(key: &str) -> String {
    spec::issue::shown(key, spec::Sensitivity::Public)
}
