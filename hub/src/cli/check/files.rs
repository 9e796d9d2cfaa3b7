//! The files of one run, document by document: each judged by itself, then among all that came before it.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use adapters::{Adapter, Chunk, DecodeError, Envelope, Hint, Limits, Package, Spans, WireFormat};
use anyhow::Context as _;
use indicatif::ProgressBar;
use spec::{Edition, Message};

use super::super::sent;
use super::excerpt::{Page, Within};
use super::line::{Draft, Line};
use super::{Summary, Teller};
use crate::attachment::enclosed::{Luggage, unclaimed};
use crate::config;
use crate::keys::LookupKey;
use crate::pipeline::judge::{self, Bench};
use crate::pipeline::parts::{Parts, PartsError};
use crate::pipeline::trial::{Trial, Trials};
use crate::pipeline::{Instant, check_sender};
use crate::sources::Source;

/// One run over files of a source.
pub struct Check<'c, 't> {
    pub source: &'c Source,
    /// The edition that judges files which do not name theirs.
    pub asked: String,
    pub received: Instant,
    pub limits: Limits,
    /// What is refused as too much before it is expanded.
    pub bounds: config::Limits,
    pub dataset: Option<String>,
    pub trials: Trials<'t>,
    pub summary: Summary,
}

/// One file, as it is read.
struct File<'f, 'w, 't> {
    name: &'f str,
    hint: &'f Hint,
    adapter: &'static Adapter,
    context: spec::Context<'static>,
    limits: &'f Limits,
    trial: Trial<'w, 't>,
    /// Records so far.
    records: u64,
    summary: &'f mut Summary,
}

impl Check<'_, '_> {
    /// Judges all of them, in order.
    pub fn all(
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
            file_name: sent::name(path),
            ..Hint::default()
        };
        let (edition, adapter) = self.judge(path, &hint)?;
        let source = &adapter.profile().id;
        let mut file = File {
            name: &name,
            hint: &hint,
            adapter,
            context: spec::Context {
                edition,
                received: self.received.civil,
                platforms: &[],
            },
            limits: &self.limits,
            trial: self.trials.submission(edition, source, self.received),
            records: 0,
            summary: &mut self.summary,
        };
        let from = sent::open(path, &self.bounds, |file| bar.wrap_read(file))?;
        let mut parts = Parts::of(adapter, from, &hint, &self.limits, usize::MAX);
        loop {
            let chunk = match parts.document() {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(()),
                Err(PartsError::Decode(error)) => return file.unreadable(&error, teller),
                Err(error) => return Err(error.into()),
            };
            if !file.chunk(&chunk, teller)? {
                return Ok(());
            }
        }
    }

    /// What judges a file: the edition that its envelope names, or else the one that was asked for.
    fn judge(
        &self,
        path: &Path,
        hint: &Hint,
    ) -> anyhow::Result<(&'static Edition, &'static Adapter)> {
        let (edition, adapter) = self.source.edition(&self.asked)?;
        let envelope = self.envelope(adapter, path, hint)?;
        check_sender(&self.source.profile.id, &envelope)?;
        let judge = match envelope.edition.as_deref() {
            Some(named) if named != edition.id => self.source.edition(named)?,
            _ => (edition, adapter),
        };
        self.source.check_in_force(judge.0, self.received)?;
        Ok(judge)
    }

    /// What the envelope of a file says. Only native documents have one; what cannot be read is told when it is judged.
    fn envelope(&self, adapter: &Adapter, path: &Path, hint: &Hint) -> anyhow::Result<Envelope> {
        let mut envelope = Envelope::default();
        let from = sent::open(path, &self.bounds, |file| file)?;
        let mut parts = Parts::of(adapter, from, hint, &self.limits, usize::MAX);
        while let Ok(Some(chunk)) = parts.document() {
            let hint = chunk.hint(hint);
            let Ok(package) = adapter.open(&chunk.bytes, &hint, &self.limits) else {
                break;
            };
            let read = package.decode(adapter, &self.limits, &mut |_, _, _| {
                ControlFlow::Continue(())
            });
            let Ok(said) = read else { break };
            envelope = Envelope {
                edition: envelope.edition.or(said.edition),
                source: envelope.source.or(said.source),
                ..envelope
            };
            // In one document the envelope may end behind the records; elsewhere it stands before them.
            if envelope.edition.is_some() || chunk.wire != Some(WireFormat::Json) {
                break;
            }
        }
        Ok(envelope)
    }
}

