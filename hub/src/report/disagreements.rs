//! Records that the hub's judge and the published schema see differently, as kept in this hub's data folder.
//!
//! A matter of whoever runs the hub: a source gets no rows.

use super::table::column;
use super::{Facts, Question, ReportError, Table};
use crate::pipeline::opinion;

/// Makes the report.
pub fn make(facts: &Facts<'_>, question: &Question) -> Result<Table, ReportError> {
    let kept = match question.span.source {
        Some(_) => Vec::new(),
        None => opinion::kept(facts.data)?,
    };
    let within = |at: &str| {
        let instant = at
            .parse::<jiff::Timestamp>()
            .map(jiff::Timestamp::as_millisecond);
        instant.is_ok_and(|instant| {
            question.span.from.is_none_or(|from| instant >= from)
                && question.span.to.is_none_or(|to| instant < to)
        })
    };
    let rows = kept.into_iter().filter(|one| within(&one.at)).map(|one| {
        vec![
            one.at.into(),
            one.edition.into(),
            one.dataset.into(),
            one.digest.into(),
            one.engine.into(),
            one.schema.into(),
        ]
    });
    Ok(Table {
        name: "disagreements",
        zh: "判定分歧",
        columns: vec![
            column("at", "时间"),
            column("edition", "规范版本"),
            column("dataset", "数据集"),
            column("digest", "记录摘要"),
            column("engine", "枢纽判定"),
            column("schema", "发布模式判定"),
        ],
        rows: rows.collect(),
        total: None,
    })
}
