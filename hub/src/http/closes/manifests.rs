//! What a source says about a day: compared with the hub's books, and, when it is signed, kept with a leaf of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path, Payload, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{parameter, read, row, set_of};
use crate::app::{self, App};
use crate::close::difference::{Compared as Found, Difference, Tally};
use crate::close::document::Party;
use crate::close::listed::{self, List, ListError, Listing};
use crate::close::manifest::{self, LookError, Manifest, NAMED};
use crate::close::row::Row;
use crate::close::tree::{Entry, Prefix};
use crate::close::walk::NodeText;
use crate::error::{Error, ErrorCode};
use crate::http::State;
use crate::http::auth::Caller;
use crate::http::reception::{self, Body};
use crate::leaf;
use crate::pipeline::Instant;
use crate::store::{Database, closes, signers};
use crate::tlog::{Hash, VerifierKey, sha256};

/// Most signed manifests of a source about one day.
const MOST: i64 = 100;
/// Most nodes that are asked for at once.
const ASK: usize = 256;

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SayQuery {
    number: Option<u32>,
    after: Option<String>,
}

/// What a source sends.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// The signed note.
    manifest: Option<String>,
    /// Unsigned: how many records.
    records: Option<u64>,
    /// Unsigned: the digest over them.
    root: Option<String>,
    /// Nodes that were asked for.
    #[serde(default)]
    nodes: Vec<NodeText<Value>>,
    /// The whole list.
    list: Option<Vec<Box<RawValue>>>,
}

/// A side of the comparison.
#[derive(Debug, Serialize)]
struct Side {
    records: u64,
    root: String,
}

/// What the comparison showed.
#[derive(Debug, Serialize)]
struct Compared {
    date: String,
    number: u32,
    hub: Side,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Side>,
    /// Whether both are the same; none when the source has not said how many and which.
    agreed: Option<bool>,
    /// Whether the source signed, so that this counts.
    signed: bool,
    /// The leaf of what was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf_index: Option<i64>,
    /// All differences, counted; of nodes, beneath these nodes.
    differing: Tally,
    /// Whether every difference is among those below.
    complete: bool,
    /// Of a list: send it again with `after` this id for the differences that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    differences: Vec<manifest::Difference>,
    /// Prefixes of which the source is to send its nodes next (`nodes`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ask: Vec<String>,
}

fn unreadable(zh: impl Into<String>, en: impl Into<String>) -> Error {
    Error::request(ErrorCode::Envelope, (zh.into(), en.into()))
}

/// Reads what is not a list of lines, which is small.
fn parse(body: &Body) -> Result<Said, Error> {
    let Body::Held(bytes) = body else {
        return Err(Error::request(
            ErrorCode::TooLarge,
            (
                "对账清单过大：请逐行以 NDJSON（application/x-ndjson）报送，或只报签名清单后逐级核对",
                "the manifest is too large: send the list as NDJSON (application/x-ndjson), or the signed manifest alone and walk",
            ),
        ));
    };
    serde_json::from_slice(bytes).map_err(|error| {
        unreadable(
            format!("对账清单无法读取：{error}"),
            format!("the manifest cannot be read: {error}"),
        )
    })
}

/// Opens a list of lines, as often as it is needed.
fn lines(body: &Body) -> Result<Box<dyn BufRead + '_>, Error> {
    match body {
        Body::Held(bytes) => Ok(Box::new(&bytes[..])),
        Body::OnDisk(spooled, _place) => {
            let file = spooled.document.open();
            let file = file.map_err(|error| Error::Internal(error.to_string()))?;
            Ok(Box::new(BufReader::with_capacity(1 << 18, file)))
        }
    }
}

/// Reads a list of lines, and what its first line says of the whole.
fn by_lines(listing: &mut Listing<'_>, body: &Body) -> Result<Said, Error> {
    let header = listing
        .read(lines(body)?)
        .map_err(|error| refused_list(&error))?;
    Ok(Said {
        manifest: header.manifest,
        records: header.records,
        root: header.root,
        ..Said::default()
    })
}

fn refused_list(error: &ListError) -> Error {
    match error {
        ListError::Read(error) => Error::NotKept(format!("a list of a source: {error}")),
        other => bilingual(&other.to_string()),
    }
}

