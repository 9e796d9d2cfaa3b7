//! One record: its current version, an earlier one, all of them.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use spec::Lookup;

use super::auth::Caller;
use super::found::{self, Shown};
use super::openapi::{Param, param};
use super::{State, reports};
use crate::app::App;
use crate::error::{Error, ErrorCode};
use crate::report;
use crate::store::records::{self, RecordRow};
use crate::store::{Database, StoreError};

/// Parameters.
pub const QUERY: &[Param] = &[param("at", "the version that was current at this instant")];

/// Most versions that are shown.
const MOST: usize = 1000;

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtQuery {
    at: Option<String>,
}

/// Shows the version that is, or was, current.
pub async fn current(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    query: Query<AtQuery>,
) -> Result<HttpResponse, Error> {
    let at = query
        .at
        .as_deref()
        .map(|text| report::parse_instant("at", text, true))
        .transpose();
    let at = at.map_err(reports::error)?;
    let shown = state
        .ask(move |app, connection| {
            let (dataset, key) = path.into_inner();
            let mut version = Some(newest(app, connection, &dataset, &key)?);
            while let Some(row) = version {
                let line = found::line(connection, row.submission_id)?;
                if at.is_none_or(|at| line.is_some_and(|line| line.received_at <= at)) {
                    return found::show(app, connection, &caller, &row)?
                        .ok_or_else(|| missing(&dataset, &key));
                }
                version = before(connection, &row)?;
            }
            Err(missing(&dataset, &key))
        })
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// Shows all versions, the newest first.
pub async fn versions(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let versions = state
        .ask(move |app, connection| {
            let (dataset, key) = path.into_inner();
            let mut shown: Vec<Shown> = Vec::new();
            let mut version = Some(newest(app, connection, &dataset, &key)?);
            while let Some(row) = version
                && shown.len() < MOST
            {
                shown.extend(found::show(app, connection, &caller, &row)?);
                version = before(connection, &row)?;
            }
            if shown.is_empty() {
                Err(missing(&dataset, &key))
            } else {
                Ok(shown)
            }
        })
        .await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "items": versions })))
}

fn newest(
    app: &App,
    connection: &mut Database,
    dataset: &str,
    key: &str,
) -> Result<RecordRow, Error> {
    let known = app
        .spec
        .editions
        .iter()
        .rev()
        .find_map(|edition| edition.dataset(dataset));
    let known = known.ok_or_else(|| missing(dataset, key))?;
    let lookup = Lookup {
        dataset: known.code,
        field: None,
        value: found::stored_key(key),
    };
    found::current(app, connection, &[lookup])?
        .pop()
        .ok_or_else(|| missing(dataset, key))
}

fn before(connection: &mut Database, row: &RecordRow) -> Result<Option<RecordRow>, StoreError> {
    match row.previous {
        // The chain leads to ever older numbers; anything else would be a circle.
        Some(previous) if previous < row.id => records::by_id(connection, previous),
        _ => Ok(None),
    }
}

fn missing(dataset: &str, key: &str) -> Error {
    Error::request(
        ErrorCode::NotFound,
        (
            format!("未找到“{dataset}”的记录“{key}”"),
            format!("there is no record `{key}` of `{dataset}`"),
        ),
    )
}
