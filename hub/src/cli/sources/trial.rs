//! `hub sources try`: what a profile makes of a file, value by value: as sent, as mapped, as normalized, as judged.
//!
//! For whoever connects a source: the profile need not be loaded by a hub, and nothing is kept.

mod told;

use std::io::{Read as _, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use adapters::{
    Adapter, DecodeError, Decoded, Hint, Limits, Locator, Part, Profile, Spans, WireFormat,
};
use anyhow::Context as _;
use serde::Serialize;
use spec::issue::shown;
use spec::{Issue, Sensitivity, Severity, Verdict};
use told::tell;

use super::super::{Form, folder::Folder, said, sent};
use crate::app;
use crate::attachment::enclosed::Luggage;
use crate::pipeline::Instant;
use crate::pipeline::judge::shown_key;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The profile.
    profile: PathBuf,
    /// A file of the source.
    file: PathBuf,
    /// Records that are shown; 0: all.
    #[arg(long, value_name = "N", default_value_t = 10)]
    most: usize,
    /// Edition of the specification; default: that of the configuration.
    #[arg(long)]
    edition: Option<String>,
    /// Data set of all records, where the file does not say it.
    #[arg(long)]
    dataset: Option<String>,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    #[command(flatten)]
    folder: Folder,
}

/// What became of one record.
#[derive(Debug, Serialize)]
struct Trial {
    /// Its place in the file, from 0.
    record: usize,
    line: u32,
    column: u32,
    dataset: String,
    name: String,
    action: Option<spec::Action>,
    key: Option<String>,
    verdict: Verdict,
    fields: Vec<Traced>,
    issues: Vec<Issue>,
}

/// What became of one value; personal ones are masked.
#[derive(Debug, Serialize)]
struct Traced {
    /// Column code; none for a name that the data set does not know.
    field: Option<String>,
    /// Chinese name of the field.
    name: String,
    /// The name that the file gives it; none where the profile added it.
    sent_as: Option<String>,
    /// As sent; none when it was not.
    raw: Option<String>,
    /// After the profile's renames, code maps, dates, units, splits, joins and constants.
    mapped: Option<String>,
    /// After normalization: what would be kept.
    normalized: Option<String>,
    /// Why it was changed.
    why: Vec<spec::Reason>,
    /// Codes (and rules) of what was found about it.
    issues: Vec<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let config = arguments.folder.config(Vec::new())?;
    let mut specification = app::read_spec(&config)?;
    specification.mute_lateness();
    let name = arguments.profile.display().to_string();
    let text = std::fs::read_to_string(&arguments.profile).with_context(|| {
        said(
            format!("{name}：应为接入配置文件（TOML），如 adapters/cities 目录下的文件，而不是来源编号"),
            format!("{name}: expected the file of a profile (TOML), such as those in adapters/cities, not the id of a source"),
        )
    })?;
    let errors = adapters::lint(&text, &specification);
    let first = errors.iter().find(|one| one.severity == Severity::Error);
    if let Some(remark) = first {
        anyhow::bail!(
            "{}",
            said(
                format!(
                    "{name}:{}:{}：{}；全部问题见 hub sources lint {name}",
                    remark.line, remark.column, remark.message.zh
                ),
                format!(
                    "{}; `hub sources lint` tells every mistake",
                    remark.message.en
                ),
            )
        );
    }
    let asked = arguments.edition.as_deref().unwrap_or(&config.spec.edition);
    let edition = specification.edition(asked).with_context(|| {
        said(
            format!("没有规范版本“{asked}”"),
            format!("there is no edition `{asked}`"),
        )
    })?;
    let profile = Arc::new(Profile::parse(&name, &text)?);
    let adapter = Adapter::new(profile, Arc::clone(edition))?;
    let limits = config.document_limits();
    let from = sent::open(&arguments.file, &config.limits, |file| file)?;
    let mut document = Vec::new();
    // One byte more than is allowed is enough to be told so.
    from.take(limits.bytes as u64 + 1)
        .read_to_end(&mut document)
        .with_context(|| arguments.file.display().to_string())?;
    let hint = Hint {
        dataset: arguments.dataset.clone(),
        file_name: sent::name(&arguments.file),
        ..Hint::default()
    };
    try_file(&adapter, &document, &hint, &limits, arguments)
}

