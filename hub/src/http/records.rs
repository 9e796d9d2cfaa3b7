//! One record: what is known of it, what was known, what holds; all of its versions.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use spec::Lookup;

use super::auth::Caller;
use super::found::{self, Shown};
use super::openapi::Param;
use super::{State, erased, moment};
use crate::app::App;
use crate::error::{Error, ErrorCode};
use crate::pipeline::Instant;
use crate::store::{Database, erasures};
use crate::timeline::{self, Claim, Version};

/// Parameters.
pub const QUERY: &[Param] = &[moment::AT, moment::VALID];

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MomentQuery {
    at: Option<String>,
    valid: Option<String>,
}

/// Shows the version that is current, or was known as such at an instant, or holds at one.
pub async fn current(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    query: Query<MomentQuery>,
) -> Result<HttpResponse, Error> {
    let at = moment::parse("at", query.at.as_deref())?;
    let valid = moment::parse("valid", query.valid.as_deref())?;
    let shown = state
        .ask(move |app, connection| {
            let (dataset, key) = path.into_inner();
            let mut known = chain(app, connection, &dataset, &key)?;
            known.retain(|version| {
                let until = at.unwrap_or(i64::MAX);
                version.from.is_some_and(|from| from <= until)
            });
            let version = match valid {
                None => known.into_iter().next(),
                Some(valid) => holding(app, known, valid),
            };
            let version = version.ok_or_else(|| missing(&dataset, &key))?;
            let shown = found::show(app, connection, &caller, &version)?;
            let shown = shown.ok_or_else(|| missing(&dataset, &key))?;
            match erasures::of(connection, version.row.id)? {
                Some(erasure) => Err(erased::gone(&erasure)),
                None => Ok(shown),
            }
        })
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// The version, of those known (the newest first), that holds at an instant of the world.
fn holding(app: &App, mut known: Vec<Version>, valid: i64) -> Option<Version> {
    known.reverse();
    let dataset = found::dataset(app, known.first()?.row.dataset)?;
    let claims: Vec<Claim> = known
        .iter()
        .map(|version| Claim::of(dataset, &version.row))
        .collect();
    let place = timeline::valid_at(&claims, Instant::from_millis(valid))?;
    known.into_iter().nth(place)
}

/// Shows all versions, the newest first, also those that waited or wait.
pub async fn versions(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let versions = state
        .ask(move |app, connection| {
            let (dataset, key) = path.into_inner();
            let mut shown: Vec<Shown> = Vec::new();
            for version in chain(app, connection, &dataset, &key)? {
                shown.extend(found::show(app, connection, &caller, &version)?);
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

/// All versions of a record, the newest first.
fn chain(
    app: &App,
    connection: &mut Database,
    dataset: &str,
    key: &str,
) -> Result<Vec<Version>, Error> {
    let known = app
        .spec
        .editions
        .iter()
        .rev()
        .find_map(|edition| edition.dataset(dataset));
    let known = known.ok_or_else(|| missing(dataset, key))?;
    let own = Lookup {
        dataset: known.code,
        field: None,
        value: found::stored_key(key),
    };
    let newest = found::newest(app, connection, &own)?.ok_or_else(|| missing(dataset, key))?;
    Ok(timeline::back_from(connection, newest, None)?)
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
