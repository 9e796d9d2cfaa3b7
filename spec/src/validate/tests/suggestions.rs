//! What a finding says beyond what is wrong: what was meant, why a rule applies, which other record it is about; and
//! that one cause is told once.
#![expect(
    clippy::indexing_slicing,
    reason = "tests name the data set and the finding by place"
)]

use serde_json::{Map, Value, json};

use super::among::{indexed, issues_among};
use super::with_rule;
use crate::validate::sample::{dataset, edition, judged, rule};
use crate::{Check, Condition, Edition, Issue, IssueCode, Severity};

fn sample() -> Edition {
    let mut set = dataset(
        1,
        "D",
        &[
            "key A C..20 free",
            "TENDER_MODE C1 codes:mode required",
            "ROLE C..20 codes:role list",
            "NOTE C8 org",
            "DAY D8 free",
        ],
    );
    set.rules.push(rule(
        "1.mode",
        Severity::Error,
        vec![Condition::In(0, vec!["x".into()])],
        Check::RequiredIf { fields: vec![1, 4] },
    ));
    edition(vec![
        set,
        dataset(2, "E", &["key A C..20 free", "SCORE N..5 free"]),
    ])
}

fn found(values: &[(&str, &str)]) -> Vec<Issue> {
    let edition = sample();
    judged(&edition, &edition.datasets[0], values).1.issues
}

fn codes(issues: &[Issue]) -> Vec<(IssueCode, &str)> {
    issues
        .iter()
        .map(|issue| (issue.code, issue.path.as_str()))
        .collect()
}

#[test]
fn a_patch_applied_to_what_was_sent_removes_the_finding() {
    for sent in [
        vec![("A", "1"), ("tender-mode", "1")],
        vec![("A", "1"), ("名称TENDER_MODE", "1")],
        vec![("A", "1"), ("TENDER_MODE", "1"), ("ROLE", "1;02")],
        vec![("A", "1"), ("TENDER_MODE", "1"), ("NOTE", "无")],
    ] {
        let issues = found(&sent);
        assert_eq!(issues.len(), 1, "{sent:?}: {issues:?}");
        let issue = &issues[0];
        let pairs = sent
            .iter()
            .map(|(name, text)| ((*name).to_owned(), json!(text)));
        let mut record = Value::Object(pairs.collect::<Map<_, _>>());
        let patch = issue.patch.clone().unwrap_or_default();
        let patch: Result<json_patch::Patch, _> = serde_json::from_value(patch);
        let applied = patch.is_ok_and(|patch| json_patch::patch(&mut record, &patch).is_ok());
        assert!(applied, "{issue:?}");
        let patched: Vec<(String, String)> = record
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, text)| (name.clone(), text.as_str().unwrap_or_default().to_owned()))
            .collect();
        let patched: Vec<(&str, &str)> = patched
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        assert_eq!(found(&patched), [], "{sent:?} became {patched:?}");
    }
}

#[test]
fn a_patch_never_overwrites_nor_guesses() {
    for sent in [
        // Both names may be meant.
        vec![("A", "1"), ("tender-mode", "1"), ("Tender_Mode", "2")],
        // The field is there already.
        vec![("A", "1"), ("TENDER_MODE", "1"), ("tender-mode", "2")],
        // A slip of the pen that may be another name.
        vec![("A", "1"), ("TENDER_MODES", "1")],
    ] {
        let issues = found(&sent);
        assert!(!issues.is_empty());
        for issue in issues {
            assert_eq!(issue.code, IssueCode::FieldUnknown, "{sent:?}");
            assert_eq!(&*issue.expected, "TENDER_MODE");
            assert_eq!(issue.patch, None, "{sent:?}");
        }
    }
}