fn try_file(
    adapter: &Adapter,
    document: &[u8],
    hint: &Hint,
    limits: &Limits,
    arguments: &Arguments,
) -> anyhow::Result<bool> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut records, mut clean) = (0, true);
    let mut package = adapter.open(document, hint, limits);
    let enclosed = package
        .as_mut()
        .map(|package| std::mem::take(&mut package.enclosed));
    let luggage = Luggage::new(
        adapter.edition(),
        adapter.profile(),
        limits,
        enclosed.unwrap_or_default(),
    );
    let parts = package.as_ref().map_or(&[][..], |package| &package.parts);
    let mut unreadable = package.as_ref().err().cloned();
    for part in parts {
        let outcome = try_part(
            adapter,
            (part, &luggage),
            limits,
            arguments,
            &mut records,
            &mut clean,
            &mut out,
        )?;
        if let Some(error) = outcome {
            unreadable = Some(error);
            break;
        }
    }
    if let Some(error) = unreadable {
        let message = error.message();
        match arguments.format {
            Form::Json => writeln!(out, "{}", serde_json::json!({ "unreadable": message }))?,
            Form::Text => writeln!(out, "{}\n{}", message.zh, message.en)?,
        }
        clean = false;
    }
    if arguments.format == Form::Text {
        let more = records.saturating_sub(match arguments.most {
            0 => records,
            most => most,
        });
        let hidden = if more > 0 {
            said(
                format!("，其中 {more} 条未显示（--most 0 显示全部）"),
                format!("{more} of them not shown (--most 0 shows all)"),
            )
        } else {
            String::new()
        };
        writeln!(out, "共 {records} 条记录 records{hidden}")?;
    }
    out.flush()?;
    Ok(clean)
}

