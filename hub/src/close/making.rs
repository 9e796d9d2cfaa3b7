//! Makes the closes of a day: gathers the books as of one moment, asks the platforms what they hold, writes and signs the
//! documents that say something new, and commits them with their leaves in one transaction.
//!
//! A crash before the commit leaves nothing; after it, making again finds that nothing is new. Two hubs that make the
//! same close at once gather the same, and the transaction lets the first through: the second finds the numbers taken
//! and writes nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use spec::Spec;

use super::asker::Asker;
use super::document::{Books, Bounds, Document, HubBooks, Line, Party};
use super::fault::Fault;
use super::figures::{DestinationBooks, SourceBooks};
use super::gather::{self, Gathered};
use super::national::{self, Platform};
use super::owed::{self, Ours};
use crate::delivery::projection::Projector;
use crate::leaf::{self, Counts};
use crate::pipeline::Instant;
use crate::pipeline::writer::Transaction;
use crate::store::closes::{self, Close};
use crate::store::days::{self, Span};
use crate::store::transaction::Numbers;
use crate::store::{Database, StoreError, books};
use crate::tlog::{Seals, sha256};

/// What making a close needs beside the store.
pub struct Closer {
    /// The specification.
    pub spec: &'static Spec,
    /// The edition of the records.
    pub edition: String,
    /// Name of the log.
    pub origin: String,
    /// The log's keys.
    pub seals: Seals,
    /// Ask the platforms what they hold.
    pub platforms: Vec<Asker>,
    /// Sources that have books also on a day on which they sent nothing.
    pub sources: Vec<String>,
    /// Folder for working files: as large as what is compared, 90 bytes a record.
    pub folder: PathBuf,
}

