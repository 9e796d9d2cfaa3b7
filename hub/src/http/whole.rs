//! What the records of a deal lack together: rules that are never held against one record that arrives.

use serde::Serialize;
use spec::rule::Stage;
use spec::{Context, Issue, Lookup, Normalized};

use super::found;
use crate::app::App;
use crate::error::Error;
use crate::pipeline::Instant;
use crate::pipeline::neighbours::{Key, Neighbour, Neighbours};
use crate::store::Database;

/// A finding, and the record that it is told with.
#[derive(Debug, Serialize)]
pub struct Lack {
    /// Number of the record version.
    pub record: i64,
    /// Its data set.
    dataset: String,
    #[serde(flatten)]
    issue: Issue,
}

/// Judges the current records under the lookups together, as they stand now. Personal values are masked.
pub fn lacks(
    app: &App,
    connection: &mut Database,
    lookups: &[Lookup],
    now: Instant,
) -> Result<Vec<Lack>, Error> {
    let Some(edition) = app.spec.editions.last() else {
        return Ok(Vec::new());
    };
    let mut numbers = Vec::new();
    let mut records = Vec::new();
    let mut keys: Vec<Key> = Vec::new();
    for row in found::current(app, connection, lookups)? {
        let stored = Neighbour::from_row(row)?;
        let Some(dataset) = edition.by_code(stored.dataset) else {
            continue;
        };
        let record = Normalized::from_canonical(dataset, stored.body());
        let asked = spec::references::lookups_at(edition, &record, Stage::Complete);
        keys.extend(Key::all(&app.lookup, asked));
        numbers.push(stored.id);
        records.push(record);
    }
    let mut neighbours = Neighbours::new(app.lookup.clone());
    neighbours.fetch(connection, keys.iter())?;
    let known = neighbours.known(edition, keys);
    let context = Context {
        edition,
        received: now.civil,
        platforms: &[],
    };
    let reports = spec::validate::judge_complete(&context, &records, &known);
    let mut lacks = Vec::new();
    for ((report, record), number) in reports.into_iter().zip(&records).zip(numbers) {
        lacks.extend(report.issues.into_iter().map(|issue| Lack {
            record: number,
            dataset: record.dataset.id.clone(),
            issue,
        }));
    }
    Ok(lacks)
}
