//! How much came, and what became of it: received = accepted + warned + parked + duplicate + rejected.

use std::collections::BTreeMap;

use super::table::{Cell, Table, column};
use super::{By, Facts, Question, ReportError};
use crate::store::Database;
use crate::store::totals::{self, VolumeTotal};

/// Counts of records by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    accepted: i64,
    warned: i64,
    parked: i64,
    duplicate: i64,
    rejected: i64,
}

impl Sum {
    fn add(&mut self, total: &VolumeTotal) {
        self.accepted += total.accepted;
        self.warned += total.warned;
        self.parked += total.parked;
        self.duplicate += total.duplicate;
        self.rejected += total.rejected;
    }

    fn cells(self) -> [Cell; 6] {
        let received = self.accepted + self.warned + self.parked + self.duplicate + self.rejected;
        [
            received,
            self.accepted,
            self.warned,
            self.parked,
            self.duplicate,
            self.rejected,
        ]
        .map(Cell::Number)
    }
}

/// Makes the report; by source when nothing else is asked. The total is the sum of all.
pub fn make(
    connection: &mut Database,
    facts: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let totals = totals::volumes(connection, &question.span)?;
    let by: &[By] = if question.by.is_empty() {
        &[By::Source]
    } else {
        &question.by
    };
    Ok(fold(&totals, facts, by))
}

pub(super) fn fold(totals: &[VolumeTotal], facts: &Facts<'_>, by: &[By]) -> Table {
    let mut columns = Vec::new();
    for one in by {
        match one {
            By::Source => columns.extend([
                column("source", "数据来源"),
                column("source_name", "来源名称"),
            ]),
            By::Day => columns.push(column("day", "日期")),
            By::Dataset => columns.extend([
                column("dataset", "数据集"),
                column("dataset_name", "数据集名称"),
            ]),
        }
    }
    let labels = columns.len();
    columns.extend([
        column("received", "接收"),
        column("accepted", "合格"),
        column("warned", "合格有提示"),
        column("parked", "待关联"),
        column("duplicate", "重复"),
        column("rejected", "退回"),
    ]);
    let mut sums: BTreeMap<Vec<(i64, &str)>, Sum> = BTreeMap::new();
    let mut all = Sum::default();
    for total in totals {
        let key = by
            .iter()
            .map(|one| match one {
                By::Source => (0, total.source.as_str()),
                By::Day => (total.day, ""),
                By::Dataset => (i64::from(total.dataset), ""),
            })
            .collect();
        sums.entry(key).or_default().add(total);
        all.add(total);
    }
    let mut rows = Vec::new();
    for (key, sum) in sums {
        let mut row = Vec::new();
        for (one, (number, word)) in by.iter().zip(key) {
            match one {
                By::Source => {
                    let named = facts.sources.iter().find(|(id, _)| id == word);
                    row.extend([word.into(), named.map(|(_, name)| name.as_str()).into()]);
                }
                By::Day => row.push(day(number).into()),
                By::Dataset => {
                    let (id, name) = facts.dataset(number as i32);
                    row.extend([id.into(), name.into()]);
                }
            }
        }
        row.extend(sum.cells());
        rows.push(row);
    }
    let mut last = vec![Cell::Empty; labels];
    if let Some(first) = last.first_mut() {
        *first = "合计".into();
    }
    last.extend(all.cells());
    Table {
        name: "volumes",
        zh: "报送数量",
        columns,
        rows,
        total: Some(last),
    }
}

/// A day by its number since 1970-01-01.
fn day(number: i64) -> String {
    jiff::civil::date(1970, 1, 1)
        .saturating_add(jiff::Span::new().days(number.clamp(0, 2_000_000)))
        .to_string()
}