/// A day cannot be closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// Not a day.
    #[error("“{0}”不是日期，应为 2026-11-20 的形式 / `{0}` is no day, such as 2026-11-20")]
    Date(String),
    /// It has not begun.
    #[error("{0} 尚未开始，不能对账 / {0} has not begun yet")]
    Future(String),
    /// Before the books begin.
    #[error(
        "账目自启用日切之后开始，没有 {0} 的账，可对之后的日期执行 hub close / the books begin after {0}: there are none of that day, close a later one"
    )]
    Before(String),
    /// The store failed.
    #[error("数据库出错 / the store failed")]
    Store(#[from] StoreError),
    /// The records could not be gone through.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It could not be signed.
    #[error("无法签名 / the close cannot be signed")]
    Sign(#[from] crate::tlog::Error),
    /// It could not be written down.
    #[error("无法写成文档 / the close cannot be written down")]
    Document(#[from] serde_json::Error),
    /// It could not be committed.
    #[error("未能提交：{0} / not committed: {0}")]
    Commit(String),
}

/// A close that is made and not yet committed.
#[derive(Debug, Clone)]
pub struct Draft {
    party: Party,
    /// The document.
    pub document: Document,
    encoded: String,
    note: String,
}

/// The closes of a day that are new.
#[derive(Debug, Clone, Default)]
pub struct Drafts(pub Vec<Draft>);

/// Reads a day.
pub fn day(text: &str) -> Result<String, CloseError> {
    match text.parse::<jiff::civil::Date>() {
        // A date parses out of an instant too.
        Ok(date) if date.to_string() == text => Ok(date.to_string()),
        _ => Err(CloseError::Date(text.chars().take(40).collect())),
    }
}

/// The span of a day that can be closed.
pub fn span(connection: &mut Database, date: &str) -> Result<Span, CloseError> {
    if date > days::today().as_str() {
        return Err(CloseError::Future(date.to_owned()));
    }
    days::span(connection, date)?.ok_or_else(|| CloseError::Before(date.to_owned()))
}

/// Everything that is read at one moment.
struct Seen {
    span: Span,
    log_size: i64,
    gathered: Gathered,
    /// What each platform should hold, beside who asks it.
    ours: Vec<(String, Ours)>,
}

impl Closer {
    fn projects(&self, number: i32) -> bool {
        let editions = self.spec.editions.iter();
        let mut projections = editions.flat_map(|edition| edition.projections.values());
        let Ok(code) = u16::try_from(number) else {
            return false;
        };
        projections.any(|projection| projection.datasets.contains_key(&code))
    }

    /// What a platform should hold of a day.
    pub(super) fn owed(
        &self,
        connection: &mut Database,
        span: &Span,
        owed_in: &[(i64, i64)],
        asker: &Asker,
    ) -> Result<Ours, Fault> {
        let projector = Projector::new(self.spec, &self.edition, &asker.edition);
        let name = &asker.destination;
        owed::ours(connection, span, owed_in, name, &projector, &self.folder)
    }

    fn see(&self, connection: &mut Database, date: &str) -> Result<Seen, CloseError> {
        let span = span(connection, date)?;
        let log_size = Numbers::read(connection)?.leaf;
        let projects = |number| self.projects(number);
        let (sources, folder) = (&self.sources, &self.folder);
        let gathered = gather::gather(connection, &span, sources, &projects, folder)?;
        let mut ours = Vec::new();
        for asker in &self.platforms {
            let name = &asker.destination;
            if gathered.destinations.contains_key(name) {
                let owed = self.owed(connection, &span, &gathered.owed_in, asker)?;
                ours.push((name.clone(), owed));
            }
        }
        Ok(Seen {
            span,
            log_size,
            gathered,
            ours,
        })
    }

    /// Makes what is new about a day. Nothing is written.
    pub fn draft(&self, connection: &mut Database, date: &str) -> Result<Drafts, CloseError> {
        books::frozen(connection)?;
        let seen = self.see(connection, date);
        books::ended(connection)?;
        let Seen {
            span,
            log_size,
            mut gathered,
            ours,
        } = seen?;
        let records = bounds(span.from.record, span.until.record);
        for (name, ours) in ours {
            let mut askers = self.platforms.iter();
            let asker = askers.find(|asker| asker.destination == name);
            if let (Some(asker), Some(books)) = (asker, gathered.destinations.get_mut(&name)) {
                let mut platform = national::compare(connection, &ours, (date, records), asker, 0)?;
                national::tell(connection, &mut platform)?;
                books.platform = Some(platform);
            }
        }
        let ended = date < days::today().as_str();
        let mut latest: BTreeMap<String, Close> = BTreeMap::new();
        for row in closes::of_day(connection, date)? {
            latest.insert(row.party.clone(), row);
        }
        let moment = Moment {
            closer: self,
            date,
            span,
            log_size,
            ended,
            latest,
            at: Instant::now().text(),
        };
        moment.all(gathered)
    }
}

/// The moment of a close.
struct Moment<'m> {
    closer: &'m Closer,
    date: &'m str,
    span: Span,
    log_size: i64,
    ended: bool,
    latest: BTreeMap<String, Close>,
    at: String,
}

impl Moment<'_> {
    fn all(&self, gathered: Gathered) -> Result<Drafts, CloseError> {
        let mut drafts = Vec::new();
        let mut hub = HubBooks::default();
        for (name, books) in gathered.destinations {
            hub.owed += &books;
            let party = Party::Destination(name);
            let books = Books::Destination(Box::new(books));
            self.one(party, books, &mut hub, &mut drafts)?;
        }
        for (source, books) in gathered.sources {
            hub.received += &books;
            self.one(
                Party::Source(source),
                Books::Source(books),
                &mut hub,
                &mut drafts,
            )?;
        }
        let books = Books::Hub(Box::new(hub));
        drafts.extend(self.draft(Party::Hub, books)?.1);
        Ok(Drafts(drafts))
    }

    fn one(
        &self,
        party: Party,
        books: Books,
        hub: &mut HubBooks,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), CloseError> {
        let (line, draft) = self.draft(party, books)?;
        hub.parties.push(line);
        drafts.extend(draft);
        Ok(())
    }

    /// The line of a party, and its document if it says something new.
    fn draft(&self, party: Party, mut books: Books) -> Result<(Line, Option<Draft>), CloseError> {
        let with = party.to_string();
        let before = self.latest.get(&with);
        let last: Option<Document> = before
            .map(|row| serde_json::from_str(&row.document))
            .transpose()?;
        if let Some(last) = &last {
            remember(&mut books, last);
        }
        if let (Some(row), Some(last)) = (before, &last)
            && same(last, &books, self.ended)
        {
            let sha256 = sha256(row.document.as_bytes()).to_hex();
            return Ok((line(last, sha256), None));
        }
        let (kind, v) = Document::kind();
        let document = Document {
            kind,
            v,
            origin: self.closer.origin.clone(),
            date: self.date.to_owned(),
            with,
            number: last.map_or(1, |last| last.number + 1),
            previous: before.map(|row| sha256(row.document.as_bytes()).to_hex()),
            ended: self.ended,
            leaves: bounds(self.span.from.leaf, self.span.until.leaf),
            submissions: bounds(self.span.from.submission, self.span.until.submission),
            records: bounds(self.span.from.record, self.span.until.record),
            log_size: self.log_size,
            books,
            at: self.at.clone(),
        };
        let encoded = document.encode()?;
        let note = document.sign(&encoded, &self.closer.seals)?;
        let line = line(&document, sha256(encoded.as_bytes()).to_hex());
        let draft = Draft {
            party,
            document,
            encoded,
            note,
        };
        Ok((line, Some(draft)))
    }
}

