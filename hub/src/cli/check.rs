//! `hub check`: judges files of any size without a hub, in flat memory.
//!
//! What only a hub can know (whether a referred record is there, whether this one came before) is not judged.

mod excerpt;
mod explain;
mod line;
mod lines;
mod sarif;
mod tally;
mod text;
mod words;

use std::borrow::Cow;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use adapters::{Adapter, Chunk, DecodeError, Hint, Limits, Part, Spans};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use spec::{Message, Verdict};

use super::folder::Folder;
use crate::app;
use crate::attachment::enclosed::{Luggage, unclaimed};
use crate::pipeline::Instant;
use crate::pipeline::parts::{Parts, PartsError};
use excerpt::{Page, Within};
use line::{Line, tell};
pub use words::Lang;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files.
    #[arg(required_unless_present = "explain")]
    files: Vec<PathBuf>,
    /// Whose files they are.
    #[arg(long, value_name = "ID", required_unless_present = "explain")]
    source: Option<String>,
    /// Print a code, a rule or a field (DATASET.FIELD) in full, and check nothing.
    #[arg(long, value_name = "WHAT")]
    explain: Option<String>,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    /// Language of the text.
    #[arg(long, value_enum, default_value = "zh")]
    lang: Lang,
    /// Findings of each rule that the text lists; 0: all.
    #[arg(long, value_name = "N", default_value_t = 20)]
    max_per_rule: u64,
    /// Edition of the specification; default: that of the configuration.
    #[arg(long)]
    edition: Option<String>,
    /// Data set of all records, where the files do not say it.
    #[arg(long)]
    dataset: Option<String>,
    #[command(flatten)]
    folder: Folder,
}

