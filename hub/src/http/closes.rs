//! Daily closes 日清对账: the hub's books of a day as a source (or a reader) sees them, the walk over their records,
//! and what a source says in answer.

mod manifests;

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

pub use manifests::post;

use super::State;
use super::auth::Caller;
use super::openapi::{Param, param};
use crate::app::{self, App};
use crate::close::document::{Books, Document, Party};
use crate::close::fault::Fault;
use crate::close::making::{self, CloseError};
use crate::close::received::{self, Set, Told};
use crate::close::shown::{Answered, Placed, Shown};
use crate::close::tree::{Below, Entry, NotPrefix, Prefix};
use crate::close::walk::NodeText;
use crate::error::{Error, ErrorCode};
use crate::store::days::Span;
use crate::store::transaction::Numbers;
use crate::store::{Database, closes, submissions};

/// Parameters of a close.
pub const ONE: &[Param] = &[
    param("number", "which close of the day; without it the latest"),
    param(
        "with",
        "readers: hub (default), source/ID or destination/NAME; a source gets its own",
    ),
];
/// Parameters of what a source says.
pub const SAY: &[Param] = &[
    param(
        "number",
        "which close of the day it speaks about; without it the latest",
    ),
    param(
        "after",
        "with a whole list: names the differences that follow this id (`next` of the answer before)",
    ),
];
/// Parameters of the walk.
pub const NODES: &[Param] = &[
    param(
        "prefix",
        "first digits of the records' digests, lower-case hexadecimal; none: the root",
    ),
    param("number", "which close of the day; without it the latest"),
    param("with", "readers: source/ID"),
];

/// Sets that were asked about lately: a walk asks many times about the same.
#[derive(Debug, Default)]
pub struct Sets(Mutex<Vec<(Asked, Arc<Set>)>>);

/// Source, and the numbers of its submissions.
type Asked = (String, i64, i64);

/// Sets that are remembered.
const REMEMBERED: usize = 4;
/// Records that they may have together: room in the working folder, 90 bytes each.
const RECORDS: u64 = 20_000_000;

impl Sets {
    fn of(&self, app: &App, connection: &mut Database, asked: &Asked) -> Result<Arc<Set>, Error> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, set)) = lock().iter().find(|(known, _)| known == asked) {
            return Ok(Arc::clone(set));
        }
        let (source, from, until) = asked;
        let at = |submission| Numbers {
            submission,
            ..Numbers::default()
        };
        let span = Span {
            from: at(*from),
            until: at(*until),
        };
        let folder = app::spool_folder(&app.config);
        let set = received::set(connection, &span, source, &folder).map_err(unread)?;
        let set = Arc::new(set);
        let mut known = lock();
        known.insert(0, (asked.clone(), Arc::clone(&set)));
        known.truncate(REMEMBERED);
        let total = |known: &[(Asked, Arc<Set>)]| -> u64 {
            known.iter().map(|(_, set)| set.tree.root().count).sum()
        };
        while known.len() > 1 && total(&known) > RECORDS {
            known.pop();
        }
        Ok(set)
    }
}

/// What the query of a close says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseQuery {
    number: Option<u32>,
    with: Option<String>,
}

/// What the query of the walk says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodesQuery {
    #[serde(default)]
    prefix: String,
    number: Option<u32>,
    with: Option<String>,
}

/// Whose books a caller sees.
fn party(caller: &Caller, with: Option<&str>) -> Result<Party, Error> {
    let wanted = with
        .map(str::parse::<Party>)
        .transpose()
        .map_err(|error| parameter("with", &error.to_string()))?;
    match (caller.only(), wanted) {
        (None, wanted) => Ok(wanted.unwrap_or(Party::Hub)),
        (Some(own), None) => Ok(Party::Source(own.to_owned())),
        (Some(own), Some(Party::Source(source))) if source == own => Ok(Party::Source(source)),
        (Some(_), Some(_)) => Err(Error::request(
            ErrorCode::Forbidden,
            (
                "来源只能查询自己的对账单",
                "a source sees its own closes only",
            ),
        )),
    }
}

fn parameter(name: &str, what: &str) -> Error {
    let (zh, en) = what.split_once(" / ").unwrap_or((what, what));
    Error::request(
        ErrorCode::Parameter,
        (format!("参数 {name}：{zh}"), format!("{name}: {en}")),
    )
}

/// What it means to a client that the records of a day could not be gone through.
fn unread(fault: Fault) -> Error {
    match fault {
        Fault::Store(error) => Error::Store(error),
        Fault::Room(error) => Error::NotKept(format!("working file of a close: {error}")),
    }
}

/// What a fault of a close means to a client.
fn refused(error: CloseError) -> Error {
    match error {
        CloseError::Store(error) => Error::Store(error),
        CloseError::Fault(fault) => unread(fault),
        CloseError::Date(_) | CloseError::Future(_) => parameter("date", &error.to_string()),
        CloseError::Before(_) => {
            let text = error.to_string();
            let (zh, en) = text.split_once(" / ").unwrap_or((&text, &text));
            Error::request(ErrorCode::NotFound, (zh.to_owned(), en.to_owned()))
        }
        other => Error::Internal(other.to_string()),
    }
}

