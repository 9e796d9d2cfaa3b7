//! Reads a source's documents: a profile compiled against an edition, and what it hands on.

mod charset;
pub(crate) mod csv;
mod elements;
pub(crate) mod error;
pub(crate) mod issue;
mod json;
mod limits;
pub(crate) mod locator;
mod markup;
mod message;
mod ndjson;
mod session;
mod span;
mod tombstone;
pub(crate) mod xml;

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spec::{Dataset, Edition, Issue, Record};

pub(crate) use charset::{decode, gb18030_length};
pub(crate) use elements::RecordElements;
pub use error::DecodeError;
pub use limits::Limits;
pub use locator::{Locator, Origin, ROW_END};
pub(crate) use ndjson::is_header;
pub(crate) use session::action;
pub use span::Spans;

use crate::mapping::{Plan, check};
use crate::profile::{Profile, ProfileError, WireFormat};
use error::{Fault, FaultKind};
use session::Session;

/// A profile compiled against an edition: reads what the source sends.
#[derive(Debug)]
pub struct Adapter {
    profile: Arc<Profile>,
    edition: Arc<Edition>,
    /// By place of the data set in the edition; none where the source may not send it.
    plans: Vec<Option<Plan>>,
}

/// One record of a document, or the reason why it is none.
#[derive(Debug)]
pub enum Decoded<'s, 'a> {
    /// A record of a data set that the source may send.
    Record {
        /// Its values.
        record: Record<'s, 'a>,
        /// What the sender wants echoed, as raw JSON.
        flex: Option<&'a str>,
        /// Files that travel beside it.
        attachments: Vec<AttachmentRef>,
        /// The sender's own key of the record, where the wire format has one; a withdrawal by this key
        /// has no values.
        message_key: Option<Cow<'a, str>>,
    },
    /// Something that cannot be judged; the other records are unharmed.
    Unusable {
        /// Byte offset of the record in the document.
        at: usize,
        /// Data set that it claims to belong to, if it could be read.
        dataset: Option<String>,
        /// Why.
        issue: Issue,
    },
}

/// A file that travels beside a record. Its name is judged with the record, its content never.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttachmentRef {
    /// Name of the attachment in the data set, for example `M_ATT_TENDER_NOTICE`.
    pub name: String,
    /// The file's name.
    pub file: String,
    /// Where the source put it.
    pub path: String,
    /// Whether the sender takes it back.
    pub deleted: bool,
}

/// What a document says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// Edition that the records follow.
    pub edition: Option<String>,
    /// Who sends.
    pub source: Option<String>,
    /// The sender's own id of the submission.
    pub submission: Option<String>,
    /// The sender's running number.
    pub sequence: Option<u64>,
}

/// What the carrier of a document knows about it. Kept with what was received, so that it can be read again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hint {
    /// Form of the document, from its `Content-Type` or its file's name.
    pub wire: Option<WireFormat>,
    /// Data set of all records (number, column code or Chinese name), where the document does not say it.
    pub dataset: Option<String>,
    /// Name of the file, which may say the data set.
    pub file_name: Option<String>,
    /// The sender's own key of the one record that the document is about, where the carrier names it (the key of a
    /// Kafka message, an argument of a call). An empty document takes that record back.
    pub message_key: Option<String>,
    /// Values of the record that the carrier knows, by the source's names; what the document says goes first.
    pub values: Vec<(String, String)>,
    /// Where the document comes from in a larger file; only lines and columns of errors depend on it.
    pub origin: Origin,
}

impl Adapter {
    /// Compiles a profile against an edition; every name in the profile must exist in it.
    pub fn new(profile: Arc<Profile>, edition: Arc<Edition>) -> Result<Self, ProfileError> {
        check(&profile, &edition)?;
        let mut plans = Vec::with_capacity(edition.datasets.len());
        for dataset in &edition.datasets {
            let permitted = profile.permits(dataset);
            let plan = permitted.then(|| Plan::new(&profile, dataset));
            plans.push(plan.transpose()?);
        }
        Ok(Adapter {
            profile,
            edition,
            plans,
        })
    }

