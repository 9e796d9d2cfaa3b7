//! What a clerk sees, and what a script gets.

#![expect(clippy::indexing_slicing, reason = "tests: a panic is a failure")]

use std::sync::Arc;

use adapters::{Locator, Spans, WireFormat};
use spec::{Edition, Issue, IssueCode, Message, Severity};

use super::excerpt::Page;
use super::*;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// A profile of a source that exists nowhere.
fn profile(wire: &str) -> Result<adapters::Profile, Box<dyn std::error::Error>> {
    Ok(toml::from_str(&format!(
        "version = 1\nid = \"999999\"\nkind = \"city\"\nname = \"某市\"\nenglish = \"Some city\"\nregion = \"320100\"\n\
         ways = [\"http\"]\ndatasets = \"general;subject\"\n[wire]\n{wire}\n"
    ))?)
}

/// A document in which one finding is told.
struct Case<'c> {
    wire: &'c str,
    form: WireFormat,
    document: &'c [u8],
    /// What is wrong.
    wrong: &'c str,
    /// Where the record begins.
    record: &'c str,
    /// Personal values.
    personal: &'c [&'c str],
}

/// The edition that is in force.
fn edition() -> Result<Arc<Edition>, Box<dyn std::error::Error>> {
    let spec = spec::Spec::embedded()?;
    Ok(Arc::clone(spec.edition("3.0").ok_or("3.0")?))
}

fn find(document: &[u8], text: &str, charset: adapters::Charset) -> usize {
    let bytes = match charset {
        adapters::Charset::Utf8 => text.as_bytes().to_vec(),
        adapters::Charset::Gb18030 => encoding_rs::GB18030.encode(text).0.into_owned(),
    };
    memchr::memmem::find(document, &bytes).unwrap_or(document.len())
}

/// The lines of what is told, without the summary.
fn told_of(case: &Case<'_>) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let (profile, edition) = (profile(case.wire)?, edition()?);
    let spans = Spans::new(&profile.wire, case.form);
    let at = |text: &str| find(case.document, text, spans.charset());
    let page = Page {
        bytes: case.document,
        locator: Locator::new(case.document),
        spans,
    };
    let mut issue = issue(Severity::Error);
    issue.at = Some(at(case.wrong));
    let (line, column) = page.locator.locate(at(case.wrong));
    (issue.line, issue.column) = (Some(line), Some(column));
    let personal: Vec<usize> = case.personal.iter().map(|text| at(text)).collect();
    let issues = [issue];
    let mut out = Vec::new();
    let mut text = text::Text::new(&mut out, Lang::Zh, 20);
    text.record(&Line {
        file: "甲.json",
        record: 0,
        dataset: "TENDER_PROJECT",
        key: None,
        verdict: Verdict::Rejected,
        issues: &issues,
        changes: &[],
        name: "招标项目 ",
        at: at(case.record),
        within: Within {
            page: &page,
            record: Some(at(case.record)),
            personal: &personal,
        },
        edition: &edition,
    })?;
    let out = anstream::adapter::strip_str(&String::from_utf8(out)?).to_string();
    Ok(out.lines().map(str::to_owned).collect())
}

/// Columns of the screen before a part of a line.
fn columns(line: &str, part: &str) -> usize {
    let (before, _) = line.split_once(part).unwrap_or((line, ""));
    unicode_width::UnicodeWidthStr::width(before)
}

/// Sees that the mark stands under the value, and is as wide.
#[track_caller]
fn is_under(told: &[String], value: &str) {
    let (line, mark) = (&told[3], &told[4]);
    assert_eq!(columns(line, value), columns(mark, "^"), "{line}\n{mark}");
    let width = mark.matches('^').count();
    assert_eq!(
        width,
        unicode_width::UnicodeWidthStr::width(value),
        "{line}\n{mark}"
    );
}

