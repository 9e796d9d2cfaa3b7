//! Reports over a small store: the figures add up, days are those of China, forms open where they should.

#![expect(clippy::indexing_slicing, reason = "tests: a panic is a failure")]

use std::sync::Arc;

use foldhash::HashMap;

use super::{By, Cell, Facts, Question, Table, make, parse_by, parse_instant};
use crate::pipeline::expiry::Deadlines;
use crate::store::insert::{self, Rows};
use crate::store::submissions::{IssueRow, Submission, Volume};
use crate::store::totals::Span;
use crate::store::{self, Database};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn edition() -> spec::Edition {
    spec::Edition {
        id: "3.0".to_owned(),
        name: String::new(),
        valid_from: String::new(),
        valid_to: None,
        stages: Vec::new(),
        datasets: Vec::new(),
        codes: HashMap::<String, Arc<spec::CodeTable>>::default(),
        attachments: spec::Attachments::default(),
        calendar: spec::Calendar::default(),
        standing: Vec::new(),
        projections: HashMap::default(),
        deal_code_check: false,
        waiting_days: 30,
        files: Vec::new(),
        by_name: HashMap::default(),
    }
}

/// 2026-11-20 in China, at so many minutes of the day.
fn at(minutes: i64) -> i64 {
    parse_instant("from", "2026-11-20", false).unwrap_or_default() + minutes * 60_000
}

fn send(
    connection: &mut Database,
    id: i64,
    source: &str,
    received_at: i64,
    counts: [i32; 5],
) -> Outcome {
    let [accepted, warned, parked, duplicate, rejected] = counts;
    let submission = Submission {
        id,
        source: source.to_owned(),
        submission: format!("n-{id}"),
        edition: "3.0".to_owned(),
        sequence: None,
        received_at,
        raw_sha256: vec![0; 32],
        raw_bytes: 1,
        media_type: "application/json".to_owned(),
        raw: None,
        accepted,
        warned,
        parked,
        duplicate,
        rejected,
        leaf_index: id - 1,
        outcomes: Vec::new(),
        raw_key: None,
    };
    let volume = Volume {
        submission_id: id,
        dataset: 501,
        accepted,
        warned,
        parked,
        duplicate,
        rejected,
    };
    let issues = (0..rejected)
        .map(|seq| IssueRow {
            submission_id: id,
            seq,
            record_index: seq + 3,
            dataset: 501,
            severity: 1,
            code: "field.required".to_owned(),
            rule: None,
            path: "/TENDER_MODE".to_owned(),
        })
        .collect();
    let rows = Rows {
        volumes: vec![volume],
        issues,
        ..Rows::default()
    };
    insert::submission(connection, &submission)?;
    insert::rows(connection, &rows)?;
    Ok(())
}

fn filled() -> Result<(tempfile::TempDir, Database), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let mut connection = store::connect(&folder.path().join("hub.db").to_string_lossy())?;
    store::migrate(&mut connection)?;
    send(&mut connection, 1, "320100", at(-1), [1, 0, 0, 0, 0])?;
    send(&mut connection, 2, "320100", at(0), [10, 2, 1, 3, 4])?;
    send(&mut connection, 3, "320600", at(1439), [5, 0, 0, 0, 2])?;
    send(&mut connection, 4, "320600", at(1440), [0, 0, 0, 0, 1])?;
    Ok((folder, connection))
}

fn ask(
    connection: &mut Database,
    name: &str,
    question: &Question,
) -> Result<Table, Box<dyn std::error::Error>> {
    let edition = edition();
    let sources = [
        ("320100".to_owned(), "南京市".to_owned()),
        ("320300".to_owned(), "徐州市".to_owned()),
    ];
    let facts = Facts {
        edition: &edition,
        sources: &sources,
        profiles: &[],
        deadlines: &Deadlines::new(
            &spec::Spec {
                editions: Vec::new(),
            },
            30,
        ),
        data: std::path::Path::new("no such folder"),
        now: at(2 * 1440),
        silence: &crate::config::Silence {
            working_days: 5,
            tolerance_percent: 150,
        },
    };
    make(name, connection, &facts, question)?.ok_or_else(|| "no such report".into())
}

fn the_day() -> Span {
    Span {
        from: Some(at(0)),
        to: Some(at(1440)),
        source: None,
    }
}

