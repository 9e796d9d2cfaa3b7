//! What comes compressed: how, and expanded within bounds, so that a few bytes never become many.

use std::io::Read;

use super::expanded::{Counted, Expanding};
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

    /// What the type or the name of a file says of it; `application/gzip` and `.gz`, and the same of zstd.
    pub fn of_file(media_type: &str, name: Option<&str>) -> Encoding {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let ending = name.and_then(|name| Some(name.rsplit_once('.')?.1));
        match (essence.to_ascii_lowercase().as_str(), ending) {
            ("application/gzip" | "application/x-gzip", _) => Encoding::Gzip,
            ("application/zstd", _) => Encoding::Zstd,
            (_, Some(ending)) if ending.eq_ignore_ascii_case("gz") => Encoding::Gzip,
            (_, Some(ending)) if ending.eq_ignore_ascii_case("zst") => Encoding::Zstd,
            _ => Encoding::Plain,
        }
    }

    /// The name that a compressed file has when it is expanded.
    pub fn expanded(name: &str) -> &str {
        match name.rsplit_once('.') {
            Some((inner, _)) if Encoding::of_file("", Some(name)) != Encoding::Plain => inner,
            _ => name,
        }
    }
}

/// Expansion that is free of the ratio: small bodies compress as they like.
pub const FREE: usize = 1 << 20;
/// Largest window of zstd in HTTP: 8 MiB (RFC 9659).
pub const ZSTD_WINDOW_LOG: u32 = 23;

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
    let decoder = Expanding::new(encoding, Counted::new(bytes))?;
    match bounded(decoder, most, by_ratio) {
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
