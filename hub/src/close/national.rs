//! The national side: what the platform says it holds of a day, compared with what the hub owes it.
//!
//! Both sides are sets of the same entries ([`super::entry`]), compared by a walk. What differs is named one by one,
//! by what the hub knows of it: taken over and yet not held, owed and not held yet, held and never owed, refused and
//! held all the same, held with other contents, held twice.

use std::collections::HashMap;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::entry::{of_packet, signed_holdings};
use super::tree::{Entry, Prefix, Summary, Tree};
use super::walk::{self, NodeText, WalkError};
use crate::delivery::platform::{self, PlatformKeys};
use crate::delivery::projection::{Operation, Projector};
use crate::pipeline::commit::receipt_id;
use crate::store::days::Span;
use crate::store::deliveries::{Content, State};
use crate::store::{Database, NATIONAL, StoreError, books};
use crate::tlog::Hash;

/// Most differences that are looked for.
const MOST: usize = 100_000;
/// Most that are named in a document.
const NAMED: usize = 1000;
/// Versions read at once.
const PAGE: i64 = 500;
/// Most bytes of an answer: 64 entries, or 16 digests.
const ANSWER: u64 = 1 << 20;
/// How often a question is asked before the platform counts as silent.
const ATTEMPTS: u32 = 8;
/// First pause between two attempts; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

/// How many entries there are, and the digest over all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Entries.
    pub records: u64,
    /// Digest of their root, hexadecimal.
    pub root: String,
}

/// What the comparison with the platform showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// What the hub owes, without what the platform refused.
    pub ours: Side,
    /// What the platform says it holds; none when it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub theirs: Option<Side>,
    /// Why it could not be asked, or the comparison was given up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub silent: Option<String>,
    /// Whether both are the same; none when that is not known.
    pub agreed: Option<bool>,
    /// How many differences there are of each kind.
    pub differences: Differences,
    /// The differences by name, at most 1,000.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub named: Vec<Named>,
}

/// Differences, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differences {
    /// The platform said that it took them over, and does not hold them.
    pub acknowledged_not_held: u64,
    /// Owed, not answered for, and not held.
    pub owed_not_held: u64,
    /// Held, and the hub never owed them.
    pub never_owed: u64,
    /// The platform refused them, and holds them.
    pub refused_but_held: u64,
    /// Held with other contents.
    pub held_differently: u64,
    /// Held more often than owed.
    pub held_twice: u64,
}

/// The kind of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "explained at the counts of the same names")]
pub enum Kind {
    AcknowledgedNotHeld,
    OwedNotHeld,
    NeverOwed,
    RefusedButHeld,
    HeldDifferently,
    HeldTwice,
}

/// A difference by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its kind.
    pub kind: Kind,
    /// Column code of the data set, in the platform's edition.
    pub data_set: String,
    /// The hub's number of the record version (`ID` in the packet).
    pub version: i64,
    /// The delivery; none of what was never owed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delivery: Option<i64>,
    /// Who sent the record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// The receipt that it stands in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt: Option<String>,
    /// Its place there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub index: Option<i32>,
    /// What is wrong and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// A version that is owed, as far as a difference names it.
struct Owed {
    delivery: i64,
    state: i32,
    version: i64,
    source: String,
    receipt: String,
    index: i32,
    data_set: String,
}

/// What the hub owes of a day's records: the set, and what each entry is.
pub struct Ours {
    tree: Tree,
    owed: HashMap<Hash, Owed>,
    refused: HashMap<i64, Owed>,
}

