//! The yardstick of the benches: reads a body and hashes it, nothing else.

use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::{State, limits};
use crate::error::Error;
use crate::tlog::hash::sha256;

/// Answers with the SHA-256 of the body.
pub async fn hash(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let config = &state.app.config;
    let idle = Duration::from_millis(config.server.idle_ms);
    let body = limits::body(&request, None, payload, &config.limits, idle).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain")
        .body(sha256(&body).to_hex()))
}
