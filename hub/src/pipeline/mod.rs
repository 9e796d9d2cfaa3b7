//! What every way in ends in: decode → normalize → judge → commit → receipt.
//!
//! [`receive`] keeps a submission and answers with its receipt; [`check`] judges the same way and keeps
//! nothing. Judging runs on worker threads, committing in the one [`writer`].

mod absent;
pub mod attached;
pub mod basis;
pub mod commit;
pub mod compress;
mod dependants;
pub mod ending;
pub mod expand;
pub mod expanded;
pub mod expiry;
mod figures;
mod history;
pub mod inlet;
mod instant;
pub mod judge;
pub mod large;
pub mod neighbours;
pub mod opinion;
pub mod outcomes;
pub mod parts;
pub mod personal;
pub mod raw;
pub mod receipt;
pub mod record_proof;
mod registers;
mod release;
mod room;
pub mod seal;
pub mod sequence;
pub mod spool;
pub mod sweeper;
pub mod then;
pub mod trial;
pub mod trouble;
pub mod work;
pub mod writer;

use std::sync::Arc;

pub use figures::Figures;
pub use instant::Instant;
pub use raw::RawStore;

use crate::app::App;
use crate::attachment::enclosed::Carried;
use crate::error::{Error, ErrorCode};
use crate::sources::Source;
use crate::tlog::hash::{self, Hash};
use attached::{Arriving, File};
use commit::{Committed, Prepared};
use judge::Read;
use receipt::{Counts, Outcome, Receipt};
use seal::Seal;
use writer::WriteError;

/// Digests that every leaf names: which specification, which code lists, which build judged.
#[derive(Debug, Clone)]
pub struct Digests {
    /// Edition → (specification digest, code-list digest), hexadecimal.
    pub editions: Vec<(String, String, String)>,
    /// Version of the hub.
    pub build: String,
}

/// Version of the hub, as leaves name it.
pub fn build() -> String {
    format!("hub {}", env!("CARGO_PKG_VERSION"))
}

impl Digests {
    /// Takes the digests of a loaded specification.
    pub fn new(specification: &spec::Spec) -> Self {
        let editions = specification
            .editions
            .iter()
            .map(|edition| {
                let part = |codes: bool| {
                    let mut all = Vec::new();
                    for (path, content) in &edition.files {
                        if path.contains("/codes/") == codes {
                            all.extend_from_slice(path.as_bytes());
                            all.push(0);
                            all.extend_from_slice(hash::sha256(content).as_bytes());
                        }
                    }
                    hash::sha256(&all).to_hex()
                };
                (edition.id.clone(), part(false), part(true))
            })
            .collect();
        Digests {
            editions,
            build: build(),
        }
    }

    /// Specification and code-list digest of an edition.
    pub fn of(&self, edition: &spec::Edition) -> (&str, &str) {
        self.editions
            .iter()
            .find(|(id, ..)| *id == edition.id)
            .map_or(("", ""), |(_, spec, codes)| (spec, codes))
    }
}

/// A submission as it came in, by whatever way.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The sender, authenticated.
    pub source: String,
    /// The bytes, already decompressed.
    pub body: bytes::Bytes,
    /// Media type as sent.
    pub media_type: String,
    /// What is known about the form.
    pub hint: adapters::Hint,
    /// The sender's number of the submission, when it stands outside the body.
    pub submission: Option<String>,
    /// The edition, when it stands outside the body.
    pub edition: Option<String>,
    /// The number of the submission when neither sender nor body gives one; none: made from the bytes.
    pub otherwise: Option<String>,
}

/// A submission that was judged but not kept.
#[derive(Debug, serde::Serialize)]
pub struct Checked {
    /// Sender.
    pub source: String,
    /// The sender's own number, as it would be kept.
    pub submission: String,
    /// Edition that judged.
    pub edition: String,
    /// Verdicts.
    pub counts: Counts,
    /// Outcomes in order.
    pub records: Vec<Outcome>,
}

