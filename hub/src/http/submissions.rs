//! Submissions: sent, listed, looked at.

use std::time::{Duration, Instant};

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use adapters::Hint;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::auth::Caller;
use super::openapi::{Param, param};
use super::reception::{self, Body};
use super::{State, changes, limits, media_type, multipart, paging, reports};
use crate::error::{Error, ErrorCode};
use crate::pipeline::commit::{parse_receipt_id, receipt_id};
use crate::pipeline::expand::Encoding;
use crate::pipeline::receipt::{Counts, Receipt};
use crate::pipeline::{self, Incoming, trouble};
use crate::report;
use crate::store::submissions::{Filter, SubmissionLine};
use crate::store::{self, Database};

/// Parameters of sending.
pub const SUBMIT: &[Param] = &[
    param(
        "records",
        "all (default) or issues: leave out records without findings",
    ),
    param(
        "dataset",
        "data set of all records, where the body does not say it",
    ),
    param(
        "submission",
        "the sender's own number (also: header X-Submission-Id)",
    ),
    param("edition", "edition of the specification"),
    param(
        "filename",
        "name of the file, which may say data set and form",
    ),
];
/// Parameters of the list.
pub const LIST: &[Param] = &[
    param("after", "number of the last one seen"),
    param("limit", "1 to 1000"),
    param("source", "only of this source"),
    param("submission", "only with this number of the sender"),
    param("from", "received on or after this day or instant"),
    param(
        "to",
        "received before the end of this day, or before this instant",
    ),
];
/// What the query of a submission says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendQuery {
    #[serde(default)]
    records: Shown,
    dataset: Option<String>,
    submission: Option<String>,
    edition: Option<String>,
    filename: Option<String>,
}

impl SendQuery {
    /// Whether records without findings are left out of the answer.
    pub fn only_issues(&self) -> bool {
        self.records == Shown::Issues
    }

    /// The same for one file among several: its name is its own, and no number can be that of all.
    pub fn of_file(&self, name: Option<&str>) -> SendQuery {
        SendQuery {
            records: self.records,
            dataset: self.dataset.clone(),
            submission: None,
            edition: self.edition.clone(),
            filename: name.map(str::to_owned),
        }
    }

    /// What a sender says of a file elsewhere than in a query.
    pub fn of(
        dataset: Option<String>,
        submission: Option<String>,
        edition: Option<String>,
        filename: Option<String>,
    ) -> SendQuery {
        SendQuery {
            records: Shown::All,
            dataset,
            submission,
            edition,
            filename,
        }
    }

    /// Whether it gives a number for the submission.
    pub fn is_numbered(&self) -> bool {
        self.submission.is_some()
    }

    /// What is said about a submission whose bytes are yet to come.
    pub fn about(self, source: &str, media_type: &str) -> Result<Incoming, Error> {
        let hint = Hint {
            wire: media_type::form(media_type, self.filename.as_deref())?,
            dataset: self.dataset,
            file_name: self.filename,
            ..Hint::default()
        };
        Ok(Incoming {
            source: source.to_owned(),
            body: Bytes::new(),
            media_type: media_type.to_owned(),
            hint,
            submission: self.submission,
            edition: self.edition,
            otherwise: None,
        })
    }
}

/// Which records an answer lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Every one.
    #[default]
    All,
    /// Those with findings.
    Issues,
}

/// Takes a submission, and answers with its receipt once it is on disk.
pub async fn submit(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    query: Query<SendQuery>,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let _place = state.gate.enter(&caller.0.name, Instant::now())?;
    let query = query.into_inner();
    if multipart::is_meant(&request) {
        return multipart::submit(&state, &caller, &request, query, payload).await;
    }
    let only_issues = query.only_issues();
    let trouble = |error| {
        trouble::note(&state.app, &caller.0.name, "http", &error);
        error
    };
    meant(&state, &caller, &request).map_err(trouble)?;
    let about = about(&caller, &request, query).map_err(trouble)?;
    let name = about.hint.file_name.as_deref();
    let body = reception::body(&state, &request, name, payload).await;
    let receipt = take(&state, about, body.map_err(trouble)?)
        .await
        .map_err(trouble)?;
    let large = receipt.records.len() > 200;
    let write = move || {
        let receipt = if only_issues {
            receipt.only_issues()
        } else {
            receipt
        };
        serde_json::to_vec(&receipt)
    };
    let body = if large {
        actix_web::web::block(write)
            .await
            .map_err(|error| Error::Internal(error.to_string()))?
    } else {
        write()
    }
    .map_err(|error| Error::Internal(format!("receipt: {error}")))?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(body))
}