/// A close that was made.
fn row(
    connection: &mut Database,
    date: &str,
    party: &Party,
    number: Option<u32>,
) -> Result<closes::Close, Error> {
    let date = making::day(date).map_err(refused)?;
    let with = party.to_string();
    let found = match number {
        None => closes::latest(connection, &date, &with)?,
        Some(number) => {
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            closes::one(connection, &date, &with, number)?
        }
    };
    found.ok_or_else(|| {
        Error::request(
            ErrorCode::NotFound,
            (
                format!("{date} 与 {with} 尚无此对账单；枢纽在次日定时日清，或由中心执行 hub close {date}"),
                format!(
                    "there is no such close of {date} with {with}; the hub closes a day on the next, or the centre runs `hub close {date}`"
                ),
            ),
        )
    })
}

fn read(row: &closes::Close) -> Result<Document, Error> {
    serde_json::from_str(&row.document)
        .map_err(|error| Error::Internal(format!("close {} {}: {error}", row.date, row.party)))
}

fn placed(app: &App, connection: &mut Database, index: i64) -> Result<Placed, Error> {
    let leaf = submissions::leaf(connection, index)?
        .ok_or_else(|| Error::Internal(format!("leaf {index} went away")))?;
    let index = index.unsigned_abs();
    // The log is let go of before it is asked for the proof.
    let published = index < app.log.log().size();
    let proof = published
        .then(|| app.log.proof(index))
        .transpose()
        .map_err(|error| Error::Internal(format!("proof of {index}: {error}")))?;
    Ok(Placed {
        leaf: String::from_utf8_lossy(&leaf).into_owned(),
        index,
        proof: proof.map(|proof| proof.to_string()),
    })
}

/// Shows a close with its signatures, and what the source said about the day.
pub async fn one(
    state: Data<State>,
    caller: Caller,
    date: Path<String>,
    query: Query<CloseQuery>,
) -> Result<HttpResponse, Error> {
    let shown = state
        .ask(move |app, connection| {
            let party = party(&caller, query.with.as_deref())?;
            let row = row(connection, &date, &party, query.number)?;
            let said = match &party {
                Party::Source(source) => closes::last_said(connection, &row.date, source)?,
                Party::Hub | Party::Destination(_) => None,
            };
            let manifest = match said {
                None => None,
                Some(said) => Some(Answered {
                    placed: placed(app, connection, said.leaf_index)?,
                    note: said.note,
                }),
            };
            let placed = placed(app, connection, row.leaf_index)?;
            Shown::new(&row.document, row.note, placed, manifest)
                .map_err(|error| Error::Internal(error.to_string()))
        })
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// The set of a source's close.
fn set_of(
    app: &App,
    sets: &Sets,
    connection: &mut Database,
    source: &str,
    document: &Document,
) -> Result<Arc<Set>, Error> {
    let bounds = document.submissions;
    let asked = (source.to_owned(), bounds.from, bounds.until);
    let set = sets.of(app, connection, &asked)?;
    let root = set.tree.root().digest.to_hex();
    match &document.books {
        Books::Source(books) if books.root == root => Ok(set),
        _ => Err(Error::Internal(format!(
            "the records of {source} on {} are not those that were closed",
            document.date
        ))),
    }
}

/// Shows what is beneath a prefix of the records of a close.
pub async fn nodes(
    state: Data<State>,
    caller: Caller,
    date: Path<String>,
    query: Query<NodesQuery>,
) -> Result<HttpResponse, Error> {
    let shared = state.clone();
    let node = state
        .ask(move |app, connection| {
            let prefix: Prefix = query
                .prefix
                .parse()
                .map_err(|error: NotPrefix| {
                    parameter("prefix", &error.to_string())
                })?;
            let Party::Source(source) = party(&caller, query.with.as_deref())? else {
                return Err(parameter(
                    "with",
                    "只有来源的对账单可以逐级查询，应为 source/来源 / only the closes with sources can be walked: source/ID",
                ));
            };
            let party = Party::Source(source.clone());
            let row = row(connection, &date, &party, query.number)?;
            let set = set_of(app, &shared.closes, connection, &source, &read(&row)?)?;
            let node = set.tree.node(&prefix).map_err(|error| unread(error.into()))?;
            let mut told: Vec<(Entry, Told)> = Vec::new();
            if let Below::Entries(entries) = &node.below {
                for entry in entries {
                    let one = set.tell(connection, entry).map_err(unread)?;
                    told.extend(one.map(|one| (*entry, one)));
                }
            }
            let about = |entry: &Entry| {
                let found = told.iter().find(|(known, _)| known == entry);
                found.map(|(_, told)| told.clone())
            };
            Ok(NodeText::new(&prefix, &node, about))
        })
        .await?;
    Ok(HttpResponse::Ok().json(node))
}