#[test]
fn the_mark_stands_under_the_value_in_every_form() -> Tested {
    let json = "{\"records\":[{\"data\":{\n  \"NAME\": \"长江大桥\", \"TENDER_MODE\": \"八\",\n \"X\":1}}]}";
    let told = told_of(&Case {
        wire: "format = \"json\"",
        form: WireFormat::Json,
        document: json.as_bytes(),
        wrong: "\"八\"",
        record: "{\"data\"",
        personal: &[],
    })?;
    assert_eq!(told[0], "错误[field.format]：招标方式格式不正确");
    assert_eq!(told[1], " --> 甲.json:2:42");
    assert_eq!(
        told[3],
        "2 | \"NAME\": \"长江大桥\", \"TENDER_MODE\": \"八\","
    );
    is_under(&told, "\"八\"");
    assert!(told[4].ends_with(" 应为C1"), "{told:?}");
    assert_eq!(told[5], "  = 实际：8");

    let xml = "<T><R><NAME>长江大桥</NAME><TENDER_MODE>八</TENDER_MODE></R></T>";
    let csv = "项目名称,招标方式\r\n\"长江,大桥\",八\r\n";
    for (text, form, wrong, record) in [
        (xml, WireFormat::Xml, "八", "<R>"),
        (csv, WireFormat::Csv, "八", "\"长江"),
    ] {
        for charset in ["utf-8", "gb18030"] {
            let encoded = encoding_rs::GB18030.encode(text).0;
            let wire = format!("format = \"{}\"\ncharset = \"{charset}\"", form.name());
            let told = told_of(&Case {
                wire: &wire,
                form,
                document: if charset == "utf-8" {
                    text.as_bytes()
                } else {
                    &encoded
                },
                wrong,
                record,
                personal: &[],
            })?;
            assert!(told[3].contains("大桥"), "{told:?}");
            is_under(&told, "八");
        }
    }
    Ok(())
}

#[test]
fn of_a_file_in_one_line_only_the_record_is_shown() -> Tested {
    let other = format!("{{\"ID\":\"秘密{}\"}},", "甲".repeat(300));
    let filler = format!("\"REMARK\":\"{}\",", "乙".repeat(300));
    let json = format!("[{other}{{{filler}\"MODE\":\"8\",{filler}\"END\":1}},{other}]");
    let told = told_of(&Case {
        wire: "format = \"json\"",
        form: WireFormat::Json,
        document: json.as_bytes(),
        wrong: "\"8\"",
        record: "{\"REMARK",
        personal: &[],
    })?;
    is_under(&told, "\"8\"");
    assert!(
        told[3].starts_with("1 | …") && told[3].ends_with('…'),
        "{}",
        told[3]
    );
    assert!(!told[3].contains("秘密"), "{}", told[3]);
    assert!(
        unicode_width::UnicodeWidthStr::width(told[3].as_str()) <= 110,
        "{}",
        told[3]
    );
    Ok(())
}

#[test]
fn personal_values_are_masked_in_the_line_too() -> Tested {
    let json = "{\"CONTACT\":\"025-83668888\",\"NOTE\":\"电话13912345678\",\"MODE\":\"8\"}";
    let told = told_of(&Case {
        wire: "format = \"ndjson\"",
        form: WireFormat::Ndjson,
        document: json.as_bytes(),
        wrong: "\"8\"",
        record: "{\"CONTACT",
        personal: &["\"025"],
    })?;
    assert_eq!(
        told[3],
        "1 | {\"CONTACT\":\"025*******88\",\"NOTE\":\"电话139******78\",\"MODE\":\"8\"}"
    );
    is_under(&told, "\"8\"");
    // The value that is wrong may be the personal one.
    let told = told_of(&Case {
        wire: "format = \"csv\"",
        form: WireFormat::Csv,
        document: b"a,b\n025-83668888,1\n",
        wrong: "025",
        record: "025",
        personal: &["025"],
    })?;
    assert_eq!(told[3], "2 | 025*******88,1");
    is_under(&told, "025*******88");
    Ok(())
}

