//! Receipts, and the proof of their place in the log.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Data, Path, Query};
use actix_web::{ResponseError, web};
use serde::Deserialize;

use super::State;
use super::auth::Caller;
use super::openapi::{Param, param};
use super::submissions;
use crate::error::{Error, ErrorCode};
use crate::pipeline::record_proof::RecordProof;
use crate::pipeline::{commit, seal};
use crate::store;

/// Parameters of a receipt.
pub const QUERY: &[Param] = &[param(
    "records",
    "all (default) or issues: leave out records without findings",
)];
/// Parameters of a proof.
pub const PROOF: &[Param] = &[param(
    "wait_ms",
    "wait so long for the checkpoint, at most 10000",
)];

/// Longest wait for a checkpoint.
const LONGEST: Duration = Duration::from_secs(10);

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptQuery {
    #[serde(default)]
    records: submissions::Shown,
}

/// Shows a receipt: the same as was answered, with the proof once there is one.
pub async fn one(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
    query: Query<ReceiptQuery>,
) -> Result<HttpResponse, Error> {
    let only_issues = query.records == submissions::Shown::Issues;
    let receipt = state
        .ask(move |app, connection| {
            let line = submissions::line(connection, &caller, &id)?;
            let row = store::submissions::by_id(connection, line.id)?
                .ok_or_else(|| Error::Internal(format!("submission {} went away", line.id)))?;
            let mut receipt = seal::receipt(app.signs(), commit::load(connection, &row)?, None);
            if receipt.evidence.leaf_index < app.log.log().size() {
                receipt.proof = Some(proof_of(app, receipt.evidence.leaf_index)?);
            }
            Ok(if only_issues {
                receipt.only_issues()
            } else {
                receipt
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(receipt))
}

/// Shows what became of one record, and the proof of that without the other records.
pub async fn record(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, usize)>,
) -> Result<HttpResponse, Error> {
    let (id, index) = path.into_inner();
    let shown = state
        .ask(move |app, connection| {
            let line = submissions::line(connection, &caller, &id)?;
            let row = store::submissions::by_id(connection, line.id)?
                .ok_or_else(|| Error::Internal(format!("submission {} went away", line.id)))?;
            let loaded = commit::load(connection, &row)?;
            if loaded.leaf_index >= app.log.log().size() {
                let detail = (
                    "回执已保存，存证尚未发布，请稍后再试",
                    "the receipt is kept, its place is not published yet",
                );
                return Err(Error::request(ErrorCode::NotFound, detail));
            }
            let proof = proof_of(app, loaded.leaf_index)?;
            RecordProof::of(id, loaded.outcomes, index, loaded.leaf, proof).ok_or_else(|| {
                let detail = (
                    format!("该批次没有第 {index} 条记录（从 0 起）"),
                    format!("the submission has no record {index} (counted from 0)"),
                );
                Error::request(ErrorCode::NotFound, detail)
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// What the query of a proof says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofQuery {
    #[serde(default)]
    wait_ms: u64,
}

/// Shows where a receipt stands in the log, once that is published.
pub async fn proof(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
    query: Query<ProofQuery>,
) -> Result<HttpResponse, Error> {
    let until = Instant::now() + Duration::from_millis(query.wait_ms).min(LONGEST);
    let line = state
        .ask(move |_, connection| submissions::line(connection, &caller, &id))
        .await?;
    let index = u64::try_from(line.leaf_index)
        .map_err(|_| Error::Internal(format!("submission {} has no place", line.id)))?;
    loop {
        let app = std::sync::Arc::clone(&state.app);
        let found = web::block(move || {
            if index < app.log.log().size() {
                proof_of(&app, index).map(Some)
            } else {
                Ok(None)
            }
        })
        .await
        .map_err(|error| Error::Internal(error.to_string()))??;
        if let Some(text) = found {
            return Ok(HttpResponse::Ok()
                .content_type("text/plain; charset=utf-8")
                .body(text));
        }
        if Instant::now() >= until {
            let detail = (
                "回执已保存，存证尚未发布，请稍后再试",
                "the receipt is kept, its place is not published yet",
            );
            let mut response = Error::request(ErrorCode::NotFound, detail).error_response();
            response.headers_mut().insert(
                RETRY_AFTER,
                actix_web::http::header::HeaderValue::from_static("1"),
            );
            return Ok(response);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

fn proof_of(app: &crate::app::App, index: u64) -> Result<String, Error> {
    let proof = app
        .log
        .proof(index)
        .map_err(|error| Error::Internal(format!("proof of {index}: {error}")))?;
    Ok(proof.to_string())
}
