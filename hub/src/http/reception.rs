//! Receives the bytes of a submission of any size: small ones in memory, large ones to disk, decompressed on the way.
//!
//! What is on disk here was never answered for: the file goes away with the request, and after a crash with the next
//! start.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{self, Bytes, BytesMut};
use futures_util::Stream;
use tokio::sync::OwnedSemaphorePermit;

use super::State;
use super::limits;
use crate::app;
use crate::config::Limits;
use crate::error::{Error, ErrorCode};
use crate::pipeline::expand::{self, Encoding};
use crate::pipeline::inlet::Inlet;
use crate::pipeline::spool::{Spooled, spool};

/// The bytes of a submission, decompressed.
pub enum Body {
    /// In memory.
    Held(Bytes),
    /// On disk, in one of the places that there are.
    OnDisk(Spooled, OwnedSemaphorePermit),
}

/// Receives the body of a request; `name` is that of the file which it is.
pub async fn body(
    state: &State,
    request: &HttpRequest,
    name: Option<&str>,
    payload: web::Payload,
) -> Result<Body, Error> {
    let encoding = limits::encoding(request, name)?;
    let most = state.app.config.limits.file_bytes;
    let announced: Option<u64> = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(expand::too_large(("报文", "body"), most));
    }
    receive(state, encoding, payload).await
}

/// Receives a stream of bytes.
pub async fn receive<E: std::fmt::Display>(
    state: &State,
    encoding: Encoding,
    mut payload: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Body, Error> {
    let config = &state.app.config;
    let idle = Duration::from_millis(config.server.idle_ms);
    let in_memory = config.limits.memory_bytes;
    let mut held = BytesMut::new();
    while held.len() <= in_memory {
        let Some(bytes) = limits::next(&mut payload, idle).await? else {
            let held = held.freeze();
            return match expanded(&config.limits, encoding, &held).await? {
                Some(body) => Ok(Body::Held(body)),
                None => to_disk(state, encoding, held, payload).await,
            };
        };
        held.extend_from_slice(&bytes);
    }
    to_disk(state, encoding, held.freeze(), payload).await
}

/// Expands a small body; none when it is not small any more.
async fn expanded(
    limits: &Limits,
    encoding: Encoding,
    held: &Bytes,
) -> Result<Option<Bytes>, Error> {
    if encoding == Encoding::Plain {
        return Ok(Some(held.clone()));
    }
    let (bytes, most, ratio) = (held.clone(), limits.memory_bytes, limits.ratio);
    web::block(move || expand::expand_within(encoding, &bytes, most, ratio))
        .await
        .map_err(|error| Error::Internal(error.to_string()))
        .flatten()
        .map(|expanded| expanded.map(Bytes::from))
}

async fn to_disk<E: std::fmt::Display>(
    state: &State,
    encoding: Encoding,
    held: Bytes,
    mut payload: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Body, Error> {
    let place = Arc::clone(&state.spools).try_acquire_owned().map_err(|_| {
        Error::request(
            ErrorCode::Busy,
            (
                "正在接收的大文件已满，请稍后再试，或改用断点续传 /v1/uploads",
                "as many large bodies are being received as fit; come later, or use /v1/uploads",
            ),
        )
    })?;
    let config = &state.app.config;
    let idle = Duration::from_millis(config.server.idle_ms);
    let (send, receive) = tokio::sync::mpsc::channel(4);
    let (folder, bounds) = (app::spool_folder(config), config.limits.clone());
    let writing =
        tokio::task::spawn_blocking(move || spool(&folder, encoding, &bounds, Inlet::new(receive)));
    // The writing end stops early when the body is too large or broken; it says so itself.
    let mut next = Some(held);
    let mut cut = None;
    while let Some(bytes) = next {
        if send.send(Ok(bytes)).await.is_err() {
            break;
        }
        next = match limits::next(&mut payload, idle).await {
            Ok(next) => next,
            Err(error) => {
                drop(send.send(Err(io::Error::other("cut"))).await);
                cut = Some(error);
                None
            }
        };
    }
    drop(send);
    let written = writing.await;
    if let Some(error) = cut {
        return Err(error);
    }
    let spooled = written.map_err(|error| Error::Internal(error.to_string()))??;
    Ok(Body::OnDisk(spooled, place))
}
