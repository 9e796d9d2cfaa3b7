//! The document of a close: canonical JSON (RFC 8785), whose SHA-256 the hub signs and the log holds.
//!
//! What is signed is a note (C2SP signed-note) with the text `exchange-hub/close/v1`, name of the log, date, party,
//! number, and SHA-256 of the document in hexadecimal, a line each; by every key that is in force.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::figures::{DestinationBooks, SourceBooks};
use crate::leaf::canonical;
use crate::tlog::{FirstFault, Keyring, Note, Seals, sha256};

/// Word in `kind`.
const KIND: &str = "exchange-hub/close";
/// First line of the note.
const HEADER: &str = "exchange-hub/close/v1";

/// With whom a day is closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A destination, by its name.
    Destination(String),
    /// All together.
    Hub,
    /// A source, by its identifier.
    Source(String),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Party::Hub => f.write_str("hub"),
            Party::Source(id) => write!(f, "source/{id}"),
            Party::Destination(name) => write!(f, "destination/{name}"),
        }
    }
}

/// A text that names no party.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}”应为 hub、source/来源 或 destination/目的地 / `{0}` is none of hub, source/ID, destination/NAME"
)]
pub struct NotParty(pub String);

impl FromStr for Party {
    type Err = NotParty;

    fn from_str(text: &str) -> Result<Self, NotParty> {
        match text.split_once('/') {
            None if text == "hub" => Ok(Party::Hub),
            Some(("source", id)) if !id.is_empty() => Ok(Party::Source(id.to_owned())),
            Some(("destination", name)) if !name.is_empty() => {
                Ok(Party::Destination(name.to_owned()))
            }
            _ => Err(NotParty(text.chars().take(80).collect())),
        }
    }
}

/// Numbers from one up to, and without, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The first.
    pub from: i64,
    /// The first after it.
    pub until: i64,
}

/// A party of a day, and its latest close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The party.
    pub with: String,
    /// The number of its close.
    pub number: u32,
    /// SHA-256 of its document.
    pub document_sha256: String,
    /// Whether its equations hold.
    pub balanced: bool,
    /// Whether the other side agrees; none where it was not asked.
    pub agreed: Option<bool>,
}

/// What the books are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Books {
    /// Of a source.
    Source(SourceBooks),
    /// Of a destination.
    Destination(Box<DestinationBooks>),
    /// Of all: every party, and the figures of all sources and of all destinations added up.
    Hub(Box<HubBooks>),
}

/// The books of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubBooks {
    /// Every party.
    pub parties: Vec<Line>,
    /// All sources together; without a root.
    pub received: SourceBooks,
    /// All destinations together.
    pub owed: DestinationBooks,
}

/// A close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// `exchange-hub/close`.
    pub kind: String,
    /// Version of this form.
    pub v: u32,
    /// Name of the log.
    pub origin: String,
    /// The day, `yyyy-MM-dd` in China.
    pub date: String,
    /// `source/ID`, `destination/NAME` or `hub`.
    pub with: String,
    /// Which close of this day with this party, from 1.
    pub number: u32,
    /// SHA-256 of the document before it; none of the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous: Option<String>,
    /// Whether the day was over; if not, the books go up to the moment of the close.
    pub ended: bool,
    /// Leaves of the day.
    pub leaves: Bounds,
    /// The hub's numbers of its submissions.
    pub submissions: Bounds,
    /// The hub's numbers of its record versions.
    pub records: Bounds,
    /// Leaves that were committed when the close was made.
    pub log_size: i64,
    /// The figures.
    pub books: Books,
    /// When it was made.
    pub at: String,
}

impl Document {
    /// The kind and version that are written.
    pub fn kind() -> (String, u32) {
        (KIND.to_owned(), 1)
    }

