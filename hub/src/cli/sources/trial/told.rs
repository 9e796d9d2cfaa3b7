//! A record that was tried, as a table for people: only what a step changed catches the eye.

use std::io::Write;

use spec::{Issue, Severity, Verdict};

use super::{Trial, named};
use crate::report::table::{Cell, Table, column};

/// Characters of a value that a table shows.
const SHOWN: usize = 24;

fn cell(value: Option<&str>) -> Cell {
    let Some(text) = value else {
        return "—".into();
    };
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { '␤' } else { c })
        .collect();
    if line.chars().count() <= SHOWN {
        return line.as_str().into();
    }
    let cut: String = line.chars().take(SHOWN - 1).chain(['…']).collect();
    cut.as_str().into()
}

/// The same as before is not repeated: only what a step changed catches the eye.
fn step(before: Option<&str>, after: Option<&str>) -> Cell {
    if before == after && before.is_some() {
        return "＝".into();
    }
    cell(after)
}

/// Writes the table of a record, and below it what was found.
pub fn tell(out: &mut impl Write, trial: &Trial) -> std::io::Result<()> {
    let number = trial.record + 1;
    let (zh, en) = match trial.verdict {
        Verdict::Accepted => ("合格", "accepted"),
        Verdict::AcceptedWithWarnings => ("合格有提示", "accepted with warnings"),
        _ => ("退回", "rejected"),
    };
    let key = trial.key.as_deref().unwrap_or("—");
    writeln!(
        out,
        "第 {number} 条 record {number} · {}:{} · {} {} · 主键 key {key} · {zh} {en}",
        trial.line, trial.column, trial.name, trial.dataset
    )?;
    let rows = trial.fields.iter().map(|traced| {
        let (raw, mapped) = (traced.raw.as_deref(), traced.mapped.as_deref());
        let normalized = traced.normalized.as_deref();
        let field = traced.field.as_deref().unwrap_or("？");
        vec![
            cell(traced.sent_as.as_deref()),
            cell(raw),
            format!("{field} {}", traced.name).as_str().into(),
            step(raw, mapped),
            step(mapped, normalized),
            match traced.issues.as_slice() {
                [] => "✓".into(),
                issues => issues.join(", ").as_str().into(),
            },
        ]
    });
    let table = Table {
        name: "trial",
        zh: "逐项对照",
        columns: vec![
            column("sent_as", "原名 sent as"),
            column("raw", "原值 raw"),
            column("field", "数据项 field"),
            column("mapped", "映射 mapped"),
            column("normalized", "规范化 normalized"),
            column("issues", "判定 verdict"),
        ],
        rows: rows.collect(),
        total: None,
    };
    write!(out, "{}", table.text())?;
    for issue in &trial.issues {
        let word = match issue.severity {
            Severity::Error => "错误 error",
            Severity::Warning => "提示 warning",
        };
        let (line, column) = (
            issue.line.unwrap_or(trial.line),
            issue.column.unwrap_or(trial.column),
        );
        let Issue { message, path, .. } = issue;
        writeln!(
            out,
            "  {word}[{}] {line}:{column} {path} {}",
            named(issue),
            message.zh
        )?;
        writeln!(out, "    {}", message.en)?;
    }
    writeln!(out)
}