/// Form of the result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// For people.
    Text,
    /// JSON lines, for scripts.
    Json,
    /// SARIF 2.1.0, for tools that show findings of many checkers.
    Sarif,
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
    fn unreadable(
        &mut self,
        file: &str,
        error: &DecodeError,
        within: Option<(Within<'_>, usize)>,
    ) -> std::io::Result<()>;
    /// The end.
    fn end(&mut self, summary: Summary) -> std::io::Result<()>;
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let config = arguments.folder.config(Vec::new())?;
    let mut specification = app::read_spec(&config)?;
    // What receipts speak of is explained too; only a file that is looked at cannot be late.
    if arguments.explain.is_none() {
        specification.mute_lateness();
    }
    let specification: &'static spec::Spec = Box::leak(Box::new(specification));
    let sources = app::load_sources(&config, specification)?;
    let received = Instant::now();
    let asked = arguments.edition.as_deref().unwrap_or(&config.spec.edition);
    if let Some(what) = &arguments.explain {
        return print(specification, asked, received, arguments.lang, what);
    }
    let id = arguments.source.as_deref().unwrap_or_default();
    let source = sources.get(id).with_context(|| {
        let all: Vec<&str> = sources
            .all()
            .iter()
            .map(|source| source.profile.id.as_str())
            .collect();
        super::said(
            format!("没有数据来源“{id}”，应为 {} 之一", all.join("、")),
            format!(
                "there is no source `{id}`, expected one of {}",
                all.join(", ")
            ),
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
        file: usize::try_from(config.attachments.most_bytes).unwrap_or(usize::MAX),
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
    // Colours are left out where there is no terminal, or NO_COLOR asks for it.
    let out = anstream::AutoStream::auto(std::io::stdout().lock());
    let out = std::io::BufWriter::with_capacity(1 << 16, out);
    let (lang, most) = (arguments.lang, arguments.max_per_rule);
    match arguments.format {
        Form::Json => check.all(&arguments.files, &bar, &mut lines::Lines::new(out))?,
        Form::Text => check.all(
            &arguments.files,
            &bar,
            &mut text::Text::new(out, lang, most),
        )?,
        Form::Sarif => check.all(
            &arguments.files,
            &bar,
            &mut sarif::Sarif::new(out, lang, edition)?,
        )?,
    }
    Ok(check.summary.is_clean())
}

/// Prints what `--explain` asks for.
fn print(
    specification: &spec::Spec,
    edition: &str,
    received: Instant,
    lang: Lang,
    what: &str,
) -> anyhow::Result<bool> {
    let edition = specification.edition(edition).with_context(|| {
        super::said(
            format!("没有规范版本“{edition}”"),
            format!("there is no edition `{edition}`"),
        )
    })?;
    let context = spec::Context {
        edition,
        received: received.civil,
        platforms: &[],
    };
    let mut out = std::io::stdout().lock();
    let is_known = explain::explain(&mut out, context, lang, what)?;
    let unknown = unknown(edition, what);
    anyhow::ensure!(is_known, super::said(unknown.zh, unknown.en));
    Ok(true)
}

/// That there is no such thing, and what is called nearly so.
fn unknown(edition: &spec::Edition, what: &str) -> Message {
    let near = explain::near(edition, what);
    let (zh, en) = if near.is_empty() {
        (
            "。用 hub spec list 查看全部数据集，hub spec show 数据集 查看其规则".to_owned(),
            ". See hub spec list for the data sets, hub spec show DATASET for the rules of one"
                .to_owned(),
        )
    } else {
        (
            format!("，相近的有 {}", near.join("、")),
            format!("; near it: {}", near.join(", ")),
        )
    };
    Message::new(
        format!("没有问题代码、规则或数据项“{what}”{zh}"),
        format!("there is no code, rule or field `{what}`{en}"),
    )
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
        let mut parts = Parts::open(self.adapter, path, &hint, &self.limits, usize::MAX)?;
        let mut number = 0;
        loop {
            let chunk = match parts.document() {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(()),
                Err(PartsError::Decode(error)) => return self.unreadable(&name, &error, teller),
                Err(error) => return Err(error.into()),
            };
            bar.inc((chunk.bytes.len() - chunk.origin.prefix) as u64);
            if !self.chunk(&chunk, &name, &hint, &mut number, teller)? {
                return Ok(());
            }
        }
    }

    /// A file that grew beyond what may be read at once: there is nothing to show of it.
    fn unreadable(
        &mut self,
        name: &str,
        error: &DecodeError,
        teller: &mut impl Teller,
    ) -> anyhow::Result<()> {
        self.summary.unreadable += 1;
        Ok(teller.unreadable(name, error, None)?)
    }

    /// Judges what a chunk holds; says whether the file can be read on.
    fn chunk(
        &mut self,
        chunk: &Chunk,
        name: &str,
        hint: &Hint,
        number: &mut u64,
        teller: &mut impl Teller,
    ) -> anyhow::Result<bool> {
        let opened = self
            .adapter
            .open(&chunk.bytes, &chunk.hint(hint), &self.limits);
        let mut package = match opened {
            Ok(package) => package,
            Err(error) => {
                self.unreadable(name, &error, teller)?;
                return Ok(false);
            }
        };
        let enclosed = std::mem::take(&mut package.enclosed);
        let (edition, profile) = (self.context.edition, self.adapter.profile());
        let luggage = Luggage::new(edition, profile, &self.limits, enclosed);
        for part in &package.parts {
            if !self.part(part, &luggage, name, number, teller)? {
                return Ok(false);
            }
        }
        for file in luggage.unclaimed() {
            let Message { zh, en } = unclaimed(file).message;
            eprintln!("{name}!{file}：{}", super::said(zh, en));
        }
        Ok(true)
    }

    /// Judges what one document holds; says whether it could be read to its end.
    fn part(
        &mut self,
        part: &Part<'_>,
        luggage: &Luggage<'_>,
        file: &str,
        number: &mut u64,
        teller: &mut impl Teller,
    ) -> anyhow::Result<bool> {
        let wire = &self.adapter.profile().wire;
        let page = Page {
            bytes: &part.bytes,
            locator: part.locator(),
            spans: Spans::new(wire, part.hint.wire.unwrap_or(wire.format)),
        };
        let name = match part.name.as_str() {
            "" => Cow::Borrowed(file),
            part => Cow::Owned(format!("{file}!{part}")),
        };
        let (context, summary) = (self.context, &mut self.summary);
        let mut told = Ok(());
        let outcome = self
            .adapter
            .decode_part(part, &self.limits, &mut |decoded| {
                told = tell(
                    &context,
                    decoded,
                    (&page, luggage),
                    &name,
                    *number,
                    summary,
                    teller,
                );
                *number += 1;
                if told.is_ok() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
        told?;
        let Err(error) = outcome else {
            return Ok(true);
        };
        summary.unreadable += 1;
        let within = Within {
            page: &page,
            record: None,
            personal: &[],
        };
        let offset = error
            .place()
            .and_then(|(line, column)| page.locator.offset(line, column));
        teller.unreadable(
            &name,
            error.innermost(),
            offset.map(|offset| (within, offset)),
        )?;
        Ok(false)
    }
}

/// Writes one line of JSON.
fn json_line(out: &mut impl Write, value: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests;
