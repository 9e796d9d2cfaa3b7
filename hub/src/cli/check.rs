//! `hub check`: judges files of any size without a hub, in flat memory.
//!
//! What only a hub can know (whether a referred record is there, whether this one came before) is not judged.

mod lines;
mod text;

use std::fs::File;
use std::io::{Read as _, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use adapters::{Adapter, Chunk, Chunks, DecodeError, Decoded, Hint, Limits, Locator, WireFormat};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use spec::{Change, Issue, Severity, Verdict};

use super::Form;
use super::folder::Folder;
use crate::app;
use crate::pipeline::Instant;
use crate::pipeline::judge::shown_key;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Whose files they are.
    #[arg(long, value_name = "ID")]
    source: String,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    /// Edition of the specification; default: that of the configuration.
    #[arg(long)]
    edition: Option<String>,
    /// Data set of all records, where the files do not say it.
    #[arg(long)]
    dataset: Option<String>,
    #[command(flatten)]
    folder: Folder,
}

/// Bytes of a chunk, about.
const CHUNK: usize = 2 << 20;

/// One record as it is told.
#[derive(Debug, Serialize)]
pub struct Line<'l> {
    file: &'l str,
    record: u64,
    dataset: &'l str,
    key: Option<&'l str>,
    verdict: Verdict,
    issues: &'l [Issue],
    changes: &'l [Change],
    /// Line and column of the record, for findings that have no place of their own.
    #[serde(skip)]
    begins: (u32, u32),
}

/// How many records met which verdict.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Summary {
    records: u64,
    accepted: u64,
    accepted_with_warnings: u64,
    parked: u64,
    rejected: u64,
    duplicate: u64,
    /// Files that could not be read to their end.
    #[serde(skip_serializing_if = "is_zero")]
    unreadable: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Summary {
    fn add(&mut self, verdict: Verdict) {
        self.records += 1;
        match verdict {
            Verdict::Accepted => self.accepted += 1,
            Verdict::AcceptedWithWarnings => self.accepted_with_warnings += 1,
            Verdict::Parked => self.parked += 1,
            Verdict::Rejected => self.rejected += 1,
            Verdict::Duplicate => self.duplicate += 1,
        }
    }

    /// Nothing that a sender has to look at.
    fn is_clean(self) -> bool {
        self.accepted == self.records && self.unreadable == 0
    }
}

/// Takes what is found, in a form.
pub trait Teller {
    /// One record.
    fn record(&mut self, line: &Line<'_>) -> std::io::Result<()>;
    /// A file that cannot be read further.
    fn unreadable(&mut self, file: &str, error: &DecodeError) -> std::io::Result<()>;
    /// The end.
    fn end(&mut self, summary: Summary) -> std::io::Result<()>;
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let config = arguments.folder.config(Vec::new())?;
    let mut specification = app::read_spec(&config)?;
    specification.mute_lateness();
    let specification: &'static spec::Spec = Box::leak(Box::new(specification));
    let sources = app::load_sources(&config, specification)?;
    let received = Instant::now();
    let asked = arguments.edition.as_deref().unwrap_or(&config.spec.edition);
    let source = sources.get(&arguments.source).with_context(|| {
        let all: Vec<&str> = sources
            .all()
            .iter()
            .map(|source| source.profile.id.as_str())
            .collect();
        format!(
            "there is no source `{}`, expected one of {}",
            arguments.source,
            all.join(", ")
        )
    })?;
    let (edition, adapter) = source.edition(asked)?;
    source.check_in_force(edition, received)?;
    let limits = Limits {
        bytes: config.limits.decompressed_bytes,
        depth: config.limits.depth,
        records: config.limits.records,
        fields: config.limits.fields,
        value: config.limits.value_bytes,
    };
    let context = spec::Context {
        edition,
        received: received.civil,
        platforms: &[],
    };
    let mut check = Check {
        adapter,
        context,
        limits,
        dataset: arguments.dataset.clone(),
        summary: Summary::default(),
    };
    let bar = progress(&arguments.files)?;
    let out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    match arguments.format {
        Form::Json => check.all(&arguments.files, &bar, &mut lines::Lines::new(out))?,
        Form::Text => check.all(&arguments.files, &bar, &mut text::Text::new(out))?,
    }
    Ok(check.summary.is_clean())
}

/// A bar over all bytes; it hides itself when stderr is no terminal.
fn progress(files: &[PathBuf]) -> anyhow::Result<ProgressBar> {
    let mut bytes = 0;
    for file in files {
        bytes += std::fs::metadata(file)
            .with_context(|| file.display().to_string())?
            .len();
    }
    let style =
        ProgressStyle::with_template("{bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta}")?;
    Ok(ProgressBar::new(bytes).with_style(style))
}

/// One run over files of a source.
struct Check<'c> {
    adapter: &'c Adapter,
    context: spec::Context<'c>,
    limits: Limits,
    dataset: Option<String>,
    summary: Summary,
}