#[test]
fn of_very_many_strangers_the_first_are_explained_and_the_others_counted() {
    let names: Vec<String> = (0..200)
        .map(|number| format!("SCORE{number:03}X"))
        .collect();
    let mut sent = vec![("A", "1"), ("TENDER_MODE", "1")];
    sent.extend(names.iter().map(|name| (name.as_str(), "9")));
    let issues = found(&sent);
    assert_eq!(issues.len(), 10, "{issues:?}");
    let told = &issues[9].message.zh;
    assert!(told.ends_with("（另有190处同类问题）"), "{told}");
    let advice = "请删除该项，或改用规范中的项名";
    assert!(issues[0].message.zh.contains(advice), "{issues:?}");
    // Values of a list that its table does not have.
    let list = vec!["99"; 200].join(";");
    let issues = found(&[("A", "1"), ("TENDER_MODE", "1"), ("ROLE", &list)]);
    assert_eq!(issues.len(), 3, "{issues:?}");
    assert!(issues[2].message.en.ends_with("(and 197 more)"));
}

#[test]
fn one_cause_is_told_once() {
    // The field came under a wrong name: it is not missing too, neither to the standard nor to a rule.
    let issues = found(&[("A", "x"), ("TENDER_MODES", "1"), ("DAY", "20250101")]);
    assert_eq!(codes(&issues), [(IssueCode::FieldUnknown, "/TENDER_MODES")]);
    // Missing to the standard, and to a rule.
    let issues = found(&[("A", "x"), ("DAY", "20250101")]);
    assert_eq!(codes(&issues), [(IssueCode::FieldRequired, "/TENDER_MODE")]);
    // Two causes are two findings.
    let issues = found(&[("A", "x")]);
    assert_eq!(
        codes(&issues),
        [
            (IssueCode::FieldRequired, "/TENDER_MODE"),
            (IssueCode::RuleViolated, "/DAY")
        ]
    );
}

#[test]
fn a_condition_says_what_made_the_field_required() {
    let issues = found(&[("A", "x"), ("TENDER_MODE", "1")]);
    let help = issues[0].help.clone();
    let help = help.as_ref().map(|help| (&*help.zh, &*help.en));
    assert_eq!(help, Some(("因为 名称A（A） = x", "because A = x")));
}

#[test]
fn what_was_meant_is_said_where_it_can_be_seen() {
    let help = |name: &'static str, text: &'static str| {
        let sent = [("A", "1"), ("TENDER_MODE", "1"), (name, text)];
        let sent = if name == "TENDER_MODE" {
            &sent[..1]
        } else {
            &sent
        };
        let mut sent = sent.to_vec();
        if name == "TENDER_MODE" {
            sent.push((name, text));
        }
        let issues = found(&sent);
        let help = issues.into_iter().find_map(|issue| issue.help);
        help.map(|help| help.zh.into_owned()).unwrap_or_default()
    };
    assert_eq!(
        help("SCORE", "9"),
        "该数据项属于数据集“数据集E”（E），请核对数据集是否写错"
    );
    assert_eq!(
        help("DAY", "20252506"),
        "是否把月、日写反？可能是 20250625，请核对"
    );
    assert_eq!(help("DAY", "20250230"), "");
}

#[test]
fn the_other_record_is_named() {
    let unique = with_rule(
        Vec::new(),
        Check::Unique {
            field: 1,
            within: Vec::new(),
        },
    );
    let unique = indexed(unique, &[1], &[]);
    let (issues, _) = issues_among(&unique, "B=同", &[(0, 4, "A=旧 B=同")]);
    assert_eq!(issues.len(), 1);
    let related = &issues[0].related;
    assert_eq!(related.len(), 1, "{issues:?}");
    assert_eq!(
        (
            related[0].dataset.as_str(),
            related[0].key.as_str(),
            related[0].path.as_str(),
            related[0].found.as_str(),
            related[0].id
        ),
        ("D", "旧", "/B", "同", 4)
    );
    // Without a value of its own there is nothing to hold against another record.
    assert_eq!(issues_among(&unique, "C=x", &[(0, 4, "A=旧 B=同")]).0, []);
}
