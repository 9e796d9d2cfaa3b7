//! What a destination was or is to be told, fetched by number: for whoever missed something.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use serde_json::Value;

use super::auth::Caller;
use super::destinations::unknown;
use super::openapi::{Param, param};
use super::{State, paging};
use crate::delivery::event::event;
use crate::error::{Error, ErrorCode};
use crate::store::access::Role;
use crate::store::erasures::notices;
use crate::store::{deliveries, destinations, outbox};

/// Parameters.
pub const QUERY: &[Param] = &[
    param("after", "number of the last event seen; 0: from the first"),
    param("limit", "1 to 1000"),
    param("destination", "for readers: whose events"),
];

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    #[serde(default)]
    after: i64,
    limit: Option<i64>,
    destination: Option<String>,
}

/// Lists events after a number, in order.
pub async fn list(
    state: Data<State>,
    caller: Caller,
    query: Query<EventsQuery>,
) -> Result<HttpResponse, Error> {
    let query = query.into_inner();
    let limit = paging::limit(query.limit)?;
    let destination = match (caller.0.role, query.destination) {
        (Role::Subscriber, None) => caller.0.name,
        (Role::Subscriber, Some(name)) if name == caller.0.name => name,
        (Role::Subscriber, Some(name)) => return Err(unknown(&name)),
        (_, Some(name)) => name,
        (_, None) => {
            return Err(Error::request(
                ErrorCode::Parameter,
                (
                    "请用参数 destination 指明目的地",
                    "say whose events with `destination`",
                ),
            ));
        }
    };
    let page = state
        .ask(move |app, connection| {
            if destinations::by_name(connection, &destination)?.is_none() {
                return Err(unknown(&destination));
            }
            let rows = outbox::told(connection, &destination, query.after, limit + 1)?;
            let page = paging::page(rows, limit, |row| row.id.to_string());
            let ids: Vec<i64> = page.items.iter().map(|row| row.record).collect();
            let contents = deliveries::contents(connection, &ids)?;
            let events: Vec<i64> = page.items.iter().map(|row| row.id).collect();
            let notices = notices::of(connection, &events)?;
            let mut items = Vec::with_capacity(page.items.len());
            for row in &page.items {
                let content = contents.iter().find(|content| content.id == row.record);
                let event =
                    content.and_then(|content| event(app.spec, row, content, notices.get(&row.id)));
                items.push(serde_json::to_value(event).unwrap_or(Value::Null));
            }
            Ok(paging::Page {
                items,
                next: page.next,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(page))
}