impl Check<'_> {
    fn all(
        &mut self,
        files: &[PathBuf],
        bar: &ProgressBar,
        teller: &mut impl Teller,
    ) -> anyhow::Result<()> {
        for file in files {
            self.file(file, bar, teller)
                .with_context(|| file.display().to_string())?;
        }
        bar.finish_and_clear();
        Ok(teller.end(self.summary)?)
    }

    fn file(
        &mut self,
        path: &Path,
        bar: &ProgressBar,
        teller: &mut impl Teller,
    ) -> anyhow::Result<()> {
        let name = path.display().to_string();
        let hint = Hint {
            dataset: self.dataset.clone(),
            file_name: path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            ..Hint::default()
        };
        let mut file = File::open(path)?;
        let mut chunks = Chunks::new(
            self.adapter.profile(),
            WireFormat::of_file_name(&name),
            CHUNK,
            &self.limits,
        );
        let mut buffer = vec![0; 1 << 20];
        let mut number = 0;
        loop {
            let chunk = match chunks.next() {
                Ok(Some(chunk)) => chunk,
                Ok(None) => {
                    let read = file.read(&mut buffer)?;
                    bar.inc(read as u64);
                    if read > 0 {
                        chunks.feed(buffer.get(..read).unwrap_or_default());
                        continue;
                    }
                    chunks.end();
                    match self.rest(&mut chunks, &name, &hint, &mut number, teller)? {
                        Ok(()) => return Ok(()),
                        Err(error) => return self.unreadable(&name, &error, teller),
                    }
                }
                Err(error) => return self.unreadable(&name, &error, teller),
            };
            if let Err(error) = self.chunk(&chunk, &name, &hint, &mut number, teller)? {
                return self.unreadable(&name, &error, teller);
            }
        }
    }

    /// The chunks that are left when the file has ended.
    fn rest(
        &mut self,
        chunks: &mut Chunks,
        name: &str,
        hint: &Hint,
        number: &mut u64,
        teller: &mut impl Teller,
    ) -> anyhow::Result<Result<(), DecodeError>> {
        loop {
            match chunks.next() {
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
                Ok(Some(chunk)) => {
                    if let Err(error) = self.chunk(&chunk, name, hint, number, teller)? {
                        return Ok(Err(error));
                    }
                }
            }
        }
    }

    fn unreadable(
        &mut self,
        name: &str,
        error: &DecodeError,
        teller: &mut impl Teller,
    ) -> anyhow::Result<()> {
        self.summary.unreadable += 1;
        Ok(teller.unreadable(name, error)?)
    }

    fn chunk(
        &mut self,
        chunk: &Chunk,
        name: &str,
        hint: &Hint,
        number: &mut u64,
        teller: &mut impl Teller,
    ) -> anyhow::Result<Result<(), DecodeError>> {
        let locator = Locator::within(&chunk.bytes, chunk.origin);
        let (context, summary) = (self.context, &mut self.summary);
        let mut told = Ok(());
        let outcome = self.adapter.decode(
            &chunk.bytes,
            &chunk.hint(hint),
            &self.limits,
            &mut |decoded| {
                told = tell(&context, decoded, &locator, name, *number, summary, teller);
                *number += 1;
                if told.is_ok() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            },
        );
        told?;
        Ok(outcome.map(|_| ()))
    }
}

/// Judges one record and tells what came out.
fn tell(
    context: &spec::Context<'_>,
    decoded: Decoded<'_, '_>,
    locator: &Locator<'_>,
    file: &str,
    record: u64,
    summary: &mut Summary,
    teller: &mut impl Teller,
) -> std::io::Result<()> {
    let (at, dataset, key, mut issues, changes);
    match decoded {
        Decoded::Record { record, .. } => {
            at = record.at;
            let mut normalized = spec::normalize(context, record);
            issues = spec::validate::judge_alone(context, &mut normalized).issues;
            key = shown_key(&normalized);
            dataset = normalized.dataset.id.clone();
            changes = normalized.changes;
        }
        Decoded::Unusable {
            at: begins,
            dataset: named,
            issue,
        } => {
            at = begins;
            (dataset, key, issues, changes) =
                (named.unwrap_or_default(), None, vec![issue], Vec::new());
        }
    }
    for issue in &mut issues {
        if let (Some(at), None) = (issue.at, issue.line) {
            let (line, column) = locator.locate(at);
            issue.line = Some(line);
            issue.column = Some(column);
        }
    }
    let verdict = if issues.iter().any(|issue| issue.severity == Severity::Error) {
        Verdict::Rejected
    } else if issues.is_empty() {
        Verdict::Accepted
    } else {
        Verdict::AcceptedWithWarnings
    };
    summary.add(verdict);
    let begins = if issues.is_empty() {
        (1, 1)
    } else {
        locator.locate(at)
    };
    teller.record(&Line {
        file,
        record,
        dataset: &dataset,
        key: key.as_deref(),
        verdict,
        issues: &issues,
        changes: &changes,
        begins,
    })
}

/// Writes one line of JSON.
fn json_line(out: &mut impl Write, value: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests;
