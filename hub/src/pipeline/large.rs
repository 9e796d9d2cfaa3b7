//! Submissions that are too large to be held in memory: read from a file in parts, twice, and still one submission.
//!
//! The first reading finds out whether the file can be read to its end, and what its envelope says; nothing has begun
//! yet when it cannot. The second judges each record by itself on a thread of its own, and hands the records to the
//! writer, which judges them among others and writes them, part by part, in one transaction of their own: the submission
//! is seen whole or not at all. Meanwhile other submissions wait for the writer.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use adapters::{Adapter, Envelope, Hint};
use spec::{Context, Edition};

use super::attached::Arriving;
use super::commit::{self, Part, Prepared};
use super::expand::Encoding;
use super::parts::{Parts, PartsError};
use super::receipt::Receipt;
use super::spool::spool;
use super::{Incoming, Instant, answered, check_sender, conflict, judge, known, submission_number};
use crate::app::{App, spool_folder};
use crate::error::{Error, ErrorCode};
use crate::keys::{Digest, FileKey};
use crate::pipeline::receipt::VERDICTS;
use crate::sealedfile::SealedReader;
use crate::store::submissions;
use crate::tlog::hash::{self, Hash};

/// Parts that may wait for the writer.
const WAITING: usize = 2;

/// Bytes in a file that does not change any more.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where they are.
    file: PathBuf,
    /// Under which key, when they are encrypted there.
    key: Option<FileKey>,
    /// How many they are.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: Hash,
}

impl Document {
    /// Takes the measure of a file.
    pub fn of(file: &Path) -> std::io::Result<Document> {
        Document::read(file.to_owned(), None, File::open(file)?)
    }

    /// Takes the measure of a file that is encrypted, with so many clear bytes.
    pub fn sealed(file: &Path, key: FileKey, length: u64) -> std::io::Result<Document> {
        let from = SealedReader::open(File::open(file)?, key.clone(), length)?;
        Document::read(file.to_owned(), Some(key), from)
    }

    fn read(file: PathBuf, key: Option<FileKey>, mut from: impl Read) -> std::io::Result<Document> {
        let mut digest = Digest::sha256();
        let mut buffer = vec![0; 1 << 20];
        let mut bytes = 0;
        loop {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            digest.update(buffer.get(..read).unwrap_or_default());
            bytes += read as u64;
        }
        Document::measured(file, key, bytes, digest)
    }

    /// A file whose digest was taken while it was written.
    pub fn measured(
        file: PathBuf,
        key: Option<FileKey>,
        bytes: u64,
        digest: Digest,
    ) -> std::io::Result<Document> {
        let sha256: [u8; 32] = digest
            .finish()
            .try_into()
            .map_err(|_| std::io::Error::other("not a SHA-256"))?;
        Ok(Document {
            file,
            key,
            bytes,
            sha256: Hash::new(sha256),
        })
    }

    /// The bytes from the beginning.
    pub fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        let file = File::open(&self.file)?;
        Ok(match &self.key {
            Some(key) => Box::new(SealedReader::open(file, key.clone(), self.bytes)?),
            None => Box::new(file),
        })
    }
}

/// Judges a file, keeps it, and answers with a receipt after the commit; whatever its size. `about` is what is known
/// of it, with an empty body. One that is compressed is received as what it becomes.
pub async fn receive(
    app: &Arc<App>,
    mut about: Incoming,
    document: Document,
) -> Result<Receipt, Error> {
    let name = about.hint.file_name.as_deref();
    let encoding = Encoding::of_file(&about.media_type, name);
    if encoding == Encoding::Plain {
        return received(app, about, document).await;
    }
    about.hint.file_name = name.map(|name| Encoding::expanded(name).to_owned());
    about.media_type.clear();
    let (folder, limits) = (spool_folder(&app.config), app.config.limits.clone());
    let spooled = tokio::task::spawn_blocking(move || {
        let from = document.open().map_err(PartsError::Io)?;
        spool(&folder, encoding, &limits, from)
    });
    let spooled = spooled.await.map_err(stopped)??;
    received(app, about, spooled.document.clone()).await
}

