//! What stands before the hub: passes requests on, and makes trouble with those that submit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderValue, RETRY_AFTER};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, ResponseError};

use super::super::cut::cut;
use super::Options;
use super::book::{Arrival, Book, Order};
use super::progress::Progress;
use super::script::Fault;
use crate::error::{Error, ErrorCode};
use crate::pipeline::expand::{Encoding, expand};
use crate::tlog::sha256;

/// Where submissions go.
const SUBMISSIONS: &str = "/v1/submissions";
/// Largest answer of the hub behind that is passed on.
const ANSWER: u64 = 512 << 20;
/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(200);

/// The examiner.
pub struct Front {
    behind: String,
    agent: ureq::Agent,
    app: Arc<crate::app::App>,
    second_key: String,
    started: Instant,
    book: Mutex<Book>,
}

/// What a body says of itself before its records.
#[derive(Default, serde::Deserialize)]
struct Head {
    #[serde(default)]
    submission: Option<String>,
    #[serde(default)]
    sequence: Option<u64>,
}

/// What the address of a submission says.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Query {
    submission: Option<String>,
}

/// An answer of the hub behind.
struct Passed {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Front {
    /// Prepares an examination.
    pub fn new(options: &Options) -> Arc<Self> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_mins(5)))
            .build()
            .into();
        Arc::new(Front {
            behind: options.behind.clone(),
            agent,
            app: Arc::clone(&options.app),
            second_key: options.second_key.clone(),
            started: Instant::now(),
            book: Mutex::new(Book::new(&options.script)),
        })
    }

    /// What happened so far.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Passes a request on as it came.
    fn pass(&self, request: ureq::http::Request<Vec<u8>>) -> Result<Passed, ureq::Error> {
        let mut answer = self.agent.run(request)?;
        let kept = |name: &str| {
            !matches!(
                name,
                "connection" | "transfer-encoding" | "content-length" | "date"
            )
        };
        let headers = answer
            .headers()
            .iter()
            .filter(|(name, _)| kept(name.as_str()));
        let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        Ok(Passed {
            status: answer.status().as_u16(),
            headers: headers.collect(),
            body: answer
                .body_mut()
                .with_config()
                .limit(ANSWER)
                .read_to_vec()?,
        })
    }

    /// What a submission says about itself; its body as it is when it is not compressed.
    fn arrival(&self, request: &HttpRequest, query: &Query, plain: &[u8]) -> Arrival {
        let header = |name: &str| {
            let value = request.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        // The first value of the body is the envelope, or the header line; what is no JSON says nothing.
        let mut values = serde_json::Deserializer::from_slice(plain).into_iter::<Head>();
        let head = values.next().and_then(Result::ok).unwrap_or_default();
        let digest = sha256(plain).to_hex();
        let number = header("x-submission-id")
            .or_else(|| query.submission.clone())
            .or(head.submission);
        Arrival {
            number: number.unwrap_or_else(|| format!("sha256-{digest}")),
            sequence: head.sequence,
            sha256: digest,
            with_new_key: header(AUTHORIZATION.as_str())
                .is_some_and(|value| value.trim().ends_with(self.second_key.as_str())),
        }
    }
}

/// Listens until the examination is over or the process is interrupted.
pub fn run(
    front: &Arc<Front>,
    listen: &str,
    quiet: Duration,
    ready: impl FnOnce(&str),
    told: impl Fn(Progress) + 'static,
) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let shared = web::Data::from(Arc::clone(front));
        let most = front.app.config.limits.body_bytes;
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(most))
                .default_service(web::to(take))
        })
        .workers(2)
        .shutdown_timeout(1)
        .bind(listen)?;
        let address = server.addrs().first().copied();
        let running = server.run();
        let handle = running.handle();
        if let Some(address) = address {
            ready(&format!("http://{address}"));
        }
        let watched = Arc::clone(front);
        actix_web::rt::spawn(async move {
            let mut last = None;
            loop {
                actix_web::rt::time::sleep(LOOK).await;
                let (progress, is_over) = {
                    let book = watched.book();
                    let idle = u128::from(watched.now().saturating_sub(book.last));
                    let is_over = book.is_settled() && idle >= quiet.as_millis();
                    (Progress::of(&book, quiet.as_secs()), is_over)
                };
                if last.replace(progress) != Some(progress) {
                    told(progress);
                }
                if is_over {
                    handle.stop(true).await;
                    return;
                }
            }
        });
        running.await
    })
}

