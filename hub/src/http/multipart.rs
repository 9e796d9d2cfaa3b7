//! Files sent as `multipart/form-data` (RFC 7578): each file part is a submission of its own, under its own name.
//!
//! One file that cannot be read does not harm the others: the answer says of each what became of it. The same request
//! sent again gives the same receipts.

use actix_multipart::{Field, Multipart};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt as _;
use serde::Serialize;

use super::State;
use super::auth::Caller;
use super::problem::Problem;
use super::reception;
use super::submissions::{self, SendQuery};
use crate::error::{Error, ErrorCode};
use crate::pipeline::expand::Encoding;
use crate::pipeline::receipt::Receipt;

/// Most files of one request.
const FILES: usize = 100;

/// What became of one file.
#[derive(Debug, Serialize)]
struct Line {
    /// Its name, as sent.
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// The answer: one line for each file, in order.
#[derive(Debug, Serialize)]
struct Answer {
    files: Vec<Line>,
    /// How many of them have a receipt.
    receipted: usize,
}

/// Whether a request carries files.
pub fn is_meant(request: &HttpRequest) -> bool {
    let header = request.headers().get(CONTENT_TYPE);
    let text = header.and_then(|value| value.to_str().ok());
    let essence = text.and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Takes every file, and answers with all receipts once they are on disk.
pub async fn submit(
    state: &State,
    caller: &Caller,
    request: &HttpRequest,
    query: SendQuery,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    if query.is_numbered() || request.headers().contains_key("x-submission-id") {
        return Err(Error::request(
            ErrorCode::Parameter,
            (
                "一次上传多个文件时，每个文件是一个批次，不能在请求中指定 submission",
                "each file is a submission of its own: `submission` cannot be said for all of them",
            ),
        ));
    }
    let mut parts = Multipart::new(request.headers(), payload.into_inner());
    let mut files = Vec::new();
    while let Some(part) = parts.next().await {
        let field = part.map_err(|error| broken(&error))?;
        let name = field
            .content_disposition()
            .and_then(|disposition| disposition.get_filename().map(str::to_owned));
        let Some(name) = name else {
            return Err(Error::request(
                ErrorCode::Parameter,
                (
                    "multipart 中的每个部分都应是文件（带 filename）",
                    "every part must be a file, with a filename",
                ),
            ));
        };
        if files.len() == FILES {
            return Err(Error::request(
                ErrorCode::TooLarge,
                (
                    format!("一次最多上传 {FILES} 个文件；之前的文件已处理，可分批重新上传"),
                    format!(
                        "at most {FILES} files at once; those before are kept, sending them again is harmless"
                    ),
                ),
            ));
        }
        let outcome = one(state, caller, &query, &name, field).await;
        files.push(match outcome {
            Ok(receipt) => Line {
                file: name,
                receipt: Some(receipt),
                problem: None,
            },
            Err(error) => Line {
                file: name,
                receipt: None,
                problem: Some(Problem::of(&error)),
            },
        });
    }
    if files.is_empty() {
        return Err(Error::request(
            ErrorCode::Unreadable,
            ("请求中没有文件", "the request holds no file"),
        ));
    }
    let receipted = files.iter().filter(|line| line.receipt.is_some()).count();
    Ok(HttpResponse::Ok().json(Answer { files, receipted }))
}

async fn one(
    state: &State,
    caller: &Caller,
    query: &SendQuery,
    name: &str,
    field: Field,
) -> Result<Receipt, Error> {
    // The last part of a path is the name: what stands before it is the sender's own machine.
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let media_type = field.content_type().map(ToString::to_string);
    let encoding = Encoding::of_file(media_type.as_deref().unwrap_or_default(), Some(name));
    let name = Encoding::expanded(name);
    let body = reception::receive(state, encoding, field).await?;
    // Browsers and tools call what they do not know by any type: the name says more.
    let named = adapters::WireFormat::of_file_name(name).is_some();
    let media_type = media_type.filter(|_| !named).unwrap_or_default();
    let about = query
        .of_file(Some(name))
        .about(&caller.0.name, &media_type)?;
    let receipt = submissions::take(state, about, body).await?;
    Ok(if query.only_issues() {
        receipt.only_issues()
    } else {
        receipt
    })
}

fn broken(error: &actix_multipart::MultipartError) -> Error {
    Error::request(
        ErrorCode::Unreadable,
        (
            format!("multipart 报文无法读取（{error}）；已处理的文件不受影响，可整体重新上传"),
            format!("the multipart body cannot be read: {error}; sending it again is harmless"),
        ),
    )
}
