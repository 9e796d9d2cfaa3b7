//! The platform's side: what it says it holds of a day, compared with what the hub owes it.
//!
//! Both sides are sets of the same entries ([`super::entry`]), compared by a walk. What differs is named one by one,
//! by what the hub knows of it: taken over and yet not held, owed and not held yet, held and never owed, refused and
//! held all the same, held with other contents, held twice.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::asker::{Asker, Statement};
use super::document::Bounds;
use super::fault::Fault;
use super::naming::{Found, Naming, Surplus};
use super::owed::Ours;
use super::tree::{Prefix, Summary};
use super::walk::{self, NodeText, WalkError};
use crate::pipeline::commit::receipt_id;
use crate::store::{Database, StoreError, books};
use crate::tlog::Hash;

/// Most questions that are asked about one day: some 50,000 differences, far apart, among a million records.
const QUESTIONS: usize = 200_000;

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
    /// What the hub owes, without what the platform refused; none when the platform was not asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ours: Option<Side>,
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
    /// What the last comparison showed, when there was none this time: what was known is not forgotten.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub earlier: Option<Earlier>,
    /// How many differences there are of each kind; at least so many, when the comparison was given up.
    pub differences: Differences,
    /// The differences by name, at most 1,000: those of the smallest versions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub named: Vec<Named>,
}

/// An earlier comparison of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The number of the close that holds it.
    pub number: u32,
    /// Whether both were the same then.
    pub agreed: bool,
    /// How many entries the platform held then, and their digest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub theirs: Option<Side>,
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

impl Platform {
    /// Whether what is owed and what is held were compared this time.
    pub fn compared(&self) -> bool {
        self.agreed.is_some()
    }

    /// Whether both were the same when they were last compared; an agreement counts only for what was compared, a
    /// disagreement until there is another comparison.
    pub fn stands(&self) -> Option<bool> {
        let earlier = self.earlier.as_ref().map(|earlier| earlier.agreed);
        self.agreed.or(earlier.filter(|agreed| !agreed))
    }

    /// The platform in a close for which nobody could ask it: no address of it is known.
    pub fn not_asked() -> Platform {
        Platform {
            silent: Some(
                "未询问平台：未给出其地址（--national，或 hub.toml [national] url）/ not asked: no address of the platform is configured (--national, or hub.toml [national] url)"
                    .to_owned(),
            ),
            ..Platform::default()
        }
    }

    /// Remembers what a close before this one showed, when nothing was compared this time.
    pub fn remember(&mut self, before: &Platform, number: u32) {
        if self.compared() {
            return;
        }
        self.earlier = match before.agreed {
            None => before.earlier.clone(),
            Some(agreed) => Some(Earlier {
                number,
                agreed,
                theirs: before.theirs.clone(),
            }),
        };
    }
}

/// Compares what is owed with what the platform says it holds of the records of a day; named are the differences of
/// versions after one.
pub fn compare(
    connection: &mut Database,
    ours: &Ours,
    (date, records): (&str, Bounds),
    asker: &Asker,
    after: i64,
) -> Result<Platform, Fault> {
    let root = ours.tree.root();
    let mut shown = Platform {
        ours: Some(Side {
            records: root.count,
            root: root.digest.to_hex(),
        }),
        ..Platform::default()
    };
    let (side, statement) = match asker.day(date, records) {
        Ok(said) => said,
        Err(why) => {
            shown.silent = Some(why);
            return Ok(shown);
        }
    };
    let digest = match Hash::from_hex(&side.root) {
        Ok(digest) => digest,
        Err(error) => {
            shown.silent = Some(error.to_string());
            return Ok(shown);
        }
    };
    let theirs = Summary {
        count: side.records,
        digest,
    };
    shown.theirs = Some(side);
    shown.statement = statement;
    let ask = |prefix: &Prefix| -> Result<_, String> {
        let text: NodeText<About> = asker.node(date, records, &prefix.to_string())?;
        let node = text
            .read(prefix)
            .ok_or_else(|| format!("what is said of prefix `{prefix}` is not a node"))?;
        let mut abouts: HashMap<Hash, About> = HashMap::new();
        for entry in text.entries.into_iter().flatten() {
            if let Ok(id) = Hash::from_hex(&entry.id) {
                abouts.insert(id, entry.about);
            }
        }
        Ok((node, abouts))
    };
    let mut naming = Naming::new(ours, &asker.destination, after);
    let mut fault = None;
    let walked = walk::compare(&ours.tree, theirs, QUESTIONS, ask, |difference, abouts| {
        let surplus = |id: &Hash| {
            let about = abouts.and_then(|abouts: &HashMap<Hash, About>| abouts.get(id));
            about.map_or_else(Surplus::default, |about| Surplus {
                version: about.version,
                data_set: about.data_set.clone(),
            })
        };
        let taken = naming.take(connection, difference, surplus);
        fault = fault.take().or(taken.err());
    });
    if let Some(fault) = fault {
        return Err(fault);
    }
    let Found { differences, named } = naming.finish(connection)?;
    shown.agreed = Some(walked.is_ok() && differences.all() == 0);
    shown.differences = differences;
    shown.named = named;
    match walked {
        Ok(()) => {}
        Err(WalkError::Room(error)) => return Err(error.into()),
        // That they differ is known, only not wholly wherein.
        Err(WalkError::Asked(why)) => shown.silent = Some(why),
        Err(other) => shown.silent = Some(other.to_string()),
    }
    Ok(shown)
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

    /// The count of a kind.
    pub(super) fn of(&mut self, kind: Kind) -> &mut u64 {
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
