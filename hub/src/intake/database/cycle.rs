//! One look at a query: first for rows that came late, then page by page what is new, until nothing is left.

use std::sync::Arc;

use tokio::runtime::Runtime;

use super::document;
use super::position::Position;
use super::query::Query;
use super::seen::Seen;
use crate::app::App;
use crate::error::{Error, ErrorCode};
use crate::intake::Stop;
use crate::intake::problem::{Problem, is_about_the_message};
use crate::intake::ways::DATABASE;
use crate::pipeline::commit::{self, Committed, Prepared};
use crate::pipeline::raw::sealed;
use crate::pipeline::receipt::Outcome;
use crate::pipeline::writer::{Transaction, WriteError};
use crate::pipeline::{self, Incoming, Instant};
use crate::store::pull::{Mark, PullError, PulledRow, Remote, Statement, Table};
use crate::store::refused::{self, RefusedMessage};
use crate::store::{StoreError, progress, ways};
use crate::tlog::hash;

/// Why a look ended early.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The source's database.
    #[error("来源数据库无法读取 · the source's database cannot be read: {}", chain(.0))]
    Remote(#[from] PullError),
    /// The hub's own store.
    #[error("the position cannot be read: {0}")]
    Store(#[from] StoreError),
    /// Nothing was kept.
    #[error("nothing could be kept: {0}")]
    NotKept(String),
    /// Another hub reads the same query.
    #[error("another hub reads this query")]
    Elsewhere,
    /// The stored position cannot be understood.
    #[error("the stored position is damaged: {0}")]
    Damaged(String),
    /// A runtime cannot be made.
    #[error("{0}")]
    Runtime(#[from] std::io::Error),
}

/// An error with its causes, on one line.
fn chain(error: &PullError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = cause.source();
    }
    text.replace(['\n', '\r'], " ")
}

impl From<WriteError> for Ended {
    fn from(error: WriteError) -> Self {
        Ended::NotKept(error.to_string())
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Ended::NotKept(error.to_string())
    }
}

/// What reads one query.
pub struct Cycle<'c> {
    app: &'c Arc<App>,
    query: &'c Query,
    url: &'c str,
    runtime: Runtime,
    seen: Seen,
    /// Whether the last look found the end: while a source is loaded, looking back must wait.
    caught_up: bool,
}

/// What a page became.
enum Became {
    Submission(Box<Prepared>),
    Refused(Box<RefusedMessage>),
}

impl<'c> Cycle<'c> {
    /// Nothing is read yet.
    pub fn new(app: &'c Arc<App>, query: &'c Query, url: &'c str) -> Result<Self, Ended> {
        Ok(Cycle {
            app,
            query,
            url,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            seen: Seen::new(app.config.pull.look_back_rows),
            caught_up: true,
        })
    }

    /// Looks once.
    pub fn run(&mut self, stop: &Stop) -> Result<(), Ended> {
        let settings = &self.app.config.pull;
        let (query, look_back) = (self.query, settings.look_back_ms as i64);
        let mut connection = self.app.readers.take()?;
        let mut stored = progress::position(&mut connection, DATABASE, &query.name)?;
        drop(connection);
        let mut remote = Remote::open(self.url, settings.statement_ms)?;
        let statement = remote.prepare(&Table {
            name: query.table.clone(),
            columns: query.columns.clone(),
            watermark: query.watermark.clone(),
            key: query.key.clone(),
            row_bytes: settings.row_bytes,
        })?;
        let position = read(stored.as_deref())?;
        if let (Some(back), Some(at)) = (
            position.looked_back(Instant::now().millis, look_back),
            &position.at,
        ) && look_back > 0
            && std::mem::take(&mut self.caught_up)
        {
            self.late(&mut remote, &statement, (back, at), &mut stored, stop)?;
        }
        for _ in 0..settings.pages {
            let at = read(stored.as_deref())?.at;
            let rows = remote.page(&statement, at.as_ref(), None, settings.rows)?;
            self.caught_up = rows.len() < settings.rows;
            if rows.is_empty() || stop.asked() {
                break;
            }
            self.keep(&rows, true, &mut stored)?;
        }
        let (name, source) = (query.name.clone(), query.source.clone());
        Ok(self.app.writer.run(move |transaction| {
            let now = Instant::now().millis;
            ways::succeeded(transaction.connection, (DATABASE, &name), &source, now)
        })?)
    }

    /// Reads again what was read lately, and keeps what was not there then.
    fn late(
        &mut self,
        remote: &mut Remote,
        statement: &Statement,
        (back, until): (&Mark, &Mark),
        stored: &mut Option<String>,
        stop: &Stop,
    ) -> Result<(), Ended> {
        let mut after = back.clone();
        let settings = &self.app.config.pull;
        for _ in 0..settings.pages {
            let most = settings.rows;
            if stop.asked() {
                break;
            }
            let rows = remote.page(statement, Some(&after), Some(until), most)?;
            let Some(last) = rows.last() else {
                break;
            };
            after = last.mark();
            let fresh: Vec<PulledRow> =
                rows.into_iter().filter(|row| !self.seen.has(row)).collect();
            if !fresh.is_empty() {
                self.keep(&fresh, false, stored)?;
            }
        }
        Ok(())
    }