async fn received(
    app: &Arc<App>,
    mut about: Incoming,
    document: Document,
) -> Result<Receipt, Error> {
    if document.bytes > app.config.limits.file_bytes {
        return Err(too_large(app.config.limits.file_bytes, "字节", "bytes"));
    }
    if document.bytes <= app.config.limits.memory_bytes as u64 {
        let bytes = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            document.open()?.read_to_end(&mut bytes)?;
            Ok::<_, std::io::Error>(bytes)
        });
        let bytes = bytes.await.map_err(stopped)?;
        about.body = bytes
            .map_err(|error| Error::NotKept(format!("the file cannot be read: {error}")))?
            .into();
        return super::receive(app, about).await;
    }
    // Each takes two readings of its file, and a turn of the writer: more at once would only fill the memory.
    let _turn = app
        .large
        .acquire()
        .await
        .map_err(|error| Error::Internal(error.to_string()))?;
    let received = Instant::now();
    let (shared, incoming, file) = (Arc::clone(app), about.clone(), document.clone());
    let survey = tokio::task::spawn_blocking(move || survey(&shared, &incoming, &file, received));
    let survey = survey.await.map_err(stopped)??;
    let submission = submission_number(&about, &survey.envelope, &document.sha256)?;
    if let Some(receipt) = repeated(app, &about.source, &submission, &document.sha256).await? {
        return Ok(receipt);
    }
    let bytes = document.open().map_err(PartsError::Io)?;
    let raw_key = app
        .raw
        .keep_file(&document.sha256, bytes, &app.masters)
        .await?;
    let wire = about.hint.wire;
    let basis = app
        .archive
        .keep(survey.adapter, survey.edition, wire)
        .await?;
    let source = about.source.clone();
    let prepared = Prepared {
        source: about.source.clone(),
        submission,
        edition: survey.edition,
        specification: app.spec,
        sequence: survey
            .envelope
            .sequence
            .and_then(|number| i64::try_from(number).ok()),
        received,
        raw_sha256: document.sha256,
        raw_bytes: document.bytes,
        raw: None,
        raw_key: Some(raw_key),
        media_type: about.media_type.clone(),
        basis: Some(basis),
        hint: super::beyond_form(about.hint.clone()),
        items: Vec::new(),
        arriving: Arriving::default(),
        digests: Arc::clone(&app.digests),
        masters: Some(Arc::clone(&app.masters)),
        under: app.lookup.clone(),
    };
    let (parts, received_parts) = sync_channel(WAITING);
    let reader = Reader {
        app: Arc::clone(app),
        document,
        hint: about.hint,
        survey,
        received,
        runtime: tokio::runtime::Handle::current(),
    };
    std::thread::Builder::new()
        .name("large submission".to_owned())
        .spawn(move || reader.run(&parts))
        .map_err(|error| Error::NotKept(format!("no thread: {error}")))?;
    let (send, answer) = tokio::sync::oneshot::channel();
    app.writer.submit_alone(
        move |transaction| commit::commit_parts(transaction, prepared, &received_parts),
        move |result| drop(send.send(result)),
    );
    let receipt = answered(app, &source, answer).await?;
    count(app, &receipt).await;
    Ok(receipt)
}

fn stopped(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("judging stopped: {error}"))
}

fn too_large(most: u64, zh: &str, en: &str) -> Error {
    Error::request(
        ErrorCode::TooLarge,
        (
            format!("报文超过 {most} {zh}，请拆分后报送"),
            format!("the body exceeds {most} {en}; send it in several submissions"),
        ),
    )
}

/// The first receipt, when the same number was kept before: then nothing needs to be judged.
async fn repeated(
    app: &Arc<App>,
    source: &str,
    submission: &str,
    sha256: &Hash,
) -> Result<Option<Receipt>, Error> {
    let (app, sha256) = (Arc::clone(app), *sha256);
    let (source, submission) = (source.to_owned(), submission.to_owned());
    let asked = tokio::task::spawn_blocking(move || {
        let mut connection = app.readers.take()?;
        let Some(row) = submissions::by_sender(&mut connection, &source, &submission)? else {
            return Ok(None);
        };
        if row.raw_sha256 != sha256.as_bytes() {
            let first = hash::hex(&row.raw_sha256);
            return Err(conflict(&first, &commit::receipt_id(row.id)));
        }
        let unsigned = commit::load(&mut connection, &row)?;
        Ok(Some(super::seal::receipt(app.signs(), unsigned, None)))
    });
    asked.await.map_err(stopped)?
}

