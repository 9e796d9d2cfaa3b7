//! The findings for a clerk: place, what is wrong, what stands there, what should, and what to do about it.
//!
//! The first twenty findings of a kind are shown, then counted: a file with one systematic mistake must not
//! bury the others.

use std::collections::BTreeMap;
use std::io::Write;

use adapters::DecodeError;
use spec::{Issue, Severity};

use super::{Line, Summary, Teller};

/// Findings of one kind that are shown.
const SHOWN: u64 = 20;

/// Writes text.
pub struct Text<W> {
    out: W,
    /// By severity (errors first), code, rule, data set and place: how many.
    kinds: BTreeMap<(bool, String, String, String, String), u64>,
}

impl<W: Write> Text<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Text {
            out,
            kinds: BTreeMap::new(),
        }
    }

    fn issue(&mut self, line: &Line<'_>, issue: &Issue) -> std::io::Result<()> {
        let out = &mut self.out;
        let word = if issue.severity == Severity::Error {
            "错误 error"
        } else {
            "提示 warning"
        };
        let field = issue.path.trim_start_matches('/');
        let place = match (issue.line, issue.column) {
            (Some(row), Some(column)) => format!("{}:{row}:{column}", line.file),
            _ => format!("{}:{}:{}", line.file, line.begins.0, line.begins.1),
        };
        write!(out, "{place}: {word} {}", issue.code.name())?;
        if let Some(rule) = &issue.rule {
            write!(out, " [{rule}]")?;
        }
        writeln!(out, " · {} {field}", line.dataset)?;
        writeln!(out, "    {}", issue.message.zh)?;
        writeln!(out, "    {}", issue.message.en)?;
        if !issue.found.is_empty() || !issue.expected.is_empty() {
            let found = match issue.found.as_str() {
                "" => "（空 empty）".to_owned(),
                found => format!("`{found}`"),
            };
            writeln!(
                out,
                "    实际 found {found} → 应为 expected {}",
                issue.expected
            )?;
        }
        if let Some(patch) = &issue.patch {
            writeln!(out, "    修复 patch: {patch}")?;
        }
        let key = line
            .key
            .map(|key| format!("，主键 key {key}"))
            .unwrap_or_default();
        let clause = if issue.clause.is_empty() {
            String::new()
        } else {
            format!("，依据 clause {}", issue.clause)
        };
        writeln!(out, "    第 {} 条记录 record{key}{clause}", line.record + 1)
    }
}

impl<W: Write> Teller for Text<W> {
    fn record(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        for issue in line.issues {
            let kind = (
                issue.severity != Severity::Error,
                issue.code.name().to_owned(),
                issue.rule.as_deref().unwrap_or_default().to_owned(),
                line.dataset.to_owned(),
                issue.path.clone(),
            );
            let count = self.kinds.entry(kind).or_default();
            *count += 1;
            if *count <= SHOWN {
                self.issue(line, issue)?;
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, file: &str, error: &DecodeError) -> std::io::Result<()> {
        let message = error.message();
        writeln!(self.out, "{file}: 错误 error · 无法读取 unreadable")?;
        writeln!(self.out, "    {}", message.zh)?;
        writeln!(self.out, "    {}", message.en)
    }

    fn end(&mut self, summary: Summary) -> std::io::Result<()> {
        let out = &mut self.out;
        if !self.kinds.is_empty() {
            writeln!(out, "\n问题汇总 / findings by kind")?;
            let mut kinds: Vec<_> = self.kinds.iter().collect();
            kinds.sort_by_key(|((warning, ..), count)| (*warning, std::cmp::Reverse(**count)));
            for ((warning, code, rule, dataset, path), count) in kinds {
                let word = if *warning { "提示" } else { "错误" };
                let hidden = count.saturating_sub(SHOWN);
                let more = if hidden > 0 {
                    format!("（未逐条列出 not listed: {hidden}）")
                } else {
                    String::new()
                };
                let rule = if rule.is_empty() {
                    String::new()
                } else {
                    format!(" [{rule}]")
                };
                writeln!(
                    out,
                    "{count:>8} × {word} {code}{rule} · {dataset}{path}{more}"
                )?;
            }
            writeln!(out)?;
        }
        let Summary {
            records,
            accepted,
            accepted_with_warnings,
            rejected,
            unreadable,
            ..
        } = summary;
        write!(
            out,
            "共 {records} 条记录：合格 {accepted}，合格有提示 {accepted_with_warnings}，退回 {rejected} / \
             {records} records: {accepted} accepted, {accepted_with_warnings} accepted with warnings, {rejected} rejected"
        )?;
        if unreadable > 0 {
            write!(out, "; 无法读取的文件 unreadable files: {unreadable}")?;
        }
        writeln!(out)?;
        out.flush()
    }
}
