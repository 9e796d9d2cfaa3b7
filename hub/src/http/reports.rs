//! Reports, and their three forms.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::State;
use super::auth::Caller;
use super::openapi::{Param, param};
use crate::app::App;
use crate::error::{Error, ErrorCode};
use crate::pipeline::Instant;
use crate::pipeline::expiry::Deadlines;
use crate::report::{self, Facts, Question, ReportError, Table};
use crate::store::totals::Span;

/// Parameters.
pub const QUERY: &[Param] = &[
    param("from", "received on or after this day or instant"),
    param(
        "to",
        "received before the end of this day, or before this instant",
    ),
    param("by", "volumes: source, day, dataset, joined with commas"),
    param("source", "only of this source"),
    param("limit", "issues, parked: most rows"),
    param("format", "json (default), csv, xlsx"),
];

/// Form of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// For machines.
    #[default]
    Json,
    /// For any spreadsheet.
    Csv,
    /// For Excel.
    Xlsx,
}

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    from: Option<String>,
    to: Option<String>,
    by: Option<String>,
    source: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    format: Form,
}

/// Makes a report. A source gets its own figures only.
pub async fn one(
    state: Data<State>,
    caller: Caller,
    name: Path<String>,
    query: Query<ReportQuery>,
) -> Result<HttpResponse, Error> {
    let query = query.into_inner();
    let instant = |what, text: &Option<String>, end| {
        text.as_deref()
            .map(|text| report::parse_instant(what, text, end))
            .transpose()
            .map_err(error)
    };
    let span = Span {
        from: instant("from", &query.from, false)?,
        to: instant("to", &query.to, true)?,
        source: caller.only().map(str::to_owned).or(query.source),
    };
    let by = report::parse_by(query.by.as_deref().unwrap_or_default()).map_err(error)?;
    let question = Question {
        span,
        by,
        limit: query.limit.map(|limit| limit.min(1000)),
    };
    let table = state
        .ask(move |app, connection| {
            let sources = named(app);
            let all = app.sources.all().into_iter();
            let profiles: Vec<_> = all.map(|source| Arc::clone(&source.profile)).collect();
            let deadlines = Deadlines::new(app.spec, app.config.waiting.days);
            let edition = app
                .spec
                .edition(&app.default_edition)
                .ok_or_else(|| Error::Internal("the default edition is gone".to_owned()))?;
            let facts = Facts {
                edition,
                sources: &sources,
                profiles: &profiles,
                deadlines: &deadlines,
                data: &app.config.data,
                now: Instant::now().millis,
                silence: &app.config.silence,
            };
            report::make(&name, connection, &facts, &question)
                .map_err(error)?
                .ok_or_else(|| {
                    let all = report::NAMES.join(", ");
                    Error::request(
                        ErrorCode::NotFound,
                        (
                            format!("没有报表“{name}”，应为 {all} 之一"),
                            format!("there is no report `{name}`, expected one of {all}"),
                        ),
                    )
                })
        })
        .await?;
    answer(table, query.format).await
}

fn named(app: &App) -> Vec<(String, String)> {
    app.sources
        .all()
        .iter()
        .map(|source| (source.profile.id.clone(), source.profile.name.clone()))
        .collect()
}

/// What a report's fault means to a client.
pub fn error(error: ReportError) -> Error {
    match error {
        ReportError::Word {
            what, ref found, ..
        } => Error::request(
            ErrorCode::Parameter,
            (
                format!("参数 {what} 的值“{found}”不正确"),
                error.to_string(),
            ),
        ),
        ReportError::Store(error) => Error::Store(error),
        ReportError::Sheet(error) => Error::Internal(error.to_string()),
        ReportError::File(error) => Error::Internal(error.to_string()),
    }
}

/// Answers with a table in a form.
pub async fn answer(table: Table, form: Form) -> Result<HttpResponse, Error> {
    let name = table.name;
    Ok(match form {
        Form::Json => HttpResponse::Ok().json(&table),
        Form::Csv => HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header((
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}.csv\""),
            ))
            .body(table.csv()),
        Form::Xlsx => {
            let bytes = actix_web::web::block(move || report::sheet::xlsx(&table))
                .await
                .map_err(|error| Error::Internal(error.to_string()))?
                .map_err(|fault| error(fault.into()))?;
            HttpResponse::Ok()
                .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
                .insert_header((
                    CONTENT_DISPOSITION,
                    format!("attachment; filename=\"{name}.xlsx\""),
                ))
                .body(bytes)
        }
    })
}