/// Compares what a source says with the hub's books of the day.
pub async fn post(
    state: Data<State>,
    caller: Caller,
    date: Path<String>,
    query: Query<SayQuery>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let after = query.after.as_deref().map(Hash::from_hex).transpose();
    let after = after.map_err(|_| {
        parameter(
            "after",
            "应为 64 位十六进制数字 / expected 64 hexadecimal digits",
        )
    })?;
    let media_type = request.headers().get(CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    let by_line = media_type.is_some_and(|media_type| media_type.contains("ndjson"));
    let body = reception::body(&state, &request, None, payload).await?;
    let shared = state.clone();
    let compared = state
        .ask(move |app, connection| {
            let source = caller.0.name.clone();
            let party = Party::Source(source.clone());
            let row = row(connection, &date, &party, query.number)?;
            let document = read(&row)?;
            let set = set_of(app, &shared.closes, connection, &source, &document)?;
            let root = set.tree.root();
            let folder = app::spool_folder(&app.config);
            let mut listing = Listing::new(&source, root.count, &folder);
            let said = if by_line {
                by_lines(&mut listing, &body)?
            } else {
                parse(&body)?
            };
            for one in said.list.iter().flatten() {
                let taken = listing.take(one.get().as_bytes());
                taken.map_err(|error| refused_list(&error))?;
            }
            let keys = keys(connection, &source)?;
            let signed = said
                .manifest
                .as_deref()
                .map(|note| signed(app, note, &keys, &row, &source))
                .transpose()?;
            let mut compared = Compared {
                date: row.date.clone(),
                number: document.number,
                hub: Side {
                    records: root.count,
                    root: root.digest.to_hex(),
                },
                source: None,
                agreed: None,
                signed: signed.is_some(),
                leaf_index: None,
                differing: Tally::default(),
                complete: false,
                next: None,
                differences: Vec::new(),
                ask: Vec::new(),
            };
            compared.source = match (&signed, said.records, &said.root) {
                (Some((manifest, _)), None, None) => Some(Side {
                    records: manifest.records,
                    root: manifest.root.clone(),
                }),
                (None, Some(records), Some(root)) => Some(Side {
                    records,
                    root: root.clone(),
                }),
                (None, None, None) => None,
                _ => {
                    return Err(unreadable(
                        "“records”与“root”须同时提供；签名清单 manifest 已含二者，不得重复",
                        "say `records` and `root` together, and neither beside a signed `manifest`, which has both",
                    ));
                }
            };
            if by_line || said.list.is_some() {
                let list = listing.finish().map_err(|error| refused_list(&error))?;
                let found = list.compare(&set.tree, after.as_ref(), NAMED);
                let found = found.map_err(|error| refused_list(&error))?;
                let words = words(&found, &body, said.list.as_deref())?;
                whole(connection, &list, &found, &words, &mut compared)?;
            } else {
                let (found, next) = manifest::look(&set.tree, &said.nodes).map_err(unlooked)?;
                let theirs = |row: &Row| about(&said.nodes, &row.entry);
                compared.differences = manifest::name(connection, &found.first, &theirs)?;
                compared.differing = found.tally;
                compared.ask = next.iter().take(ASK).map(Prefix::to_string).collect();
            }
            if let Some(side) = &compared.source {
                let agreed = manifest::is(root, side.records, &side.root);
                compared.agreed = Some(agreed);
                if agreed {
                    compared.complete = true;
                } else if said.nodes.is_empty() && compared.differences.is_empty() {
                    compared.ask = vec![String::new()];
                }
            } else if said.nodes.is_empty() {
                return Err(unreadable(
                    "请提供签名清单 manifest，或 records 与 root，或 nodes，或 list",
                    "send a signed `manifest`, or `records` and `root`, or `nodes`, or `list`",
                ));
            }
            if let (Some((manifest, key)), Some(note)) = (signed, said.manifest) {
                let agreed = compared.agreed == Some(true);
                compared.leaf_index = Some(keep(app, connection, &manifest, &key, note, agreed)?);
            }
            Ok(compared)
        })
        .await?;
    Ok(HttpResponse::Ok().json(compared))
}

fn bilingual(why: &str) -> Error {
    let (zh, en) = why.split_once(" / ").unwrap_or((why, why));
    unreadable(zh, en)
}

/// What a fault of a look means to a client.
fn unlooked(error: LookError) -> Error {
    match error {
        LookError::Room(error) => Error::NotKept(format!("working file of a close: {error}")),
        other => bilingual(&other.to_string()),
    }
}

/// What the source said, in words, of those that are named: by their places in the list.
fn words(
    found: &Found,
    body: &Body,
    list: Option<&[Box<RawValue>]>,
) -> Result<BTreeMap<u64, Value>, Error> {
    let theirs = found
        .first
        .iter()
        .filter_map(|difference| match difference {
            Difference::Here(_) => None,
            Difference::There(row) | Difference::Otherwise(_, row) => {
                Some(row.tag.0.unsigned_abs())
            }
        });
    let wanted: BTreeSet<u64> = theirs.collect();
    let Some(list) = list else {
        return listed::told(lines(body)?, &wanted).map_err(|error| refused_list(&error));
    };
    let told = wanted.into_iter().filter_map(|place| {
        let text = list.get(usize::try_from(place).ok()?)?;
        Some((place, serde_json::from_str(text.get()).ok()?))
    });
    Ok(told.collect())
}

/// Compares a whole list.
fn whole(
    connection: &mut Database,
    list: &List,
    found: &Found,
    words: &BTreeMap<u64, Value>,
    compared: &mut Compared,
) -> Result<(), Error> {
    let theirs = list.root;
    match &compared.source {
        Some(side) if !manifest::is(theirs, side.records, &side.root) => {
            return Err(unreadable(
                "清单的条数与根摘要和所列记录不符",
                "`records` and `root` are not those of the list",
            ));
        }
        _ => {
            compared.source = Some(Side {
                records: theirs.count,
                root: theirs.digest.to_hex(),
            });
        }
    }
    let told = |row: &Row| words.get(&row.tag.0.unsigned_abs()).cloned();
    compared.differences = manifest::name(connection, &found.first, &told)?;
    compared.complete = found.is_whole();
    if found.first.len() == NAMED {
        compared.next = found.first.last().map(|last| last.id().to_hex());
    }
    compared.differing = found.tally;
    Ok(())
}

/// What an entry is, as the source said it in its nodes.
fn about(nodes: &[NodeText<Value>], entry: &Entry) -> Option<Value> {
    let (id, content) = (entry.id.to_hex(), entry.content.to_hex());
    let mut entries = nodes.iter().flat_map(|node| node.entries.iter().flatten());
    let found = entries.find(|one| one.id == id && one.content == content)?;
    Some(found.about.clone())
}

/// The keys that a source has in force.
fn keys(connection: &mut Database, source: &str) -> Result<Vec<VerifierKey>, Error> {
    let rows = signers::of(connection, source)?.into_iter();
    let rows = rows.filter(|row| row.retired_at.is_none());
    rows.map(|row| row.vkey.parse())
        .collect::<Result<_, _>>()
        .map_err(|error| Error::Internal(format!("a key of {source}: {error}")))
}

/// Reads a signed manifest about a close.
fn signed(
    app: &App,
    note: &str,
    keys: &[VerifierKey],
    row: &closes::Close,
    source: &str,
) -> Result<(Manifest, VerifierKey), Error> {
    let (manifest, key) = Manifest::open(note, keys).map_err(|error| {
        let text = error.to_string();
        let (zh, en) = text.split_once(" / ").unwrap_or((&text, &text));
        Error::request(
            ErrorCode::Forbidden,
            (format!("对账清单：{zh}"), format!("the manifest: {en}")),
        )
    })?;
    let expected = [
        (
            "origin",
            manifest.origin.clone(),
            app.config.log.origin.clone(),
        ),
        ("source", manifest.source.clone(), source.to_owned()),
        ("date", manifest.date.clone(), row.date.clone()),
        (
            "number",
            manifest.number.to_string(),
            row.number.to_string(),
        ),
        (
            "document",
            manifest.document_sha256.clone(),
            sha256(row.document.as_bytes()).to_hex(),
        ),
    ];
    for (place, found, expected) in expected {
        if found != expected {
            let what = format!(
                "清单的 {place} 为“{found}”，应为“{expected}”；请重新取得对账单后签署 / {place} of the manifest is `{found}`, expected `{expected}`; fetch the close again, then sign"
            );
            return Err(parameter("manifest", &what));
        }
    }
    Ok((manifest, key.clone()))
}

/// Keeps a signed manifest with its leaf, once: sent again, it is the same leaf.
fn keep(
    app: &App,
    connection: &mut Database,
    said: &Manifest,
    key: &VerifierKey,
    note: String,
    agreed: bool,
) -> Result<i64, Error> {
    let digest = sha256(note.as_bytes()).to_hex();
    if let Some(known) = closes::said(connection, &said.date, &said.source, &digest)? {
        return Ok(known.leaf_index);
    }
    if closes::times_said(connection, &said.date, &said.source)? >= MOST {
        return Err(Error::request(
            ErrorCode::Busy,
            (
                format!("{} 的签名清单已达 {MOST} 份，请与中心联系", said.date),
                format!(
                    "{MOST} signed manifests of {} are kept: ask the centre",
                    said.date
                ),
            ),
        ));
    }
    let now = Instant::now();
    let body = leaf::encode(&leaf::Manifest {
        date: said.date.clone(),
        source: said.source.clone(),
        number: said.number,
        document_sha256: said.document_sha256.clone(),
        manifest_sha256: digest.clone(),
        key: key.to_string(),
        records: said.records,
        root: said.root.clone(),
        agreed,
        at: now.text(),
    })
    .map_err(|error| Error::Internal(error.to_string()))?;
    let row = closes::Manifest {
        date: said.date.clone(),
        source: said.source.clone(),
        sha256: digest,
        number: i32::try_from(said.number).unwrap_or(i32::MAX),
        note,
        agreed: i32::from(agreed),
        leaf_index: 0,
        at: now.millis,
    };
    app.writer
        .run(move |transaction| {
            let known = closes::said(transaction.connection, &row.date, &row.source, &row.sha256)?;
            if let Some(known) = known {
                return Ok(known.leaf_index);
            }
            let leaf_index = transaction.append_leaf(body)?;
            let row = closes::Manifest { leaf_index, ..row };
            closes::say(transaction.connection, &row)?;
            Ok(leaf_index)
        })
        .map_err(|error| Error::NotKept(error.to_string()))
}
