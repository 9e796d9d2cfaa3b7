//! The routes: what the hub uses, and what a test or a drill looks at.

use std::time::Instant;

use actix_web::web::{Data, Path, Payload, Query, ServiceConfig, block, get, post};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answers;
use super::faults::{Fault, Plan, Point, Strike};
use super::seal;
use super::server::{National, lock};
use super::wire::{Spoken, instead};
use crate::close::entry::signed_holdings;
use crate::close::tree::Prefix;

/// Largest packet.
const PACKET: usize = 64 * 1024 * 1024;

/// Enters the routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/packets", post().to(post_packet))
        .route("/packets/{batch}", get().to(get_packet))
        .route("/packets/{batch}/answer", get().to(get_answer))
        .route("/holdings/{date}", get().to(get_holdings))
        .route("/holdings/{date}/nodes", get().to(get_node))
        .route("/summary", get().to(get_summary))
        .route("/records", get().to(get_records))
        .route("/planted", get().to(get_planted))
        .route("/key", get().to(get_key))
        .route("/callback", post().to(post_callback))
        .route("/faults", post().to(post_faults))
        .route("/healthz", get().to(get_health));
}

fn strike(platform: &National, point: Point) -> Strike {
    lock(&platform.faults).strike(point)
}

async fn post_packet(platform: Data<National>, payload: Payload) -> HttpResponse {
    platform
        .received
        .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let (strike, skew) = (strike(&platform, Point::Packet), platform.skew());
    if let Some(answer) = instead(strike, skew).await {
        return answer;
    }
    let Ok(Ok(bytes)) = payload.to_bytes_limited(PACKET).await else {
        return HttpResponse::PayloadTooLarge().finish();
    };
    let keeper = platform.clone();
    let Ok((status, answer)) = block(move || keeper.take(&bytes)).await else {
        return HttpResponse::InternalServerError().finish();
    };
    Spoken::plain(status, &answer).spoilt(strike, skew).await
}

/// What is said of a packet now, and whether that is its answer; none of one that never came.
fn known(platform: &National, batch: i64) -> Option<(bool, Value)> {
    let book = lock(&platform.book);
    let filed = book.packets.get(&batch)?;
    let ready = Instant::now() >= filed.ready && !filed.withheld;
    let body = if ready {
        answers::body(batch, filed, answers::Said::Truth)
    } else {
        json!({ "batch": batch, "packet": filed.sha256 })
    };
    Some((ready, body))
}

async fn get_answer(platform: Data<National>, batch: Path<i64>) -> HttpResponse {
    let (strike, skew) = (strike(&platform, Point::Question), platform.skew());
    if let Some(answer) = instead(strike, skew).await {
        return answer;
    }
    let Some((ready, mut body)) = known(&platform, *batch) else {
        let unknown = json!({"code": "batch", "reason": "没有该编号的报文"});
        return Spoken::plain(404, &unknown).spoilt(strike, skew).await;
    };
    if let Some(members) = body.as_object_mut() {
        let status = if ready { "done" } else { "pending" };
        members.insert("status".to_owned(), status.into());
        members.insert("at".to_owned(), seal::text(seal::now(skew)).into());
    }
    let body = body.to_string();
    let spoken = Spoken {
        status: 200,
        signed: platform.answer_headers(*batch, &body).into(),
        body,
    };
    let answer = spoken.spoilt(strike, skew).await;
    // What is spoilt did not arrive; a slow one did if its reader was patient.
    if ready && matches!(strike.fault, Fault::Behave | Fault::Slow) {
        platform.arrived(*batch, false);
    }
    answer
}

/// Which versions are asked about: the hub's numbers.
#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    from: i64,
    until: Option<i64>,
    prefix: Option<String>,
}

async fn get_holdings(
    platform: Data<National>,
    request: HttpRequest,
    date: Path<String>,
    asked: Query<Asked>,
) -> HttpResponse {
    holdings(&platform, &request, &date, |platform, date| {
        let until = asked.until.unwrap_or(i64::MAX);
        let view = lock(&platform.book).holdings.view(asked.from..until);
        let root = view.root();
        Ok(json!({ "date": date, "records": root.count, "root": root.digest.to_hex() }))
    })
    .await
}