/// Hands what was received to the pipeline.
pub async fn take(state: &State, mut about: Incoming, body: Body) -> Result<Receipt, Error> {
    expanded(&mut about);
    let (receipt, bytes) = match body {
        Body::Held(bytes) => {
            let length = bytes.len();
            if bytes.is_empty() {
                return Err(Error::request(
                    ErrorCode::Unreadable,
                    (
                        "报文为空：请核对文件，curl 用 --data-binary @文件",
                        "the body is empty: look at the file; with curl say --data-binary @FILE",
                    ),
                ));
            }
            about.body = bytes;
            (pipeline::receive(&state.app, about).await?, length)
        }
        Body::OnDisk(spooled, _place) => {
            let document = spooled.document.clone();
            let length = usize::try_from(document.bytes).unwrap_or(usize::MAX);
            let receipt = pipeline::large::receive(&state.app, about, document).await?;
            (receipt, length)
        }
    };
    state.metrics.received(&receipt.source, bytes);
    Ok(receipt)
}

/// What is judged is expanded already, whatever its name and type say of it.
fn expanded(about: &mut Incoming) {
    if let Some(name) = &mut about.hint.file_name {
        *name = Encoding::expanded(name).to_owned();
    }
    if Encoding::of_file(&about.media_type, None) != Encoding::Plain {
        about.media_type.clear();
    }
}

/// Reads a request, and its whole body, into what the pipeline takes.
pub async fn incoming(
    state: &State,
    caller: &Caller,
    request: &HttpRequest,
    query: SendQuery,
    payload: Payload,
) -> Result<Incoming, Error> {
    let mut incoming = about(caller, request, query)?;
    let config = &state.app.config;
    let idle = Duration::from_millis(config.server.idle_ms);
    let name = incoming.hint.file_name.as_deref();
    incoming.body = limits::body(request, name, payload, &config.limits, idle).await?;
    expanded(&mut incoming);
    if incoming.body.is_empty() {
        return Err(Error::request(
            ErrorCode::Unreadable,
            (
                "报文为空：请核对文件，curl 用 --data-binary @文件",
                "the body is empty: look at the file; with curl say --data-binary @FILE",
            ),
        ));
    }
    Ok(incoming)
}