#[test]
fn a_terminal_is_not_told_what_to_do() -> Tested {
    let told = told_of(&Case {
        wire: "format = \"csv\"",
        form: WireFormat::Csv,
        document: "a,b\n\u{1b}[2J\u{202e}x,1\n".as_bytes(),
        wrong: "1",
        record: "\u{1b}",
        personal: &[],
    })?;
    assert_eq!(told[3], "2 | \u{fffd}[2J\u{fffd}x,1");
    is_under(&told, "1");
    Ok(())
}

fn issue(severity: Severity) -> Issue {
    Issue {
        path: "/TENDER_MODE".to_owned(),
        line: Some(12),
        column: Some(34),
        found: "8".to_owned(),
        expected: "C1".into(),
        ..Issue::new(
            IssueCode::FieldFormat,
            severity,
            Message::new("招标方式格式不正确", "wrong format"),
        )
    }
}

fn told(teller: &mut impl Teller, times: u64, severity: Severity) -> Tested {
    let issues = [issue(severity)];
    let (profile, edition) = (profile("format = \"json\"")?, edition()?);
    let page = Page {
        bytes: b"",
        locator: Locator::new(b""),
        spans: Spans::new(&profile.wire, WireFormat::Json),
    };
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
            name: "",
            at: 0,
            within: Within {
                page: &page,
                record: None,
                personal: &[],
            },
            edition: &edition,
        };
        teller.record(&line)?;
    }
    Ok(teller.end(summary)?)
}

#[test]
fn a_clerk_is_not_buried() -> Tested {
    let listed = |most, lang| -> Result<String, Box<dyn std::error::Error>> {
        let mut out = Vec::new();
        told(
            &mut text::Text::new(&mut out, lang, most),
            1_254,
            Severity::Error,
        )?;
        Ok(anstream::adapter::strip_str(&String::from_utf8(out)?).to_string())
    };
    let zh = listed(20, Lang::Zh)?;
    assert_eq!(zh.matches("错误[field.format]").count(), 20);
    assert!(
        zh.contains(
            "……另有 1,234 处同类问题未逐条列出（field.format：TENDER_PROJECT/TENDER_MODE）"
        ),
        "{zh}"
    );
    assert!(
        zh.contains("1,254 错误 field.format TENDER_PROJECT/TENDER_MODE a.json:12:34"),
        "{zh}"
    );
    assert!(
        zh.ends_with("共 1254 条记录：合格 0，合格有提示 0，退回 1254\n"),
        "{zh}"
    );
    let en = listed(0, Lang::En)?;
    assert_eq!(
        en.matches("error[field.format]: wrong format").count(),
        1_254
    );
    assert!(!en.contains("more of this kind"), "{en}");
    Ok(())
}

#[test]
fn a_script_gets_one_line_per_record_and_the_summary_last() -> Tested {
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
            "rejected": 2, "duplicate": 0, "rules": [{ "code": "field.format", "severity": "warning",
            "dataset": "TENDER_PROJECT", "path": "/TENDER_MODE", "count": 2,
            "first": { "file": "a.json", "line": 12, "column": 34 } }] } })
    );
    Ok(())
}

