//! The exchange at a glance: per source, what was received and what became of it, up to the acknowledgement.

use super::table::{Cell, Table, column};
use super::{Facts, Question, ReportError};
use crate::store::{Database, forwarded, totals};

/// The destination that the report follows.
const DESTINATION: &str = crate::store::NATIONAL;

/// Makes the report. `parked` counts verdicts as they were receipted, `waiting` what still waits now.
pub fn make(
    connection: &mut Database,
    facts: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let volumes = totals::volumes(connection, &question.span)?;
    let waiting = totals::waiting(connection)?;
    let sent_of = forwarded::per_source(connection, DESTINATION)?;
    let mut rows = Vec::new();
    for (id, name) in facts.sources {
        if question.span.source.as_ref().is_some_and(|only| only != id) {
            continue;
        }
        let mut sums = [0_i64; 5];
        for total in volumes.iter().filter(|total| total.source == *id) {
            let figures = [
                total.accepted,
                total.warned,
                total.parked,
                total.duplicate,
                total.rejected,
            ];
            for (sum, figure) in sums.iter_mut().zip(figures) {
                *sum += figure;
            }
        }
        let waits = waiting
            .iter()
            .find(|total| total.source == *id)
            .map_or(0, |total| total.records);
        let sent = sent_of
            .iter()
            .find(|count| count.source == *id)
            .cloned()
            .unwrap_or_default();
        let open = sent.owed - sent.acknowledged - sent.refused - sent.exhausted;
        let mut row: Vec<Cell> = vec![
            id.as_str().into(),
            name.as_str().into(),
            Cell::Number(sums.iter().sum()),
        ];
        row.extend(sums.map(Cell::Number));
        row.extend(
            [
                waits,
                sent.owed,
                sent.forwarded,
                sent.acknowledged,
                sent.refused,
                open,
                sent.exhausted,
            ]
            .map(Cell::Number),
        );
        rows.push(row);
    }
    Ok(Table {
        name: "exchange",
        zh: "交换概况",
        columns: vec![
            column("source", "数据来源"),
            column("source_name", "来源名称"),
            column("received", "接收"),
            column("accepted", "合格"),
            column("accepted_with_warnings", "合格有提示"),
            column("parked", "待关联"),
            column("duplicate", "重复"),
            column("rejected", "退回"),
            column("waiting", "仍待关联"),
            column("owed", "应转发"),
            column("forwarded", "已转发"),
            column("acknowledged", "已确认"),
            column("refused", "被拒"),
            column("open", "在途"),
            column("exhausted", "中止"),
        ],
        rows,
        total: None,
    })
}
