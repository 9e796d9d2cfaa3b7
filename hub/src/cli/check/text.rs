//! The findings for a clerk, as a compiler tells them: what is wrong, the line with a mark under the place, what
//! stands there and what should, the clause, and what to do about it.

use std::io::Write;

use adapters::DecodeError;
use anstyle::{AnsiColor, Style};
use spec::{Issue, IssueCode, Message, Related, Severity};

use super::excerpt::{Excerpt, Target, Within};
use super::tally::Tally;
use super::words::{Lang, thousands};
use super::{Line, Summary, Teller};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const FRAME: Style = AnsiColor::Blue.on_default().bold();
const BOLD: Style = Style::new().bold();
/// Fields that are named of what is not listed.
const NAMED: usize = 8;
/// Rows of the closing table.
const ROWS: usize = 50;

/// Writes text.
pub struct Text<W> {
    out: W,
    lang: Lang,
    /// Findings of a code and rule that are listed; 0: all of them.
    most: u64,
    tally: Tally,
}

impl<W: Write> Text<W> {
    /// Writes to `out`, of each code and rule at most so many.
    pub fn new(out: W, lang: Lang, most: u64) -> Self {
        Text {
            out,
            lang,
            most,
            tally: Tally::default(),
        }
    }

    fn title(&mut self, severity: Severity, code: &str, message: &str) -> std::io::Result<()> {
        let style = style(severity);
        let word = self.lang.severity(severity);
        let colon = self.lang.pick("：", ": ");
        writeln!(
            self.out,
            "{style}{word}[{code}]{style:#}{BOLD}{colon}{message}{BOLD:#}"
        )
    }

    /// The line, and the mark under the place.
    fn excerpt(
        &mut self,
        file: &str,
        excerpt: &Excerpt,
        severity: Severity,
        label: &str,
    ) -> std::io::Result<usize> {
        let number = excerpt.line.to_string();
        let gap = " ".repeat(number.len());
        let style = style(severity);
        let Excerpt {
            line,
            column,
            text,
            before,
            width,
        } = excerpt;
        let out = &mut self.out;
        writeln!(out, "{gap}{FRAME}-->{FRAME:#} {file}:{line}:{column}")?;
        if !text.is_empty() {
            writeln!(out, "{gap} {FRAME}|{FRAME:#}")?;
            writeln!(out, "{FRAME}{number} |{FRAME:#} {text}")?;
            let (blank, mark) = (" ".repeat(*before), "^".repeat(*width));
            write!(out, "{gap} {FRAME}|{FRAME:#} {blank}{style}{mark}")?;
            if !label.is_empty() {
                write!(out, " {label}")?;
            }
            writeln!(out, "{style:#}")?;
        }
        Ok(number.len())
    }

    fn note(&mut self, gap: usize, zh: &str, en: &str, what: &str) -> std::io::Result<()> {
        if what.is_empty() {
            return Ok(());
        }
        let (word, colon) = (self.lang.pick(zh, en), self.lang.pick("：", ": "));
        let gap = " ".repeat(gap);
        writeln!(
            self.out,
            "{gap} {FRAME}={FRAME:#} {BOLD}{word}{BOLD:#}{colon}{what}"
        )
    }

    fn issue(&mut self, line: &Line<'_>, issue: &Issue) -> std::io::Result<()> {
        let lang = self.lang;
        let code = issue.rule.as_deref().map_or_else(
            || issue.code.name().to_owned(),
            |rule| format!("{} {rule}", issue.code.name()),
        );
        self.title(issue.severity, &code, lang.of(&issue.message))?;
        let expected = lang.expected(issue);
        let label = match (issue.at, expected) {
            (Some(_), expected) if expected.chars().count() <= 24 && !expected.is_empty() => {
                lang.pick(format!("应为{expected}"), format!("expected {expected}"))
            }
            _ => String::new(),
        };
        let excerpt = line.within.excerpt(line.target(issue));
        let gap = self.excerpt(line.file, &excerpt, issue.severity, &label)?;
        self.note(gap, "实际", "found", &issue.found)?;
        if label.is_empty() {
            self.note(gap, "应为", "expected", expected)?;
        }
        self.note(gap, "依据", "clause", &issue.clause)?;
        for related in &issue.related {
            self.note(gap, "关联", "related", &tell_related(related, lang))?;
        }
        if let Some(help) = &issue.help {
            self.note(gap, "帮助", "help", lang.of(help))?;
        }
        for step in issue.patch.iter().flat_map(|patch| lang.patch(patch)) {
            self.note(gap, "修改", "patch", &step)?;
        }
        self.note(gap, "记录", "record", &tell_record(line, lang))?;
        writeln!(self.out)
    }

