//! Somebody with power over the hub used it.
//!
//! Never holds a personal value or a secret: what was seen or changed is named by its number or digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Kind;

/// The leaf of an operator's action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// What was done.
    pub action: Action,
    /// Who did it: the name of the reader's key, `command line` for one with access to the machine, or `hub`.
    pub by: String,
    /// What it was done to: number of a key, code of a source, number of a replay, of a record, an edition, …
    pub about: String,
    /// Further small facts (`role`, `deliveries`, `sha256`, `reason_sha256`, …), none of them personal.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub facts: BTreeMap<String, String>,
    /// When.
    pub at: String,
}

/// What an operator can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// An API key was made.
    KeyMade,
    /// An API key was retired.
    KeyRetired,
    /// A source was taken in, or its profile changed.
    SourceChanged,
    /// A source was suspended or let in again.
    SourceStanding,
    /// A destination was added, changed, paused or resumed.
    DestinationChanged,
    /// Deliveries were sent again.
    Replay,
    /// A replay was stopped.
    ReplayStopped,
    /// Other rules came into force: specification or code tables with another digest, rules muted.
    RulesActivated,
    /// An edition came into force or ended.
    EditionActivated,
    /// Personal data was shown in full.
    PersonalDataViewed,
    /// The key of a record's personal data was destroyed.
    Erasure,
    /// A destination has erased what was erased here, an operator says.
    ErasureConfirmed,
    /// The clock went back, or jumped: times after this leaf are not to be trusted without it.
    ClockMoved,
}

impl Kind for Operator {
    const KIND: &'static str = "operator";
    const VERSION: u64 = 1;
}
