//! What became of the records of a submission: its findings, and its outcomes part by part.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::{Deserialize, Serialize};

use super::auth::Caller;
use super::openapi::{Param, param};
use super::submissions::{Shown, line, missing};
use super::{State, reports};
use crate::error::{Error, ErrorCode};
use crate::pipeline::outcomes::{self, PART};
use crate::pipeline::receipt::Outcome;
use crate::report::{self, Table};
use crate::store::{self, Database};

/// Parameters of the findings.
pub const ISSUES: &[Param] = &[
    param("format", "json (default), csv, xlsx"),
    param(
        "part",
        "begin at this part (1,024 records each, from 0); of a large submission the answer names the next",
    ),
];
/// Parameters of the outcomes.
pub const OUTCOMES: &[Param] = &[
    param("part", "which part (1,024 records each), from 0"),
    param(
        "records",
        "all (default) or issues: leave out records without findings",
    ),
];

/// An answer holds whole parts until it has so many findings.
const ENOUGH: usize = 10_000;

/// What the query of the findings says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuesQuery {
    #[serde(default)]
    format: reports::Form,
    #[serde(default)]
    part: u32,
}

/// One finding, with the record that it is about.
#[derive(Debug, Serialize)]
struct Finding<'o> {
    record: u32,
    dataset: &'o str,
    key: Option<&'o str>,
    verdict: spec::Verdict,
    #[serde(flatten)]
    issue: &'o spec::Issue,
}

/// The findings of one submission.
#[derive(Debug, Serialize)]
struct Findings<'o> {
    id: &'o str,
    issues: Vec<Finding<'o>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_part: Option<u32>,
}

impl<'o> Finding<'o> {
    fn of(outcome: &'o Outcome) -> impl Iterator<Item = Finding<'o>> {
        outcome.issues.iter().map(|issue| Finding {
            record: outcome.index,
            dataset: &outcome.dataset,
            key: outcome.key.as_deref(),
            verdict: outcome.verdict,
            issue,
        })
    }
}

/// Shows the findings of a submission.
pub async fn issues(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
    query: Query<IssuesQuery>,
) -> Result<HttpResponse, Error> {
    let (form, from) = (query.format, query.part);
    let name = id.clone();
    let (table, found, next) = state
        .ask(move |app, connection| {
            let line = line(connection, &caller, &id)?;
            let (found, next) = with_findings(connection, line.id, from)?;
            let edition = app.spec.edition(&line.edition);
            let table: Table = report::findings::table(&found, edition.map(AsRef::as_ref));
            Ok((table, found, next))
        })
        .await?;
    if form == reports::Form::Json {
        let issues: Vec<Finding<'_>> = found.iter().flat_map(Finding::of).collect();
        return Ok(HttpResponse::Ok().json(Findings {
            id: &name,
            issues,
            next_part: next,
        }));
    }
    let mut response = reports::answer(table, form).await?;
    if let Some(next) = next {
        let form = if form == reports::Form::Csv {
            "csv"
        } else {
            "xlsx"
        };
        let link = format!(
            "</v1/submissions/{}/issues?format={form}&part={next}>; rel=\"next\"",
            &*name
        );
        if let Ok(value) = actix_web::http::header::HeaderValue::from_str(&link) {
            response
                .headers_mut()
                .insert(actix_web::http::header::LINK, value);
        }
    }
    Ok(response)
}

/// The outcomes with findings from a part on, and the part to go on with when these are enough for one answer.
fn with_findings(
    connection: &mut Database,
    id: i64,
    from: u32,
) -> Result<(Vec<Outcome>, Option<u32>), Error> {
    let row = store::submissions::by_id(connection, id)?
        .ok_or_else(|| Error::Internal(format!("submission {id} went away")))?;
    let (mut found, mut issues, mut part) = (Vec::new(), 0, from);
    while let Some(stored) = outcomes::stored(connection, &row, part)? {
        if issues >= ENOUGH {
            return Ok((found, Some(part)));
        }
        let with = stored.list.into_iter().filter(|one| !one.issues.is_empty());
        for outcome in with {
            issues += outcome.issues.len();
            found.push(outcome);
        }
        part += 1;
    }
    Ok((found, None))
}

/// What the query of the outcomes says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomesQuery {
    #[serde(default)]
    part: u32,
    #[serde(default)]
    records: Shown,
}

/// A part of the outcomes.
#[derive(Debug, Serialize)]
struct Page {
    id: String,
    part: u32,
    parts: u64,
    /// Place of its first record in the submission.
    first: u64,
    /// Root over the outcomes of the part (RFC 6962), base64: as in the receipt's `parts`.
    root: String,
    records: Vec<Outcome>,
}

/// Shows a part of the outcomes of a submission.
pub async fn outcomes(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
    query: Query<OutcomesQuery>,
) -> Result<HttpResponse, Error> {
    let (part, shown) = (query.part, query.records);
    let page = state
        .ask(move |_, connection| {
            let line = line(connection, &caller, &id)?;
            let row =
                store::submissions::by_id(connection, line.id)?.ok_or_else(|| missing(&id))?;
            let records = [row.accepted, row.warned, row.parked, row.duplicate, row.rejected];
            let records: i64 = records.into_iter().map(i64::from).sum();
            let parts = outcomes::parts_of(records.unsigned_abs());
            let stored = outcomes::stored(connection, &row, part)?.ok_or_else(|| {
                Error::request(
                    ErrorCode::NotFound,
                    (
                        format!("批次“{}”共 {parts} 个分段，没有第 {part} 段（从 0 起）", &*id),
                        format!("submission `{}` has {parts} parts, counted from 0; there is no part {part}", &*id),
                    ),
                )
            })?;
            let mut records = stored.list;
            if shown == Shown::Issues {
                records.retain(|outcome| !outcome.issues.is_empty());
            }
            Ok(Page {
                id: id.into_inner(),
                part,
                parts,
                first: u64::from(part) * PART as u64,
                root: stored.root.to_string(),
                records,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(page))
}
