//! `hub sources lint`: every mistake in profiles, with the line, a mark under the place, and what is near.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use adapters::Remark;
use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use serde::Serialize;
use spec::{Message, Severity};
use unicode_width::UnicodeWidthStr as _;

use super::super::{Form, folder::Folder, said};
use crate::app;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Profiles, or folders of profiles; without any, the profiles that the hub would load.
    #[arg(value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// Form of the result.
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    #[command(flatten)]
    folder: Folder,
}

/// A profile with all that is to be said about it.
#[derive(Debug, Serialize)]
struct Checked {
    file: String,
    remarks: Vec<Remark>,
    #[serde(skip)]
    text: String,
}

/// Runs the command. Warnings alone are no findings.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let config = arguments.folder.config(Vec::new())?;
    let specification = app::load_spec(&config)?;
    let mut texts = Vec::new();
    for file in &arguments.files {
        collect(file, &mut texts)?;
    }
    if arguments.files.is_empty() {
        if config.spec.sources.is_empty() {
            texts.extend(adapters::embedded_texts()?);
        } else {
            collect(Path::new(&config.spec.sources), &mut texts)?;
        }
    }
    let mut owners = BTreeMap::new();
    let mut all = Vec::new();
    for (file, text) in texts {
        let mut remarks = adapters::lint(&text, specification);
        if let Ok(profile) = adapters::Profile::parse(&file, &text)
            && let Some(other) = owners.insert(profile.id.clone(), file.clone())
        {
            remarks.push(same_id(&profile.id, &other, &text));
        }
        all.push(Checked {
            file,
            remarks,
            text,
        });
    }
    let count = |severity| {
        let remarks = all.iter().flat_map(|checked| &checked.remarks);
        remarks.filter(|remark| remark.severity == severity).count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mut out = anstream::AutoStream::auto(std::io::stdout().lock());
    match arguments.format {
        Form::Json => {
            let told =
                serde_json::json!({ "profiles": all, "errors": errors, "warnings": warnings });
            writeln!(out, "{told}")?;
        }
        Form::Text => {
            for checked in &all {
                for remark in &checked.remarks {
                    tell(&mut out, checked, remark)?;
                }
            }
            let profiles = all.len();
            writeln!(
                out,
                "{}",
                said(
                    format!("{profiles} 个来源配置文件：错误 {errors}，提示 {warnings}"),
                    format!("{profiles} profiles: {errors} errors, {warnings} warnings"),
                )
            )?;
        }
    }
    Ok(errors == 0)
}

/// The profiles that a path means: the file, or all of a folder and its folders, in order.
fn collect(path: &Path, texts: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    let name = path.display().to_string();
    if path.is_dir() {
        let mut inner = Vec::new();
        for entry in std::fs::read_dir(path).with_context(|| name.clone())? {
            inner.push(entry?.path());
        }
        inner.sort();
        for path in inner {
            if path.is_dir() || path.extension().is_some_and(|ending| ending == "toml") {
                collect(&path, texts)?;
            }
        }
        return Ok(());
    }
    let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
    texts.push((name, text));
    Ok(())
}

/// Two files for one source: a hub would load but one of them.
fn same_id(id: &str, other: &str, text: &str) -> Remark {
    let line = text
        .lines()
        .position(|line| line.trim_start().starts_with("id"));
    Remark {
        line: line.map_or(1, |line| line + 1),
        column: 1,
        width: 1,
        severity: Severity::Error,
        code: "id.repeated",
        message: Message::new(
            format!("来源“{id}”已有配置文件 {other}"),
            format!("source `{id}` has a profile already: {other}"),
        ),
        help: Message::new(
            "每个来源一个文件，请改 id",
            "one file for each source; change the id",
        ),
    }
}

const FRAME: Style = AnsiColor::Blue.on_default().bold();
const BOLD: Style = Style::new().bold();

fn tell(out: &mut impl Write, checked: &Checked, remark: &Remark) -> std::io::Result<()> {
    let (style, zh, en) = match remark.severity {
        Severity::Error => (AnsiColor::Red.on_default().bold(), "错误", "error"),
        Severity::Warning => (AnsiColor::Yellow.on_default().bold(), "提示", "warning"),
    };
    let Remark {
        line,
        column,
        width,
        code,
        message,
        help,
        ..
    } = remark;
    writeln!(
        out,
        "{style}{zh} {en}[{code}]{style:#} {BOLD}{}{BOLD:#}",
        message.zh
    )?;
    writeln!(out, "  {}", message.en)?;
    let number = line.to_string();
    let gap = " ".repeat(number.len());
    writeln!(
        out,
        "{gap}{FRAME}-->{FRAME:#} {}:{line}:{column}",
        checked.file
    )?;
    let shown = checked
        .text
        .lines()
        .nth(line.saturating_sub(1))
        .unwrap_or_default();
    let shown = shown.replace('\t', " ");
    let before: String = shown.chars().take(column - 1).collect();
    let meant: String = shown.chars().skip(column - 1).take(*width).collect();
    let (blank, mark) = (" ".repeat(before.width()), "^".repeat(meant.width().max(1)));
    writeln!(out, "{FRAME}{number} |{FRAME:#} {shown}")?;
    writeln!(out, "{gap} {FRAME}|{FRAME:#} {blank}{style}{mark}{style:#}")?;
    writeln!(
        out,
        "{gap} {FRAME}={FRAME:#} 帮助 help：{} / {}\n",
        help.zh, help.en
    )
}