    /// The profile that it reads by.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// The edition whose records it makes.
    pub fn edition(&self) -> &Arc<Edition> {
        &self.edition
    }

    /// Decodes a whole document that is no package (for those see [`Adapter::open`]), and hands each record to `sink` in order, until it breaks.
    ///
    /// An error means that the document as a whole is unreadable: what `sink` was handed of it counts for
    /// nothing. Offsets of records and issues are offsets in `document`.
    pub fn decode<'s, 'a>(
        &'s self,
        document: &'a [u8],
        hint: &Hint,
        limits: &Limits,
        sink: &mut dyn FnMut(Decoded<'s, 'a>) -> ControlFlow<()>,
    ) -> Result<Envelope, DecodeError> {
        self.read(document, hint, false, limits, sink)
            .map_err(|fault| fault.locate(&Locator::within(document, hint.origin)))
    }

    /// The form of a document, from what its carrier says of it.
    pub(crate) fn format(&self, hint: &Hint) -> Result<WireFormat, Fault> {
        let wire = &self.profile.wire;
        let said = hint
            .wire
            .or_else(|| WireFormat::of_file_name(hint.file_name.as_deref()?));
        wire.resolve(said).ok_or_else(|| {
            let used = std::iter::once(&wire.format).chain(&wire.also);
            let used: Vec<_> = used.map(|form| form.name()).collect();
            let kind = FaultKind::Format {
                found: Box::new(said.map_or(("未知格式", "unknown").into(), |form| {
                    form.name().into()
                })),
                expected: used.join(" / "),
            };
            Fault { at: 0, kind }
        })
    }

    pub(crate) fn read<'s, 'a>(
        &'s self,
        document: &'a [u8],
        hint: &Hint,
        is_grid: bool,
        limits: &Limits,
        sink: &mut dyn FnMut(Decoded<'s, 'a>) -> ControlFlow<()>,
    ) -> Result<Envelope, Fault> {
        if document.len() > limits.bytes {
            let (limit, found) = (limits.bytes, document.len());
            return Err(Fault::limit(limits.bytes, "bytes", limit, found));
        }
        let mut session = Session::new(self, hint, limits, sink);
        if let (Some(key), []) = (&hint.message_key, document) {
            tombstone::read(&mut session, key)?;
            return Ok(session.envelope);
        }
        let format = self.format(hint)?;
        if hint.origin.offset == 0 && !is_grid {
            charset::narrow(document, self.profile.wire.charset)?;
        }
        match format {
            WireFormat::Json => json::read(&mut session, document)?,
            WireFormat::Ndjson | WireFormat::Sql => ndjson::read(&mut session, document)?,
            WireFormat::Xml => xml::read(&mut session, document)?,
            WireFormat::Message => message::read(&mut session, document)?,
            WireFormat::Csv => csv::read(&mut session, document)?,
            WireFormat::Xlsx if is_grid => csv::read_sheet(&mut session, document)?,
            WireFormat::Xlsx | WireFormat::Zip | WireFormat::Call => {
                let kind = FaultKind::Format {
                    found: Box::new(
                        (
                            format!("未解开的 {}", format.name()),
                            format!("{} that was not opened", format.name()),
                        )
                            .into(),
                    ),
                    expected: "json / ndjson / xml / message / csv".to_owned(),
                };
                return Err(Fault { at: 0, kind });
            }
        }
        Ok(session.envelope)
    }

    /// Finds a data set by any of the names that the source may use for it.
    fn dataset(&self, name: &str) -> Option<(usize, &Dataset)> {
        find_dataset(&self.profile, &self.edition, name)
    }
}

/// Finds a data set of an edition by any of the names that a source may use for it.
pub(crate) fn find_dataset<'e>(
    profile: &Profile,
    edition: &'e Edition,
    name: &str,
) -> Option<(usize, &'e Dataset)> {
    let name = profile.names.get(name).map_or(name, String::as_str);
    let place = edition.by_name.get(name).copied().or_else(|| {
        let mut datasets = edition.datasets.iter();
        datasets.position(|dataset| dataset.name == name)
    })?;
    Some((place, edition.datasets.get(place)?))
}

#[cfg(test)]
pub(crate) mod tests;
