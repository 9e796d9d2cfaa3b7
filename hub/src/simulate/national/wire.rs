//! What is said over HTTP, and how each fault looks there.

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::super::cut::cut;
use super::faults::{Fault, Strike};
use super::seal::{http_date, now};

/// Pieces in which a slow body comes.
const PIECES: u32 = 20;

/// An answer before it goes out.
pub(super) struct Spoken {
    /// HTTP status.
    pub status: u16,
    /// Its body, JSON.
    pub body: String,
    /// Headers that sign it.
    pub signed: Vec<(&'static str, String)>,
}

impl Spoken {
    /// Without a signature.
    pub fn plain(status: u16, body: &Value) -> Self {
        Spoken {
            status,
            body: body.to_string(),
            signed: Vec::new(),
        }
    }

    /// As it is.
    pub fn say(self, skew: i64) -> HttpResponse {
        let mut answer = begin(self.status, skew);
        for header in self.signed {
            answer.insert_header(header);
        }
        answer.content_type("application/json").body(self.body)
    }

    /// As a fault has it; what the request asked for is done.
    pub async fn spoilt(self, strike: Strike, skew: i64) -> HttpResponse {
        match strike.fault {
            Fault::Slow => {
                let mut answer = begin(self.status, skew);
                for header in self.signed {
                    answer.insert_header(header);
                }
                answer
                    .content_type("application/json")
                    .streaming(trickle(self.body, strike.span()))
            }
            Fault::Garbage => {
                let half = self.body.len() / 2;
                let body: String = self.body.chars().take(half).collect();
                Spoken { body, ..self }.say(skew)
            }
            Fault::WrongType => {
                let mut answer = self.say(skew);
                let html = header::HeaderValue::from_static("text/html; charset=utf-8");
                answer.headers_mut().insert(header::CONTENT_TYPE, html);
                answer
            }
            Fault::HangAfterCommit => {
                actix_web::rt::time::sleep(strike.span()).await;
                cut()
            }
            Fault::ResetAfterCommit | Fault::LostAnswer => cut(),
            _ => self.say(skew),
        }
    }
}

/// What is said instead of doing anything; none: the fault leaves room for doing it.
pub(super) async fn instead(strike: Strike, skew: i64) -> Option<HttpResponse> {
    let wait = SignedDuration::from_millis(strike.lasts);
    Some(match strike.fault {
        Fault::Server(status) => {
            let turn = [500, 502, 503, 504];
            let place = usize::try_from(strike.nth).unwrap_or_default() % turn.len();
            let turned = turn.get(place).copied().unwrap_or(500);
            let status = if status == 0 { turned } else { status };
            begin(status, skew).body("out of order")
        }
        Fault::TooMany => begin(429, skew)
            .insert_header((
                header::RETRY_AFTER,
                retry_after(wait, strike.nth.is_multiple_of(2), skew),
            ))
            .finish(),
        Fault::Maintenance => begin(503, skew)
            .insert_header((header::RETRY_AFTER, retry_after(wait, false, skew)))
            .content_type("text/plain; charset=utf-8")
            .body("系统维护中"),
        Fault::Hang => {
            actix_web::rt::time::sleep(strike.span()).await;
            cut()
        }
        Fault::Reset => cut(),
        _ => return None,
    })
}

/// In seconds, at least one, or as a date by the platform's clock.
fn retry_after(wait: SignedDuration, dated: bool, skew: i64) -> String {
    if dated {
        let at = now(skew).saturating_add(wait);
        return http_date(at.unwrap_or_else(|_| Timestamp::now()));
    }
    // Rounded up: nobody is to come back too early.
    let seconds = (wait.as_millis() + 999) / 1000;
    seconds.max(1).to_string()
}

fn begin(status: u16, skew: i64) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    if skew != 0 {
        answer.insert_header((header::DATE, http_date(now(skew))));
    }
    answer
}

/// A body that comes piece by piece.
fn trickle(
    body: String,
    span: Duration,
) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    let size = body.len().div_ceil(PIECES as usize).max(1);
    let rest = Bytes::from(body);
    stream::unfold(rest, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        actix_web::rt::time::sleep(span / PIECES).await;
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok(piece), rest))
    })
}
