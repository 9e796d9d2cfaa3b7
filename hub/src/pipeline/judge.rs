//! Decode, normalize and judge what one submission shows by itself: the part that runs in parallel.

use std::ops::ControlFlow;

use adapters::{Adapter, DecodeError, Decoded, Envelope, Hint, Limits, Locator, Part};
use spec::{Action, Context, Edition, Issue, IssueCode, Normalized};

use super::neighbours::{Key, by_key, by_message};
use super::personal::{Guard, guard};
use super::work::Erased;
use crate::attachment::enclosed::{Carried, Luggage, Named, unclaimed};
use crate::keys::LookupKey;
use crate::tlog::{Hash, leaf_hash, sha256};

/// A record judged by itself, owning its values, ready to be judged among others.
#[derive(Debug)]
pub struct Judged {
    /// The record in canonical form.
    pub record: Normalized<'static, 'static>,
    /// Its canonical bytes.
    pub canonical: Vec<u8>,
    /// Their SHA-256.
    pub digest: Hash,
    /// Their hash as a leaf of the submission's records tree.
    pub leaf: Hash,
    /// The canonical bytes encrypted, where they hold a personal value.
    pub guarded: Guard,
    /// Findings so far.
    pub issues: Vec<Issue>,
    /// What must be looked up; the first is its own business key, when it has one.
    pub lookups: Vec<Key>,
    /// Its own business key.
    pub own: Option<Key>,
    /// The records that it hangs on.
    pub parents: Vec<Key>,
    /// Under what others find it.
    pub entries: Vec<Key>,
    /// The sender's own note.
    pub flex: Option<serde_json::Value>,
    /// The sender's own key of the message, as a look-up.
    pub message: Option<Key>,
    /// Files that came with it and may be kept.
    pub files: Vec<Named>,
}

/// One record of a submission, as far as it could be read.
#[derive(Debug)]
pub enum Item {
    /// Read and judged by itself.
    Judged(Box<Judged>),
    /// Not even a record.
    Unusable {
        /// Data set as sent.
        dataset: String,
        /// Why.
        issue: Box<Issue>,
    },
    /// Erased since it was received: only where others are judged again among it.
    Erased(Box<Erased>),
}

impl Item {
    fn judged_mut(&mut self) -> Option<&mut Judged> {
        match self {
            Item::Judged(judged) => Some(judged),
            Item::Unusable { .. } | Item::Erased(_) => None,
        }
    }

    /// The record, if it is one.
    pub fn judged(&self) -> Option<&Judged> {
        match self {
            Item::Judged(judged) => Some(judged),
            Item::Unusable { .. } | Item::Erased(_) => None,
        }
    }
}

/// A whole submission judged by itself.
#[derive(Debug)]
pub struct Read {
    /// What the envelope said.
    pub envelope: Envelope,
    /// Records in order.
    pub items: Vec<Item>,
    /// Files that came with them and may be kept.
    pub files: Vec<Carried>,
}

/// Judges one decoded record by itself.
pub fn judge(
    context: &Context<'_>,
    decoded: spec::Record<'static, '_>,
) -> (Normalized<'static, 'static>, Vec<Issue>) {
    let mut record = spec::normalize(context, decoded);
    let report = spec::validate::judge_alone(context, &mut record);
    (record.into_owned(), report.issues)
}

/// Opens and decodes what was sent, and judges each record by itself. Lines and columns are those of the file that
/// `document` is, or was cut out of, or those of the part of a package that a finding names. What it is to be found by is
/// put under the look-up key of a database.
pub fn read(
    under: &LookupKey,
    adapter: &'static Adapter,
    edition: &'static Edition,
    context: &Context<'_>,
    document: &[u8],
    hint: &Hint,
    limits: &Limits,
) -> Result<Read, DecodeError> {
    let mut items = Vec::new();
    let mut carried = Vec::new();
    let mut package = adapter.open(document, hint, limits)?;
    let enclosed = std::mem::take(&mut package.enclosed);
    let luggage = Luggage::new(edition, adapter.profile(), limits, enclosed);
    let bench = Bench {
        under,
        context,
        source: &adapter.profile().id,
        luggage: &luggage,
    };
    let envelope = package.decode(adapter, limits, &mut |part, locator, decoded| {
        items.push(bench.judge(part, locator, decoded, &mut carried));
        ControlFlow::Continue(())
    })?;
    claim(&mut items, &luggage);
    Ok(Read {
        envelope,
        items,
        files: carried,
    })
}