/// Judges, keeps, and answers with a receipt: after the commit is on disk, not before.
pub async fn receive(app: &Arc<App>, incoming: Incoming) -> Result<Receipt, Error> {
    let source = incoming.source.clone();
    let prepared = prepare(app, incoming).await?;
    let (send, answer) = tokio::sync::oneshot::channel();
    app.writer.submit(
        move |transaction| commit::commit(transaction, prepared),
        move |result| drop(send.send(result)),
    );
    let patience = std::time::Duration::from_millis(app.config.limits.answer_ms);
    match tokio::time::timeout(patience, answered(app, &source, answer)).await {
        Ok(receipt) => receipt,
        // It stays in the queue: whoever sends it again finds it kept, or queues it once more, and either is harmless.
        Err(_) => Err(Error::request(
            ErrorCode::Unavailable,
            (
                "另一批大量数据正在保存，本次报送已排队，尚未确认保存；请按 Retry-After 稍后重发同样的内容，\
                 若届时已保存，将得到首次的回执",
                "a large submission is being kept; this one waits in the queue and is not confirmed yet. Send the same \
                 again after Retry-After: if it is kept by then, the answer is the receipt of the first time",
            ),
        )),
    }
}

/// What the writer answers once a submission is committed, or why it was not.
type Answered = Result<(Committed, Arc<Seal>), WriteError>;

/// Waits for the commit of a submission, and signs its receipt.
async fn answered(
    app: &App,
    source: &str,
    answer: tokio::sync::oneshot::Receiver<Answered>,
) -> Result<Receipt, Error> {
    let (committed, seal) = match answer.await {
        Ok(Ok(committed)) => committed,
        Ok(Err(WriteError::Busy)) => {
            return Err(Error::request(
                ErrorCode::Busy,
                (
                    "等待保存的报送过多，请稍后再试",
                    "too many submissions are waiting to be kept",
                ),
            ));
        }
        Ok(Err(WriteError::Failed(why))) => return Err(Error::NotKept(why)),
        Err(_) => return Err(Error::NotKept("the writer has stopped".to_owned())),
    };
    match committed {
        Committed::Fresh(unsigned) => {
            app.figures.judged(source, &unsigned.outcomes);
            Ok(seal::receipt(app.signs(), *unsigned, Some(&seal)))
        }
        // What was repeated at once may be of this very commit.
        Committed::Repeated(unsigned) => Ok(seal::receipt(app.signs(), *unsigned, Some(&seal))),
        Committed::Conflict {
            first_sha256,
            receipt,
        } => Err(conflict(&first_sha256, &receipt)),
    }
}

/// Why a submission is refused whose number was used before for other bytes.
pub fn conflict(first_sha256: &str, receipt: &str) -> Error {
    Error::request(
        ErrorCode::Conflict,
        (
            format!(
                "该批次号已用于不同内容（SHA-256 {first_sha256}，回执 {receipt}），更正数据请使用新的批次号"
            ),
            format!(
                "this submission was received before with other bytes (SHA-256 {first_sha256}, receipt \
                 {receipt}); send corrected data under a new submission number"
            ),
        ),
    )
}

/// Below this size a submission is judged where it was received; above, on a thread for long work.
const SMALL: usize = 16 * 1024;

/// Decodes a submission and judges each record by itself: everything before the writer's transaction.
pub async fn prepare(app: &Arc<App>, incoming: Incoming) -> Result<Prepared, Error> {
    let received = Instant::now();
    if incoming.body.len() < SMALL {
        let (read, judge) = read(app, &incoming, received)?;
        return finish(app, incoming, received, read, judge).await;
    }
    let shared = Arc::clone(app);
    let (incoming, outcome) = tokio::task::spawn_blocking(move || {
        let outcome = read(&shared, &incoming, received);
        (incoming, outcome)
    })
    .await
    .map_err(|error| Error::Internal(format!("judging stopped: {error}")))?;
    let (read, judge) = outcome?;
    finish(app, incoming, received, read, judge).await
}

