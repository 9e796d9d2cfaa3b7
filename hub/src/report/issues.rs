//! The commonest findings: what goes wrong, where, with how many sources, and one example to look at.

use super::table::{Cell, Table, column};
use super::{Facts, Question, ReportError};
use crate::pipeline::commit::receipt_id;
use crate::store::Database;
use crate::store::totals;

/// Rows when nothing else is asked.
const USUAL: usize = 50;

/// Makes the report.
pub fn make(
    connection: &mut Database,
    facts: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let limit = question.limit.unwrap_or(USUAL) as i64;
    let mut rows = Vec::new();
    for total in totals::issues(connection, &question.span, limit)? {
        let (dataset, name) = facts.dataset(total.dataset);
        let field = total.path.trim_start_matches('/').to_owned();
        let example = totals::example(connection, &total)?;
        let found = facts
            .edition
            .dataset(&total.dataset.to_string())
            .and_then(|dataset| {
                dataset
                    .field_index(&field)
                    .and_then(|index| dataset.field(index))
            });
        let (source, submission, record) = match example {
            Some((source, submission, record)) => {
                (Some(source), Some(submission), Some(i64::from(record)))
            }
            None => (None, None, None),
        };
        rows.push(vec![
            Cell::Number(total.count),
            if total.severity > 0 {
                "error"
            } else {
                "warning"
            }
            .into(),
            total.code.into(),
            total.rule.into(),
            dataset.into(),
            name.into(),
            total.path.as_str().into(),
            field.into(),
            found.map(|field| field.name.as_str()).into(),
            Cell::Number(total.sources),
            source.into(),
            receipt_id(total.example).into(),
            submission.into(),
            record.into(),
        ]);
    }
    Ok(Table {
        name: "issues",
        zh: "校验问题",
        columns: vec![
            column("count", "次数"),
            column("severity", "级别"),
            column("code", "问题代码"),
            column("rule", "规则"),
            column("dataset", "数据集"),
            column("dataset_name", "数据集名称"),
            column("path", "位置"),
            column("field", "数据项"),
            column("field_name", "数据项名称"),
            column("sources", "涉及来源数"),
            column("example_source", "示例来源"),
            column("example_submission", "示例批次"),
            column("example_number", "来源批次号"),
            column("example_record", "示例记录"),
        ],
        rows,
        total: None,
    })
}
