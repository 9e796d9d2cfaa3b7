//! What is owed to destinations, listed.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;

use super::openapi::{Param, param};
use super::{State, paging};
use crate::error::{Error, ErrorCode};
use crate::pipeline::Instant;
use crate::store::outbox::{self, STATES};

/// Parameters of the list.
pub const LIST: &[Param] = &[
    param("state", "pending, sent, acknowledged, refused or exhausted"),
    param("destination", "only to this destination"),
    param("after", "number of the last one seen"),
    param("limit", "1 to 1000"),
];
/// What the query of the list says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    state: Option<String>,
    destination: Option<String>,
    #[serde(default)]
    after: i64,
    limit: Option<i64>,
}

/// Lists deliveries.
pub async fn list(state: Data<State>, query: Query<ListQuery>) -> Result<HttpResponse, Error> {
    let query = query.into_inner();
    let limit = paging::limit(query.limit)?;
    let number = query.state.as_deref().map(number).transpose()?;
    let rows = state
        .ask(move |_, connection| {
            Ok(outbox::list(
                connection,
                number,
                query.destination.as_deref(),
                query.after,
                limit + 1,
            )?)
        })
        .await?;
    let page = paging::page(rows, limit, |row| row.id.to_string());
    let items: Vec<_> = page
        .items
        .into_iter()
        .map(|row| {
            serde_json::json!({
                "id": row.id, "destination": row.destination, "record": row.record_id,
                "state": usize::try_from(row.state).ok().and_then(|number| STATES.get(number)),
                "attempts": row.attempts, "batch": row.batch_id, "reason": row.reason,
                "due_at": Instant::from_millis(row.due_at).text(),
                "updated_at": Instant::from_millis(row.updated_at).text(),
            })
        })
        .collect();
    Ok(HttpResponse::Ok().json(paging::Page {
        items,
        next: page.next,
    }))
}

fn number(word: &str) -> Result<i32, Error> {
    outbox::state_number(word).ok_or_else(|| {
        let all = STATES.join(", ");
        Error::request(
            ErrorCode::Parameter,
            (
                format!("参数 state 为“{word}”，应为 {all} 之一"),
                format!("`state` is `{word}`, expected one of {all}"),
            ),
        )
    })
}