#[test]
fn a_tool_gets_sarif_with_places_rules_and_fixes() -> Tested {
    let edition = edition()?;
    let document = "{\n  \"NAME\": \"大桥\", \"TENDER_MODE\": \"8\"}";
    let profile = profile("format = \"json\"")?;
    let page = Page {
        bytes: document.as_bytes(),
        locator: Locator::new(document.as_bytes()),
        spans: Spans::new(&profile.wire, WireFormat::Json),
    };
    let at = find(document.as_bytes(), "\"8\"", adapters::Charset::Utf8);
    let issues = [Issue {
        at: Some(at),
        patch: Some(serde_json::json!([{ "op": "replace", "path": "/TENDER_MODE", "value": "1" }])),
        ..issue(Severity::Error)
    }];
    let mut out = Vec::new();
    let mut sarif = sarif::Sarif::new(&mut out, Lang::Zh)?;
    sarif.record(&Line {
        file: "甲 1.json",
        record: 0,
        dataset: "TENDER_PROJECT",
        key: None,
        verdict: Verdict::Rejected,
        issues: &issues,
        changes: &[],
        name: "",
        at: 0,
        within: Within {
            page: &page,
            record: Some(0),
            personal: &[],
        },
        edition: &edition,
    })?;
    sarif.end(Summary::default())?;
    let log: serde_json::Value = serde_json::from_slice(&out)?;
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["id"], "field.format");
    assert!(
        rule["help"]["text"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    let result = &run["results"][0];
    assert_eq!(
        (
            &result["ruleId"],
            &result["level"],
            &result["message"]["text"]
        ),
        (
            &"field.format".into(),
            &"error".into(),
            &"招标方式格式不正确".into()
        )
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "%E7%94%B2%201.json");
    let region = &place["region"];
    // Columns count characters, offsets bytes.
    assert_eq!(
        (
            &region["startLine"],
            &region["startColumn"],
            &region["endColumn"]
        ),
        (&2.into(), &32.into(), &35.into())
    );
    assert_eq!(
        (&region["byteOffset"], &region["byteLength"]),
        (&at.into(), &3.into())
    );
    let replaced = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replaced["insertedContent"]["text"], "\"1\"");
    assert_eq!(replaced["deletedRegion"]["byteOffset"], at);
    Ok(())
}

#[test]
fn codes_rules_and_fields_are_explained() -> Tested {
    let edition = &*edition()?;
    let context = spec::Context {
        edition,
        received: jiff::civil::date(2025, 6, 1).at(12, 0, 0, 0),
        platforms: &[],
    };
    let told = |what: &str, lang| -> Result<Option<String>, Box<dyn std::error::Error>> {
        let mut out = Vec::new();
        let known = explain::explain(&mut out, context, lang, what)?;
        Ok(Some(String::from_utf8(out)?).filter(|_| known))
    };
    for code in IssueCode::ALL {
        let text = told(code.name(), Lang::Zh)?.unwrap_or_default();
        assert!(
            text.contains("含义：") && text.matches("怎样修改：").count() == 1,
            "{text}"
        );
    }
    // Who was late is not led to write another date.
    let late = told("time.late", Lang::Zh)?.unwrap_or_default();
    assert!(late.contains("不得改动日期"), "{late}");
    let required = told("field.required", Lang::Zh)?.unwrap_or_default();
    assert!(
        required.contains("正确：{") && required.contains("为必填项，不得为空"),
        "{required}"
    );
    for stage in &edition.stages {
        let text = told(&stage.id, Lang::En)?.unwrap_or_default();
        let codes = stage.codes.iter().all(|code| text.contains(code.name()));
        assert!(codes && text.contains(&stage.en), "{text}");
    }
    // A rule about what lies in the store shows in what the two examples differ.
    let refers = |rule: &&spec::Rule| matches!(rule.check, spec::Check::Reference { .. });
    let mut rules = edition.datasets.iter().flat_map(|set| &set.rules);
    let reference = rules.find(refers).ok_or("no reference")?;
    let text = told(&reference.id, Lang::Zh)?.unwrap_or_default();
    assert!(text.contains("（没有相应的记录）"), "{text}");
    // Whatever rules and fields the data files have.
    for dataset in edition.datasets.iter().step_by(9) {
        for rule in dataset.rules.iter().take(2) {
            let text = told(&format!("rule.{}", rule.id), Lang::Zh)?.unwrap_or_default();
            assert!(text.contains(&rule.zh) && text.contains("后果："), "{text}");
            let text = told(&rule.id, Lang::En)?.unwrap_or_default();
            assert!(
                text.contains(&rule.en) && text.contains("effect: "),
                "{text}"
            );
        }
        for field in dataset.fields.iter().take(2) {
            let name = format!("{}.{}", dataset.id, field.id);
            let text = told(&name, Lang::Zh)?.unwrap_or_default();
            assert!(
                text.contains(&field.name) && text.contains("示例："),
                "{text}"
            );
        }
    }
    assert_eq!(told("field.requird", Lang::Zh)?, None);
    assert!(explain::near(edition, "field.requird").contains(&"field.required".to_owned()));
    Ok(())
}
