//! What the platform decides about each record of a packet, and with which code and reason.
//!
//! | code | reason |
//! |---|---|
//! | `duplicate` | this very version is held |
//! | `conflict` | a version of this number, data set and key is held, and says something else |
//! | `not_processed` | it hangs on a record of this packet that was not accepted |
//! | `schema` | it breaks the published JSON Schema of its data set |
//! | `exists` | to be added, but held |
//! | `order` | to be changed or deleted, but not held; or what it refers to is not held |
//! | `stale` | a later version is held |
//!
//! The reasons are in Chinese, as a national platform gives them, and name no value.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::NationalError;
use super::book::{Book, key_mark};
use super::entry::{Decision, Noted, Verdict};
use super::faults::{Fault, Faults, Point};
use super::holdings::Holding;
use super::judge::Judge;
use super::links::{Column, Linked, Links, Reference, values};
use super::mark::Mark;
use super::packet::{Packet, Sent};
use crate::delivery::holding::Holding as Brought;

/// A decision other than acceptance.
struct Why {
    result: Decision,
    code: &'static str,
    reason: String,
}

fn refused(code: &'static str, reason: impl Into<String>) -> Why {
    Why {
        result: Decision::Refused,
        code,
        reason: reason.into(),
    }
}

/// Records of one packet that were not accepted, and what hangs on them.
#[derive(Default)]
struct Fallen {
    keys: HashSet<Mark>,
    places: HashSet<Mark>,
    deals: HashSet<Mark>,
}

/// Decides.
pub(super) struct Decider {
    judge: Judge,
    links: Links,
    referred: std::collections::HashMap<String, Vec<Column>>,
    /// Every data set that is known, in order.
    datasets: Vec<String>,
}

impl Decider {
    /// One that knows these schemas and links.
    pub fn new(
        schemas: &std::collections::HashMap<String, Value>,
        links: Links,
    ) -> Result<Self, NationalError> {
        let mut datasets: Vec<String> = schemas.keys().cloned().collect();
        datasets.sort();
        Ok(Decider {
            judge: Judge::new(schemas)?,
            referred: links.referred(),
            links,
            datasets,
        })
    }

    /// Judges a packet that was never seen before, and enters its records.
    pub fn enter(&self, book: &mut Book, packet: &Packet, faults: &mut Faults) -> Vec<Noted> {
        let mut fallen = Fallen::default();
        let mut all = Vec::with_capacity(packet.records.len());
        for sent in &packet.records {
            let linked = self.links.dataset(&sent.dataset);
            let mut noted = self.note(sent, linked);
            match self.decide(book, sent, linked, &noted, &fallen) {
                Ok(()) => self.hold(sent, &mut noted, faults),
                Err(why) => {
                    // A repetition is held already: nothing that hangs on it falls.
                    if why.code != "duplicate" {
                        fallen.add(&noted);
                    }
                    noted.verdict.result = why.result;
                    noted.verdict.code = Some(why.code.to_owned());
                    noted.verdict.reason = Some(why.reason);
                }
            }
            book.enter(packet.batch, &noted);
            all.push(noted);
        }
        all
    }

    /// What is remembered of a record.
    fn note(&self, sent: &Sent, linked: Option<&Linked>) -> Noted {
        let deal = linked.and_then(|linked| linked.deal.as_ref());
        let deals = deal.map_or_else(Vec::new, |deal| values(&sent.data, deal));
        Noted {
            dataset: sent.dataset.clone(),
            operation: sent.operation,
            key: linked.and_then(|linked| key(linked, sent)),
            places: self.places(&sent.dataset, &sent.data),
            deals: deals.iter().map(|deal| Mark::of(&["deal", deal])).collect(),
            content: content(sent),
            held: Vec::new(),
            planted: None,
            verdict: Verdict {
                id: sent.id,
                result: Decision::Accepted,
                code: None,
                reason: None,
            },
        }
    }

    fn decide(
        &self,
        book: &Book,
        sent: &Sent,
        linked: Option<&Linked>,
        noted: &Noted,
        fallen: &Fallen,
    ) -> Result<(), Why> {
        let dataset = &sent.dataset;
        if book.has(sent.id, noted.content) {
            return Err(refused("duplicate", "该记录版本此前已接收，不重复入库"));
        }
        let key = noted.key.as_deref();
        if key.is_some_and(|key| book.knows(sent.id, dataset, key)) {
            return Err(refused(
                "conflict",
                "同一记录版本此前已接收，但两次内容不一致",
            ));
        }
        if let Some(linked) = linked
            && let Some(reason) = hangs_on(book, linked, sent, noted, fallen)
        {
            return Err(Why {
                result: Decision::NotProcessed,
                code: "not_processed",
                reason,
            });
        }
        if let Some(findings) = self.judge.find(sent) {
            return Err(refused("schema", findings));
        }
        let Some(linked) = linked else {
            return Ok(());
        };
        if let Some(key) = key {
            match (book.newest(dataset, key), sent.operation) {
                (Some((newest, _)), _) if newest > sent.id => {
                    return Err(refused("stale", "已接收该记录的较新版本，旧版本不再入库"));
                }
                (Some((_, true)), 1) => {
                    return Err(refused("exists", "该业务主键的记录已存在，不能重复新增"));
                }
                (None | Some((_, false)), 2 | 3) => {
                    return Err(refused("order", "该业务主键的记录不存在，不能修改或删除"));
                }
                _ => {}
            }
        }
        if sent.operation == 3 {
            return Ok(());
        }
        for (reference, value) in owed(linked, sent) {
            if !targets(reference, value).any(|place| book.finds(place)) {
                let column = &reference.column.name;
                let reason = format!("/{column} 引用的记录尚未报送，请按业务先后顺序报送");
                return Err(refused("order", reason));
            }
        }
        Ok(())
    }