    /// Canonical bytes.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        Ok(canonical(&serde_json::to_value(self)?))
    }

    /// Whether the equations hold; of all: of every party.
    pub fn balanced(&self) -> bool {
        match &self.books {
            Books::Source(books) => books.balanced(),
            Books::Destination(books) => books.balanced(),
            Books::Hub(books) => {
                books.parties.iter().all(|line| line.balanced)
                    && books.received.balanced()
                    && books.owed.balanced()
            }
        }
    }

    /// Whether the other side agrees, where it was asked by the hub, now or, if it disagreed then, earlier.
    pub fn agreed(&self) -> Option<bool> {
        match &self.books {
            Books::Destination(books) => books.platform.as_ref()?.stands(),
            Books::Source(_) | Books::Hub(_) => None,
        }
    }

    /// The key under which the platform said what it holds, which is checked; none where it said nothing signed.
    pub fn platform_key(&self) -> Result<Option<String>, FirstFault> {
        let Books::Destination(books) = &self.books else {
            return Ok(None);
        };
        let platform = books.platform.as_ref();
        let Some((statement, platform)) = platform.and_then(|p| Some((p.statement.as_ref()?, p)))
        else {
            return Ok(None);
        };
        let wrong = |what: String| FirstFault {
            place: "document.books.destination.platform.statement".to_owned(),
            what,
        };
        let said = platform.theirs.as_ref();
        let said = said.ok_or_else(|| wrong("the books lack what was said".to_owned()))?;
        statement
            .verify(&self.date, self.records, said)
            .map_err(wrong)?;
        Ok(Some(statement.key.clone()))
    }

    /// How much may still move: waiting records, open deliveries.
    pub fn open(&self) -> u64 {
        match &self.books {
            Books::Source(books) => books.parked.waiting,
            Books::Destination(books) => books.open() + books.exhausted,
            Books::Hub(books) => {
                books.received.parked.waiting + books.owed.open() + books.owed.exhausted
            }
        }
    }

    /// The digest of the set of records, where there is one.
    pub fn root(&self) -> Option<&str> {
        match &self.books {
            Books::Source(books) => Some(&books.root),
            Books::Destination(books) => {
                let ours = books.platform.as_ref()?.ours.as_ref()?;
                Some(&ours.root)
            }
            Books::Hub(_) => None,
        }
    }

    /// What the note says.
    fn text(&self, sha256: &str) -> String {
        let Document {
            origin,
            date,
            with,
            number,
            ..
        } = self;
        format!("{HEADER}\n{origin}\n{date}\n{with}\n{number}\n{sha256}\n")
    }

    /// Signs it with every key in force: the note.
    pub fn sign(&self, encoded: &str, seals: &Seals) -> Result<String, crate::tlog::Error> {
        let sha256 = sha256(encoded.as_bytes()).to_hex();
        Ok(seals.sign_text(&self.text(&sha256))?.to_string())
    }

    /// Reads a document and checks the note over it by the keys of the log: every algorithm that was in force when it
    /// was made must have signed.
    pub fn open_signed(encoded: &str, note: &str, ring: &Keyring) -> Result<Self, FirstFault> {
        let fault = |place: &str, what: String| FirstFault {
            place: place.to_owned(),
            what,
        };
        let document: Document =
            serde_json::from_str(encoded).map_err(|error| fault("document", error.to_string()))?;
        if (document.kind.as_str(), document.v) != (KIND, 1) {
            return Err(fault("document", format!("is not `{KIND}`, version 1")));
        }
        if document.encode().ok().as_deref() != Some(encoded) {
            return Err(fault("document", "is not in canonical form".to_owned()));
        }
        let signed =
            Note::parse(note.as_bytes()).map_err(|error| fault("note", error.to_string()))?;
        if signed.text() != document.text(&sha256(encoded.as_bytes()).to_hex()) {
            return Err(fault("note", "is about another document".to_owned()));
        }
        let size = u64::try_from(document.log_size).unwrap_or_default();
        let keys: Vec<_> = ring.at(size).cloned().collect();
        let by = signed
            .verify(&keys)
            .map_err(|error| fault("note", error.to_string()))?;
        for key in &keys {
            if !by.iter().any(|one| one.algorithm() == key.algorithm()) {
                return Err(fault("note", format!("lacks the signature of {key}")));
            }
        }
        if document.origin != keys.first().map_or("", |key| key.name()) {
            return Err(fault("document", format!("is of `{}`", document.origin)));
        }
        Ok(document)
    }
}