#[test]
fn volumes_of_a_day_in_china_add_up() -> Outcome {
    let (_folder, mut connection) = filled()?;
    let question = Question {
        span: the_day(),
        by: parse_by("source,day")?,
        limit: None,
    };
    let table = ask(&mut connection, "volumes", &question)?;
    assert_eq!(
        table.text(),
        "数据来源  来源名称  日期        接收  合格  合格有提示  待关联  重复  退回\n\
         320100    南京市    2026-11-20    20    10           2       1     3     4\n\
         320600    -         2026-11-20     7     5           0       0     0     2\n\
         合计      -         -             27    15           2       1     3     6\n"
    );
    Ok(())
}

#[test]
fn volumes_without_a_span_count_everything() -> Outcome {
    let (_folder, mut connection) = filled()?;
    let table = ask(
        &mut connection,
        "volumes",
        &Question {
            by: vec![By::Dataset],
            ..Question::default()
        },
    )?;
    let json = serde_json::to_value(&table)?;
    assert_eq!(
        json["rows"].as_array().map(Vec::len),
        Some(1),
        "the sum is no row: {json}"
    );
    assert_eq!(json["rows"][0]["dataset"], "501");
    assert_eq!(json["total"]["received"], 29);
    Ok(())
}

#[test]
fn the_commonest_issue_comes_with_an_example() -> Outcome {
    let (_folder, mut connection) = filled()?;
    let table = ask(
        &mut connection,
        "issues",
        &Question {
            span: the_day(),
            ..Question::default()
        },
    )?;
    let json = serde_json::to_value(&table)?;
    assert_eq!(
        json["rows"],
        serde_json::json!([{
            "count": 6, "severity": "error", "code": "field.required", "rule": null, "dataset": "501",
            "dataset_name": "", "path": "/TENDER_MODE", "field": "TENDER_MODE", "field_name": null, "sources": 2,
            "example_source": "320600", "example_submission": "S000000000003", "example_number": "n-3",
            "example_record": 3
        }])
    );
    Ok(())
}

#[test]
fn silent_sources_are_listed_and_a_source_sees_only_itself() -> Outcome {
    let (_folder, mut connection) = filled()?;
    let all = ask(&mut connection, "sources", &Question::default())?;
    let names: Vec<_> = all.rows.iter().filter_map(|row| row.first()).collect();
    assert_eq!(
        names,
        [
            &Cell::from("320100"),
            &Cell::from("320300"),
            &Cell::from("320600")
        ]
    );
    assert_eq!(
        all.rows.get(1).and_then(|row| row.get(5)),
        Some(&Cell::Empty)
    );
    let span = Span {
        source: Some("320600".to_owned()),
        ..Span::default()
    };
    let own = ask(
        &mut connection,
        "sources",
        &Question {
            span,
            ..Question::default()
        },
    )?;
    assert_eq!(own.rows.len(), 1);
    assert_eq!(
        own.rows[0][2..5],
        [Cell::Number(2), Cell::Number(8), Cell::Number(3)]
    );
    assert_eq!(own.rows[0][5], Cell::from("2026-11-21T00:00:00+08:00"));
    Ok(())
}

#[test]
fn csv_opens_in_a_spreadsheet_without_running_anything() -> Outcome {
    let (_folder, mut connection) = filled()?;
    let mut table = ask(&mut connection, "sources", &Question::default())?;
    table.rows[0][1] = Cell::from("=cmd|'/c calc'!A1");
    table.rows[1][1] = Cell::from("a \"b\", c");
    let csv = table.csv();
    assert!(csv.starts_with("\u{feff}数据来源,来源名称,批次,"), "{csv}");
    assert!(csv.contains("320100,\"'=cmd|'/c calc'!A1\",2,"), "{csv}");
    assert!(
        csv.contains("320300,\"a \"\"b\"\", c\",0,0,0,,,从未报送,"),
        "{csv}"
    );
    let sheet = super::sheet::xlsx(&table)?;
    assert_eq!(sheet.get(..4), Some(b"PK\x03\x04".as_slice()));
    Ok(())
}

#[test]
fn words_that_mean_nothing_are_refused() {
    assert!(parse_by("source,week").is_err());
    assert!(parse_instant("from", "yesterday", false).is_err());
    assert_eq!(parse_instant("to", "2026-11-20", true).ok(), Some(at(1440)));
    assert_eq!(
        parse_instant("to", "2026-11-20T00:01:00+08:00", true).ok(),
        Some(at(1))
    );
}