impl File<'_, '_, '_> {
    /// Nothing more can be made out, and there is nothing to show of it.
    fn unreadable(&mut self, error: &DecodeError, teller: &mut impl Teller) -> anyhow::Result<()> {
        self.summary.unreadable += 1;
        Ok(teller.unreadable(self.name, error, None)?)
    }

    /// Judges what a chunk holds; says whether the file can be read on.
    fn chunk(&mut self, chunk: &Chunk, teller: &mut impl Teller) -> anyhow::Result<bool> {
        let hint = chunk.hint(self.hint);
        let package = match self.adapter.open(&chunk.bytes, &hint, self.limits) {
            Ok(package) => package,
            Err(error) => {
                self.unreadable(&error, teller)?;
                return Ok(false);
            }
        };
        self.package(package, teller)
    }

    /// Judges the documents of a package together, as they were sent.
    fn package(
        &mut self,
        mut package: Package<'_>,
        teller: &mut impl Teller,
    ) -> anyhow::Result<bool> {
        let enclosed = std::mem::take(&mut package.enclosed);
        let profile = self.adapter.profile();
        let luggage = Luggage::new(self.context.edition, profile, self.limits, enclosed);
        let nothing = LookupKey::of_nothing();
        let bench = Bench {
            under: &nothing,
            context: &self.context,
            source: &profile.id,
            luggage: &luggage,
        };
        let wire = &profile.wire;
        let pages: Vec<(Page<'_>, Cow<'_, str>)> = package
            .parts
            .iter()
            .map(|part| {
                let page = Page {
                    bytes: &part.bytes,
                    locator: part.locator(),
                    spans: Spans::new(wire, part.hint.wire.unwrap_or(wire.format)),
                };
                let name = match part.name.as_str() {
                    "" => Cow::Borrowed(self.name),
                    part => Cow::Owned(format!("{}!{part}", self.name)),
                };
                (page, name)
            })
            .collect();
        let (mut items, mut drafts, mut carried) = (Vec::new(), Vec::new(), Vec::new());
        let mut failed = None;
        for (number, (part, (page, _))) in package.parts.iter().zip(&pages).enumerate() {
            let outcome = self.adapter.decode_part(part, self.limits, &mut |decoded| {
                let mut draft = Draft::of(&decoded, number);
                let item = bench.judge(part, &page.locator, decoded, &mut carried);
                draft.complete(&item, page);
                items.push(item);
                drafts.push(draft);
                ControlFlow::Continue(())
            });
            if let Err(error) = outcome {
                failed = Some((number, error));
                break;
            }
        }
        judge::claim(&mut items, &luggage);
        if items.iter().all(|item| item.judged().is_none()) {
            for file in luggage.unclaimed() {
                let Message { zh, en } = unclaimed(file).message;
                let told = super::super::said(zh, en);
                eprintln!("{}!{file}：{told}", self.name);
            }
        }
        let mut outcomes = self.trial.judge(items, &carried)?;
        for (outcome, draft) in outcomes.iter_mut().zip(&drafts) {
            let Some((page, name)) = pages.get(draft.part) else {
                continue;
            };
            for issue in &mut outcome.issues {
                if let (Some(at), None) = (issue.at, issue.line) {
                    let (line, column) = page.locator.locate(at);
                    (issue.line, issue.column) = (Some(line), Some(column));
                }
                // The number of a trial is that of no receipt.
                for related in &mut issue.related {
                    if related.receipt.take().is_some() {
                        related.record = None;
                    }
                }
            }
            self.summary.add(outcome.verdict);
            teller.record(&Line {
                file: name,
                record: self.records,
                dataset: &outcome.dataset,
                key: outcome.key.as_deref(),
                verdict: outcome.verdict,
                issues: &outcome.issues,
                changes: &draft.changes,
                name: &draft.name,
                at: draft.at,
                within: Within {
                    page,
                    record: draft.is_record.then_some(draft.at),
                    personal: &draft.personal,
                },
                edition: self.context.edition,
            })?;
            self.records += 1;
        }
        let Some((number, error)) = failed else {
            return Ok(true);
        };
        self.summary.unreadable += 1;
        if let Some((page, name)) = pages.get(number) {
            let within = Within {
                page,
                record: None,
                personal: &[],
            };
            let offset = error
                .place()
                .and_then(|(line, column)| page.locator.offset(line, column));
            teller.unreadable(
                name,
                error.innermost(),
                offset.map(|offset| (within, offset)),
            )?;
        }
        Ok(false)
    }
}
