//! Profiles: everything that the hub knows about one source, in one TOML file.
//!
//! A profile says how a source writes what the specification means. It never changes what is right:
//! that is the specification's business.

mod embedded;
mod error;
mod lint;
mod permitted;
mod pull;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

pub use embedded::{embedded, embedded_texts};
pub use error::ProfileError;
pub use lint::{Remark, lint};
pub use permitted::Permitted;
pub use pull::Pull;
pub(crate) use wire::Shape;
pub use wire::{AnswerForm, BinaryContent, Case, Charset, Level, Wire, WireFormat};

/// Ways in that a source may use.
const WAYS: [&str; 4] = ["http", "folder", "kafka", "database"];

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Exchange system of a city.
    City,
    /// Electronic trading system of an industry.
    Industry,
}

/// One source 数据来源.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Version of the form of this file; always 1.
    version: u32,
    /// Identifier: a region code, or the name of an industry.
    pub id: String,
    /// City or industry system.
    pub kind: SourceKind,
    /// Chinese name.
    pub name: String,
    /// English name.
    pub english: String,
    /// Region, GB/T 2260.
    pub region: String,
    /// What a person should know before editing the file.
    #[serde(default)]
    pub note: String,
    /// Ways in that the source uses: `http`, `folder`, `kafka`, `database`.
    pub ways: Vec<String>,
    /// Hours of working time after which the source is shown as silent; none: learnt from the days on which it sent.
    #[serde(default)]
    pub interval_hours: Option<u32>,
    /// Data sets that it may send.
    pub datasets: Permitted,
    /// How it writes its documents.
    pub wire: Wire,
    /// What is read of its exchange database.
    #[serde(default)]
    pub pull: Vec<Pull>,
    /// Its names of data sets, with the column codes they mean.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Its rows that hold records of several data sets side by side, with the data sets, parents first.
    #[serde(default)]
    pub wide: BTreeMap<String, Vec<String>>,
    /// Its names of fields in any data set, with the column codes they mean; an empty one drops the field.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Its words for attachments, with the names of the standard that they mean.
    #[serde(default)]
    pub attachments: BTreeMap<String, String>,
    /// What holds for one data set only, by column code.
    #[serde(default)]
    pub sets: BTreeMap<String, SetProfile>,
    /// Its code values, by code table or field, with the values of the standard that they mean.
    #[serde(default)]
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
    /// Its date forms by field, for example `d/M/yyyy`, `epoch_seconds`, `epoch_milliseconds`.
    #[serde(default)]
    pub dates: BTreeMap<String, String>,
    /// Conversions by field that data cannot say: names of hooks.
    #[serde(default)]
    pub hooks: BTreeMap<String, String>,
    /// Its units of amounts and areas by field: `元`, `万元`, `亿元`; `m2`, `公顷`, `km2`.
    #[serde(default)]
    pub units: BTreeMap<String, String>,
    /// Values of fields that it never sends because they are always the same.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// Its fields that hold several fields of the standard.
    #[serde(default)]
    pub splits: Vec<Split>,
    /// Its fields that are one field of the standard together.
    #[serde(default)]
    pub joins: Vec<Join>,
    /// The file, for messages.
    #[serde(skip)]
    file: String,
    /// Its text, for messages.
    #[serde(skip)]
    text: String,
}

/// What a profile says about one data set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SetProfile {
    /// As [`Profile::fields`].
    pub fields: BTreeMap<String, String>,
    /// What stands before the column codes of this data set, in rows that hold several.
    pub prefix: String,
    /// Which attachment a file is that nothing but its code joins to a record; empty: the only one, or the only
    /// required one, of the data set.
    pub attachment: String,
    /// As [`Profile::units`].
    pub units: BTreeMap<String, String>,
    /// As [`Profile::dates`].
    pub dates: BTreeMap<String, String>,
    /// As [`Profile::constants`].
    pub constants: BTreeMap<String, String>,
}

/// One field of the source, cut into several of the standard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The source's name.
    pub from: String,
    /// What stands between the parts.
    pub by: String,
    /// Column codes, in order; a value with another number of parts is left whole in the first one.
    pub into: Vec<String>,
}

/// Several fields of the source, joined into one of the standard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The source's names, in order.
    pub from: Vec<String>,
    /// What is put between the parts.
    pub with: String,
    /// Column code.
    pub into: String,
}

impl Profile {
    /// Reads the text of a profile; `file` is for messages only.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProfileError> {
        let mut profile: Profile =
            toml::from_str(text).map_err(|error| ProfileError::of_toml(file, text, &error))?;
        file.clone_into(&mut profile.file);
        text.clone_into(&mut profile.text);
        if profile.version != 1 {
            return Err(profile.fault("version", "version = 1"));
        }
        if !Profile::is_id(&profile.id) {
            return Err(profile.fault(&profile.id, "letters, digits, `-` and `_`, at most 64"));
        }
        if !matches!(profile.region.as_bytes(), [a, ..] if a.is_ascii_digit() && profile.region.len() == 6)
        {
            return Err(profile.fault(&profile.region, "a region code of six digits"));
        }
        for way in &profile.ways {
            if !WAYS.contains(&way.as_str()) {
                return Err(profile.fault(way, "`http`, `folder`, `kafka` or `database`"));
            }
        }
        let mut tables = BTreeSet::new();
        let pulled = profile.pull.iter().flat_map(|pull| pull.tables.keys());
        if let Some(twice) = pulled.into_iter().find(|table| !tables.insert(*table)) {
            return Err(profile.fault(twice, "each table once"));
        }
        // No other separator is safe from the second bytes of GB18030.
        if !matches!(profile.wire.separator, None | Some(',' | ';' | '\t')) {
            return Err(profile.fault("separator", "`,`, `;` or a tabulator"));
        }
        Ok(profile)
    }

    /// Whether a word can be the identifier of a source: it names folders and keys too.
    pub(crate) fn is_id(word: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=64).contains(&word.len()) && word.bytes().all(is_plain)
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name in the standard of what the source calls an attachment.
    pub fn slot<'p>(&'p self, word: &'p str) -> &'p str {
        self.attachments.get(word).map_or(word, String::as_str)
    }

    /// Every attachment of the standard that the profile names.
    pub(crate) fn slots(&self) -> impl Iterator<Item = &str> {
        let alone = self.sets.values().map(|set| &set.attachment);
        let all = self.attachments.values().chain(alone);
        all.map(String::as_str).filter(|slot| !slot.is_empty())
    }

    /// Whether the source may send a data set.
    pub fn permits(&self, dataset: &spec::Dataset) -> bool {
        self.datasets.permits(dataset)
    }

    /// A fault about a word of this profile.
    pub(crate) fn fault(&self, word: &str, expected: impl Into<String>) -> ProfileError {
        ProfileError::of_word(&self.file, &self.text, word, expected)
    }
}

#[cfg(test)]
mod tests;