/// Refuses a form that the client said by itself, and the source never sends.
pub fn meant(state: &State, caller: &Caller, request: &HttpRequest) -> Result<(), Error> {
    let media_type = request.headers().get(CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    match state.app.sources.get(&caller.0.name) {
        Some(source) => media_type::meant(media_type.unwrap_or_default(), &source.profile),
        None => Ok(()),
    }
}

/// What a request says about the submission that is its body.
fn about(caller: &Caller, request: &HttpRequest, query: SendQuery) -> Result<Incoming, Error> {
    let text = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let header = text("x-submission-id").map(str::to_owned);
    if let (Some(header), Some(query)) = (&header, &query.submission)
        && header != query
    {
        return Err(Error::request(
            ErrorCode::Parameter,
            (
                format!("参数 submission 为“{query}”，但 X-Submission-Id 为“{header}”，两者应一致"),
                format!("`submission` is `{query}`, but X-Submission-Id is `{header}`"),
            ),
        ));
    }
    let media_type = text("content-type").unwrap_or_default();
    let mut incoming = query.about(&caller.0.name, media_type)?;
    incoming.submission = incoming.submission.or(header);
    Ok(incoming)
}

/// What the query of the list says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    after: Option<String>,
    limit: Option<i64>,
    source: Option<String>,
    submission: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// One submission, as it is shown.
#[derive(Debug, Serialize)]
pub struct Shape {
    id: String,
    source: String,
    submission: String,
    edition: String,
    received_at: String,
    media_type: String,
    raw_bytes: i64,
    leaf_index: i64,
    counts: Counts,
}

impl From<SubmissionLine> for Shape {
    fn from(line: SubmissionLine) -> Shape {
        let count = |number: i32| u32::try_from(number).unwrap_or_default();
        Shape {
            id: receipt_id(line.id),
            source: line.source,
            submission: line.submission,
            edition: line.edition,
            received_at: pipeline::Instant::from_millis(line.received_at).text(),
            media_type: line.media_type,
            raw_bytes: line.raw_bytes,
            leaf_index: line.leaf_index,
            counts: Counts {
                records: count(
                    line.accepted + line.warned + line.parked + line.duplicate + line.rejected,
                ),
                accepted: count(line.accepted),
                accepted_with_warnings: count(line.warned),
                parked: count(line.parked),
                rejected: count(line.rejected),
                duplicate: count(line.duplicate),
            },
        }
    }
}

/// Lists submissions.
pub async fn list(
    state: Data<State>,
    caller: Caller,
    query: Query<ListQuery>,
) -> Result<HttpResponse, Error> {
    let query = query.into_inner();
    let limit = paging::limit(query.limit)?;
    let after = match &query.after {
        None => 0,
        Some(text) => number(text)?,
    };
    let instant = |what, text: &Option<String>, end| {
        text.as_deref()
            .map(|text| report::parse_instant(what, text, end))
            .transpose()
            .map_err(reports::error)
    };
    let filter = Filter {
        source: caller.only().map(str::to_owned).or(query.source),
        submission: query.submission,
        from: instant("from", &query.from, false)?,
        to: instant("to", &query.to, true)?,
        after,
        limit: limit + 1,
    };
    let hidden = caller
        .only()
        .is_some_and(|own| filter.source.as_deref() != Some(own));
    let lines = if hidden {
        Vec::new()
    } else {
        state
            .ask(move |_, connection| Ok(store::submissions::list(connection, &filter)?))
            .await?
    };
    let page = paging::page(lines, limit, |line| receipt_id(line.id));
    let items: Vec<Shape> = page.items.into_iter().map(Shape::from).collect();
    Ok(HttpResponse::Ok().json(paging::Page {
        items,
        next: page.next,
    }))
}

/// One submission, and what became of its records since its receipt.
#[derive(Debug, Serialize)]
struct Detail {
    #[serde(flatten)]
    shape: Shape,
    #[serde(flatten)]
    changes: changes::Changes,
}

/// Shows one submission.
pub async fn one(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let shown = state
        .ask(move |app, connection| {
            let line = line(connection, &caller, &id)?;
            let changes = changes::of(app, connection, line.id)?;
            Ok(Detail {
                shape: Shape::from(line),
                changes,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// Reads the public number of a submission.
fn number(id: &str) -> Result<i64, Error> {
    parse_receipt_id(id).ok_or_else(|| missing(id))
}

/// What is another's is as absent as what is not there.
pub fn missing(id: &str) -> Error {
    Error::request(
        ErrorCode::NotFound,
        (
            format!("未找到批次“{id}”"),
            format!("there is no submission `{id}`"),
        ),
    )
}

/// Finds a submission that the caller may see.
pub fn line(connection: &mut Database, caller: &Caller, id: &str) -> Result<SubmissionLine, Error> {
    let filter = Filter {
        after: number(id)? - 1,
        limit: 1,
        ..Filter::default()
    };
    let wanted = filter.after + 1;
    store::submissions::list(connection, &filter)?
        .pop()
        .filter(|line| line.id == wanted && caller.may_see(&line.source))
        .ok_or_else(|| missing(id))
}
