//! What is owed to destinations, and another chance for what was given up.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;

use super::auth::Caller;
use super::openapi::{Param, param};
use super::{State, paging};
use crate::error::{Error, ErrorCode};
use crate::leaf;
use crate::pipeline::Instant;
use crate::pipeline::writer::WriteError;
use crate::store::outbox::{self, STATES};

/// Parameters of the list.
pub const LIST: &[Param] = &[
    param("state", "pending, sent, acknowledged, refused or exhausted"),
    param("destination", "only to this destination"),
    param("after", "number of the last one seen"),
    param("limit", "1 to 1000"),
];
/// Parameters of a replay.
pub const REPLAY: &[Param] = &[
    param("destination", "destination, for example national"),
    param("state", "exhausted (default) or refused"),
    param("confirm", "true sends; anything else only counts"),
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

/// What the query of a replay says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayQuery {
    destination: String,
    state: Option<String>,
    #[serde(default)]
    confirm: bool,
}

/// Counts what would be sent again; sends it when confirmed, and notes in the log who did.
pub async fn replay(
    state: Data<State>,
    caller: Caller,
    query: Query<ReplayQuery>,
) -> Result<HttpResponse, Error> {
    let query = query.into_inner();
    let word = query.state.unwrap_or_else(|| "exhausted".to_owned());
    if !matches!(word.as_str(), "exhausted" | "refused") {
        return Err(Error::request(
            ErrorCode::Parameter,
            (
                format!("参数 state 为“{word}”，应为 exhausted 或 refused"),
                format!("`state` is `{word}`, expected exhausted or refused"),
            ),
        ));
    }
    let from = number(&word)?;
    let (destination, operator, confirm) = (query.destination, caller.0.name, query.confirm);
    let name = destination.clone();
    let records = if confirm {
        let app = std::sync::Arc::clone(&state.app);
        let outcome = actix_web::web::block(move || {
            app.writer.run(move |transaction| {
                let now = Instant::now();
                let records =
                    outbox::revive(transaction.connection, from, &destination, now.millis)?;
                let facts = [
                    ("deliveries", records.to_string()),
                    ("destination", destination.clone()),
                    ("state", word),
                ];
                let leaf = leaf::encode(&leaf::Operator {
                    action: leaf::operator::Action::Replay,
                    by: operator,
                    about: destination,
                    facts: facts.map(|(name, fact)| (name.to_owned(), fact)).into(),
                    at: now.text(),
                })?;
                transaction.append_leaf(leaf)?;
                Ok(records as i64)
            })
        });
        outcome
            .await
            .map_err(|error| Error::Internal(error.to_string()))?
            .map_err(|error| match error {
                WriteError::Busy => Error::request(
                    ErrorCode::Busy,
                    ("等待写入的任务过多，请稍后再试", error.to_string()),
                ),
                WriteError::Failed(why) => Error::NotKept(why),
            })?
    } else {
        state
            .ask(move |_, connection| Ok(outbox::count(connection, from, &destination)?))
            .await?
    };
    Ok(HttpResponse::Ok()
        .json(serde_json::json!({ "destination": name, "records": records, "replayed": confirm })))
}