    /// Judges and commits rows with the place after them. What cannot be read together is read in halves, so that one
    /// bad row harms no other.
    fn keep(
        &mut self,
        rows: &[PulledRow],
        forward: bool,
        stored: &mut Option<String>,
    ) -> Result<(), Ended> {
        let Some(last) = rows.last() else {
            return Ok(());
        };
        let position = read(stored.as_deref())?;
        let became = match self.prepare(rows, position.pages)? {
            Ok(prepared) => Became::Submission(Box::new(prepared)),
            Err(error) if rows.len() > 1 => {
                tracing::debug!(%error, query = self.query.name, "a page is read in halves");
                let (first, second) = rows.split_at(rows.len() / 2);
                self.keep(first, forward, stored)?;
                return self.keep(second, forward, stored);
            }
            Err(error) => Became::Refused(Box::new(self.refusal(last, position.pages, &error))),
        };
        let now = Instant::now().millis;
        let look_back = self.app.config.pull.look_back_ms as i64;
        let next = position.after(forward.then(|| last.mark()), now, look_back);
        let next =
            serde_json::to_string(&next).map_err(|error| Ended::Damaged(error.to_string()))?;
        let page = Page {
            name: self.query.name.clone(),
            source: self.query.source.clone(),
            from: stored.clone(),
            next: next.clone(),
            now,
            became,
        };
        let Some(outcomes) = self
            .app
            .writer
            .run(move |transaction| page.commit(transaction))?
        else {
            return Err(Ended::Elsewhere);
        };
        *stored = Some(next);
        self.app.figures.judged(&self.query.source, &outcomes);
        self.app.ways.works(DATABASE, &self.query.name);
        let refused = u64::from(outcomes.is_empty());
        self.app.ways.note(DATABASE, &self.query.name, |way| {
            way.taken += 1;
            way.refused += refused;
        });
        for row in rows {
            self.seen.add(row);
        }
        Ok(())
    }

    /// Judges rows by themselves; the inner error is about the rows, and stays the same however often they are read.
    fn prepare(&self, rows: &[PulledRow], page: u64) -> Result<Result<Prepared, Error>, Ended> {
        if let Some(row) = rows.iter().find(|row| row.body.is_none()) {
            let (found, most) = (row.bytes, self.app.config.pull.row_bytes);
            return Ok(Err(Error::request(
                ErrorCode::TooLarge,
                (
                    format!("该行为 {found} 字节，至多 {most} 字节（pull.row_bytes）"),
                    format!("the row has {found} bytes, at most {most} are taken (pull.row_bytes)"),
                ),
            )));
        }
        let incoming = Incoming {
            source: self.query.source.clone(),
            body: document::write(rows),
            media_type: document::MEDIA_TYPE.to_owned(),
            hint: adapters::Hint {
                wire: Some(adapters::WireFormat::Sql),
                dataset: Some(self.query.dataset.clone()),
                ..adapters::Hint::default()
            },
            submission: None,
            edition: None,
            otherwise: Some(format!("{DATABASE}:{}/{page}", self.query.name)),
        };
        let app = Arc::clone(self.app);
        let task = self
            .runtime
            .spawn(async move { pipeline::prepare(&app, incoming).await });
        match self.runtime.block_on(task) {
            Ok(Ok(prepared)) => Ok(Ok(prepared)),
            Ok(Err(error)) if is_about_the_message(&error) => Ok(Err(error)),
            Ok(Err(error)) => Err(error.into()),
            Err(error) => Ok(Err(Error::Internal(format!("judging stopped: {error}")))),
        }
    }

    fn refusal(&self, row: &PulledRow, page: u64, error: &Error) -> RefusedMessage {
        let text = row.text();
        let sha256 = hash::sha256(text.as_bytes());
        tracing::warn!(
            query = self.query.name,
            page,
            sha256 = sha256.to_hex(),
            "a row was not taken"
        );
        let kept = sealed::packed(&self.app.masters, &sha256, text.as_bytes()).ok();
        let (raw, raw_key) = kept.unzip();
        RefusedMessage {
            place: format!("{DATABASE}:{}", self.query.name),
            message_offset: page as i64,
            source: self.query.source.clone(),
            received_at: Instant::now().millis,
            message_key: Some(row.mark().key.into_bytes()),
            raw_sha256: sha256.as_bytes().to_vec(),
            raw_bytes: row.bytes,
            raw,
            problem: Problem::of(error).json(),
            raw_key,
        }
    }
}

/// A page, ready to be committed.
struct Page {
    name: String,
    source: String,
    from: Option<String>,
    next: String,
    now: i64,
    became: Became,
}

impl Page {
    /// Outcomes of what is new; none when another hub has read on meanwhile, and then nothing is kept.
    fn commit(self, transaction: &mut Transaction<'_>) -> Result<Option<Vec<Outcome>>, StoreError> {
        let place = (DATABASE, self.name.as_str());
        let connection = &mut *transaction.connection;
        if !progress::advance(
            connection,
            place,
            self.from.as_deref(),
            &self.next,
            self.now,
        )? {
            return Ok(None);
        }
        ways::succeeded(connection, place, &self.source, self.now)?;
        let prepared = match self.became {
            Became::Submission(prepared) => prepared,
            Became::Refused(row) => {
                refused::keep(connection, &row)?;
                return Ok(Some(Vec::new()));
            }
        };
        match commit::commit(transaction, *prepared)? {
            Committed::Fresh(unsigned) => Ok(Some(unsigned.outcomes)),
            Committed::Repeated(_) | Committed::Conflict { .. } => Err(StoreError::Damaged {
                place: format!("progress, {DATABASE} {}", self.name),
                what: "a page has a number that was given before".to_owned(),
            }),
        }
    }
}

fn read(stored: Option<&str>) -> Result<Position, Ended> {
    stored.map_or_else(
        || Ok(Position::default()),
        |text| serde_json::from_str(text).map_err(|error| Ended::Damaged(error.to_string())),
    )
}
