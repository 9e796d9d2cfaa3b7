//! Whether the process works, and whether a submission would be kept.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::State;
use crate::store::access;

/// The process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok()
        .json(serde_json::json!({ "status": "ok", "build": env!("CARGO_PKG_VERSION") }))
}

/// The store answers and the log is published. A way in that fails is named, but the hub stays ready for the others; so is
/// a clock that stands before the last checkpoint, which a person has to set right.
pub async fn ready(state: Data<State>) -> HttpResponse {
    let store = state
        .ask(|_, connection| Ok(access::reachable(connection)?))
        .await
        .is_ok();
    let log = state.app.log.fault().is_none();
    let clock = if state.app.log.clock_back() {
        "back"
    } else {
        "ok"
    };
    let word = |good: bool| if good { "ok" } else { "failed" };
    let ways: Vec<_> = state
        .app
        .ways
        .all()
        .into_iter()
        .map(|way| {
            let check = word(way.fault.is_none());
            serde_json::json!({ "way": way.way, "place": way.place, "check": check, "fault": way.fault })
        })
        .collect();
    let body = serde_json::json!({
        "status": if store && log { "ready" } else { "not ready" },
        "checks": { "store": word(store), "log": word(log), "clock": clock },
        "ways": ways,
    });
    if store && log {
        HttpResponse::Ok().json(body)
    } else {
        HttpResponse::ServiceUnavailable().json(body)
    }
}