/// A file that no record names is told to the first of them.
pub fn claim(items: &mut [Item], luggage: &Luggage<'_>) {
    let first = items.iter_mut().find_map(Item::judged_mut);
    if let Some(first) = first {
        first.issues.extend(luggage.unclaimed().map(unclaimed));
    }
}

/// Where the records of a package are judged by themselves.
pub struct Bench<'b> {
    /// The look-up key under which they will be found.
    pub under: &'b LookupKey,
    /// What judges them.
    pub context: &'b Context<'b>,
    /// Who sent them.
    pub source: &'b str,
    /// The files that came with them.
    pub luggage: &'b Luggage<'b>,
}

impl Bench<'_> {
    /// Judges one record by itself; the files that it may keep are added to `carried`.
    pub fn judge(
        &self,
        part: &Part<'_>,
        locator: &Locator<'_>,
        decoded: Decoded<'static, '_>,
        carried: &mut Vec<Carried>,
    ) -> Item {
        let edition = self.context.edition;
        let (record, flex, message_key, attachments) = match decoded {
            Decoded::Unusable {
                dataset, mut issue, ..
            } => {
                locate(part, locator, &mut issue);
                return Item::Unusable {
                    dataset: dataset.unwrap_or_default(),
                    issue: Box::new(issue),
                };
            }
            Decoded::Record {
                record,
                flex,
                message_key,
                attachments,
            } => (record, flex, message_key, attachments),
        };
        let flex = flex.and_then(|raw| serde_json::from_str(raw).ok());
        let (record, mut issues) = judge(self.context, record);
        let message = message_key
            .map(|key| Key::new(self.under, by_message(record.dataset, self.source, &key)));
        if record.action == Action::Withdraw {
            issues.retain(|issue| matters_to_withdrawal(&record, issue, message.is_some()));
        }
        let (files, refused) = self.luggage.of_record(&record, &attachments);
        issues.extend(refused);
        for issue in &mut issues {
            // What is missing has no place of its own: the record's must do.
            locate_at(part, locator, issue, issue.at.or(Some(record.at)));
        }
        let mut canonical = Vec::with_capacity(2048);
        record.canonical(&mut canonical);
        let lookups = spec::references::lookups(edition, &record);
        let mut lookups = Key::all(self.under, lookups);
        let entries = spec::references::index_entries(record.dataset, &record);
        let mut entries = Key::all(self.under, entries);
        lookups.extend(message.clone());
        entries.extend(message.clone());
        let item = Item::Judged(Box::new(Judged {
            digest: sha256(&canonical),
            leaf: leaf_hash(&canonical),
            guarded: guard(&record, &canonical),
            canonical,
            issues,
            own: record
                .key()
                .map(|value| by_key(self.under, record.dataset, value)),
            parents: Key::all(self.under, spec::stored::parents(edition, &record)),
            lookups,
            entries,
            flex,
            message,
            files: files.iter().map(|file| file.named.clone()).collect(),
            record,
        }));
        carried.extend(files);
        item
    }
}

/// To take a record back, only what identifies it must be right, and there must be a reason.
fn matters_to_withdrawal(record: &Normalized<'_, '_>, issue: &Issue, by_message: bool) -> bool {
    let missing = issue.code == IssueCode::FieldRequired;
    let names_key = record.dataset.key.iter().any(|&place| {
        let field = record.dataset.field(place);
        field.is_some_and(|field| issue.path.strip_prefix('/') == Some(&field.id))
    });
    issue.code == IssueCode::RecordShape || names_key && !(missing && by_message)
}

fn locate(part: &Part<'_>, locator: &Locator<'_>, issue: &mut Issue) {
    locate_at(part, locator, issue, issue.at);
}

fn locate_at(part: &Part<'_>, locator: &Locator<'_>, issue: &mut Issue, at: Option<usize>) {
    issue.part.clone_from(&part.name);
    if let (Some(at), None) = (at, issue.line) {
        let (line, column) = locator.locate(at);
        issue.line = Some(line);
        issue.column = Some(column);
    }
}

/// Business key for people: parts joined with `|`, personal parts masked.
pub fn shown_key(record: &Normalized<'_, '_>) -> Option<String> {
    let mut key = String::new();
    for (place, &field) in record.dataset.key.iter().enumerate() {
        if place > 0 {
            key.push('|');
        }
        let text = record.text(field)?;
        let personal = record
            .dataset
            .field(field)
            .is_some_and(|f| f.sensitivity == spec::Sensitivity::Personal)
            || spec::issue::names_a_person(text);
        if personal || spec::issue::names_a_person(text) {
            key.push_str(&spec::issue::shown(text, spec::Sensitivity::Personal));
        } else {
            key.push_str(text);
        }
    }
    Some(key)
}