/// What was known of a platform is not forgotten because nobody could ask it this time.
fn remember(books: &mut Books, last: &Document) {
    if let (Books::Destination(books), Books::Destination(before)) = (books, &last.books)
        && let Some(before) = &before.platform
    {
        let platform = books.platform.get_or_insert_with(Platform::not_asked);
        platform.remember(before, last.number);
    }
}

/// Whether a close says already what the books say. What was closed before its day was over is closed again after it.
fn same(last: &Document, books: &Books, ended: bool) -> bool {
    if last.ended != ended {
        return false;
    }
    match (&last.books, books) {
        // A platform that could not be compared this time has not said anything new.
        (Books::Destination(last), Books::Destination(books)) => {
            let silent = books
                .platform
                .as_ref()
                .is_some_and(|platform| !platform.compared());
            let figures = |books: &DestinationBooks| DestinationBooks {
                platform: None,
                ..books.clone()
            };
            last == books || silent && figures(last) == figures(books)
        }
        (last, books) => last == books,
    }
}

pub(super) fn bounds(from: i64, until: i64) -> Bounds {
    Bounds { from, until }
}

fn line(document: &Document, document_sha256: String) -> Line {
    Line {
        with: document.with.clone(),
        number: document.number,
        document_sha256,
        balanced: document.balanced(),
        agreed: document.agreed(),
    }
}

/// Writes the new closes down with their leaves, all or none; false, and nothing written, when somebody else was
/// quicker.
pub fn commit(transaction: &mut Transaction<'_>, drafts: &Drafts) -> Result<bool, StoreError> {
    for draft in &drafts.0 {
        let with = draft.party.to_string();
        let known = closes::latest(transaction.connection, &draft.document.date, &with)?;
        let next = known.map_or(1, |row| row.number + 1);
        if i64::from(next) != i64::from(draft.document.number) {
            return Ok(false);
        }
    }
    for draft in &drafts.0 {
        write(transaction, draft)?;
    }
    Ok(true)
}

fn write(transaction: &mut Transaction<'_>, draft: &Draft) -> Result<(), StoreError> {
    let Draft {
        document,
        encoded,
        note,
        ..
    } = draft;
    let (balanced, agreed) = (document.balanced(), document.agreed());
    let leaf_index = transaction.append_leaf(leaf::encode(&leaf_of(document, encoded))?)?;
    let row = Close {
        date: document.date.clone(),
        party: document.with.clone(),
        number: i32::try_from(document.number).unwrap_or(i32::MAX),
        document: encoded.clone(),
        note: note.clone(),
        leaf_index,
        balanced: i32::from(balanced),
        agreed: agreed.map(i32::from),
        open: i64::try_from(document.open()).unwrap_or(i64::MAX),
        at: Instant::now().millis,
    };
    closes::add(transaction.connection, &row)
}

/// The leaf of a document: what the log says about it.
pub fn leaf_of(document: &Document, encoded: &str) -> leaf::Close {
    let none = (SourceBooks::default(), DestinationBooks::default());
    let (received, owed) = match &document.books {
        Books::Source(books) => (books, &none.1),
        Books::Destination(books) => (&none.0, &**books),
        Books::Hub(books) => (&books.received, &books.owed),
    };
    let short = |figure: u64| u32::try_from(figure).unwrap_or(u32::MAX);
    let receipted = &received.receipted;
    leaf::Close {
        date: document.date.clone(),
        with: document.with.clone(),
        number: document.number,
        counts: Counts {
            records: short(received.records),
            accepted: short(receipted.accepted),
            accepted_with_warnings: short(receipted.accepted_with_warnings),
            parked: short(receipted.parked),
            rejected: short(receipted.rejected),
            duplicate: short(receipted.duplicate),
        },
        owed: owed.owed,
        acknowledged: owed.acknowledged,
        refused: owed.refused,
        exhausted: owed.exhausted,
        open: owed.open(),
        balanced: document.balanced(),
        agreed: document.agreed(),
        root: document.root().map(str::to_owned),
        document_sha256: sha256(encoded.as_bytes()).to_hex(),
        at: document.at.clone(),
    }
}
