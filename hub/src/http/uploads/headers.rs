//! The headers of tus 1.0.0.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use actix_web::http::StatusCode;
use actix_web::http::header::HttpDate;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::error::{Error, ErrorCode};
pub use crate::http::problem::TUS as VERSION;
use crate::keys::Digest;
use crate::uploads::About;

/// Most bytes of metadata.
const METADATA: usize = 8 * 1024;

/// An answer in the protocol.
pub fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(("Tus-Resumable", VERSION));
    response
}

/// An answer that says how an upload stands.
pub fn stands(status: StatusCode, about: &About) -> HttpResponseBuilder {
    let expires = Duration::from_millis(about.expires_at.unsigned_abs());
    let expires = HttpDate::from(SystemTime::UNIX_EPOCH + expires);
    let mut response = answer(status);
    response
        .insert_header(("Upload-Offset", about.offset))
        .insert_header(("Upload-Expires", expires.to_string()));
    response
}

/// A header as text.
pub fn text<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

fn wrong(name: &str, found: &str, zh: &str, en: &str) -> Error {
    Error::request(
        ErrorCode::Parameter,
        (
            format!("请求头 {name} 为“{found}”，应为{zh}"),
            format!("{name} is `{found}`, expected {en}"),
        ),
    )
}

/// Refuses a client that speaks another version.
pub fn speaks(request: &HttpRequest) -> Result<(), Error> {
    match text(request, "tus-resumable") {
        Some(VERSION) => Ok(()),
        found => {
            let found = found.unwrap_or_default();
            Err(Error::request(
                ErrorCode::TusVersion,
                (
                    format!("请求头 Tus-Resumable 为“{found}”，应为 {VERSION}"),
                    format!("Tus-Resumable is `{found}`, expected {VERSION}"),
                ),
            ))
        }
    }
}

/// A header that is a number of bytes.
pub fn number(request: &HttpRequest, name: &str) -> Result<u64, Error> {
    let found = text(request, name).unwrap_or_default();
    let digits = found.bytes().all(|byte| byte.is_ascii_digit());
    match found.parse() {
        Ok(number) if digits => Ok(number),
        _ => Err(wrong(name, found, "字节数", "a number of bytes")),
    }
}

/// `Upload-Metadata`: names with values in base64, separated by commas.
pub fn metadata(header: &str) -> Result<BTreeMap<String, String>, Error> {
    let fault = |found: &str| {
        wrong(
            "Upload-Metadata",
            found,
            "以逗号分隔的“名称 base64值”",
            "pairs `name base64`, separated by commas",
        )
    };
    if header.len() > METADATA {
        return Err(fault("…"));
    }
    let mut all = BTreeMap::new();
    for pair in header.split(',').map(str::trim) {
        if pair.is_empty() {
            continue;
        }
        let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = BASE64_STANDARD.decode(value).map_err(|_| fault(pair))?;
        let value = String::from_utf8(value).map_err(|_| fault(pair))?;
        if value.chars().any(char::is_control) {
            return Err(wrong(
                "Upload-Metadata",
                pair,
                "解码后不含换行等控制字符的值，请用 printf %s 名称 | base64",
                "a value without line feeds: encode it with printf %s NAME | base64",
            ));
        }
        if all.insert(name.to_owned(), value).is_some() {
            return Err(fault(pair));
        }
    }
    Ok(all)
}

/// `Upload-Checksum`: the digest to take, and what must come out.
pub fn checksum(request: &HttpRequest) -> Result<Option<(Digest, Vec<u8>)>, Error> {
    let Some(header) = text(request, "upload-checksum") else {
        return Ok(None);
    };
    let fault = || {
        wrong(
            "Upload-Checksum",
            header,
            "“sha1 base64值”或“sha256 base64值”",
            "`sha1 base64` or `sha256 base64`",
        )
    };
    let (name, value) = header.split_once(' ').ok_or_else(fault)?;
    let digest = match name {
        "sha1" => Digest::sha1(),
        "sha256" => Digest::sha256(),
        _ => return Err(fault()),
    };
    let value = BASE64_STANDARD.decode(value.trim()).map_err(|_| fault())?;
    Ok(Some((digest, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_pairs_in_base64() {
        let read = |header| metadata(header).ok();
        let found = read("filename NTAxLmNzdg==,is_final, dataset 5oub5qCH").unwrap_or_default();
        assert_eq!(found.get("filename").map(String::as_str), Some("501.csv"));
        assert_eq!(found.get("is_final").map(String::as_str), Some(""));
        assert_eq!(found.get("dataset").map(String::as_str), Some("招标"));
        assert_eq!(read("").map(|all| all.len()), Some(0));
        for header in [
            "filename ***",
            "a YQ==,a YQ==",
            "filename AAECAw==",
            "filename //8=",
        ] {
            assert_eq!(read(header), None, "{header}");
        }
    }
}
