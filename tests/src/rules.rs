//! Cases for every rule of a data set, as they stand in `fixtures/rules`: a record that is sound, and what to change
//! in it, or put beside it, so that a rule is kept or broken. One file a data set, one line a case.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use spec::generate::{Case, Draft, Expected, Given};
use spec::{Dataset, DatasetCode, Edition};

/// The cases of one data set.
#[derive(Debug, Serialize, Deserialize)]
pub struct Suite {
    /// Column code of the data set.
    pub dataset: String,
    /// Edition that judges.
    pub edition: String,
    /// Time of receipt of every case.
    pub received: DateTime,
    /// The record that the cases change.
    pub base: BTreeMap<String, String>,
    /// What is found in the base, and cannot be avoided.
    pub findings: Vec<Expected>,
    /// The cases.
    pub cases: Vec<Entry>,
}

/// What a case shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// The rule applies and holds.
    Pass,
    /// The rule finds something.
    Trigger,
}

/// One case.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Identifier of the rule, or the code of a finding of the engine itself.
    pub rule: String,
    /// What is shown.
    pub expect: Expect,
    /// Fields of the base that have another value, or none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, Option<String>>,
    /// Records that are known beside it, by data set; of a data set that is not named nothing is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<DatasetCode, Vec<Map<String, Value>>>,
    /// Platforms that are registered for the sender.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// Files that travel with the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<String>>,
    /// What is found, besides the findings of the base: all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Expected>,
}

impl Suite {
    /// Reads the cases of a data set.
    pub fn read(bytes: &[u8]) -> Result<Suite> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The cases as they stand in a file, and the line on which the first of them stands.
    pub fn write(&self) -> Result<(Vec<u8>, usize)> {
        let mut text = format!(
            "{{\"dataset\":{},\"edition\":{},\"received\":{},\n\"base\":{},\n\"findings\":{},\n\"cases\":[",
            serde_json::to_string(&self.dataset)?,
            serde_json::to_string(&self.edition)?,
            serde_json::to_string(&self.received)?,
            serde_json::to_string(&self.base)?,
            serde_json::to_string(&self.findings)?,
        );
        let first = text.lines().count() + 1;
        for (place, case) in self.cases.iter().enumerate() {
            text.push_str(if place == 0 { "\n" } else { ",\n" });
            text.push_str(&serde_json::to_string(case)?);
        }
        text.push_str("\n]}\n");
        Ok((text.into_bytes(), first))
    }

    /// The data set.
    pub fn dataset<'e>(&self, edition: &'e Edition) -> Result<&'e Dataset> {
        edition
            .dataset(&self.dataset)
            .with_context(|| format!("there is no data set {}", self.dataset))
    }

    /// The record of the base, by itself.
    pub fn base<'s>(&self, dataset: &'s Dataset) -> Case<'s> {
        let mut draft = Draft::new(dataset);
        for (name, text) in &self.base {
            draft.put(name, Some(text.clone()));
        }
        Case {
            draft,
            given: Given::new(),
            received: self.received,
            platforms: Vec::new(),
            attachments: None,
        }
    }

    /// A case as the engine judges it.
    pub fn case<'s>(&self, dataset: &'s Dataset, entry: &Entry) -> Case<'s> {
        let mut case = self.base(dataset);
        for (name, text) in &entry.set {
            case.draft.put(name, text.clone());
        }
        let held = entry.given.iter();
        case.given = held
            .map(|(&code, bodies)| (code, bodies.iter().cloned().map(Arc::new).collect()))
            .collect();
        case.platforms.clone_from(&entry.platforms);
        case.attachments.clone_from(&entry.attachments);
        case
    }

    /// What the engine finds in a case besides the findings of the base, in order.
    pub fn found(&self, edition: &Edition, case: &Case<'_>) -> Vec<Expected> {
        let issues = case.judge(edition);
        let mut found: Vec<Expected> = issues
            .iter()
            .map(Expected::from)
            .filter(|finding| !self.findings.contains(finding))
            .collect();
        found.sort();
        found.dedup();
        found
    }
}
