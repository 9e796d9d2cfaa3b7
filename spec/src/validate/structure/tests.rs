//! What a clerk reads about the structure of a record.
#![expect(
    clippy::indexing_slicing,
    reason = "tests name the data set and the finding by place"
)]

use crate::validate::sample::{dataset, edition, judged};
use crate::{IssueCode, Severity};

#[test]
fn required_fields_and_keys_must_be_there() {
    let edition = edition(vec![dataset(
        1,
        "D",
        &["key A C..20 free", "B C..20 free required", "C C..20 free"],
    )]);
    let (normalized, report) = judged(&edition, &edition.datasets[0], &[("B", "  ")]);
    let found: Vec<_> = report
        .issues
        .iter()
        .map(|issue| (issue.code, issue.path.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (IssueCode::FieldRequired, "/A"),
            (IssueCode::FieldRequired, "/B")
        ]
    );
    assert!(report.rejects());
    assert_eq!(normalized.key(), None);
}

#[test]
fn closed_tables_name_their_values_and_what_was_meant() {
    let edition = edition(vec![dataset(
        1,
        "D",
        &[
            "TENDER_MODE C1 codes:mode",
            "R C2 codes:role",
            "L C..20 codes:mode list",
        ],
    )]);
    let judge = |values: &[(&'static str, &'static str)]| {
        judged(&edition, &edition.datasets[0], values).1.issues
    };
    let issues = judge(&[("TENDER_MODE", "7")]);
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0].code, IssueCode::CodeUnknown);
    assert_eq!(issues[0].severity, Severity::Error);
    assert_eq!(&*issues[0].expected, "1 公开招标、2 邀请招标、9 其他");
    assert_eq!(
        issues[0].message.zh,
        "名称TENDER_MODE（TENDER_MODE）的值“7”不在代码集“mode”中，可用值：1 公开招标、2 邀请招标、9 其他"
    );
    for separators in [";", ";;", "1;"] {
        let issues = judge(&[("TENDER_MODE", separators)]);
        let codes: Vec<_> = issues.iter().map(|issue| issue.code).collect();
        assert_eq!(codes, [IssueCode::CodeUnknown], "{separators}");
    }
    let issues = judge(&[("R", "1")]);
    assert!(
        issues[0].message.zh.contains("是否为 01 招标人？"),
        "{:?}",
        issues[0].message.zh
    );
    assert_eq!(
        issues[0].patch,
        Some(serde_json::json!([{"op": "replace", "path": "/R", "value": "01"}]))
    );
    let issues = judge(&[("L", "1;3;4;5;6;7;8")]);
    assert_eq!(issues.len(), 3, "capped");
    assert!(
        issues[2].message.zh.ends_with("（另有3处同类问题）"),
        "{:?}",
        issues[2].message.zh
    );
}

#[test]
fn doubtful_and_expired_codes_are_weighed() {
    let edition = edition(vec![dataset(
        1,
        "D",
        &[
            "O C..4 codes:open",
            "R C6 codes:region",
            "C C1 codes:closed",
        ],
    )]);
    for (field, sent, expected) in [
        ("O", "1", None),
        ("O", "A081", None),
        (
            "O",
            "2",
            Some((IssueCode::CodeUnverified, Severity::Warning)),
        ),
        (
            "O",
            "3",
            Some((IssueCode::CodeUnverified, Severity::Warning)),
        ),
        ("R", "320100", None),
        // A region that was withdrawn and has a successor is repaired.
        ("R", "320103", None),
        (
            "R",
            "999999",
            Some((IssueCode::CodeUnknown, Severity::Error)),
        ),
        ("C", "A", None),
        ("C", "B", Some((IssueCode::CodeExpired, Severity::Error))),
    ] {
        let (_, report) = judged(&edition, &edition.datasets[0], &[(field, sent)]);
        let found = report
            .issues
            .first()
            .map(|issue| (issue.code, issue.severity));
        assert_eq!(found, expected, "{field} {sent}");
        assert!(report.issues.len() <= 1);
    }
}

#[test]
fn identifiers_are_judged_item_by_item_and_papers_by_their_kind() {
    let edition = edition(vec![dataset(
        1,
        "D",
        &[
            "U C18 uscc",
            "S C..100 subject list",
            "ID_CARD C..50 id_number personal",
            "ID_CARD_TYPE C2 codes:paper",
            "P C18 operator",
        ],
    )]);
    for (values, expected) in [
        (vec![("U", "91320100TEXT00017N")], vec![]),
        (vec![("U", "91320100TEXT00017P")], vec![Severity::Error]),
        (
            vec![("S", "91320100TEXT00017N;TEXT00017;320100000012345")],
            vec![Severity::Warning],
        ),
        (
            vec![("ID_CARD", "320102190101010010"), ("ID_CARD_TYPE", "03")],
            vec![],
        ),
        (
            vec![("ID_CARD", "320102190101010010"), ("ID_CARD_TYPE", "01")],
            vec![Severity::Error],
        ),
        (
            vec![("ID_CARD", "320102190101010017"), ("ID_CARD_TYPE", "01")],
            vec![],
        ),
        (vec![("P", "12320000TEXT000418")], vec![Severity::Warning]),
        (vec![("P", "12320000TEXT000417-5")], vec![]),
    ] {
        let (_, report) = judged(&edition, &edition.datasets[0], &values);
        let found: Vec<_> = report.issues.iter().map(|issue| issue.severity).collect();
        assert_eq!(found, expected, "{values:?}");
        assert!(
            report
                .issues
                .iter()
                .all(|issue| issue.code == IssueCode::IdentifierCheck)
        );
        assert!(
            report
                .issues
                .iter()
                .all(|issue| !issue.message.zh.contains("320102190101010010"))
        );
    }
}

#[test]
fn a_value_that_failed_is_not_judged_again() {
    let edition = edition(vec![dataset(
        1,
        "D",
        &["U C18 uscc", "key M C1 codes:mode"],
    )]);
    let (normalized, report) = judged(
        &edition,
        &edition.datasets[0],
        &[("U", "9132"), ("M", "无")],
    );
    let found: Vec<_> = report.issues.iter().map(|issue| issue.code).collect();
    assert_eq!(found, [IssueCode::FieldLength, IssueCode::FieldFormat]);
    assert_eq!(normalized.text(0), None);
}
