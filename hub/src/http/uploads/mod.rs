//! Resumable uploads: tus 1.0.0 (tus.io), core with the extensions creation, termination, expiration and checksum.
//!
//! A whole upload becomes a submission; `GET /v1/uploads/{id}` says which, once it is judged.

mod headers;

use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use actix_web::web::{self, Data, Path, Payload};
use serde_json::json;

use super::State;
use super::auth::Caller;
use super::limits;
use super::submissions::SendQuery;
use crate::error::{Error, ErrorCode};
use crate::pipeline::Instant as Moment;
use crate::pipeline::expand::too_large;
use crate::pipeline::inlet::Inlet;
use crate::uploads::{self, About, Appended, Stage};
use headers::{VERSION, answer, number, speaks, stands};

/// What a server can do; asked without a key.
pub async fn options(state: Data<State>) -> HttpResponse {
    answer(StatusCode::NO_CONTENT)
        .insert_header(("Tus-Version", VERSION))
        .insert_header(("Tus-Extension", "creation,termination,expiration,checksum"))
        .insert_header(("Tus-Max-Size", state.app.config.limits.file_bytes))
        .insert_header(("Tus-Checksum-Algorithm", "sha1,sha256"))
        .finish()
}

/// Begins an upload.
pub async fn create(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    speaks(&request)?;
    let length = number(&request, "upload-length")?;
    let most = state.app.config.limits.file_bytes;
    if length > most {
        return Err(too_large(("上传文件", "upload"), most));
    }
    if length == 0 {
        return Err(Error::request(
            ErrorCode::Unreadable,
            ("上传文件为空", "the upload is empty"),
        ));
    }
    let metadata = headers::text(&request, "upload-metadata").unwrap_or_default();
    let said = headers::metadata(metadata)?;
    let word = |name: &str| said.get(name).cloned().filter(|text| !text.is_empty());
    let media_type = word("filetype").unwrap_or_default();
    let query = SendQuery::of(
        word("dataset"),
        word("submission"),
        word("edition"),
        word("filename"),
    );
    // A form that cannot be read is refused before it is sent.
    let incoming = query.about(&caller.0.name, &media_type)?;
    let about = About {
        length,
        metadata: metadata.to_owned(),
        ..About::from(&incoming)
    };
    let uploads = state.app.uploads.clone();
    let about = web::block(move || uploads.begin(about))
        .await
        .map_err(|error| Error::Internal(error.to_string()))??;
    Ok(stands(StatusCode::CREATED, &about)
        .insert_header((LOCATION, format!("/v1/uploads/{}", about.id)))
        .finish())
}

/// How many bytes are durable.
pub async fn offset(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    speaks(&request)?;
    let about = find(&state, &caller, &id).await?;
    let mut response = stands(StatusCode::OK, &about);
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("Upload-Length", about.length));
    if !about.metadata.is_empty() {
        response.insert_header(("Upload-Metadata", about.metadata));
    }
    Ok(response.finish())
}

/// Adds bytes.
pub async fn add(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
    mut payload: Payload,
) -> Result<HttpResponse, Error> {
    speaks(&request)?;
    let _place = state.gate.enter(&caller.0.name, Instant::now())?;
    let media_type = headers::text(&request, CONTENT_TYPE.as_str()).unwrap_or_default();
    if media_type != "application/offset+octet-stream" {
        return Err(Error::request(
            ErrorCode::MediaType,
            (
                "Content-Type 应为 application/offset+octet-stream",
                "Content-Type must be application/offset+octet-stream",
            ),
        ));
    }
    let from = number(&request, "upload-offset")?;
    let checksum = headers::checksum(&request)?;
    let held = state.app.uploads.hold(&id)?;
    let about = find(&state, &caller, &id).await?;
    if from != about.offset {
        let at = about.offset;
        return Err(Error::request(
            ErrorCode::Offset,
            (
                format!("Upload-Offset 为 {from}，但已保存到 {at}，请从 {at} 续传"),
                format!("Upload-Offset is {from}, but {at} bytes are kept: go on from there"),
            ),
        ));
    }
    if about.stage != Stage::Receiving {
        return Ok(stands(StatusCode::NO_CONTENT, &about).finish());
    }
    let (send, receive) = tokio::sync::mpsc::channel(4);
    let uploads = state.app.uploads.clone();
    // It goes on to a durable end by itself, also when the connection and this request with it are gone.
    let writing = tokio::task::spawn_blocking(move || {
        uploads::append(&uploads, about, Inlet::new(receive), checksum, held)
    });
    let idle = Duration::from_millis(state.app.config.server.idle_ms);
    let mut cut = None;
    loop {
        match limits::next(&mut payload, idle).await {
            Ok(Some(bytes)) => {
                if send.send(Ok(bytes)).await.is_err() {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                cut = Some(error);
                break;
            }
        }
    }
    drop(send);
    let appended = writing
        .await
        .map_err(|error| Error::Internal(error.to_string()))??;
    if let Some(error) = cut {
        return Err(error);
    }
    match appended {
        Appended::Kept(about) => Ok(stands(StatusCode::NO_CONTENT, &about).finish()),
        Appended::Damaged => Err(Error::request(
            ErrorCode::Checksum,
            (
                "本段数据与 Upload-Checksum 不符，未保存，请重传本段",
                "the bytes do not fit Upload-Checksum and are not kept: send them again",
            ),
        )),
        Appended::TooMany => Err(too_large(("上传数据", "upload"), "Upload-Length")),
    }
}

/// Ends an upload before its time.
pub async fn remove(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    speaks(&request)?;
    let held = state.app.uploads.hold(&id)?;
    let about = find(&state, &caller, &id).await?;
    let uploads = state.app.uploads.clone();
    web::block(move || uploads.terminate(&about, &held))
        .await
        .map_err(|error| Error::Internal(error.to_string()))??;
    Ok(answer(StatusCode::NO_CONTENT).finish())
}

/// The method that a client behind a narrow proxy means (`X-HTTP-Method-Override`).
pub async fn overridden(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    match headers::text(&request, "x-http-method-override") {
        Some("PATCH") => add(state, caller, request, id, payload).await,
        Some("DELETE") => remove(state, caller, request, id).await,
        Some("HEAD") => offset(state, caller, request, id).await,
        _ => Err(Error::request(
            ErrorCode::Method,
            (
                "X-HTTP-Method-Override 应为 PATCH、DELETE 或 HEAD",
                "X-HTTP-Method-Override must be PATCH, DELETE or HEAD",
            ),
        )),
    }
}

/// Shows an upload, and what became of it.
pub async fn show(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let about = find(&state, &caller, &id).await?;
    let mut shown = json!({
        "id": about.id, "source": about.source, "length": about.length, "offset": about.offset,
        "file_name": about.file_name,
        "begun_at": Moment::from_millis(about.begun_at).text(),
        "expires_at": Moment::from_millis(about.expires_at).text(),
    });
    let how_far = serde_json::to_value(&about.stage)
        .map_err(|error| Error::Internal(format!("upload: {error}")))?;
    if let (Some(shown), Some(how_far)) = (shown.as_object_mut(), how_far.as_object()) {
        shown.extend(how_far.clone());
    }
    Ok(HttpResponse::Ok().json(shown))
}

async fn find(state: &State, caller: &Caller, id: &str) -> Result<About, Error> {
    let (uploads, source, id) = (
        state.app.uploads.clone(),
        caller.0.name.clone(),
        id.to_owned(),
    );
    web::block(move || uploads.find(&source, &id))
        .await
        .map_err(|error| Error::Internal(error.to_string()))?
}