/// Gathers what is owed to the platform of a day's records. Within [`books::frozen`].
pub fn ours(
    connection: &mut Database,
    span: &Span,
    owed_in: &[(i64, i64)],
    projector: &Projector,
) -> Result<Ours, StoreError> {
    let mut entries = Vec::new();
    let (mut owed, mut refused) = (HashMap::new(), HashMap::new());
    for (from, until) in owed_in {
        let mut after = from - 1;
        loop {
            let page = books::owed_versions(connection, span, NATIONAL, (after, *until), PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.delivery;
            for row in page {
                let one = |data_set: &str| Owed {
                    delivery: row.delivery,
                    state: row.state,
                    version: row.record,
                    source: row.source.clone(),
                    receipt: receipt_id(row.submission),
                    index: row.place,
                    data_set: data_set.to_owned(),
                };
                if row.state == State::Refused.number() {
                    refused.insert(row.record, one(""));
                    continue;
                }
                let content = Content {
                    reason: None,
                    id: row.record,
                    dataset: row.dataset,
                    action: row.action,
                    previous: None,
                    body: row.body.clone(),
                    verdict: 0,
                    submission: row.submission,
                    place: row.place,
                    source: String::new(),
                    edition: String::new(),
                };
                // What cannot be said in the platform's edition cannot be held there either; it will be refused.
                for record in projector.project(&content, true).unwrap_or_default() {
                    let columns = record.columns.iter();
                    let entry = of_packet(
                        &record.dataset,
                        record.id,
                        record.operation == Operation::Delete,
                        columns.map(|(name, text)| (name.as_str(), text.as_str())),
                    );
                    owed.entry(entry.id).or_insert_with(|| one(&record.dataset));
                    entries.push(entry);
                }
            }
        }
    }
    Ok(Ours {
        tree: entries.into_iter().collect(),
        owed,
        refused,
    })
}

/// Asks a platform what it holds.
pub struct Asker {
    agent: ureq::Agent,
    url: String,
    keys: PlatformKeys,
}

#[derive(Deserialize)]
struct Holdings {
    date: String,
    records: u64,
    root: String,
}

/// What an entry of the platform is.
#[derive(Debug, Clone, Deserialize)]
struct About {
    data_set: String,
    version: i64,
}

impl Asker {
    /// Prepares to ask the platform at a URL; with keys, answers must be signed by one of them.
    pub fn new(url: &str, keys: PlatformKeys, timeout: Duration) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(timeout))
            .build();
        Asker {
            agent: agent.into(),
            url: url.trim_end_matches('/').to_owned(),
            keys,
        }
    }

    /// Asks until there is an answer that can be used: a platform that stumbles once is not silent.
    fn ask<T: DeserializeOwned>(&self, question: &str) -> Result<T, String> {
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            match self.once(question) {
                Err(_) if attempt < ATTEMPTS => {
                    std::thread::sleep(pause);
                    pause *= 2;
                    attempt += 1;
                }
                answer => return answer,
            }
        }
    }

    fn once<T: DeserializeOwned>(&self, question: &str) -> Result<T, String> {
        let mut response = self
            .agent
            .get(format!("{}{question}", self.url))
            .call()
            .map_err(|error| error.to_string())?;
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (key, signature) = (header(platform::KEY), header(platform::SIGNATURE));
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(ANSWER)
            .read_to_string()
            .map_err(|error| error.to_string())?;
        if status != 200 {
            return Err(format!("{question}: HTTP {status}"));
        }
        if !self.keys.is_empty() {
            let signed = signed_holdings(question, &body);
            self.keys
                .check(key.as_deref(), signature.as_deref(), &signed)
                .map_err(|why| format!("{question}: {why}"))?;
        }
        serde_json::from_str(&body).map_err(|error| format!("{question}: {error}"))
    }
}

/// Compares what is owed with what the platform says it holds.
pub fn compare(ours: &Ours, span: &Span, date: &str, asker: &Asker) -> Platform {
    let root = ours.tree.root();
    let mut shown = Platform {
        ours: Side {
            records: root.count,
            root: root.digest.to_hex(),
        },
        ..Platform::default()
    };
    match asked(ours, span, date, asker, &mut shown) {
        Ok(()) => {}
        Err(why) => shown.silent = Some(why),
    }
    shown
}

fn asked(
    ours: &Ours,
    span: &Span,
    date: &str,
    asker: &Asker,
    shown: &mut Platform,
) -> Result<(), String> {
    let range = format!("from={}&until={}", span.from.record, span.until.record);
    let holdings: Holdings = asker.ask(&format!("/holdings/{date}?{range}"))?;
    let digest = Hash::from_hex(&holdings.root).map_err(|error| error.to_string())?;
    if holdings.date != date {
        return Err(format!("the answer is about {}", holdings.date));
    }
    shown.theirs = Some(Side {
        records: holdings.records,
        root: digest.to_hex(),
    });
    let theirs = Summary {
        count: holdings.records,
        digest,
    };
    let mut abouts: HashMap<Hash, About> = HashMap::new();
    let ask = |prefix: &Prefix| -> Result<_, String> {
        let question = format!("/holdings/{date}/nodes?prefix={prefix}&{range}");
        let text: NodeText<About> = asker.ask(&question)?;
        let node = text
            .read(prefix)
            .ok_or_else(|| format!("{question}: not a node"))?;
        for entry in text.entries.into_iter().flatten() {
            if let Ok(id) = Hash::from_hex(&entry.id) {
                abouts.insert(id, entry.about);
            }
        }
        Ok(node)
    };
    let found = match walk::compare(&ours.tree, theirs, MOST, ask) {
        Ok(found) => found,
        Err(error) => {
            // That they differ is known, only not wherein.
            shown.agreed = Some(false);
            return Err(match error {
                WalkError::Asked(why) => why,
                other => other.to_string(),
            });
        }
    };
    shown.agreed = Some(found.count() == 0);
    let mut names = Vec::new();
    for entry in &found.only_here {
        names.extend(ours.lacking(entry));
    }
    for (entry, _) in &found.otherwise {
        let owed = ours.owed.get(&entry.id);
        names.extend(owed.map(|owed| name(Kind::HeldDifferently, owed, &owed.data_set)));
    }
    for entry in &found.only_there {
        names.push(ours.surplus(entry, abouts.get(&entry.id)));
    }
    for one in &names {
        *shown.differences.of(one.kind) += 1;
    }
    names.sort_by_key(|one| (one.version, one.data_set.clone()));
    names.truncate(NAMED);
    shown.named = names;
    Ok(())
}

