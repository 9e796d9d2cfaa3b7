//! What is owed to whom: the rule of each destination, applied to a record version that has just become current.
//!
//! The rules stand in the table `destinations`, not in a process, so that every hub on one database owes the same,
//! whatever its own configuration says. They are read with each group of the writer, inside its transaction: a
//! destination that goes live or retires does so between two commits, never within one.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::insert::Owed;
use super::schema::{destinations, submissions};
use super::{Database, StoreError, on};

/// What one destination is owed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Only what the specification projects onto another edition.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub projected: bool,
    /// Only these data sets, by number; none: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datasets: Option<BTreeSet<i32>>,
    /// Only these sources; none: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<BTreeSet<String>>,
    /// Data sets that do not wait behind others, by number.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub urgent: BTreeSet<i32>,
}

/// A record version that has become current.
#[derive(Debug, Clone, Copy)]
pub struct Fresh<'f> {
    /// `records.id`.
    pub record: i64,
    /// Number of the data set.
    pub dataset: i32,
    /// Deal.
    pub lane: i64,
    /// Who sent it.
    pub source: &'f str,
    /// Whether the specification projects its data set.
    pub projected: bool,
}

impl Rule {
    /// Whether a version is owed.
    pub fn covers(&self, fresh: &Fresh<'_>) -> bool {
        (!self.projected || fresh.projected)
            && self
                .datasets
                .as_ref()
                .is_none_or(|datasets| datasets.contains(&fresh.dataset))
            && self
                .sources
                .as_ref()
                .is_none_or(|sources| sources.contains(fresh.source))
    }

    /// The row of a version that is owed. What is urgent has a lane of its own beside its deal's: it overtakes the
    /// rest of its deal, which is what urgent means, and keeps the order among what is urgent.
    pub fn row(&self, destination: &str, fresh: &Fresh<'_>, id: i64, now: i64) -> Owed {
        let urgent = self.urgent.contains(&fresh.dataset);
        Owed {
            id,
            destination: destination.to_owned(),
            record_id: fresh.record,
            lane: if urgent { -fresh.lane } else { fresh.lane },
            state: 0,
            attempts: 0,
            due_at: now,
            updated_at: now,
        }
    }
}

/// The rules of all destinations that are live.
#[derive(Debug, Clone, Default)]
pub struct Owing {
    rules: Vec<(String, Rule)>,
}

impl Owing {
    /// Reads the rules that hold now.
    pub(super) fn read(connection: &mut Database) -> Result<Self, StoreError> {
        let rows: Vec<(String, String)> = on!(connection, c => destinations::table
            .filter(destinations::filled.is_null())
            .filter(destinations::retired_at.is_null())
            .order(destinations::ordinal)
            .select((destinations::name, destinations::owes))
            .load(c))?;
        let rules = rows.into_iter().map(|(name, owes)| {
            let rule = parse(&name, &owes)?;
            Ok((name, rule))
        });
        Ok(Owing {
            rules: rules.collect::<Result<_, StoreError>>()?,
        })
    }

    /// Whether any rule asks who sent a record.
    pub fn asks_source(&self) -> bool {
        self.rules.iter().any(|(_, rule)| rule.sources.is_some())
    }

    /// The rows that a version adds; numbers are taken from `next`.
    pub fn rows(&self, fresh: &Fresh<'_>, now: i64, next: &mut i64) -> Vec<Owed> {
        let covering = self.rules.iter().filter(|(_, rule)| rule.covers(fresh));
        covering
            .map(|(name, rule)| {
                let row = rule.row(name, fresh, *next, now);
                *next += 1;
                row
            })
            .collect()
    }
}

/// The rule in a row of `destinations`.
pub(super) fn parse(name: &str, owes: &str) -> Result<Rule, StoreError> {
    serde_json::from_str(owes).map_err(|error| StoreError::Damaged {
        place: format!("destinations, {name}"),
        what: format!("`owes`: {error}"),
    })
}

/// Who sent a submission.
pub fn sender(connection: &mut Database, submission: i64) -> Result<String, StoreError> {
    Ok(on!(connection, c => submissions::table
        .find(submission)
        .select(submissions::source)
        .get_result(c))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Fresh<'_> = Fresh {
        record: 9,
        dataset: 302,
        lane: 4,
        source: "s1",
        projected: false,
    };

    #[test]
    fn every_part_of_a_rule_has_to_hold() {
        let all = Rule::default();
        assert!(all.covers(&FRESH));
        let projected = Rule {
            projected: true,
            ..Rule::default()
        };
        assert!(!projected.covers(&FRESH));
        let narrow = Rule {
            datasets: Some([302].into()),
            sources: Some(["s2".to_owned()].into()),
            ..Rule::default()
        };
        assert!(!narrow.covers(&FRESH), "another source");
        assert!(narrow.covers(&Fresh {
            source: "s2",
            ..FRESH
        }));
        assert!(!narrow.covers(&Fresh {
            source: "s2",
            dataset: 303,
            ..FRESH
        }));
    }

    #[test]
    fn what_is_urgent_has_a_lane_of_its_own() {
        let rule = Rule {
            urgent: [302].into(),
            ..Rule::default()
        };
        let owing = Owing {
            rules: vec![("a".to_owned(), rule), ("b".to_owned(), Rule::default())],
        };
        let mut next = 7;
        let rows = owing.rows(&FRESH, 1, &mut next);
        let lanes: Vec<(i64, i64)> = rows.iter().map(|row| (row.id, row.lane)).collect();
        assert_eq!(lanes, [(7, -4), (8, 4)]);
        assert_eq!(next, 9);
    }
}
