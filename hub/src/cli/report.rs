//! `hub report`: the same reports as over HTTP, straight from the database.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::folder::Folder;
use crate::app;
use crate::pipeline::Instant;
use crate::pipeline::expiry::Deadlines;
use crate::report::{self, Facts, NAMES, Question};
use crate::store::totals::Span;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which report.
    #[arg(value_parser = NAMES)]
    name: String,
    #[command(flatten)]
    folder: Folder,
    /// Received on or after this day or instant.
    #[arg(long)]
    from: Option<String>,
    /// Received before the end of this day, or before this instant.
    #[arg(long)]
    to: Option<String>,
    /// For volumes: source, day, dataset, joined with commas.
    #[arg(long, default_value = "")]
    by: String,
    /// Only of this source.
    #[arg(long)]
    source: Option<String>,
    /// For issues and parked: most rows.
    #[arg(long)]
    limit: Option<usize>,
    /// For sources: who is silent as of this instant, in place of now.
    #[arg(long)]
    at: Option<String>,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    /// File to write, in place of stdout.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
    Csv,
    Xlsx,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let span = Span {
        from: arguments
            .from
            .as_deref()
            .map(|text| report::parse_instant("--from", text, false))
            .transpose()?,
        to: arguments
            .to
            .as_deref()
            .map(|text| report::parse_instant("--to", text, true))
            .transpose()?,
        source: arguments.source.clone(),
    };
    let question = Question {
        span,
        by: report::parse_by(&arguments.by)?,
        limit: arguments.limit,
    };
    let now = match &arguments.at {
        Some(text) => report::parse_instant("--at", text, true)?,
        None => Instant::now().millis,
    };
    let (config, mut connection) = arguments.folder.open_existing()?;
    let specification = app::load_spec(&config)?;
    let loaded = app::load_sources(&config, specification)?;
    let profiles: Vec<_> = loaded
        .all()
        .into_iter()
        .map(|source| Arc::clone(&source.profile))
        .collect();
    let sources: Vec<(String, String)> = profiles
        .iter()
        .map(|profile| (profile.id.clone(), profile.name.clone()))
        .collect();
    let deadlines = Deadlines::new(specification, config.waiting.days);
    let edition = specification
        .edition(&config.spec.edition)
        .with_context(|| {
            let id = &config.spec.edition;
            super::said(
                format!("没有规范版本“{id}”"),
                format!("there is no edition `{id}`"),
            )
        })?;
    if let Some(id) = &arguments.source {
        anyhow::ensure!(
            sources.iter().any(|(known, _)| known == id),
            super::said(
                format!("没有数据来源“{id}”，全部来源见 hub report sources"),
                format!("there is no source `{id}`; `hub report sources` lists them"),
            )
        );
    }
    let facts = Facts {
        edition,
        sources: &sources,
        profiles: &profiles,
        deadlines: &deadlines,
        data: &config.data,
        now,
        silence: &config.silence,
    };
    let table =
        report::make(&arguments.name, &mut connection, &facts, &question)?.with_context(|| {
            let name = &arguments.name;
            super::said(
                format!("没有报表“{name}”"),
                format!("there is no report `{name}`"),
            )
        })?;
    let bytes = match arguments.format {
        Form::Text => table.text().into_bytes(),
        Form::Json => format!("{}\n", serde_json::to_string(&table)?).into_bytes(),
        Form::Csv => table.csv().into_bytes(),
        Form::Xlsx => report::sheet::xlsx(&table)?,
    };
    if let Some(path) = &arguments.output {
        std::fs::write(path, bytes).with_context(|| path.display().to_string())?;
    } else {
        let mut out = std::io::stdout().lock();
        anyhow::ensure!(
            arguments.format != Form::Xlsx || !out.is_terminal(),
            super::said(
                "Excel 文件不能输出到终端，请加 --output 文件名",
                "an Excel file is not for the terminal: say --output FILE",
            )
        );
        out.write_all(&bytes)?;
    }
    if arguments.format == Form::Text && table.rows.is_empty() {
        eprintln!("{}", empty(&arguments.name));
    }
    Ok(true)
}

/// That there is nothing to show; and where to look, where one may expect something.
fn empty(name: &str) -> String {
    match name {
        "refused" => super::said(
            "没有记录。本表列经目录、Kafka、数据库报送而未能接收的；经 HTTP 报送的当场答复来源，最近一次见 hub report sources",
            "nothing. Listed here is what came by folder, Kafka or database; senders over HTTP are answered at once, see `hub report sources` for the last time",
        ),
        "closes" => super::said(
            "没有记录。日清在次日定时进行，或执行 hub close 日期",
            "nothing. A day is closed on the next, or by `hub close DATE`",
        ),
        _ => super::said("没有记录", "nothing"),
    }
}
