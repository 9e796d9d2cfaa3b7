//! What a request may cost: bytes on the wire, bytes when expanded, requests in progress.
//!
//! Nothing here buffers more than its limit, whatever the client says about itself.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::web::{self, Bytes, BytesMut};
use foldhash::{HashMap, HashMapExt};
use futures_util::{Stream, StreamExt as _};

use crate::config::Limits;
use crate::error::{Error, ErrorCode};

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Plain,
    /// RFC 1952.
    Gzip,
    /// RFC 8878, with the window that RFC 9659 sets for HTTP.
    Zstd,
}

impl Encoding {
    /// Reads a `Content-Encoding`.
    pub fn parse(value: &str) -> Option<Encoding> {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Encoding::Plain),
            "gzip" | "x-gzip" => Some(Encoding::Gzip),
            "zstd" => Some(Encoding::Zstd),
            _ => None,
        }
    }
}

/// Expansion that is free of the ratio: small bodies compress as they like.
pub const FREE: usize = 1 << 20;
/// Largest window of zstd in HTTP: 8 MiB (RFC 9659).
pub const ZSTD_WINDOW_LOG: u32 = 23;

/// Reads a body, and expands it.
pub async fn body(
    request: &HttpRequest,
    payload: web::Payload,
    limits: &Limits,
    idle: Duration,
) -> Result<Bytes, Error> {
    let encoding = encoding(request)?;
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

/// How the body of a request is compressed.
pub fn encoding(request: &HttpRequest) -> Result<Encoding, Error> {
    let header = request
        .headers()
        .get(CONTENT_ENCODING)
        .map(|value| value.to_str().unwrap_or("?"));
    Encoding::parse(header.unwrap_or_default()).ok_or_else(|| {
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

/// Expands a compressed body, and stops at the first byte too many.
pub fn expand(
    encoding: Encoding,
    bytes: &[u8],
    most: usize,
    ratio: usize,
) -> Result<Vec<u8>, Error> {
    expand_within(encoding, bytes, most, ratio)?
        .ok_or_else(|| too_large(("解压后的报文", "decompressed body"), most))
}

/// The same; none when it becomes larger than `most`.
pub fn expand_within(
    encoding: Encoding,
    bytes: &[u8],
    most: usize,
    ratio: usize,
) -> Result<Option<Vec<u8>>, Error> {
    let by_ratio = bytes.len().saturating_mul(ratio).saturating_add(FREE);
    let expanded = match encoding {
        Encoding::Plain => bounded(bytes, most, by_ratio),
        Encoding::Gzip => bounded(flate2::read::MultiGzDecoder::new(bytes), most, by_ratio),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(broken)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(broken)?;
            bounded(decoder, most, by_ratio)
        }
    };
    match expanded {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Stop::Full) => Ok(None),
        Err(Stop::Ratio) => Err(expands(ratio)),
        Err(Stop::Broken(error)) => Err(broken(error)),
    }
}

/// What a compressed body that cannot be expanded is answered.
#[expect(clippy::needless_pass_by_value, reason = "passed to map_err")]
pub fn broken(error: std::io::Error) -> Error {
    Error::request(
        ErrorCode::Unreadable,
        (
            format!("压缩数据损坏（{error}）"),
            format!("the compressed body is broken: {error}"),
        ),
    )
}

/// What a bomb is answered.
pub fn expands(ratio: usize) -> Error {
    Error::request(
        ErrorCode::TooLarge,
        (
            format!("压缩比超过 {ratio}"),
            format!("the body expands more than {ratio} times"),
        ),
    )
}

enum Stop {
    Broken(std::io::Error),
    Full,
    Ratio,
}

fn bounded(mut from: impl Read, most: usize, by_ratio: usize) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => return Ok(out),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Stop::Broken(error)),
        };
        if out.len() + read > most {
            return Err(Stop::Full);
        }
        if out.len() + read > by_ratio {
            return Err(Stop::Ratio);
        }
        out.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
}

/// What a body beyond a limit is answered.
pub fn too_large((zh, en): (&str, &str), most: impl std::fmt::Display) -> Error {
    Error::request(
        ErrorCode::TooLarge,
        (
            format!("{zh}超过 {most} 字节"),
            format!("the {en} exceeds {most} bytes"),
        ),
    )
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