    /// What was not listed, and all kinds with their number.
    fn closing(&mut self) -> std::io::Result<()> {
        let lang = self.lang;
        let out = &mut self.out;
        let hidden = self.tally.hidden(self.most);
        for kind in &hidden {
            let count = thousands(kind.count);
            let name = kind.rule.as_deref().unwrap_or(kind.code.name());
            let mut about = kind
                .about
                .iter()
                .take(NAMED)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            if kind.about.len() > NAMED {
                about.push_str(", …");
            }
            writeln!(
                out,
                "{}",
                lang.pick(
                    format!("……另有 {count} 处同类问题未逐条列出（{name}：{about}）"),
                    format!("… and {count} more of this kind ({name}: {about})"),
                )
            )?;
        }
        let rows = self.tally.rows();
        if rows.is_empty() {
            return Ok(());
        }
        if !hidden.is_empty() {
            writeln!(out)?;
        }
        let head = lang.pick(
            "问题汇总（次数、级别、规则、数据项、首次出现）",
            "findings by kind (count, severity, rule, field, first place)",
        );
        writeln!(out, "{BOLD}{head}{BOLD:#}")?;
        for row in rows.iter().take(ROWS) {
            let style = style(row.severity);
            let word = lang.severity(row.severity);
            let name = row.rule.unwrap_or(row.code.name());
            let first = &row.first;
            writeln!(
                out,
                "{:>10} {style}{word}{style:#} {name} {}{} {}:{}:{}",
                thousands(row.count),
                row.dataset,
                row.path,
                first.file,
                first.line,
                first.column,
            )?;
        }
        if rows.len() > ROWS {
            let more = thousands((rows.len() - ROWS) as u64);
            let said = lang.pick(
                format!("……另有 {more} 类"),
                format!("… and {more} more kinds"),
            );
            writeln!(out, "{said}")?;
        }
        let explain = lang.pick(
            "规则详解：hub check --explain 规则编号或问题代码",
            "a rule in full: hub check --explain RULE-OR-CODE",
        );
        writeln!(out, "{explain}\n")
    }
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
    }
}

fn tell_related(related: &Related, lang: Lang) -> String {
    let Related {
        dataset,
        key,
        path,
        found,
        receipt,
        record,
        ..
    } = related;
    let mut text = lang.pick(
        format!("{dataset} 主键 {key}"),
        format!("{dataset} with key {key}"),
    );
    if !path.is_empty() {
        let comma = lang.pick("，", ", ");
        text = format!("{text}{comma}{}={found}", path.trim_start_matches('/'));
    }
    let number = record.map(|record| record + 1);
    match (receipt, number) {
        (Some(receipt), Some(number)) => lang.pick(
            format!("{text}（回执 {receipt} 第 {number} 条）"),
            format!("{text} (receipt {receipt}, record {number})"),
        ),
        (None, Some(number)) => lang.pick(
            format!("{text}（本文件第 {number} 条）"),
            format!("{text} (record {number} of this file)"),
        ),
        _ => text,
    }
}

fn tell_record(line: &Line<'_>, lang: Lang) -> String {
    let number = line.record + 1;
    let mut text = lang.pick(format!("第 {number} 条"), format!("number {number}"));
    if !line.dataset.is_empty() {
        let colon = lang.pick("，", ", ");
        let name = lang.pick(line.name, "");
        text = format!("{text}{colon}{name}{}", line.dataset);
    }
    if let Some(key) = line.key {
        text = lang.pick(format!("{text}，主键 {key}"), format!("{text}, key {key}"));
    }
    text
}

impl<W: Write> Teller for Text<W> {
    fn record(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        for issue in line.issues {
            let count = self.tally.add(line, issue);
            if self.most == 0 || count <= self.most {
                self.issue(line, issue)?;
            }
        }
        Ok(())
    }

    fn unreadable(
        &mut self,
        file: &str,
        error: &DecodeError,
        within: Option<(Within<'_>, usize)>,
    ) -> std::io::Result<()> {
        let message: Message = error.message();
        let text = self.lang.of(&message).to_owned();
        self.title(Severity::Error, "unreadable", &text)?;
        match within {
            Some((within, at)) => {
                let excerpt = within.excerpt(Target::Place(at));
                self.excerpt(file, &excerpt, Severity::Error, "")?;
            }
            None => writeln!(self.out, " {FRAME}-->{FRAME:#} {file}")?,
        }
        writeln!(self.out)
    }

    fn end(&mut self, summary: Summary) -> std::io::Result<()> {
        self.closing()?;
        let Summary {
            records,
            accepted,
            accepted_with_warnings,
            rejected,
            duplicate,
            unreadable,
            ..
        } = summary;
        let lang = self.lang;
        let mut text = lang.pick(
            format!(
                "共 {records} 条记录：合格 {accepted}，合格有提示 {accepted_with_warnings}，退回 {rejected}"
            ),
            format!(
                "{records} records: {accepted} accepted, {accepted_with_warnings} accepted with warnings, \
                 {rejected} rejected"
            ),
        );
        if duplicate > 0 {
            text = lang.pick(
                format!("{text}，重复 {duplicate}"),
                format!("{text}, {duplicate} duplicate"),
            );
        }
        if unreadable > 0 {
            text = lang.pick(
                format!("{text}；无法读取的文件 {unreadable}"),
                format!("{text}; files that cannot be read: {unreadable}"),
            );
        }
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }
}

/// What a finding points at.
pub fn target(issue: &Issue, record: usize) -> Target {
    match (issue.at, issue.code) {
        (Some(at), _) if at == record && issue.path.is_empty() => Target::Record(record),
        (Some(at), IssueCode::FieldUnknown) => Target::Name(at),
        (Some(at), IssueCode::RecordShape) => Target::Place(at),
        (Some(at), _) => Target::Value(at),
        (None, _) => Target::Record(record),
    }
}
