//! What a request may cost: bytes on the wire, bytes when expanded, requests in progress.
//!
//! Nothing here buffers more than its limit, whatever the client says about itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{self, Bytes, BytesMut};
use foldhash::{HashMap, HashMapExt};
use futures_util::{Stream, StreamExt as _};

use crate::config::Limits;
use crate::error::{Error, ErrorCode};
use crate::pipeline::expand::{Encoding, FREE, expand, too_large};

/// Reads a body, and expands it; `name` is that of the file which it is.
pub async fn body(
    request: &HttpRequest,
    name: Option<&str>,
    payload: web::Payload,
    limits: &Limits,
    idle: Duration,
) -> Result<Bytes, Error> {
    let encoding = encoding(request, name)?;
    let announced: Option<usize> = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length| length > limits.body_bytes) {
        return Err(too_large(("报文", "body"), limits.body_bytes));
    }
    let bytes = collect(payload, announced.unwrap_or(0), limits.body_bytes, idle).await?;
    if encoding == Encoding::Plain {
        return Ok(bytes);
    }
    let (most, ratio) = (limits.decompressed_bytes, limits.ratio);
    let expanded = web::block(move || expand(encoding, &bytes, most, ratio))
        .await
        .map_err(|error| Error::Internal(error.to_string()))??;
    Ok(Bytes::from(expanded))
}

/// How the body of a request is compressed; `name` is that of the file which it is.
pub fn encoding(request: &HttpRequest, name: Option<&str>) -> Result<Encoding, Error> {
    let header = |name| {
        let value = request.headers().get(name);
        value.map(|value| value.to_str().unwrap_or("?"))
    };
    let Some(said) = header(CONTENT_ENCODING) else {
        // Its type or its name may say it too, of a file that is sent as it lies.
        let media_type = header(CONTENT_TYPE).unwrap_or_default();
        return Ok(Encoding::of_file(media_type, name));
    };
    Encoding::parse(said).ok_or_else(|| {
        Error::request(
            ErrorCode::MediaType,
            (
                "不支持该压缩方式，Content-Encoding 应为 gzip、zstd 或不填",
                "Content-Encoding must be gzip, zstd or absent",
            ),
        )
    })
}

/// The next bytes of a body; none at its end.
pub async fn next<E: std::fmt::Display>(
    payload: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    idle: Duration,
) -> Result<Option<Bytes>, Error> {
    let next = tokio::time::timeout(idle, payload.next())
        .await
        .map_err(|_| {
            Error::request(
                ErrorCode::Unreadable,
                ("报文传输中断", "the body stopped arriving"),
            )
        })?;
    next.transpose().map_err(|error| {
        Error::request(
            ErrorCode::Unreadable,
            (
                format!("报文传输中断（{error}）"),
                format!("the body broke off: {error}"),
            ),
        )
    })
}

async fn collect(
    mut payload: web::Payload,
    announced: usize,
    most: usize,
    idle: Duration,
) -> Result<Bytes, Error> {
    // An announcement costs the client nothing, so it reserves little.
    let mut bytes = BytesMut::with_capacity(announced.min(FREE));
    loop {
        let Some(chunk) = next(&mut payload, idle).await? else {
            return Ok(bytes.freeze());
        };
        if bytes.len() + chunk.len() > most {
            return Err(too_large(("报文", "body"), most));
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// Counts requests in progress and their rate, per source and in all.
#[derive(Debug)]
pub struct Gate {
    limits: Limits,
    state: Mutex<Places>,
}

#[derive(Debug)]
struct Places {
    taken: usize,
    sources: HashMap<String, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    taken: usize,
    tokens: f64,
    at: Instant,
}

/// A place at the gate, given back when dropped.
#[derive(Debug)]
pub struct Pass {
    gate: Arc<Gate>,
    source: String,
}

impl Gate {
    /// Makes an empty gate.
    pub fn new(limits: Limits) -> Self {
        Gate {
            limits,
            state: Mutex::new(Places {
                taken: 0,
                sources: HashMap::new(),
            }),
        }
    }

    /// Takes a place for a request of a source, or says that it must come later.
    pub fn enter(self: &Arc<Self>, source: &str, now: Instant) -> Result<Pass, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.taken >= self.limits.requests {
            return Err(busy(
                "系统正在处理的请求已满，请稍后再试",
                "the hub has as many requests in progress as it takes",
            ));
        }
        let burst = f64::from(self.limits.source_burst.max(1));
        let bucket = state
            .sources
            .entry(source.to_owned())
            .or_insert_with(|| Bucket {
                taken: 0,
                tokens: burst,
                at: now,
            });
        if bucket.taken >= self.limits.source_requests {
            return Err(busy(
                "该数据来源正在处理的请求已满，请稍后再试",
                "this source has as many requests in progress as it may",
            ));
        }
        if self.limits.source_rate > 0 {
            let gained = now.saturating_duration_since(bucket.at).as_secs_f64()
                * f64::from(self.limits.source_rate);
            bucket.tokens = (bucket.tokens + gained).min(burst);
            bucket.at = now;
            if bucket.tokens < 1.0 {
                return Err(busy(
                    "该数据来源发送过于频繁，请稍后再试",
                    "this source sends more often than it may",
                ));
            }
            bucket.tokens -= 1.0;
        }
        bucket.taken += 1;
        state.taken += 1;
        Ok(Pass {
            gate: Arc::clone(self),
            source: source.to_owned(),
        })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self
            .gate
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        state.taken = state.taken.saturating_sub(1);
        if let Some(bucket) = state.sources.get_mut(&self.source) {
            bucket.taken = bucket.taken.saturating_sub(1);
        }
    }
}

fn busy(zh: &'static str, en: &'static str) -> Error {
    Error::request(ErrorCode::Busy, (zh, en))
}

#[cfg(test)]
mod tests;
