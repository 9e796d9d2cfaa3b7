//! What a clerk sees, and what a script gets.

#![expect(clippy::indexing_slicing, reason = "tests: a panic is a failure")]

use spec::{IssueCode, Message};

use super::*;

fn issue(severity: Severity) -> Issue {
    Issue {
        path: "/TENDER_MODE".to_owned(),
        line: Some(12),
        column: Some(34),
        found: "8".to_owned(),
        expected: "C1".to_owned(),
        ..Issue::new(
            IssueCode::FieldFormat,
            severity,
            Message::new("招标方式格式不正确", "wrong format"),
        )
    }
}

fn told(teller: &mut impl Teller, times: u64, severity: Severity) -> std::io::Result<()> {
    let issues = [issue(severity)];
    let mut summary = Summary::default();
    for record in 0..times {
        summary.add(Verdict::Rejected);
        let line = Line {
            file: "a.json",
            record,
            dataset: "TENDER_PROJECT",
            key: None,
            verdict: Verdict::Rejected,
            issues: &issues,
            changes: &[],
            begins: (1, 1),
        };
        teller.record(&line)?;
    }
    teller.end(summary)
}

#[test]
fn a_clerk_is_led_to_the_place_and_not_buried() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = Vec::new();
    told(&mut text::Text::new(&mut out), 25, Severity::Error)?;
    let out = String::from_utf8(out)?;
    assert!(out.starts_with("a.json:12:34: 错误 error field.format · TENDER_PROJECT TENDER_MODE\n    招标方式格式不正确\n"), "{out}");
    assert_eq!(out.matches("a.json:12:34").count(), 20);
    assert!(out.contains("实际 found `8` → 应为 expected C1"), "{out}");
    assert!(
        out.contains(
            "25 × 错误 field.format · TENDER_PROJECT/TENDER_MODE（未逐条列出 not listed: 5）"
        ),
        "{out}"
    );
    assert!(
        out.contains("共 25 条记录：合格 0，合格有提示 0，退回 25"),
        "{out}"
    );
    Ok(())
}

#[test]
fn a_script_gets_one_line_per_record_and_the_summary_last() -> Result<(), Box<dyn std::error::Error>>
{
    let mut out = Vec::new();
    told(&mut lines::Lines::new(&mut out), 2, Severity::Warning)?;
    let out = String::from_utf8(out)?;
    let parsed: Vec<serde_json::Value> = out
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    assert_eq!(parsed.len(), 3);
    assert_eq!(
        parsed[0]["issues"][0]["message"]["zh"],
        "招标方式格式不正确"
    );
    assert_eq!(parsed[1]["record"], 1);
    assert_eq!(
        parsed[2],
        serde_json::json!({ "summary": { "records": 2, "accepted": 0, "accepted_with_warnings": 0, "parked": 0,
            "rejected": 2, "duplicate": 0 } })
    );
    Ok(())
}
