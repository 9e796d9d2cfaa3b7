//! The transparency log, unchanged as C2SP describes it, so that any standard client can follow it.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{self, Data, Path};

use super::State;
use crate::error::{Error, ErrorCode};
use crate::tlog::layout::Resource;

/// Shows the public keys, and from which size of the log on each signs.
pub async fn key(state: Data<State>) -> Result<HttpResponse, Error> {
    let key = state.app.log_keys.ring.to_string();
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(key))
}

/// Shows the checkpoint, which is never kept by caches.
pub async fn checkpoint(state: Data<State>) -> Result<HttpResponse, Error> {
    let state = state.into_inner();
    let found = web::block(move || state.published.read_checkpoint())
        .await
        .map_err(|error| Error::Internal(error.to_string()))?
        .map_err(|error| Error::Internal(format!("checkpoint: {error}")))?;
    match found {
        Some(bytes) => Ok(HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(bytes)),
        None => Err(missing()),
    }
}

/// Shows a tile or a bundle of entries; what has a name never changes.
pub async fn tile(state: Data<State>, path: Path<String>) -> Result<HttpResponse, Error> {
    // Only names that the layout itself would write are read: nothing else of the folder can be reached.
    let resource = Resource::parse(&format!("tile/{path}")).ok_or_else(missing)?;
    let state = state.into_inner();
    let found = web::block(move || state.published.read(&resource.path()))
        .await
        .map_err(|error| Error::Internal(error.to_string()))?
        .map_err(|error| Error::Internal(format!("tile: {error}")))?;
    let bytes = found.ok_or_else(missing)?;
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(bytes))
}

fn missing() -> Error {
    let detail = ("日志中没有这一部分", "the log has no such part");
    Error::request(ErrorCode::NotFound, detail)
}
