//! The same judgement as for a submission, with nothing kept.

use std::sync::Arc;
use std::time::Instant;

use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};

use super::State;
use super::auth::Caller;
use super::openapi::Param;
use super::submissions::{self, SendQuery};
use crate::error::Error;
use crate::pipeline;

/// Parameters.
pub const QUERY: &[Param] = submissions::SUBMIT;

/// Judges a submission.
pub async fn check(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    query: Query<SendQuery>,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let _place = state.gate.enter(&caller.0.name, Instant::now())?;
    let only_issues = query.only_issues();
    submissions::meant(&state, &caller, &request)?;
    let incoming =
        submissions::incoming(&state, &caller, &request, query.into_inner(), payload).await?;
    let app = Arc::clone(&state.app);
    let body = actix_web::web::block(move || {
        let mut checked = pipeline::check(&app, &incoming)?;
        if only_issues {
            checked.records.retain(|outcome| !outcome.issues.is_empty());
        }
        serde_json::to_vec(&checked).map_err(|error| Error::Internal(format!("report: {error}")))
    })
    .await
    .map_err(|error| Error::Internal(error.to_string()))??;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(body))
}
