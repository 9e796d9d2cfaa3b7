//! Destinations: shown, stopped, started, retired by operators; and their business answers, pushed to us.

use std::collections::BTreeMap;

use actix_web::web::{self, Data, Path, Payload, Query};
use actix_web::{HttpResponse, Route};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::State;
use super::acknowledgements;
use super::auth::Caller;
use super::openapi::{Param, param};
use crate::delivery::condition::Condition;
use crate::delivery::orders::{self, Action, Authority};
use crate::delivery::pushed::{self, Pushed, Taken};
use crate::error::{Error, ErrorCode};
use crate::pipeline::Instant;
use crate::store::access::Role;
use crate::store::{batches, books, destinations, forwarded, outbox};

/// Parameters of an order.
pub const REASON: &[Param] = &[param("reason", "why; required, and kept in the log")];

/// What the query of an order says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonQuery {
    reason: Option<String>,
}

impl ReasonQuery {
    /// The order's authority: the caller, and a reason.
    pub fn authority(self, caller: Caller) -> Result<Authority, Error> {
        Ok(Authority {
            operator: caller.0.name,
            reason: reason(self.reason)?,
        })
    }
}

/// A reason that says something, and is not a book.
pub fn reason(given: Option<String>) -> Result<String, Error> {
    let reason = given.unwrap_or_default().trim().to_owned();
    if reason.is_empty() || reason.chars().count() > 200 {
        return Err(Error::request(
            ErrorCode::Parameter,
            (
                "参数 reason 必填，1 至 200 字，说明操作原因",
                "`reason` is required: 1 to 200 characters that say why",
            ),
        ));
    }
    Ok(reason)
}

/// Shows all destinations.
pub async fn list(state: Data<State>) -> Result<HttpResponse, Error> {
    let (items, owed) = state
        .ask(|_, connection| {
            let mut counts: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
            // All figures are of one moment.
            books::frozen(connection)?;
            let counted = forwarded::owed(connection)
                .and_then(|owed| Ok((forwarded::counts(connection, &owed)?, owed)));
            books::ended(connection)?;
            let (by_state, owed) = counted?;
            for count in by_state {
                let word = usize::try_from(count.state.number())
                    .ok()
                    .and_then(|number| outbox::STATES.get(number));
                counts.entry(count.destination).or_default().insert(
                    word.copied().unwrap_or_default().to_owned(),
                    count.deliveries.into(),
                );
            }
            let text = |millis: i64| Instant::from_millis(millis).text();
            let mut all = Vec::new();
            for one in destinations::all(connection)? {
                let contradicted = batches::contradicted(connection, one.ordinal)?;
                let condition = Condition::of(connection, &one)?;
                all.push((one, condition, contradicted));
            }
            let items = all
                .into_iter()
                .map(|(one, condition, contradicted)| {
                    json!({
                        "name": one.name, "kind": one.kind,
                        "owes": serde_json::from_str::<Value>(&one.owes).unwrap_or_default(),
                        "state": condition.word(),
                        "stopped_at": one.stopped_at.map(text), "stopped_by": one.stopped_by,
                        "stop_reason": one.stop_reason,
                        // The one that every hub has is registered by being reached for the first time.
                        "registered_at": (one.registered_at > 0).then(|| text(one.registered_at)),
                        "address": one.address,
                        "deliveries": counts.remove(&one.name).unwrap_or_default(),
                        "contradicted_batches": contradicted,
                    })
                })
                .collect::<Vec<_>>();
            Ok((items, owed))
        })
        .await?;
    if owed.counted > forwarded::BEHIND {
        state
            .write(move |transaction| forwarded::keep(transaction.connection, &owed))
            .await?;
    }
    Ok(HttpResponse::Ok().json(json!({ "items": items })))
}

/// The handler of an order about a destination.
pub fn order(action: Action) -> Route {
    web::post().to(
        move |state: Data<State>, caller: Caller, name: Path<String>, query: Query<ReasonQuery>| async move {
            let authority = query.into_inner().authority(caller)?;
            give(&state, authority, name.into_inner(), action).await
        },
    )
}

async fn give(
    state: &State,
    authority: Authority,
    name: String,
    action: Action,
) -> Result<HttpResponse, Error> {
    let shown = name.clone();
    let changed = state
        .write(move |transaction| {
            if destinations::by_name(transaction.connection, &name)?.is_none() {
                return Ok(None);
            }
            orders::order(transaction, &name, action, &authority, Instant::now()).map(Some)
        })
        .await?;
    match changed {
        None => Err(unknown(&shown)),
        Some(changed) => Ok(HttpResponse::Ok()
            .json(json!({ "destination": shown, "action": action.word(), "changed": changed }))),
    }
}

/// There is no such destination.
pub fn unknown(name: &str) -> Error {
    Error::request(
        ErrorCode::NotFound,
        (
            format!("没有目的地“{name}”，见 GET /v1/destinations"),
            format!("there is no destination `{name}`, see GET /v1/destinations"),
        ),
    )
}

/// Takes a business answer that the destination pushes.
pub async fn answer(
    state: Data<State>,
    caller: Caller,
    name: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    if caller.0.role != Role::Subscriber || caller.0.name != *name {
        return Err(Error::request(
            ErrorCode::Forbidden,
            (
                format!("只有目的地“{name}”自己的密钥可以回送业务回执"),
                format!("only a key of the destination `{name}` itself may answer for it"),
            ),
        ));
    }
    let (body, text) = acknowledgements::read(payload).await?;
    settle(&state, name.into_inner(), body, text).await
}

/// Enters an answer of a destination that has shown who it is; `text` is how it came.
pub async fn settle(
    state: &State,
    name: String,
    body: Pushed,
    text: String,
) -> Result<HttpResponse, Error> {
    let (batch, destination) = (body.batch, name.clone());
    let taken = state
        .write(move |transaction| {
            pushed::take(transaction, &name, &body, &text, Instant::now().millis)
        })
        .await?;
    match taken {
        Taken::Settled(tally) => {
            state.app.deliveries.said(&destination, tally);
            Ok(HttpResponse::Ok().json(json!({
                "batch": batch, "accepted": tally.acknowledged, "refused": tally.refused,
                "again": tally.again,
            })))
        }
        Taken::Again => Ok(HttpResponse::Ok().json(json!({ "batch": batch, "repeated": true }))),
        Taken::Contradicts => Err(Error::request(
            ErrorCode::Conflict,
            (
                format!("批次 {batch} 此前已有不同的业务回执，以先到者为准；请与省中心核对"),
                format!(
                    "batch {batch} was answered before, and differently: the first answer holds; ask the centre"
                ),
            ),
        )),
        Taken::OtherPacket => Err(Error::request(
            ErrorCode::Conflict,
            (
                format!("回执所指报文与批次 {batch} 的报文不是同一份（packet 摘要不符）"),
                format!("the packet that the answer names is not the one of batch {batch}"),
            ),
        )),
        Taken::TooLate => Err(Error::request(
            ErrorCode::Conflict,
            (
                format!("批次 {batch} 此前已中止，回执未予采用；省中心重新转发后，请再次给出回执"),
                format!(
                    "batch {batch} was given up before, the answer changes nothing: the centre has to send it again"
                ),
            ),
        )),
        Taken::Unknown => Err(Error::request(
            ErrorCode::NotFound,
            (
                format!("没有发往该目的地的批次 {batch}"),
                format!("no batch {batch} was sent to this destination"),
            ),
        )),
    }
}
