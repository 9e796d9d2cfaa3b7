//! `hub check`: judges files of any size without a hub, in flat memory, as one would that receives them in this order.
//!
//! What only that hub can know is not judged: whether a record is there that no file holds, or came before.

mod excerpt;
mod explain;
mod files;
mod line;
mod lines;
mod sarif;
mod tally;
mod text;
mod words;

use std::io::Write;
use std::path::PathBuf;

use adapters::DecodeError;
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use spec::{Message, Verdict};

use super::folder::Folder;
use crate::app;
use crate::pipeline::Instant;
use crate::pipeline::trial::{self, Trials};
use excerpt::Within;
use files::Check;
use line::Line;
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
    /// Edition of the specification, where a file does not name one; default: that of the configuration.
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
        self.accepted + self.duplicate == self.records && self.unreadable == 0
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
    let mut store = trial::store()?;
    let mut check = Check {
        source,
        asked: asked.to_owned(),
        received,
        limits: config.document_limits(),
        bounds: config.limits.clone(),
        dataset: arguments.dataset.clone(),
        trials: Trials::begin(&mut store, specification)?,
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
        Form::Sarif => check.all(&arguments.files, &bar, &mut sarif::Sarif::new(out, lang)?)?,
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

/// Writes one line of JSON.
fn json_line(out: &mut impl Write, value: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests;
