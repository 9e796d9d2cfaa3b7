//! What the `Content-Type` of a submission says of its form.

use adapters::{Profile, WireFormat};

use crate::error::{Error, ErrorCode};
use crate::pipeline::expand::Encoding;

/// Media types that are read.
const TYPES: &str = "application/json, application/x-ndjson, application/xml, text/csv, application/zip, \
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, multipart/form-data";

fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// The form of a body. A type that says nothing leaves it to the file's name or the source's profile.
pub fn form(media_type: &str, file_name: Option<&str>) -> Result<Option<WireFormat>, Error> {
    let essence = essence(media_type);
    // That something is compressed says nothing of what it is.
    let compressed = Encoding::of_file(media_type, None) != Encoding::Plain;
    if essence.is_empty() || essence == "application/octet-stream" || compressed {
        return Ok(None);
    }
    let file_name = file_name.map(Encoding::expanded);
    if let Some(form) = WireFormat::of_content_type(media_type) {
        return Ok(Some(form));
    }
    if file_name.and_then(WireFormat::of_file_name).is_some() {
        return Ok(None);
    }
    Err(Error::request(
        ErrorCode::MediaType,
        (
            format!("不支持的 Content-Type“{essence}”，应为 {TYPES} 之一"),
            format!("Content-Type is `{essence}`, expected one of {TYPES}"),
        ),
    ))
}

/// Refuses the type that clients such as curl give a body by themselves, where the source sends no such form: it is not
/// what the sender meant.
pub fn meant(media_type: &str, profile: &Profile) -> Result<(), Error> {
    let wire = &profile.wire;
    let unmeant = WireFormat::Call.content_type();
    let forms = || std::iter::once(&wire.format).chain(&wire.also);
    if essence(media_type) != unmeant || forms().any(|form| *form == WireFormat::Call) {
        return Ok(());
    }
    let types: Vec<&str> = forms().map(|form| form.content_type()).collect();
    let (first, all) = (types.first().copied().unwrap_or_default(), types.join("、"));
    Err(Error::request(
        ErrorCode::MediaType,
        (
            format!(
                "Content-Type 为 {unmeant}，这是 curl 等工具在没有写明时自动加上的；请写明报文格式，例如 curl 加上 \
                 -H 'Content-Type: {first}'（该来源可用：{all}）"
            ),
            format!(
                "Content-Type is {unmeant}, which curl and others set by themselves: say the form of the body, with curl \
                 -H 'Content-Type: {first}' (this source may send {})",
                types.join(", ")
            ),
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_comes_from_the_type_or_the_name() {
        let of = |media_type, name| form(media_type, name).map_err(|error| error.code());
        assert_eq!(
            of("application/json; charset=utf-8", None),
            Ok(Some(WireFormat::Json))
        );
        assert_eq!(of("text/xml", None), Ok(Some(WireFormat::Xml)));
        assert_eq!(of("", None), Ok(None));
        assert_eq!(of("text/plain", Some("501.csv")), Ok(None));
        assert_eq!(
            of("application/zip", Some("20261120-000001-501.zip")),
            Ok(Some(WireFormat::Zip))
        );
        assert_eq!(of("image/png", None), Err(ErrorCode::MediaType));
    }
}