impl Differences {
    /// All of them together.
    pub fn all(&self) -> u64 {
        self.acknowledged_not_held
            + self.owed_not_held
            + self.never_owed
            + self.refused_but_held
            + self.held_differently
            + self.held_twice
    }

    fn of(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::AcknowledgedNotHeld => &mut self.acknowledged_not_held,
            Kind::OwedNotHeld => &mut self.owed_not_held,
            Kind::NeverOwed => &mut self.never_owed,
            Kind::RefusedButHeld => &mut self.refused_but_held,
            Kind::HeldDifferently => &mut self.held_differently,
            Kind::HeldTwice => &mut self.held_twice,
        }
    }
}

impl Ours {
    /// What is owed and not held.
    fn lacking(&self, entry: &Entry) -> Option<Named> {
        let owed = self.owed.get(&entry.id)?;
        let kind = if owed.state == State::Acknowledged.number() {
            Kind::AcknowledgedNotHeld
        } else {
            Kind::OwedNotHeld
        };
        Some(name(kind, owed, &owed.data_set))
    }

    /// What is held and not owed, or more often than it is.
    fn surplus(&self, entry: &Entry, about: Option<&About>) -> Named {
        let version = about.map_or(0, |about| about.version);
        let data_set = about.map_or("", |about| about.data_set.as_str());
        match (self.owed.get(&entry.id), self.refused.get(&version)) {
            (Some(owed), _) => name(Kind::HeldTwice, owed, data_set),
            (None, Some(refused)) => name(Kind::RefusedButHeld, refused, data_set),
            (None, None) => Named {
                kind: Kind::NeverOwed,
                data_set: data_set.to_owned(),
                version,
                delivery: None,
                source: None,
                receipt: None,
                index: None,
                zh: format!(
                    "国家平台持有记录版本 {version}，但枢纽从未应转发；请国家平台核查其来源"
                ),
                en: format!(
                    "the platform holds record version {version}, which the hub never owed; ask the platform where it came from"
                ),
            },
        }
    }
}

fn name(kind: Kind, owed: &Owed, data_set: &str) -> Named {
    let (delivery, version) = (owed.delivery, owed.version);
    let (zh, en) = match kind {
        Kind::AcknowledgedNotHeld => (
            format!("国家平台已确认接收但未持有；请凭确认回执向平台核实，再重新转发 {delivery}"),
            format!(
                "the platform acknowledged it and does not hold it; show it the acknowledgement, then replay delivery {delivery}"
            ),
        ),
        Kind::OwedNotHeld => (
            format!("应转发而平台尚未持有（转发 {delivery} 未了结）；待其了结后补充对账"),
            format!(
                "owed and not held yet (delivery {delivery} is not settled); a supplement will tell when it is"
            ),
        ),
        Kind::RefusedButHeld => (
            format!("国家平台已拒收却仍持有（转发 {delivery}）；请平台删除或改为接收"),
            format!(
                "the platform refused it and holds it all the same (delivery {delivery}); ask it to drop it or to accept it"
            ),
        ),
        Kind::HeldDifferently => (
            format!("国家平台持有的内容与所转发的不一致（转发 {delivery}）；请平台按报文更正"),
            format!(
                "the platform holds other contents than were sent (delivery {delivery}); ask it to correct them by the packet"
            ),
        ),
        Kind::HeldTwice | Kind::NeverOwed => (
            format!("国家平台重复持有记录版本 {version}；请平台去重"),
            format!(
                "the platform holds record version {version} more than once; ask it to drop the repetition"
            ),
        ),
    };
    Named {
        kind,
        data_set: data_set.to_owned(),
        version,
        delivery: Some(delivery),
        source: Some(owed.source.clone()),
        receipt: Some(owed.receipt.clone()),
        index: Some(owed.index),
        zh,
        en,
    }
}
