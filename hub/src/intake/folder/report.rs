//! What is told about a file, for the clerk who put it there: in Chinese, with what to do.

use std::ffi::OsStr;
use std::fmt::Write as _;

use serde_json::Value;
use spec::Severity;

use crate::app::App;
use crate::pipeline::commit::parse_receipt_id;
use crate::pipeline::outcomes;
use crate::pipeline::receipt::{Outcome, Receipt};
use crate::store::submissions;

/// Most findings that a report lists; all of them are in the receipt, or at the hub.
const MOST: usize = 500;

/// The report of a file that has a receipt.
pub fn of_receipt(
    app: &App,
    source: &str,
    name: &OsStr,
    receipt: &Receipt,
) -> Result<String, String> {
    let counts = receipt.counts;
    let mut text = format!(
        "报送结果\n文件　　：{}\n数据来源：{source}（{}）\n回执号　：{}\n接收时间：{}\n\n\
         共 {} 条记录：合格 {}，合格但有提示 {}，待关联 {}，重复 {}，退回 {}\n",
        name.to_string_lossy(),
        receipt.source,
        receipt.id,
        receipt.received_at,
        counts.records,
        counts.accepted,
        counts.accepted_with_warnings,
        counts.parked,
        counts.duplicate,
        counts.rejected,
    );
    if counts.rejected > 0 {
        text.push_str("退回的记录未入库，请按下列说明更正后，用新的文件重新报送。\n");
    }
    if counts.parked > 0 {
        text.push_str("待关联的记录已保存，所引用的记录报送后自动入库，逾期退回。\n");
    }
    let mut left = MOST;
    for outcome in &receipt.records {
        findings(&mut text, outcome, &mut left);
    }
    if !receipt.parts.is_empty() {
        in_parts(app, receipt, &mut text, &mut left)?;
    }
    if left == 0 {
        let id = &receipt.id;
        let _ = writeln!(
            text,
            "\n以上只列出前 {MOST} 个问题，完整清单见 /v1/submissions/{id}/issues?format=xlsx"
        );
    }
    Ok(text)
}

/// Findings of a large submission are read from the store.
fn in_parts(
    app: &App,
    receipt: &Receipt,
    text: &mut String,
    left: &mut usize,
) -> Result<(), String> {
    let fault = |error: &dyn std::fmt::Display| format!("report of {}: {error}", receipt.id);
    let mut connection = app.readers.take().map_err(|error| fault(&error))?;
    let id = parse_receipt_id(&receipt.id).unwrap_or_default();
    let row = submissions::by_id(&mut connection, id).map_err(|error| fault(&error))?;
    let row = row.ok_or_else(|| fault(&"the submission went away"))?;
    let mut part = 0;
    while *left > 0
        && let Some(stored) =
            outcomes::stored(&mut connection, &row, part).map_err(|error| fault(&error))?
    {
        for outcome in &stored.list {
            findings(text, outcome, left);
        }
        part += 1;
    }
    Ok(())
}

fn findings(text: &mut String, outcome: &Outcome, left: &mut usize) {
    if outcome.issues.is_empty() || *left == 0 {
        return;
    }
    let key = outcome.key.as_deref().unwrap_or("无主键");
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "\n第 {} 条 {} {key}",
        outcome.index + 1,
        outcome.dataset
    );
    for issue in &outcome.issues {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let level = if issue.severity == Severity::Error {
            "错误"
        } else {
            "提示"
        };
        let _ = write!(text, "  [{level}] {}", issue.message.zh);
        if let (Some(line), Some(column)) = (issue.line, issue.column) {
            let _ = write!(text, "（第 {line} 行第 {column} 列）");
        }
        let _ = writeln!(
            text,
            " 实际：{}；应为：{}；代码 {}",
            issue.found,
            issue.expected,
            issue.code.name()
        );
    }
}

/// The report of a file that cannot be read as a submission.
pub fn of_problem(source: &str, problem: &Value) -> String {
    let part = |name: &str| {
        problem
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let mut text = format!(
        "报送结果：文件无法读取，未保存任何记录\n文件　　：{}\n数据来源：{source}（{}）\n处理时间：{}\n\n{}：{}\n",
        part("file"),
        part("source"),
        part("at"),
        part("title"),
        part("detail"),
    );
    let number = |name: &str| problem.get(name).and_then(Value::as_u64);
    if let (Some(line), Some(column)) = (number("line"), number("column")) {
        let _ = writeln!(text, "位置：第 {line} 行第 {column} 列");
    }
    text.push_str("请更正后重新放入 inbox 目录。\n");
    text
}