async fn finish(
    app: &Arc<App>,
    incoming: Incoming,
    received: Instant,
    read: Read,
    (edition, adapter): Judge,
) -> Result<Prepared, Error> {
    app.certified(&incoming.source, edition, received)?;
    app.opinion.sample(edition, &read.items);
    let raw_sha256 = hash::sha256(&incoming.body);
    let submission = submission_number(&incoming, &read.envelope, &raw_sha256)?;
    let masters = personal::may_name_anyone(&read.items).then_some(&*app.masters);
    let raw = app.raw.keep(&raw_sha256, &incoming.body, masters).await?;
    let arriving = arriving(app, &incoming.source, read.files).await?;
    let basis = app
        .archive
        .keep(adapter, edition, incoming.hint.wire)
        .await?;
    Ok(Prepared {
        source: incoming.source,
        submission,
        edition,
        specification: app.spec,
        sequence: read
            .envelope
            .sequence
            .and_then(|number| i64::try_from(number).ok()),
        received,
        raw_sha256,
        raw_bytes: incoming.body.len() as u64,
        raw: raw.inline,
        raw_key: raw.key,
        media_type: incoming.media_type,
        basis: Some(basis),
        hint: beyond_form(incoming.hint),
        items: read.items,
        arriving,
        digests: Arc::clone(&app.digests),
        masters: Some(Arc::clone(&app.masters)),
        under: app.lookup.clone(),
    })
}

/// Keeps the bytes of the files that came with records; when this returns, they are on disk.
async fn arriving(app: &App, source: &str, carried: Vec<Carried>) -> Result<Arriving, Error> {
    let mut keys = Vec::with_capacity(carried.len());
    for file in &carried {
        let named = (source, &*file.named.code, &*file.named.slot);
        if attached::is_kept(app, named, &file.named.sha256)? {
            keys.push(None);
            continue;
        }
        let (sha256, bytes) = (&file.named.sha256, file.bytes.clone());
        let kept = app.attachments.keep_bytes(sha256, bytes, &app.masters);
        keys.push(Some(kept.await?));
    }
    let mut arriving = expected(app, source, &carried)?;
    for (file, key) in arriving.files.iter_mut().zip(keys) {
        file.key = key;
    }
    Ok(arriving)
}

/// The same files, nothing of them kept.
fn expected(app: &App, source: &str, carried: &[Carried]) -> Result<Arriving, Error> {
    let named = |file| {
        let salt =
            crate::keys::api::random_text().map_err(|error| Error::Internal(error.to_string()))?;
        Ok(File::of_carried(source, file, salt, None))
    };
    let files: Result<Vec<File>, Error> = carried.iter().map(named).collect();
    Ok(Arriving {
        files: files?,
        most: app.config.attachments.most_files,
    })
}

/// The sender's number of a submission: from outside the body, from its envelope, or made from the bytes
/// (so that the same bytes sent again meet their first receipt).
fn submission_number(
    incoming: &Incoming,
    envelope: &adapters::Envelope,
    raw: &Hash,
) -> Result<String, Error> {
    let outside = incoming.submission.as_deref();
    let inside = envelope.submission.as_deref();
    if let (Some(outside), Some(inside)) = (outside, inside)
        && outside != inside
    {
        return Err(Error::request(
            ErrorCode::Envelope,
            (
                format!("报文中的 submission 为“{inside}”，请求中为“{outside}”，两者应一致"),
                format!("`submission` is `{inside}` in the body, but `{outside}` in the request"),
            ),
        ));
    }
    let number = outside
        .or(inside)
        .or(incoming.otherwise.as_deref())
        .map_or_else(|| format!("sha256-{}", raw.to_hex()), str::to_owned);
    if number.is_empty() || number.len() > 200 || number.chars().any(char::is_control) {
        return Err(Error::request(
            ErrorCode::Envelope,
            (
                "submission 应为 1 至 200 字节、不含控制字符的文本",
                "`submission` must be 1 to 200 bytes of text without control characters",
            ),
        ));
    }
    Ok(number)
}