/// Counts what was judged, for metrics: the outcomes themselves are on disk by now.
async fn count(app: &Arc<App>, receipt: &Receipt) {
    let (app, source, edition) = (
        Arc::clone(app),
        receipt.source.clone(),
        receipt.edition.clone(),
    );
    let Some(id) = commit::parse_receipt_id(&receipt.id) else {
        return;
    };
    let counted = tokio::task::spawn_blocking(move || -> Result<(), crate::store::StoreError> {
        let volumes = submissions::volumes(&mut *app.readers.take()?, id)?;
        let edition = app.spec.edition(&edition);
        for volume in volumes {
            let known = u16::try_from(volume.dataset).ok();
            let dataset = edition.and_then(|edition| edition.by_code(known?));
            let dataset = dataset.map_or("", |dataset| dataset.id.as_str());
            for (verdict, records) in VERDICTS.into_iter().zip(volume.by_verdict()) {
                if records > 0 {
                    app.figures
                        .add(&source, dataset, verdict, records.unsigned_abs().into());
                }
            }
        }
        Ok(())
    });
    if !matches!(counted.await, Ok(Ok(()))) {
        tracing::warn!(receipt = receipt.id, "kept, but not counted in the metrics");
    }
}

/// What the first reading of a file found out.
struct Survey {
    envelope: Envelope,
    edition: &'static Edition,
    adapter: &'static Adapter,
}

/// Reads a file to its end, and judges nothing.
fn survey(
    app: &App,
    incoming: &Incoming,
    document: &Document,
    received: Instant,
) -> Result<Survey, Error> {
    let source = known(app, &incoming.source)?;
    let read_by = |name: &str| -> Result<Survey, Error> {
        let (edition, adapter) = source.edition(name)?;
        let mut envelope = Envelope::default();
        let mut records = 0_u64;
        let most = app.config.limits.file_records;
        let memory = app.config.limits.memory_bytes;
        let bytes = document.open().map_err(PartsError::Io)?;
        let mut parts = Parts::of(adapter, bytes, &incoming.hint, &app.limits, memory);
        while let Some(part) = parts.document()? {
            let hint = part.hint(&incoming.hint);
            let package = adapter.open(&part.bytes, &hint, &app.limits)?;
            let said = package.decode(adapter, &app.limits, &mut |_, _, _| {
                records += 1;
                ControlFlow::Continue(())
            })?;
            if records > most {
                return Err(too_large(most, "条记录", "records"));
            }
            envelope = merged(envelope, said);
        }
        Ok(Survey {
            envelope,
            edition,
            adapter,
        })
    };
    let asked = incoming.edition.as_deref().unwrap_or(&app.default_edition);
    let survey = read_by(asked)?;
    check_sender(&incoming.source, &survey.envelope)?;
    let survey = match survey.envelope.edition.as_deref() {
        Some(named) if named != survey.edition.id => read_by(named)?,
        _ => survey,
    };
    source.check_in_force(survey.edition, received)?;
    app.certified(&incoming.source, survey.edition, received)?;
    Ok(survey)
}

/// Every part repeats the head of the file; what stands after the records is in the last part only.
fn merged(before: Envelope, said: Envelope) -> Envelope {
    Envelope {
        edition: before.edition.or(said.edition),
        source: before.source.or(said.source),
        submission: before.submission.or(said.submission),
        sequence: before.sequence.or(said.sequence),
    }
}

/// The second reading.
struct Reader {
    app: Arc<App>,
    document: Document,
    hint: Hint,
    survey: Survey,
    received: Instant,
    /// Keeps the bytes of files that came with records.
    runtime: tokio::runtime::Handle,
}

impl Reader {
    fn run(&self, to: &SyncSender<Part>) {
        let end = match self.read(to) {
            Ok(()) => Part::End,
            Err(error) => Part::Broken(error.to_string()),
        };
        // The writer is gone when it gave up: it has answered already.
        drop(to.send(end));
    }

    fn read(&self, to: &SyncSender<Part>) -> Result<(), Error> {
        let Survey {
            edition, adapter, ..
        } = self.survey;
        let context = Context {
            edition,
            received: self.received.civil,
            platforms: &[],
        };
        let limits = &self.app.limits;
        let memory = self.app.config.limits.memory_bytes;
        let bytes = self.document.open().map_err(PartsError::Io)?;
        let mut parts = Parts::of(adapter, bytes, &self.hint, limits, memory);
        while let Some(part) = parts.document()? {
            let hint = part.hint(&self.hint);
            let read = judge::read(
                &self.app.lookup,
                adapter,
                edition,
                &context,
                &part.bytes,
                &hint,
                limits,
            )?;
            self.app.opinion.sample(edition, &read.items);
            let arriving = super::arriving(&self.app, &adapter.profile().id, read.files);
            let arriving = self.runtime.block_on(arriving)?;
            if to.send(Part::Items(read.items, arriving)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}
