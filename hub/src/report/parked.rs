//! The waiting room: who waits for whom, since when, until when, and who is expected to send it.

use adapters::Profile;

use super::table::{Cell, Table, column};
use super::{Facts, Question, ReportError};
use crate::pipeline::Instant;
use crate::pipeline::commit::receipt_id;
use crate::pipeline::expiry::awaited;
use crate::pipeline::judge::shown_key;
use crate::pipeline::neighbours::Neighbour;
use crate::store::Database;
use crate::store::waiting;

/// Rows when nothing else is asked.
const USUAL: usize = 1000;

/// Makes the report: a row for each value that a record waits for, the longest wait first.
pub fn make(
    connection: &mut Database,
    facts: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let limit = question.limit.unwrap_or(USUAL) as i64;
    let mut rows = Vec::new();
    let source = question.span.source.as_deref();
    for (parked, row, source, number) in waiting::all(connection, source, limit)? {
        let name = facts.sources.iter().find(|(id, _)| *id == source);
        let (dataset, dataset_name) = facts.dataset(row.dataset);
        let since = Instant::from_millis(parked.since);
        let deadline = facts.deadlines.of(&parked.edition, parked.since);
        let known = facts.edition.dataset(&dataset);
        let version = Neighbour::from_row(row.clone())?;
        let key = known
            .and_then(|known| shown_key(&spec::Normalized::from_canonical(known, version.body())));
        for awaited in awaited(&parked)? {
            let join = |part: fn(&spec::waiting::Place) -> &str| {
                let parts: Vec<&str> = awaited.places.iter().map(part).collect();
                parts.join(" | ")
            };
            rows.push(vec![
                source.as_str().into(),
                name.map(|(_, name)| name.as_str()).into(),
                dataset.as_str().into(),
                dataset_name.as_str().into(),
                key.clone().into(),
                receipt_id(row.submission_id).into(),
                number.as_str().into(),
                Cell::Number(i64::from(row.record_index)),
                join(|place| &place.dataset).into(),
                join(|place| &place.name).into(),
                join(|place| &place.field).into(),
                awaited.shown().into(),
                since.text().into(),
                Instant::from_millis(deadline).text().into(),
                expected(facts, &source, &awaited).into(),
            ]);
        }
    }
    Ok(Table {
        name: "parked",
        zh: "待关联",
        columns: vec![
            column("source", "数据来源"),
            column("source_name", "来源名称"),
            column("dataset", "数据集"),
            column("dataset_name", "数据集名称"),
            column("key", "业务主键"),
            column("submission", "批次"),
            column("number", "来源批次号"),
            column("record", "记录序号"),
            column("awaited_dataset", "等待数据集"),
            column("awaited_name", "等待数据集名称"),
            column("awaited_field", "等待数据项"),
            column("awaited_value", "等待值"),
            column("since", "等待起始"),
            column("deadline", "期限"),
            column("expected_source", "应报送来源"),
        ],
        rows,
        total: None,
    })
}

/// Who is expected to send what is waited for: of the sources that may, the only one, or the one whose region
/// stands in the value, or the one that waits itself. None when it cannot be told.
fn expected(facts: &Facts<'_>, own: &str, awaited: &spec::waiting::Awaited) -> Option<String> {
    let may = |profile: &&std::sync::Arc<Profile>| {
        let mut places = awaited.places.iter();
        places.any(|place| {
            let dataset = facts.edition.dataset(&place.dataset);
            dataset.is_some_and(|dataset| profile.permits(dataset))
        })
    };
    let senders: Vec<_> = facts.profiles.iter().filter(may).collect();
    if let [only] = senders.as_slice() {
        return Some(only.id.clone());
    }
    let by_region: Vec<_> = senders
        .iter()
        .filter(|profile| awaited.value.contains(&profile.region))
        .collect();
    match by_region.as_slice() {
        [only] => Some(only.id.clone()),
        _ => senders
            .iter()
            .find(|profile| profile.id == own)
            .map(|profile| profile.id.clone()),
    }
}