async fn take(front: web::Data<Front>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let is_submission = request.path() == SUBMISSIONS && request.method().as_str() == "POST";
    if !is_submission {
        return match pass(&front, &request, body).await {
            Ok(passed) => answer(passed),
            Err(error) => error.error_response(),
        };
    }
    let query = web::Query::<Query>::from_query(request.query_string());
    let query = query.map(web::Query::into_inner).unwrap_or_default();
    let header = request.headers().get(CONTENT_ENCODING);
    let encoding = Encoding::parse(
        header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default(),
    );
    let limits = &front.app.config.limits;
    let expanded = match encoding {
        Some(encoding) => expand(encoding, &body, limits.decompressed_bytes, limits.ratio).ok(),
        None => None,
    };
    // What cannot be expanded is for the hub behind to refuse.
    let plain = expanded.map_or_else(|| body.clone(), Bytes::from);
    let arrival = front.arrival(&request, &query, &plain);
    let order = front.book().enter(front.now(), &arrival);
    let Some(order) = order else {
        return HttpResponse::TooManyRequests().finish();
    };
    let response = misbehave(&front, &request, body, order).await;
    let status = match order.fault {
        Fault::ResetAfterCommit => None,
        _ => Some(response.status().as_u16()),
    };
    front.book().answered(front.now(), order, status);
    response
}

async fn misbehave(
    front: &web::Data<Front>,
    request: &HttpRequest,
    body: Bytes,
    order: Order,
) -> HttpResponse {
    let refused =
        |code, detail: (&'static str, &'static str)| Error::request(code, detail).error_response();
    let later = |mut response: HttpResponse| {
        let seconds = HeaderValue::from(order.step.retry_after);
        response.headers_mut().insert(RETRY_AFTER, seconds);
        response
    };
    match order.fault {
        Fault::TooMany => {
            return later(refused(
                ErrorCode::Busy,
                (
                    "按 Retry-After 所示秒数等待后重报",
                    "come again after the seconds in Retry-After",
                ),
            ));
        }
        Fault::Unavailable => {
            return later(refused(
                ErrorCode::Unavailable,
                ("暂时无法保存，请稍后重报", "not kept, send it again later"),
            ));
        }
        Fault::ExpiredEdition => {
            return refused(
                ErrorCode::Edition,
                (
                    "该规范版本已终止，同样的内容不再接收",
                    "this edition has ended; these bytes will not be taken",
                ),
            );
        }
        Fault::RotatedKey => {
            return refused(
                ErrorCode::Unauthenticated,
                (
                    "密钥已停用，请使用新密钥",
                    "the key is retired, use the new one",
                ),
            );
        }
        Fault::None | Fault::Slow | Fault::ResetAfterCommit | Fault::LostReceipt => {}
    }
    let passed = match pass(front, request, body).await {
        Ok(passed) => passed,
        Err(error) => return error.error_response(),
    };
    match order.fault {
        Fault::Slow => {
            actix_web::rt::time::sleep(Duration::from_millis(order.step.delay_ms)).await;
            answer(passed)
        }
        Fault::ResetAfterCommit => cut(),
        Fault::LostReceipt => HttpResponse::BadGateway().body("bad gateway"),
        _ => answer(passed),
    }
}

async fn pass(
    front: &web::Data<Front>,
    request: &HttpRequest,
    body: Bytes,
) -> Result<Passed, Error> {
    let internal =
        |error: &dyn std::fmt::Display| Error::Internal(format!("the hub behind: {error}"));
    let mut passed_on = ureq::http::Request::builder()
        .method(request.method().as_str())
        .uri(format!("{}{}", front.behind, request.uri()));
    for (name, value) in request.headers() {
        if !matches!(
            name.as_str(),
            "host"
                | "connection"
                | "content-length"
                | "transfer-encoding"
                | "expect"
                | "accept-encoding"
        ) {
            passed_on = passed_on.header(name.as_str(), value.as_bytes());
        }
    }
    let passed_on = passed_on
        .body(body.to_vec())
        .map_err(|error| internal(&error))?;
    let front = front.clone().into_inner();
    web::block(move || front.pass(passed_on))
        .await
        .map_err(|error| internal(&error))?
        .map_err(|error| internal(&error))
}

fn answer(passed: Passed) -> HttpResponse {
    let status = StatusCode::from_u16(passed.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    for (name, value) in passed.headers {
        response.append_header((name, value));
    }
    response.body(passed.body)
}