/// Judges without keeping anything. References are answered from the store as it is now.
pub fn check(app: &App, incoming: &Incoming) -> Result<Checked, Error> {
    let received = Instant::now();
    let (read, (edition, _)) = read(app, incoming, received)?;
    let raw_sha256 = hash::sha256(&incoming.body);
    let submission = submission_number(incoming, &read.envelope, &raw_sha256)?;
    let source = incoming.source.clone();
    let mut connection = app.readers.take()?;
    let prepared = Prepared {
        source: source.clone(),
        submission: submission.clone(),
        edition,
        specification: app.spec,
        sequence: None,
        received,
        raw_sha256,
        raw_bytes: incoming.body.len() as u64,
        raw: None,
        raw_key: None,
        media_type: incoming.media_type.clone(),
        basis: None,
        hint: None,
        items: read.items,
        arriving: expected(app, &source, &read.files)?,
        digests: Arc::clone(&app.digests),
        masters: None,
        under: app.lookup.clone(),
    };
    let outcomes = commit::judge_only(&mut connection, prepared)?;
    let mut counts = Counts::default();
    for outcome in &outcomes {
        counts.add(outcome.verdict);
    }
    Ok(Checked {
        source,
        submission,
        edition: edition.id.clone(),
        counts,
        records: outcomes,
    })
}

/// What a hint says beside the form, which the basis names; none if nothing.
fn beyond_form(hint: adapters::Hint) -> Option<adapters::Hint> {
    let rest = adapters::Hint { wire: None, ..hint };
    (rest != adapters::Hint::default()).then_some(rest)
}

/// What a submission is judged by.
type Judge = (&'static spec::Edition, &'static adapters::Adapter);

fn read(app: &App, incoming: &Incoming, received: Instant) -> Result<(Read, Judge), Error> {
    let source = known(app, &incoming.source)?;
    // The envelope names the edition, but is read together with the records: judge by the edition that was
    // asked for (or the newest), and again if the envelope says another.
    let judge_by = |name: &str| -> Result<(Read, Judge), Error> {
        let (edition, adapter) = source.edition(name)?;
        let context = spec::Context {
            edition,
            received: received.civil,
            platforms: &[],
        };
        let (body, hint) = (&incoming.body, &incoming.hint);
        let read = judge::read(
            &app.lookup,
            adapter,
            edition,
            &context,
            body,
            hint,
            &app.limits,
        )?;
        Ok((read, (edition, adapter)))
    };
    let (read, judge) = judge_by(incoming.edition.as_deref().unwrap_or(&app.default_edition))?;
    check_sender(&incoming.source, &read.envelope)?;
    let (read, judge) = match read.envelope.edition.as_deref() {
        Some(named) if named != judge.0.id => judge_by(named)?,
        _ => (read, judge),
    };
    source.check_in_force(judge.0, received)?;
    Ok((read, judge))
}

fn known<'a>(app: &'a App, id: &str) -> Result<&'a Source, Error> {
    app.sources.get(id).ok_or_else(|| {
        Error::request(
            ErrorCode::Forbidden,
            (
                format!("数据来源“{id}”没有接入配置"),
                format!("source `{id}` has no profile"),
            ),
        )
    })
}

/// Who the envelope says has sent it must be who did.
pub fn check_sender(sender: &str, envelope: &adapters::Envelope) -> Result<(), Error> {
    match &envelope.source {
        Some(named) if named != sender => Err(Error::request(
            ErrorCode::Envelope,
            (
                format!("报文中的 source 为“{named}”，但密钥属于“{sender}”"),
                format!("`source` is `{named}`, but the key belongs to `{sender}`"),
            ),
        )),
        _ => Ok(()),
    }
}
