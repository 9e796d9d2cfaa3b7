//! The findings of one submission as a list that a clerk works through.

use spec::{Edition, Severity};

use super::table::{Cell, Table, column};
use crate::pipeline::receipt::Outcome;

/// Lists every finding. Without the edition the names of fields are left empty.
pub fn table(outcomes: &[Outcome], edition: Option<&Edition>) -> Table {
    let mut rows = Vec::new();
    for outcome in outcomes {
        let dataset = edition.and_then(|edition| edition.dataset(&outcome.dataset));
        for issue in &outcome.issues {
            let field = issue.path.trim_start_matches('/');
            let name = dataset
                .and_then(|set| set.field(set.field_index(field)?))
                .map(|field| field.name.as_str());
            rows.push(vec![
                Cell::Number(i64::from(outcome.index) + 1),
                outcome.dataset.as_str().into(),
                dataset.map(|dataset| dataset.name.as_str()).into(),
                outcome.key.clone().into(),
                if issue.severity == Severity::Error {
                    "错误"
                } else {
                    "提示"
                }
                .into(),
                issue.code.name().into(),
                issue.rule.as_deref().into(),
                field.into(),
                name.into(),
                issue.part.as_str().into(),
                issue.line.map(i64::from).into(),
                issue.column.map(i64::from).into(),
                issue.found.as_str().into(),
                issue.expected.as_str().into(),
                issue.message.zh.as_ref().into(),
                issue.clause.as_str().into(),
            ]);
        }
    }
    Table {
        name: "issues",
        zh: "校验问题清单",
        columns: vec![
            column("record", "记录序号"),
            column("dataset", "数据集"),
            column("dataset_name", "数据集名称"),
            column("key", "业务主键"),
            column("severity", "级别"),
            column("code", "问题代码"),
            column("rule", "规则"),
            column("field", "数据项"),
            column("field_name", "数据项名称"),
            column("part", "文件或工作表"),
            column("line", "行"),
            column("column", "列"),
            column("found", "实际值"),
            column("expected", "应为"),
            column("message", "说明"),
            column("clause", "依据"),
        ],
        rows,
        total: None,
    }
}