    /// Holds an accepted record, or what a fault makes of it.
    fn hold(&self, sent: &Sent, noted: &mut Noted, faults: &mut Faults) {
        let deleted = sent.operation == 3;
        let holding = |data_set: &str, columns: Vec<(&str, &str)>| {
            let brought = Brought::new(data_set, sent.id, deleted, columns);
            Holding {
                version: sent.id,
                data_set: data_set.to_owned(),
                id: brought.id().to_hex(),
                content: brought.content.to_hex(),
            }
        };
        let own: Vec<(&str, &str)> = sent.columns().collect();
        let fault = faults.strike(Point::Record).fault;
        let altered = own
            .last()
            .map_or_else(String::new, |(_, text)| format!("{text}（改）"));
        noted.held = match fault {
            Fault::Forget => Vec::new(),
            Fault::Alter => {
                let mut columns = own.clone();
                if let Some(last) = columns.last_mut() {
                    last.1 = &altered;
                }
                vec![holding(&sent.dataset, columns)]
            }
            Fault::HoldTwice => {
                let one = holding(&sent.dataset, own);
                vec![one.clone(), one]
            }
            Fault::Invent => {
                // Under the same number in a data set where the hub has none of that number.
                let other = self.datasets.iter().find(|name| **name != sent.dataset);
                let invented = other.map(|other| holding(other, own.clone()));
                [holding(&sent.dataset, own)]
                    .into_iter()
                    .chain(invented)
                    .collect()
            }
            _ => vec![holding(&sent.dataset, own)],
        };
        if fault != Fault::Behave {
            noted.planted = Some(fault.name().to_owned());
        }
    }

    /// The places where others may find a record.
    fn places(&self, dataset: &str, data: &Map<String, Value>) -> Vec<Mark> {
        let columns = self.referred.get(dataset).map_or(&[][..], Vec::as_slice);
        let of = |column: &Column| {
            let values = values(data, column).into_iter();
            values
                .map(|value| place(dataset, &column.name, value))
                .collect::<Vec<_>>()
        };
        columns.iter().flat_map(of).collect()
    }
}

impl Fallen {
    fn add(&mut self, noted: &Noted) {
        if let Some(key) = &noted.key {
            self.keys.insert(key_mark(&noted.dataset, key));
        }
        self.places.extend(&noted.places);
        self.deals.extend(&noted.deals);
    }
}

/// Whether the record hangs on one of this packet that was not accepted: why.
fn hangs_on(
    book: &Book,
    linked: &Linked,
    sent: &Sent,
    noted: &Noted,
    fallen: &Fallen,
) -> Option<String> {
    if let Some(key) = &noted.key
        && fallen.keys.contains(&key_mark(&noted.dataset, key))
    {
        return Some("同一报文中该记录的前一版本未被接收".to_owned());
    }
    for (reference, value) in owed(linked, sent) {
        for place in targets(reference, value) {
            if fallen.places.contains(&place) && !book.finds(place) {
                let column = &reference.column.name;
                return Some(format!("同一报文中 /{column} 引用的记录未被接收"));
            }
        }
    }
    let fell = noted.deals.iter().any(|deal| fallen.deals.contains(deal));
    fell.then(|| "同一报文中该交易的前序记录未被接收".to_owned())
}

/// Everything that a record says, and whether it says that it is gone.
fn content(sent: &Sent) -> Mark {
    let what = if sent.operation == 3 { "delete" } else { "put" };
    let columns = sent.columns().flat_map(|(name, text)| [name, text]);
    let parts: Vec<&str> = [what, sent.dataset.as_str()]
        .into_iter()
        .chain(columns)
        .collect();
    Mark::of(&parts)
}

fn place(dataset: &str, column: &str, value: &str) -> Mark {
    Mark::of(&["place", dataset, column, value])
}

/// Where what a reference names may be found.
fn targets<'r>(reference: &'r Reference, value: &'r str) -> impl Iterator<Item = Mark> + 'r {
    let targets = reference.targets.iter();
    targets.map(move |(dataset, column)| place(dataset, &column.name, value))
}

fn key(linked: &Linked, sent: &Sent) -> Option<String> {
    let parts: Option<Vec<&str>> = linked
        .key
        .iter()
        .map(|column| sent.data.get(column).and_then(Value::as_str))
        .collect();
    parts
        .filter(|parts| !parts.is_empty())
        .map(|parts| parts.join("\u{1f}"))
}

/// The references of a record that apply to it, with each value that must be found.
fn owed<'r>(linked: &'r Linked, sent: &'r Sent) -> impl Iterator<Item = (&'r Reference, &'r str)> {
    linked
        .references
        .iter()
        .filter(|reference| reference.when.iter().all(|when| when.holds(&sent.data)))
        .flat_map(|reference| {
            values(&sent.data, &reference.column)
                .into_iter()
                .map(move |value| (reference, value))
        })
}
