//! The standing of a subject of trading now 主体信用状态: what is said of it, by which record, under which receipt, from
//! when to when, and whether it is in force.
//!
//! Which data sets say something stands in the specification. It is for everybody who takes part: a trading system has
//! to know whom it may admit, whoever reported it. Personal values are not shown.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};
use spec::standing::{EndedBy, Standing};
use spec::{Dataset, Lookup};

use super::{State, found};
use crate::app::App;
use crate::error::Error;
use crate::pipeline::Instant;
use crate::pipeline::commit::receipt_id;
use crate::store::Database;
use crate::store::records::RecordRow;
use crate::tlog::sha256;

/// Shows the standing of a subject. One of whom nothing is said has a good one.
pub async fn one(state: Data<State>, uscc: Path<String>) -> Result<HttpResponse, Error> {
    let uscc = uscc.into_inner();
    let subject = uscc.clone();
    let now = Instant::now();
    let entries = state
        .ask(move |app, connection| {
            let mut entries = Vec::new();
            for edition in &app.spec.editions {
                for standing in &edition.standing {
                    let Some(dataset) = edition.by_code(standing.dataset) else {
                        continue;
                    };
                    let lookup = Lookup {
                        dataset: standing.dataset,
                        field: Some(standing.subject),
                        value: uscc.clone(),
                    };
                    let rows = found::current(app, connection, &[lookup])?;
                    // What was taken back is not said any more.
                    for row in rows.into_iter().filter(|row| row.action != 2) {
                        entries.push(entry(app, connection, standing, dataset, &row, now)?);
                    }
                }
            }
            // Editions that share data sets find the same record twice.
            entries.sort_by_key(|(record, _, _)| *record);
            entries.dedup_by_key(|(record, _, _)| *record);
            Ok(entries)
        })
        .await?;
    let adverse = entries.iter().any(|(_, adverse, _)| *adverse);
    let entries: Vec<Value> = entries.into_iter().map(|(_, _, entry)| entry).collect();
    Ok(HttpResponse::Ok().json(json!({
        "subject": subject, "at": now.text(),
        "standing": if adverse { "adverse" } else { "clear" },
        "entries": entries,
    })))
}

/// One entry: the record, whether it speaks against the subject now, and how it is shown.
fn entry(
    app: &App,
    connection: &mut Database,
    standing: &Standing,
    dataset: &Dataset,
    row: &RecordRow,
    now: Instant,
) -> Result<(i64, bool, Value), Error> {
    let body: serde_json::Map<String, Value> = serde_json::from_slice(&row.body)
        .map_err(|error| Error::Internal(format!("record {}: {error}", row.id)))?;
    let value = |field| {
        let field = dataset.field(field)?;
        body.get(&field.id).and_then(Value::as_str)
    };
    let from = standing.from.and_then(value).map(str::to_owned);
    let to = standing.to.and_then(value).map(str::to_owned);
    let ended = match &standing.ended_by {
        Some(ended) => match value(ended.own) {
            Some(own) => end(app, connection, *ended, own)?,
            None => None,
        },
        None => None,
    };
    let clock = now.civil.strftime("%Y%m%d%H%M%S").to_string();
    let begun = from.as_deref().is_none_or(|from| before(from, &clock));
    let over = to.as_deref().is_some_and(|to| before(to, &clock));
    let in_force = begun && !over && ended.is_none();
    let (name, key) = found::name(app, row)?;
    let shown = json!({
        "effect": standing.effect, "zh": standing.zh, "adverse": standing.adverse,
        "in_force": in_force, "valid_from": from, "valid_to": to, "ended_by": ended,
        "evidence": evidence(row, &name, &key),
    });
    Ok((row.id, standing.adverse && in_force, shown))
}

/// What ends an entry, if it has come.
fn end(
    app: &App,
    connection: &mut Database,
    ended: EndedBy,
    own: &str,
) -> Result<Option<Value>, Error> {
    let lookup = Lookup {
        dataset: ended.dataset,
        field: (!ended.is_key).then_some(ended.field),
        value: own.to_owned(),
    };
    let rows = found::current(app, connection, &[lookup])?;
    let Some(row) = rows.iter().find(|row| row.action != 2) else {
        return Ok(None);
    };
    let (name, key) = found::name(app, row)?;
    Ok(Some(evidence(row, &name, &key)))
}

fn evidence(row: &RecordRow, dataset: &str, key: &str) -> Value {
    json!({
        "record": row.id, "dataset": dataset, "key": key,
        "receipt": receipt_id(row.submission_id), "record_index": row.record_index,
        "digest": sha256(&row.body).to_hex(),
    })
}

/// Whether a date or an instant is not after another, as far as the shorter one says.
fn before(one: &str, other: &str) -> bool {
    let length = one.len().min(other.len());
    one.get(..length) <= other.get(..length)
}

#[cfg(test)]
mod tests {
    use super::before;

    #[test]
    fn a_day_is_compared_as_a_day() {
        assert!(before("20261122", "20261122093000"));
        assert!(before("20261122092959", "20261122093000"));
        assert!(!before("20261122093001", "20261122093000"));
        assert!(!before("20261123", "20261122093000"));
    }
}
