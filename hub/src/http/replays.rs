//! Records sent again at an operator's word: counted first, then begun, watched, stopped.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::State;
use super::auth::Caller;
use super::destinations::{ReasonQuery, reason, unknown};
use super::openapi::{Param, param};
use crate::app::App;
use crate::delivery::orders;
use crate::error::{Error, ErrorCode};
use crate::pipeline::Instant;
use crate::report;
use crate::store::outbox::STATES;
use crate::store::replays::{self, Filter, Order, Replay};
use crate::store::{Database, destinations};

/// Parameters of a replay.
pub const ORDER: &[Param] = &[
    param("destination", "destination, for example national"),
    param(
        "state",
        "exhausted (default), refused, acknowledged; several joined with commas",
    ),
    param("source", "only of this source"),
    param("dataset", "only of this data set, by column code"),
    param("from", "only received on or after this day or instant"),
    param(
        "to",
        "only received before the end of this day, or before this instant",
    ),
    param(
        "issue",
        "only with a reason that begins so, for example a code of the destination",
    ),
    param("rate", "records a second, 1 to 10000; default 100"),
    param("reason", "why; required to confirm"),
    param("confirm", "true begins; anything else only counts"),
];

/// What the query of a replay says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderQuery {
    destination: String,
    state: Option<String>,
    source: Option<String>,
    dataset: Option<String>,
    from: Option<String>,
    to: Option<String>,
    issue: Option<String>,
    rate: Option<i32>,
    reason: Option<String>,
    #[serde(default)]
    confirm: bool,
}

impl OrderQuery {
    fn filter(&self, app: &App) -> Result<Filter, Error> {
        let parameter = |zh: String, en: String| Error::request(ErrorCode::Parameter, (zh, en));
        let words = self.state.as_deref().unwrap_or("exhausted");
        let states: Vec<String> = words.split(',').map(str::to_owned).collect();
        let may = ["exhausted", "refused", "acknowledged"];
        if let Some(word) = states.iter().find(|word| !may.contains(&word.as_str())) {
            return Err(parameter(
                format!(
                    "参数 state 为“{word}”，应为 exhausted、refused、acknowledged 之一或用逗号连接"
                ),
                format!(
                    "`state` is `{word}`, expected exhausted, refused, acknowledged, or several joined with commas"
                ),
            ));
        }
        let dataset = self.dataset.as_deref().map(|name| {
            let mut editions = app.spec.editions.iter().rev();
            let found = editions.find_map(|edition| edition.dataset(name));
            found.map(|dataset| i32::from(dataset.code)).ok_or_else(|| {
                parameter(
                    format!("没有数据集“{name}”，见 GET /v1/catalog"),
                    format!("there is no data set `{name}`, see GET /v1/catalog"),
                )
            })
        });
        let instant = |what, text: &Option<String>, end| {
            let parsed = text
                .as_deref()
                .map(|text| report::parse_instant(what, text, end));
            let parsed = parsed.transpose();
            parsed.map_err(|error| Error::request(ErrorCode::Time, error.to_string()))
        };
        Ok(Filter {
            states,
            source: self.source.clone(),
            dataset: dataset.transpose()?,
            from: instant("from", &self.from, false)?,
            to: instant("to", &self.to, true)?,
            issue: self.issue.clone(),
        })
    }
}

/// What a filter chooses, as it is shown.
fn counted(
    connection: &mut Database,
    destination: &str,
    filter: &Filter,
) -> Result<(i64, Vec<Value>), Error> {
    if destinations::by_name(connection, destination)?.is_none() {
        return Err(unknown(destination));
    }
    let counts = replays::count(connection, destination, filter)?;
    let records = counts.iter().map(|(_, _, records)| records).sum();
    let by = counts.into_iter().map(|(source, state, records)| {
        let state = usize::try_from(state)
            .ok()
            .and_then(|state| STATES.get(state));
        json!({ "source": source, "state": state, "records": records })
    });
    Ok((records, by.collect()))
}

/// Counts what would be sent again; begins when confirmed, and notes in the log who did and why.
pub async fn order(
    state: Data<State>,
    caller: Caller,
    query: Query<OrderQuery>,
) -> Result<HttpResponse, Error> {
    let query = query.into_inner();
    let filter = query.filter(&state.app)?;
    let rate = query.rate.unwrap_or(100);
    if !(1..=10_000).contains(&rate) {
        return Err(Error::request(
            ErrorCode::Parameter,
            (
                format!("参数 rate 为 {rate}，应为 1 至 10000"),
                format!("`rate` is {rate}, expected 1 to 10000"),
            ),
        ));
    }
    let (destination, wanted) = (query.destination.clone(), filter.clone());
    let (records, by) = state
        .ask(move |_, connection| counted(connection, &destination, &wanted))
        .await?;
    let mut answer = json!({
        "destination": query.destination, "filter": filter, "records": records, "by": by,
        "replayed": query.confirm,
    });
    if query.confirm {
        let order = Order {
            destination: query.destination,
            filter,
            per_second: rate,
            operator: caller.0.name,
            reason: reason(query.reason)?,
        };
        let id = state
            .write(move |transaction| orders::replay(transaction, &order, records, Instant::now()))
            .await?;
        if let Some(members) = answer.as_object_mut() {
            members.insert("replay".to_owned(), id.into());
        }
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// Shows the last replays.
pub async fn list(state: Data<State>) -> Result<HttpResponse, Error> {
    let rows = state
        .ask(|_, connection| Ok(replays::list(connection, 100)?))
        .await?;
    let items: Vec<Value> = rows.iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items })))
}

/// A replay as it is shown.
pub fn shown(replay: &Replay) -> Value {
    let text = |millis: i64| Instant::from_millis(millis).text();
    let state = usize::try_from(replay.state).ok();
    json!({
        "id": replay.id, "destination": replay.destination,
        "filter": serde_json::from_str::<Value>(&replay.filter).unwrap_or_default(),
        "per_second": replay.per_second, "operator": replay.operator, "reason": replay.reason,
        "state": state.and_then(|state| replays::STATES.get(state)),
        "expected": replay.expected, "revived": replay.revived,
        "created_at": text(replay.created_at), "ended_at": replay.ended_at.map(text),
    })
}

/// Stops a replay.
pub async fn stop(
    state: Data<State>,
    caller: Caller,
    id: Path<i64>,
    query: Query<ReasonQuery>,
) -> Result<HttpResponse, Error> {
    let authority = query.into_inner().authority(caller)?;
    let id = id.into_inner();
    let changed = state
        .write(move |transaction| orders::stop_replay(transaction, id, &authority, Instant::now()))
        .await?;
    Ok(HttpResponse::Ok().json(json!({ "replay": id, "stopped": changed })))
}
