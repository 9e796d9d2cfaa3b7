//! `hub spec generate`: records of a data set for those who build a sender: sound ones, and faulty ones with the
//! findings that `hub check` must make of them.

mod wire;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use jiff::civil::DateTime;
use serde::Serialize;
use spec::generate::{Expected, Faulty, Maker, Plot, Setting, record, story, with_parents};

use super::Folder;
use crate::app;
use crate::pipeline::Instant;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Data set: its column code, or its number.
    dataset: String,
    /// Number of records.
    #[arg(long, default_value_t = 10)]
    count: usize,
    /// The same seed makes the same records, at the same time of receipt.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Part of the records that are faulty, from 0 to 1; a fault about what is around a record comes with the records
    /// that it takes.
    #[arg(long, default_value_t = 0.0)]
    faults: f64,
    /// Put the records that each one refers to before it; not in a table, which holds one data set.
    #[arg(long)]
    parents: bool,
    /// Form of the records.
    #[arg(long, value_enum, default_value = "ndjson")]
    format: wire::Form,
    /// Source that the envelope names; default: the first that reads this form.
    #[arg(long, value_name = "ID")]
    source: Option<String>,
    /// Time of receipt that the records are made for, on the clock in China; default: now.
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime>,
    /// File for the findings that must be made, a line a record.
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Edition; default: that of the configuration.
    #[arg(long)]
    edition: Option<String>,
    #[command(flatten)]
    folder: Folder,
}

/// What must be found in a record.
#[derive(Serialize)]
struct Line<'l> {
    record: usize,
    dataset: &'l str,
    /// By `hub check`.
    issues: &'l [Expected],
    /// By a hub that held nothing before, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    hub: Option<&'l [Expected]>,
}

/// One in so many faults is about what is around a record, not in it.
const PLOTS: usize = 3;

/// A story of one of the kinds, beginning with a chance one; none where the data set has no place for any.
fn told<'s>(
    maker: &mut Maker<'_>,
    plots: &[Plot],
    tell: impl Fn(&mut Maker<'_>, Plot) -> Option<Vec<Faulty<'s>>>,
) -> Option<Vec<Faulty<'s>>> {
    let start = maker.random.below(plots.len());
    let mut turned = plots.iter().cycle().skip(start).take(plots.len());
    turned.find_map(|&plot| tell(maker, plot))
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    anyhow::ensure!(
        (0.0..=1.0).contains(&arguments.faults),
        "--faults is a part, from 0 to 1; found {}",
        arguments.faults
    );
    let config = arguments.folder.config(Vec::new())?;
    let specification = app::load_spec(&config)?;
    let asked = arguments.edition.as_deref().unwrap_or(&config.spec.edition);
    let edition = super::edition(specification, asked)?;
    let dataset = edition
        .dataset(&arguments.dataset)
        .with_context(|| format!("edition {asked} has no data set `{}`", arguments.dataset))?;
    let sources = app::load_sources(&config, specification)?;
    let source = match &arguments.source {
        Some(id) => id.clone(),
        None => arguments
            .format
            .first_source(&sources)
            .with_context(|| "no source reads this form; name one with --source")?,
    };
    let context = spec::Context {
        edition,
        received: arguments.at.unwrap_or_else(|| Instant::now().civil),
        platforms: &[],
    };
    let mut maker = Maker::new(context, arguments.seed);
    let faults = (arguments.faults * 1000.0).round() as usize;
    anyhow::ensure!(
        !arguments.parents || arguments.format != wire::Form::Csv,
        "a table holds one data set: --parents needs --format ndjson, json or xml"
    );
    let (kinds, plots) = (arguments.format.faults(), arguments.format.plots());
    let profile = sources.get(&source).map(|source| &source.profile);
    let mut barred = edition.datasets.iter();
    let setting = Setting {
        parents: arguments.format != wire::Form::Csv,
        forbidden: barred.find(|set| profile.is_some_and(|own| !own.datasets.permits(set))),
    };
    let tell = |maker: &mut Maker<'_>, plot| story(maker, edition, dataset, plot, setting);
    let made: Vec<_> = (0..arguments.count)
        .flat_map(|_| {
            let plotted = maker.random.permille(faults) && maker.random.below(PLOTS) == 0;
            let story = plotted.then(|| told(&mut maker, &plots, tell)).flatten();
            if let Some(story) = story {
                story
            } else if arguments.parents {
                with_parents(&mut maker, edition, dataset, (faults, &kinds))
            } else {
                vec![record(&mut maker, dataset, (faults, &kinds))]
            }
        })
        .collect();
    let drafts: Vec<_> = made.iter().map(|made| &made.draft).collect();
    let head = wire::Head {
        edition: &edition.id,
        source: &source,
        charset: sources
            .get(&source)
            .map_or("utf-8", |source| source.profile.wire.charset.name()),
        day: context.received.strftime("%Y%m%d").to_string(),
        submission: format!("generated-{}-{}", dataset.code, arguments.seed),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    out.write_all(&arguments.format.write(&head, &drafts)?)?;
    out.flush()?;
    if let Some(path) = &arguments.expect {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        let mut file = BufWriter::new(file);
        for (record, made) in made.iter().enumerate() {
            let line = Line {
                record,
                dataset: made.draft.called.unwrap_or(&made.draft.dataset.id),
                issues: &made.expected,
                hub: made.hub.as_deref(),
            };
            writeln!(file, "{}", serde_json::to_string(&line)?)?;
        }
        file.flush()?;
    }
    Ok(true)
}
