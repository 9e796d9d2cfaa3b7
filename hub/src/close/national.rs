//! The platform's side: what it says it holds of a day, compared with what the hub owes it.
//!
//! Both sides are sets of the same entries ([`super::entry`]), compared by a walk. What differs is named one by one,
//! by what the hub knows of it: taken over and yet not held, owed and not held yet, held and never owed, refused and
//! held all the same, held with other contents, held twice.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::asker::{Asker, Statement};
use super::document::Bounds;
use super::owed::{Ours, Place};
use super::tree::{Entry, Prefix, Summary};
use super::walk::{self, NodeText, WalkError};
use crate::pipeline::commit::receipt_id;
use crate::store::{Database, StoreError, books};
use crate::tlog::Hash;

/// Most differences that are looked for.
const MOST: usize = 100_000;
/// Most that are named in a document.
const NAMED: usize = 1000;

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
    /// What the platform said of the day, over its signature; none where its keys are not configured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub statement: Option<Statement>,
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

/// What an entry of the platform is.
#[derive(Debug, Clone, Deserialize)]
struct About {
    data_set: String,
    version: i64,
}

/// Compares what is owed with what the platform says it holds of the records of a day.
pub fn compare(ours: &Ours, records: Bounds, date: &str, asker: &Asker) -> Platform {
    let root = ours.tree.root();
    let mut shown = Platform {
        ours: Side {
            records: root.count,
            root: root.digest.to_hex(),
        },
        ..Platform::default()
    };
    match asked(ours, records, date, asker, &mut shown) {
        Ok(()) => {}
        Err(why) => shown.silent = Some(why),
    }
    shown
}

fn asked(
    ours: &Ours,
    records: Bounds,
    date: &str,
    asker: &Asker,
    shown: &mut Platform,
) -> Result<(), String> {
    let (side, statement) = asker.day(date, records)?;
    let digest = Hash::from_hex(&side.root).map_err(|error| error.to_string())?;
    let theirs = Summary {
        count: side.records,
        digest,
    };
    shown.theirs = Some(side);
    shown.statement = statement;
    let mut abouts: HashMap<Hash, About> = HashMap::new();
    let ask = |prefix: &Prefix| -> Result<_, String> {
        let text: NodeText<About> = asker.node(date, records, &prefix.to_string())?;
        let node = text
            .read(prefix)
            .ok_or_else(|| format!("what is said of prefix `{prefix}` is not a node"))?;
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
        names.extend(lacking(ours, entry));
    }
    for (entry, _) in &found.otherwise {
        let place = ours.place(&entry.id);
        names.extend(place.map(|place| owed(Kind::HeldDifferently, ours, place)));
    }
    for entry in &found.only_there {
        names.push(surplus(ours, entry, abouts.get(&entry.id)));
    }
    for one in &names {
        *shown.differences.of(one.kind) += 1;
    }
    names.sort_by_key(|one| (one.version, one.data_set.clone()));
    names.truncate(NAMED);
    shown.named = names;
    Ok(())
}

/// Says of each named difference who sent the record, and in which receipt it stands.
pub fn tell(connection: &mut Database, shown: &mut Platform) -> Result<(), StoreError> {
    let ours = shown.named.iter().filter(|one| one.delivery.is_some());
    let versions: Vec<i64> = ours.map(|one| one.version).collect();
    let origins = books::origins(connection, &versions)?.into_iter();
    let origins: HashMap<i64, _> = origins.map(|origin| (origin.record, origin)).collect();
    for one in &mut shown.named {
        let origin = one.delivery.and_then(|_| origins.get(&one.version));
        if let Some(origin) = origin {
            one.source = Some(origin.source.clone());
            one.receipt = Some(receipt_id(origin.submission));
            one.index = Some(origin.place);
        }
    }
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

/// What is owed and not held.
fn lacking(ours: &Ours, entry: &Entry) -> Option<Named> {
    let place = ours.place(&entry.id)?;
    let kind = if place.acknowledged {
        Kind::AcknowledgedNotHeld
    } else {
        Kind::OwedNotHeld
    };
    Some(owed(kind, ours, place))
}

/// What is held and not owed, or more often than it is.
fn surplus(ours: &Ours, entry: &Entry, about: Option<&About>) -> Named {
    let version = about.map_or(0, |about| about.version);
    let data_set = about.map_or("", |about| about.data_set.as_str());
    match (ours.place(&entry.id), ours.refused(version)) {
        (Some(place), _) => name(Kind::HeldTwice, place.delivery, version, data_set),
        (None, Some(delivery)) => name(Kind::RefusedButHeld, delivery, version, data_set),
        (None, None) => Named {
            kind: Kind::NeverOwed,
            data_set: data_set.to_owned(),
            version,
            delivery: None,
            source: None,
            receipt: None,
            index: None,
            zh: format!("平台持有记录版本 {version}，但枢纽从未应转发；请平台核查其来源"),
            en: format!(
                "the platform holds record version {version}, which the hub never owed; ask the platform where it came from"
            ),
        },
    }
}

fn owed(kind: Kind, ours: &Ours, place: Place) -> Named {
    name(kind, place.delivery, place.version, ours.data_set(place))
}

fn name(kind: Kind, delivery: i64, version: i64, data_set: &str) -> Named {
    let (zh, en) = match kind {
        Kind::AcknowledgedNotHeld => (
            format!("平台已确认接收但未持有；请凭确认回执向平台核实，再重新转发 {delivery}"),
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
            format!("平台已拒收却仍持有（转发 {delivery}）；请平台删除或改为接收"),
            format!(
                "the platform refused it and holds it all the same (delivery {delivery}); ask it to drop it or to accept it"
            ),
        ),
        Kind::HeldDifferently => (
            format!("平台持有的内容与所转发的不一致（转发 {delivery}）；请平台按报文更正"),
            format!(
                "the platform holds other contents than were sent (delivery {delivery}); ask it to correct them by the packet"
            ),
        ),
        Kind::HeldTwice | Kind::NeverOwed => (
            format!("平台重复持有记录版本 {version}；请平台去重"),
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
        source: None,
        receipt: None,
        index: None,
        zh,
        en,
    }
}
