//! Receives the bytes of a submission of any size: small ones in memory, large ones to disk, decompressed on the way.
//!
//! What is on disk here was never answered for: the file goes away with the request, and after a crash with the next
//! start.

use std::io::{self, Read, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{self, Bytes, BytesMut};
use futures_util::Stream;
use tokio::sync::OwnedSemaphorePermit;

use super::State;
use super::limits::{self, Encoding};
use crate::app;
use crate::config::Limits;
use crate::error::{Error, ErrorCode};
use crate::keys::{Digest, FileKey};
use crate::pipeline::inlet::Inlet;
use crate::pipeline::large::Document;
use crate::sealedfile::SealedWriter;

/// The bytes of a submission, decompressed.
pub enum Body {
    /// In memory.
    Held(Bytes),
    /// On disk.
    OnDisk(Spooled),
}

/// A file that lives as long as its request.
pub struct Spooled {
    /// The file and its measure.
    pub document: Document,
    _file: tempfile::TempPath,
    _place: OwnedSemaphorePermit,
}

/// Receives the body of a request.
pub async fn body(
    state: &State,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Body, Error> {
    let encoding = limits::encoding(request)?;
    let most = state.app.config.limits.file_bytes;
    let announced: Option<u64> = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(limits::too_large(("报文", "body"), most));
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
    web::block(move || limits::expand_within(encoding, &bytes, most, ratio))
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
        tokio::task::spawn_blocking(move || write(&folder, encoding, &bounds, Inlet::new(receive)));
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
    let (document, file) = written.map_err(|error| Error::Internal(error.to_string()))??;
    Ok(Body::OnDisk(Spooled {
        document,
        _file: file,
        _place: place,
    }))
}

/// Writes what comes to a file of its own.
fn write(
    folder: &Path,
    encoding: Encoding,
    bounds: &Limits,
    inlet: Inlet,
) -> Result<(Document, tempfile::TempPath), Error> {
    let full = |error: io::Error| Error::NotKept(format!("receiving to disk: {error}"));
    // Its key is nowhere but in this request: what a crash leaves of the file is noise.
    let key = FileKey::draw().map_err(|error| Error::NotKept(error.to_string()))?;
    let file = tempfile::NamedTempFile::new_in(folder).map_err(full)?;
    let mut file = SealedWriter::new(file, key.clone());
    let mut digest = Digest::sha256();
    let mut bytes = 0_u64;
    let mut from = Expanding::new(encoding, inlet)?;
    let mut piece = vec![0; 1 << 18];
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(limits::broken(error)),
        };
        bytes += read as u64;
        if bytes > bounds.file_bytes {
            return Err(limits::too_large(("报文", "body"), bounds.file_bytes));
        }
        let by_ratio = from.taken().saturating_mul(bounds.ratio as u64);
        if encoding != Encoding::Plain && bytes > by_ratio.saturating_add(limits::FREE as u64) {
            return Err(limits::expands(bounds.ratio));
        }
        let read = piece.get(..read).unwrap_or_default();
        digest.update(read);
        file.write_all(read).map_err(full)?;
    }
    let path = file.finish().map_err(full)?.into_temp_path();
    let document =
        Document::measured(path.to_path_buf(), Some(key), bytes, digest).map_err(full)?;
    Ok((document, path))
}

/// A body that is expanded while it comes.
enum Expanding {
    Plain(Inlet),
    Gzip(Box<flate2::read::MultiGzDecoder<Inlet>>),
    Zstd(zstd::Decoder<'static, io::BufReader<Inlet>>),
}

impl Expanding {
    fn new(encoding: Encoding, inlet: Inlet) -> Result<Self, Error> {
        Ok(match encoding {
            Encoding::Plain => Expanding::Plain(inlet),
            Encoding::Gzip => Expanding::Gzip(Box::new(flate2::read::MultiGzDecoder::new(inlet))),
            Encoding::Zstd => {
                let mut decoder = zstd::Decoder::new(inlet).map_err(limits::broken)?;
                decoder
                    .window_log_max(limits::ZSTD_WINDOW_LOG)
                    .map_err(limits::broken)?;
                Expanding::Zstd(decoder)
            }
        })
    }

    /// Compressed bytes taken so far.
    fn taken(&self) -> u64 {
        match self {
            Expanding::Plain(inlet) => inlet.taken,
            Expanding::Gzip(decoder) => decoder.get_ref().taken,
            Expanding::Zstd(decoder) => decoder.get_ref().get_ref().taken,
        }
    }
}

impl Read for Expanding {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Expanding::Plain(inlet) => inlet.read(into),
            Expanding::Gzip(decoder) => decoder.read(into),
            Expanding::Zstd(decoder) => decoder.read(into),
        }
    }
}