async fn get_node(
    platform: Data<National>,
    request: HttpRequest,
    date: Path<String>,
    asked: Query<Asked>,
) -> HttpResponse {
    holdings(&platform, &request, &date, |platform, _| {
        let prefix: Prefix = asked
            .prefix
            .as_deref()
            .unwrap_or_default()
            .parse()
            .map_err(|error| format!("参数 prefix 有误：{error}"))?;
        let until = asked.until.unwrap_or(i64::MAX);
        let view = lock(&platform.book).holdings.view(asked.from..until);
        let node = view.node(&prefix).map_err(|error| error.to_string())?;
        Ok(json!(node))
    })
    .await
}

/// Answers a question about holdings, signed.
async fn holdings(
    platform: &National,
    request: &HttpRequest,
    date: &str,
    answer: impl FnOnce(&National, &str) -> Result<Value, String>,
) -> HttpResponse {
    let (strike, skew) = (strike(platform, Point::Query), platform.skew());
    if let Some(answer) = instead(strike, skew).await {
        return answer;
    }
    let answered = match date.parse::<jiff::civil::Date>() {
        Ok(_) => answer(platform, date),
        Err(_) => Err("日期须为 yyyy-MM-dd".to_owned()),
    };
    let spoken = match answered {
        Err(reason) => Spoken::plain(400, &json!({"code": "question", "reason": reason})),
        Ok(body) => {
            let question = request.uri().path_and_query();
            let question = question.map_or("", |question| question.as_str());
            let body = body.to_string();
            Spoken {
                status: 200,
                signed: platform
                    .seal
                    .headers(&signed_holdings(question, &body))
                    .into(),
                body,
            }
        }
    };
    spoken.spoilt(strike, skew).await
}

async fn get_summary(platform: Data<National>) -> HttpResponse {
    HttpResponse::Ok().json(platform.summary())
}

async fn get_packet(platform: Data<National>, batch: Path<i64>) -> HttpResponse {
    let keeper = platform.clone();
    match block(move || keeper.packet(*batch)).await {
        Ok(Some(Ok(bytes))) => HttpResponse::Ok()
            .content_type("application/xml; charset=utf-8")
            .body(bytes),
        Ok(None) => HttpResponse::NotFound().finish(),
        Ok(Some(Err(_))) | Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

#[derive(serde::Deserialize)]
struct Page {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

async fn get_records(platform: Data<National>, page: Query<Page>) -> HttpResponse {
    let book = lock(&platform.book);
    let start = usize::try_from(page.after).unwrap_or(usize::MAX);
    let limit = page.limit.unwrap_or(1000).min(10_000);
    let records: Vec<_> = book.taken.iter().skip(start).take(limit).collect();
    HttpResponse::Ok().json(json!({"records": records, "total": book.taken.len()}))
}

async fn get_planted(platform: Data<National>) -> HttpResponse {
    HttpResponse::Ok().json(&lock(&platform.book).planted)
}

async fn get_key(platform: Data<National>) -> HttpResponse {
    HttpResponse::Ok().body(platform.seal.vkey().to_owned())
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Callback {
    url: String,
}

async fn post_callback(platform: Data<National>, body: String) -> HttpResponse {
    match serde_json::from_str::<Callback>(&body) {
        Ok(callback) => {
            *lock(&platform.pushes.callback) = Some(callback.url);
            HttpResponse::Ok().json(json!({"set": true}))
        }
        Err(error) => {
            let reason = format!("请求应为 {{\"url\": \"…\"}}：{error}");
            HttpResponse::BadRequest().json(json!({"code": "callback", "reason": reason}))
        }
    }
}

async fn post_faults(platform: Data<National>, body: String) -> HttpResponse {
    match body.parse::<Plan>() {
        Ok(plan) => {
            lock(&platform.faults).replan(plan);
            HttpResponse::Ok().json(json!({"set": true}))
        }
        Err(error) => {
            let wrong = json!({"code": "plan", "reason": error.to_string()});
            HttpResponse::BadRequest().json(wrong)
        }
    }
}

async fn get_health() -> HttpResponse {
    HttpResponse::Ok().body("ok")
}