/// Tells what becomes of one document of what was sent; gives what stopped the reading, if anything did.
fn try_part(
    adapter: &Adapter,
    (part, luggage): (&Part<'_>, &Luggage<'_>),
    limits: &Limits,
    arguments: &Arguments,
    records: &mut usize,
    clean: &mut bool,
    out: &mut impl Write,
) -> anyhow::Result<Option<DecodeError>> {
    let name = part.hint.file_name.as_deref();
    let form = part
        .hint
        .wire
        .or_else(|| name.and_then(WireFormat::of_file_name));
    let wire = &adapter.profile().wire;
    let page = Page {
        adapter,
        form: form.unwrap_or(wire.format),
        document: &part.bytes,
        luggage,
        locator: part.locator(),
        spans: Spans::new(wire, form.unwrap_or(wire.format)),
        context: spec::Context {
            edition: adapter.edition(),
            received: Instant::now().civil,
            platforms: &[],
        },
    };
    let mut told = Ok(());
    let outcome = adapter.decode_part(part, limits, &mut |decoded| {
        let is_shown = arguments.most == 0 || *records < arguments.most;
        let trial = page.follow(decoded, *records);
        *records += 1;
        *clean &= trial.verdict == Verdict::Accepted;
        if is_shown {
            told = match arguments.format {
                Form::Json => serde_json::to_writer(&mut *out, &trial)
                    .map_err(std::io::Error::from)
                    .and_then(|()| writeln!(out)),
                Form::Text => tell(out, &trial),
            };
        }
        if told.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    told?;
    Ok(outcome.err())
}

/// A file that is tried.
struct Page<'p> {
    adapter: &'p Adapter,
    form: WireFormat,
    document: &'p [u8],
    luggage: &'p Luggage<'p>,
    locator: Locator<'p>,
    spans: Spans,
    context: spec::Context<'p>,
}

impl Page<'_> {
    fn follow(&self, decoded: Decoded<'_, '_>, number: usize) -> Trial {
        let (record, attachments) = match decoded {
            Decoded::Record {
                record,
                attachments,
                ..
            } => (record, attachments),
            Decoded::Unusable { at, dataset, issue } => {
                let (line, column) = self.locator.locate(at);
                return Trial {
                    record: number,
                    line,
                    column,
                    dataset: dataset.unwrap_or_default(),
                    name: String::new(),
                    action: None,
                    key: None,
                    verdict: Verdict::Rejected,
                    fields: Vec::new(),
                    issues: vec![self.located(issue)],
                };
            }
        };
        let (line, column) = self.locator.locate(record.at);
        let (action, dataset) = (record.action, record.dataset);
        let mut fields = Vec::new();
        let headings = (self.adapter).headings(self.document, self.form, &dataset.id);
        for (field, input) in dataset.fields.iter().zip(&record.values) {
            let mask = |text: &str| shown(text, field.sensitivity);
            let mapped = input.as_ref().and_then(|input| input.mapped.as_ref());
            let is_added = mapped.is_some_and(|change| change.before.is_empty());
            let raw = input.as_ref().map(|input| {
                mapped.map_or_else(|| mask(&input.text), |change| mask(&change.before))
            });
            fields.push(Traced {
                field: Some(field.id.clone()),
                name: field.name.clone(),
                sent_as: input
                    .as_ref()
                    .filter(|_| !is_added)
                    .and_then(|input| self.name(&headings, record.at, input.at)),
                raw: raw.filter(|_| !is_added),
                mapped: input.as_ref().map(|input| mask(&input.text)),
                normalized: None,
                why: mapped.map(|change| change.why).into_iter().collect(),
                issues: Vec::new(),
            });
        }
        for (name, input) in &record.unknown {
            fields.push(Traced {
                field: None,
                name: shown(name, Sensitivity::Public),
                sent_as: Some(shown(name, Sensitivity::Public)),
                // Nobody knows what an unknown field holds.
                raw: Some(shown(&input.text, Sensitivity::Personal)),
                mapped: None,
                normalized: None,
                why: Vec::new(),
                issues: vec!["field.unknown".to_owned()],
            });
        }
        let mut normalized = spec::normalize(&self.context, record);
        let mut found = spec::validate::judge_alone(&self.context, &mut normalized).issues;
        found.extend(self.luggage.of_record(&normalized, &attachments).1);
        let issues: Vec<Issue> = found.into_iter().map(|issue| self.located(issue)).collect();
        for (place, field) in dataset.fields.iter().enumerate() {
            let Some(traced) = fields.get_mut(place) else {
                continue;
            };
            traced.normalized = normalized
                .text(place as spec::FieldIndex)
                .map(|text| shown(text, field.sensitivity));
            let path = format!("/{}", field.id);
            let changes = normalized
                .changes
                .iter()
                .filter(|change| change.path == path);
            for change in changes {
                if !traced.why.contains(&change.why) {
                    traced.why.push(change.why);
                }
            }
            let own = issues.iter().filter(|issue| issue.path == path);
            traced.issues = own.map(named).collect();
        }
        // What is neither sent nor missing is no line of a table.
        fields.retain(|traced| {
            traced.mapped.is_some() || traced.normalized.is_some() || !traced.issues.is_empty()
        });
        let verdict = if issues.iter().any(|issue| issue.severity == Severity::Error) {
            Verdict::Rejected
        } else if issues.is_empty() {
            Verdict::Accepted
        } else {
            Verdict::AcceptedWithWarnings
        };
        Trial {
            record: number,
            line,
            column,
            dataset: dataset.id.clone(),
            name: dataset.name.clone(),
            action: Some(action),
            key: shown_key(&normalized),
            verdict,
            fields,
            issues,
        }
    }

    fn located(&self, mut issue: Issue) -> Issue {
        if let (Some(at), None) = (issue.at, issue.line) {
            let (line, column) = self.locator.locate(at);
            (issue.line, issue.column) = (Some(line), Some(column));
        }
        issue
    }

    /// The name that the file gives to the value at a place of the record that begins at `row`: the heading of its
    /// column, where the file is a table.
    fn name(&self, headings: &[String], row: usize, at: usize) -> Option<String> {
        if let Some(column) = self.spans.column(self.document, row, at) {
            let heading = headings.get(column).filter(|name| !name.is_empty())?;
            return Some(shown(heading, Sensitivity::Public));
        }
        // What stands where its record begins has no name of its own.
        let span = self.spans.name(self.document, at).filter(|_| at != row)?;
        let bytes = self.document.get(span)?;
        let text = self.spans.charset().decode_lossy(bytes);
        let name = text.trim_matches(['"', '<', '>']);
        Some(shown(name, Sensitivity::Public))
    }
}

fn named(issue: &Issue) -> String {
    let code = issue.code.name();
    match &issue.rule {
        Some(rule) => format!("{code} {rule}"),
        None => code.to_owned(),
    }
}
