//! Answers to requests that were not carried out: `application/problem+json` (RFC 9457).
//!
//! What went wrong inside the hub goes to its log, with the trace id that the client gets to quote; the
//! client never gets the inside. Title and detail are Chinese, with the English beside them.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, ResponseError};
use adapters::DecodeError;
use serde::Serialize;

use super::trace;
use crate::error::{Error, ErrorCode};

/// Body of a problem.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    title_en: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    detail_en: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    trace_id: String,
}

impl Problem {
    /// Describes an error for the client.
    pub fn of(error: &Error) -> Problem {
        let (code, status, title_en, title) = error.code().row();
        let detail = error.message();
        let mut problem = Problem {
            kind: format!("urn:exchange-hub:problem:{code}"),
            title,
            title_en,
            status,
            code,
            detail: detail.zh.into_owned(),
            detail_en: detail.en.into_owned(),
            line: None,
            column: None,
            member: None,
            trace_id: trace::current(),
        };
        if let Error::Decode(decode) = error {
            if let Some((line, column)) = decode.place() {
                problem.line = Some(line);
                problem.column = Some(column);
            }
            if let DecodeError::Envelope { member, .. } = decode.innermost() {
                problem.member = Some(member.clone());
            }
        }
        problem
    }
}

/// The version of the upload protocol that is spoken (tus.io).
pub const TUS: &str = "1.0.0";

/// Seconds after which a client may come again.
const fn retry_after(code: ErrorCode) -> Option<u32> {
    match code {
        ErrorCode::Busy | ErrorCode::Locked => Some(1),
        ErrorCode::Unavailable => Some(5),
        _ => None,
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code().row().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let problem = Problem::of(self);
        if problem.status >= 500 {
            tracing::error!(
                trace_id = %problem.trace_id,
                error = %self,
                cause = ?std::error::Error::source(self),
                "request failed"
            );
        } else {
            // Without the detail: it may repeat a value of a record.
            tracing::info!(
                trace_id = %problem.trace_id,
                status = problem.status,
                code = self.code().row().0,
                "request refused"
            );
        }
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = retry_after(self.code()) {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if self.code() == ErrorCode::Unauthenticated {
            response.insert_header(("WWW-Authenticate", "Bearer"));
        }
        if self.code() == ErrorCode::TusVersion {
            response.insert_header(("Tus-Version", TUS));
        }
        response
            .content_type("application/problem+json")
            .body(serde_json::to_vec(&problem).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests: a panic is a failure")]

    use actix_web::body::to_bytes;

    use super::*;

    async fn body(error: &Error) -> Result<serde_json::Value, Box<dyn std::error::Error>> {
        let bytes = to_bytes(error.error_response().into_body()).await?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    #[actix_web::test]
    async fn a_reader_learns_the_place_in_two_languages() -> Result<(), Box<dyn std::error::Error>>
    {
        let error = Error::from(DecodeError::Envelope {
            member: "records".to_owned(),
            found: Box::new("text".into()),
            expected: Box::new(("列表", "a list").into()),
            line: 3,
            column: 9,
        });
        assert_eq!(error.status_code(), 422);
        let body = body(&error).await?;
        assert_eq!(body["type"], "urn:exchange-hub:problem:envelope");
        assert_eq!(body["title"], "报文结构不正确");
        assert_eq!(body["title_en"], "The envelope is wrong");
        assert_eq!(
            (&body["line"], &body["column"], &body["member"]),
            (&3.into(), &9.into(), &"records".into())
        );
        assert_eq!(
            body["detail"],
            "第3行第9列“records”有误：实际为text，应为列表"
        );
        assert_eq!(
            body["detail_en"],
            "line 3, column 9: envelope member `records` is text, expected a list"
        );
        assert_eq!(body["status"], 422);
        Ok(())
    }

    #[actix_web::test]
    async fn the_inside_stays_inside() -> Result<(), Box<dyn std::error::Error>> {
        let error = Error::Internal("postgres://user:secret@db".to_owned());
        assert_eq!(error.status_code(), 500);
        assert!(!body(&error).await?.to_string().contains("secret"));
        let kept = Error::NotKept("disk full at /data".to_owned());
        assert_eq!(kept.status_code(), 503);
        assert_eq!(
            kept.error_response()
                .headers()
                .get(RETRY_AFTER)
                .map(actix_web::http::header::HeaderValue::as_bytes),
            Some(b"5".as_slice())
        );
        assert!(!body(&kept).await?.to_string().contains("/data"));
        Ok(())
    }

    #[test]
    fn codes_are_unique_and_only_busy_ones_invite_again() {
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.row().0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        assert_eq!(retry_after(ErrorCode::Conflict), None);
    }
}
