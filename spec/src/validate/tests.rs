//! Every kind of rule: a record that passes it, and one that triggers it.

use std::sync::Arc;

use super::sample::{context, dataset, edition, field, judged, record, rule};
use super::{judge_alone, judge_among};
use crate::references::{Found, Known, Lookup, index_entries, lookups};
use crate::rule::{Bounds, Elsewhere, GroupFigure, Join, Operand, Park, Pick};
use crate::{Check, Condition, Edition, IssueCode, Severity, normalize};

/// Places: A 0, B 1, C 2, N 3, M 4, L 5, K 6, S 7, T 8, DAY 9, DEAL 10, REGION 11, AMOUNT 12, UNIT 13, P 14.
const FIELDS: &[&str] = &[
    "key A C..50 free",
    "B C..50 free",
    "C C..50 free",
    "N N..10,2 free",
    "M N..10,2 free",
    "L C..50 free list",
    "K C..50 free list",
    "S D14 free",
    "T D14 free",
    "DAY D8 free",
    "DEAL C40 deal",
    "REGION C6 codes:region",
    "AMOUNT N..12,2 free by:13",
    "UNIT C1 codes:unit",
    "P C18 operator",
];

fn with_rule(when: Vec<Condition>, check: Check) -> Edition {
    let mut set = dataset(1, "D", FIELDS);
    set.rules
        .push(rule("1.rule", Severity::Warning, when, check));
    edition(vec![
        set,
        dataset(
            2,
            "PARENT",
            &[
                "key A C..50 free",
                "B C..50 free",
                "L C..50 free list",
                "N N..10,2 free",
                "T D14 free",
            ],
        ),
    ])
}

fn values(text: &str) -> Vec<(&str, &str)> {
    [("A", "键")]
        .into_iter()
        .chain(
            text.split_whitespace()
                .filter_map(|pair| pair.split_once('=')),
        )
        .collect()
}

#[test]
fn rules_in_the_record_pass_and_trigger() {
    use Check::*;
    let own = Operand::Field;
    let cases: Vec<(Check, &str, &str, IssueCode)> = vec![
        (
            RequiredIf {
                fields: vec![1, 2],
                parent: None,
            },
            "B=x C=y",
            "B=x",
            IssueCode::RuleViolated,
        ),
        (
            ForbiddenIf { fields: vec![1] },
            "C=x",
            "B=x",
            IssueCode::RuleViolated,
        ),
        (
            OneOfRequired {
                fields: vec![1, 2],
                min: 1,
                max: 1,
            },
            "B=x",
            "B=x C=y",
            IssueCode::RuleViolated,
        ),
        (
            AllOrNone { fields: vec![1, 2] },
            "N=1",
            "B=x",
            IssueCode::RuleViolated,
        ),
        (
            Equals {
                field: 1,
                with: own(2),
            },
            "B=x C=x",
            "B=x C=y",
            IssueCode::RuleViolated,
        ),
        (
            Equals {
                field: 1,
                with: Operand::Value("1".into()),
            },
            "B=1",
            "B=2",
            IssueCode::RuleViolated,
        ),
        (
            NotEquals {
                field: 1,
                with: own(5),
            },
            "B=x L=y;z",
            "B=x L=y;x",
            IssueCode::RuleViolated,
        ),
        (
            InSet {
                field: 5,
                values: vec!["x".into(), "y".into()],
            },
            "L=x;y",
            "L=x;z",
            IssueCode::RuleViolated,
        ),
        (
            Range {
                field: 3,
                bounds: Bounds {
                    min: Some(0.0),
                    max: Some(9.0),
                    exclusive: true,
                    in_yuan: false,
                },
            },
            "N=8",
            "N=0",
            IssueCode::RuleViolated,
        ),
        (
            Range {
                field: 12,
                bounds: Bounds {
                    min: None,
                    max: Some(1e6),
                    exclusive: false,
                    in_yuan: true,
                },
            },
            "AMOUNT=101 UNIT=0",
            "AMOUNT=101 UNIT=1",
            IssueCode::RuleViolated,
        ),
        (
            AtMost {
                field: 3,
                with: own(4),
                ratio: 1.1,
                in_yuan: false,
            },
            "N=11 M=10",
            "N=11.1 M=10",
            IssueCode::RuleViolated,
        ),
        (
            Prefix {
                field: 5,
                with: own(1),
            },
            "L=ab;ac B=a",
            "L=ab;bc B=a",
            IssueCode::RuleViolated,
        ),
        (
            SubstringEquals {
                part: 14,
                within: 10,
                from: 5,
                to: 22,
            },
            "P=12320000TEXT000417-5 DEAL=A01-12320000TEXT000417-20250106-000001-0",
            "P=91320100TEXT00017N DEAL=A01-12320000TEXT000417-20250106-000001-0",
            IssueCode::RuleViolated,
        ),
        (
            ListSameLength { fields: vec![5, 6] },
            "L=a;b K=c;d",
            "L=a;b K=c",
            IssueCode::RuleViolated,
        ),
        (
            ListMinLength { field: 5, min: 2 },
            "L=a;b",
            "L=a",
            IssueCode::RuleViolated,
        ),
        (
            CountEquals { field: 3, list: 5 },
            "N=2 L=a;b",
            "N=3 L=a;b",
            IssueCode::RuleViolated,
        ),
        (
            ProductEquals {
                field: 3,
                factors: vec![4, 4],
                plus_percent: false,
                tolerance: 0.01,
            },
            "N=9 M=3",
            "N=10 M=3",
            IssueCode::RuleViolated,
        ),
        (
            ProductEquals {
                field: 3,
                factors: vec![4, 4],
                plus_percent: true,
                tolerance: 0.01,
            },
            "N=12 M=10.45",
            "N=10 M=50",
            IssueCode::RuleViolated,
        ),
        (
            NotBefore {
                field: 7,
                with: own(9),
            },
            "S=20250106093000 DAY=20250106",
            "S=20250105093000 DAY=20250106",
            IssueCode::TimeOrder,
        ),
        (
            NotAfter {
                field: 7,
                with: own(8),
            },
            "S=20250106093000 T=20250106093000",
            "S=20250106093001 T=20250106093000",
            IssueCode::TimeOrder,
        ),
        (
            MinDaysBetween {
                field: 8,
                with: own(7),
                days: 20,
                workdays: false,
            },
            "S=20250106235959 T=20250126000000",
            "S=20250106000000 T=20250125235959",
            IssueCode::TimeOrder,
        ),
        (
            MaxDaysBetween {
                field: 8,
                with: own(7),
                days: 3,
                workdays: true,
            },
            "S=20250110000000 T=20250115000000",
            "S=20250110000000 T=20250116000000",
            IssueCode::TimeOrder,
        ),
        (
            NotFuture {
                field: 7,
                skew_minutes: 10,
            },
            "S=20250601120959",
            "S=20250601121001",
            IssueCode::TimeOrder,
        ),
        (
            NotExpired { field: 9 },
            "DAY=20250601",
            "DAY=20250531",
            IssueCode::TimeOrder,
        ),
        (
            TimelinessHours {
                field: 7,
                hours: 24,
            },
            "S=20250531120000",
            "S=20250531115900",
            IssueCode::TimeOrder,
        ),
        (
            TimelinessHours {
                field: 9,
                hours: 24,
            },
            "DAY=20250531",
            "DAY=20250530",
            IssueCode::TimeOrder,
        ),
        (
            RegionPrefix {
                field: 1,
                from: 2,
                to: 7,
            },
            "B=E320103x",
            "B=E999999x",
            IssueCode::RuleViolated,
        ),
        (
            RegionLevel {
                field: 11,
                levels: vec!["city".into()],
            },
            "REGION=320100",
            "REGION=320000",
            IssueCode::RuleViolated,
        ),
        (
            DealDateNotAfter { deal: 10, field: 9 },
            "DEAL=A01-12320000TEXT000417-20250106-000001-0 DAY=20250106",
            "DEAL=A01-12320000TEXT000417-20250106-000001-0 DAY=20250105",
            IssueCode::TimeOrder,
        ),
    ];
    for (check, passes, triggers, code) in cases {
        let edition = with_rule(Vec::new(), check.clone());
        let (_, report) = judged(&edition, &edition.datasets[0], &values(passes));
        assert_eq!(report.issues, [], "{check:?} {passes}");
        let (_, report) = judged(&edition, &edition.datasets[0], &values(triggers));
        let found: Vec<_> = report
            .issues
            .iter()
            .map(|issue| (issue.code, issue.rule.as_deref(), issue.severity))
            .collect();
        assert_eq!(
            found,
            [(code, Some("1.rule"), Severity::Warning)],
            "{check:?} {triggers}"
        );
        assert_eq!(report.issues[0].clause, "条款");
        assert!(
            report.issues[0].message.zh.contains("规则"),
            "{:?}",
            report.issues[0]
        );
        // Nothing but the key: a rule about fields that are absent says nothing.
        if !matches!(check, RequiredIf { .. } | OneOfRequired { .. }) {
            let (_, report) = judged(&edition, &edition.datasets[0], &[("A", "键")]);
            assert_eq!(report.issues, [], "{check:?}");
        }
    }
}

#[test]
fn rules_apply_only_under_their_conditions() {
    for (condition, holds, fails) in [
        (Condition::In(5, vec!["x".into()]), "L=y;x", "L=y"),
        (Condition::Greater(3, 1.0), "N=2", "N=1"),
        (Condition::Less(3, 1.0), "N=0", "N=1"),
        (Condition::Length(2, 2), "C=甲乙", "C=甲"),
        (Condition::Present(2), "C=x", ""),
        (Condition::Absent(2), "", "C=x"),
    ] {
        let edition = with_rule(
            vec![condition],
            Check::RequiredIf {
                fields: vec![1],
                parent: None,
            },
        );
        let count = |text| {
            judged(&edition, &edition.datasets[0], &values(text))
                .1
                .issues
                .len()
        };
        assert_eq!((count(holds), count(fails)), (1, 0), "{holds} {fails}");
    }
}

#[test]
fn a_platform_must_be_registered_where_platforms_are_known() {
    let edition = with_rule(Vec::new(), Check::SourceRegistered { field: 14 });
    let count = |platforms: &[String]| {
        let mut context = context(&edition);
        context.platforms = platforms;
        let mut normalized = normalize(
            &context,
            record(
                &edition.datasets[0],
                &[("A", "键"), ("P", "12320000TEXT000417-5")],
            ),
        );
        judge_alone(&context, &mut normalized).issues.len()
    };
    assert_eq!(count(&[]), 0);
    assert_eq!(count(&["12320000TEXT000417".to_owned()]), 0);
    assert_eq!(count(&["91320100TEXT00017N".to_owned()]), 1);
}

/// Records that the store holds: data set, identifier, fields.
type Held<'h> = &'h [(usize, i64, &'h str)];

/// Judges a record among others; everything that it asks for is answered from these.
fn among(
    edition: &Edition,
    sent: &str,
    held: Held<'_>,
) -> (Vec<(IssueCode, Severity, String)>, Vec<Lookup>) {
    let context = context(edition);
    let set = &edition.datasets[0];
    let mut normalized = normalize(&context, record(set, &values(sent)));
    let _ = judge_alone(&context, &mut normalized);
    let mut known = Known::default();
    for lookup in lookups(edition, &normalized) {
        known.answers.insert(lookup, Vec::new());
    }
    for &(place, id, text) in held {
        let other = &edition.datasets[place];
        let pairs: Vec<(&str, &str)> = text
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .collect();
        let stored = normalize(&context, record(other, &pairs));
        let mut bytes = Vec::new();
        stored.canonical(&mut bytes);
        let body: Arc<serde_json::Map<_, _>> =
            Arc::new(serde_json::from_slice(&bytes).unwrap_or_default());
        for entry in index_entries(other, &stored) {
            if let Some(answer) = known.answers.get_mut(&entry) {
                answer.push(Found {
                    id,
                    body: body.clone(),
                });
            }
        }
    }
    let (report, waits) = judge_among(&context, &normalized, &known);
    let empty = judge_among(&context, &normalized, &Known::default());
    assert_eq!(
        (empty.0.issues, empty.1),
        (Vec::new(), Vec::new()),
        "what cannot be known is no finding"
    );
    (
        report
            .issues
            .into_iter()
            .map(|issue| (issue.code, issue.severity, issue.found))
            .collect(),
        waits,
    )
}

fn join(on: &[(u16, u16)], pick: Pick) -> Join {
    Join {
        dataset: 2,
        on: on.to_vec(),
        filter: Vec::new(),
        pick,
    }
}

fn indexed(mut edition: Edition, own: &[u16], parent: &[u16]) -> Edition {
    edition.datasets[0].indexed = own.to_vec();
    edition.datasets[1].indexed = parent.to_vec();
    edition
}

#[test]
fn references_wait_or_warn_item_by_item() {
    let to = vec![Elsewhere {
        dataset: 2,
        field: 0,
    }];
    let edition = with_rule(
        Vec::new(),
        Check::Reference {
            field: 5,
            to: to.clone(),
            park: Park::Wait,
        },
    );
    let missing = |item: &str| {
        (
            IssueCode::ReferenceMissing,
            Severity::Warning,
            item.to_owned(),
        )
    };
    let (issues, waits) = among(&edition, "L=x;y", &[(1, 1, "A=x")]);
    assert_eq!(issues, [missing("y")]);
    assert_eq!(
        waits,
        [Lookup {
            dataset: 2,
            field: None,
            value: "y".into()
        }]
    );
    assert_eq!(
        among(&edition, "L=x;y", &[(1, 1, "A=x"), (1, 2, "A=y")]),
        (Vec::new(), Vec::new())
    );
    assert_eq!(among(&edition, "", &[]), (Vec::new(), Vec::new()));
    let edition = with_rule(
        Vec::new(),
        Check::Reference {
            field: 5,
            to,
            park: Park::Warn,
        },
    );
    assert_eq!(
        among(&edition, "L=x", &[]),
        (vec![missing("x")], Vec::new())
    );
}

#[test]
fn joined_comparisons_follow_the_choice_among_records() {
    let held: Held<'_> = &[
        (1, 1, "A=p1 B=x N=5 T=20250101000000"),
        (1, 2, "A=p2 B=x N=7 T=20250201000000"),
    ];
    let compare = |pick, sent: &str| {
        let with = Operand::Joined(join(&[(1, 1)], pick), 4);
        let edition = indexed(
            with_rule(Vec::new(), Check::NotBefore { field: 7, with }),
            &[],
            &[1],
        );
        among(&edition, sent, held).0.len()
    };
    let sent = "B=x S=20250115000000";
    for (pick, issues) in [
        (Pick::Every, 1),
        (Pick::Any, 0),
        (Pick::First, 0),
        (Pick::Last, 1),
    ] {
        assert_eq!(compare(pick, sent), issues, "{pick:?}");
        assert_eq!(compare(pick, "B=other S=20250115000000"), 0, "{pick:?}");
    }
    let with = Operand::Joined(join(&[(1, 1)], Pick::Sum), 3);
    let edition = indexed(
        with_rule(
            Vec::new(),
            Check::AtMost {
                field: 3,
                with,
                ratio: 1.0,
                in_yuan: false,
            },
        ),
        &[],
        &[1],
    );
    assert_eq!(among(&edition, "B=x N=12", held).0, []);
    assert_eq!(
        among(&edition, "B=x N=12.5", held).0,
        [(
            IssueCode::RuleViolated,
            Severity::Warning,
            "12.5 > 12".to_owned()
        )]
    );
}

#[test]
fn existence_and_parents_are_looked_up() {
    let by_b = || join(&[(5, 1)], Pick::Every);
    let filtered = || Join {
        filter: vec![(3, vec!["1".into()])],
        ..by_b()
    };
    for (check, passes, triggers) in [
        (Check::Exists { join: by_b() }, "A=p B=x", "A=p B=y"),
        (Check::NotExists { join: by_b() }, "A=p B=y", "A=p B=x"),
        (
            Check::NotExists { join: filtered() },
            "A=p B=x N=2",
            "A=p B=x N=1",
        ),
        (
            Check::Exists {
                join: join(&[(5, 1), (1, 2)], Pick::Every),
            },
            "A=p B=x L=b;c",
            "A=p B=x L=c",
        ),
        (
            Check::ParentHolds {
                join: by_b(),
                field: 2,
                values: vec!["01".into()],
            },
            "A=p B=x L=02;01",
            "A=p B=x L=02",
        ),
        (
            Check::MinCountOf {
                join: by_b(),
                field: 2,
                min: 2,
            },
            "A=p B=x L=02;01",
            "A=p B=x L=02",
        ),
        (
            Check::RequiredIf {
                fields: vec![2],
                parent: Some((by_b(), 3, vec!["2".into()])),
            },
            "A=p B=x N=1",
            "A=p B=x N=2",
        ),
    ] {
        let edition = indexed(with_rule(Vec::new(), check.clone()), &[], &[1]);
        assert_eq!(
            among(&edition, "B=b L=x", &[(1, 1, passes)]).0,
            [],
            "{check:?}"
        );
        assert_eq!(
            among(&edition, "B=b L=x", &[(1, 1, triggers)]).0.len(),
            1,
            "{check:?}"
        );
    }
}

#[test]
fn versions_and_neighbours_are_compared() {
    let changed = (IssueCode::KeyChanged, Severity::Warning, "y".to_owned());
    let edition = with_rule(Vec::new(), Check::Immutable { field: 1 });
    assert_eq!(among(&edition, "B=y", &[(0, 1, "A=键 B=x")]).0, [changed]);
    assert_eq!(among(&edition, "B=x", &[(0, 1, "A=键 B=x")]).0, []);
    assert_eq!(among(&edition, "B=y", &[(0, 1, "A=别 B=x")]).0, []);
    let edition = with_rule(Vec::new(), Check::Monotone { field: 9 });
    assert_eq!(
        among(&edition, "DAY=20250105", &[(0, 1, "A=键 DAY=20250106")]).0[0].0,
        IssueCode::TimeOrder
    );
    assert_eq!(
        among(&edition, "DAY=20250106", &[(0, 1, "A=键 DAY=20250106")]).0,
        []
    );
    let edition = indexed(
        with_rule(
            Vec::new(),
            Check::Unique {
                field: 3,
                within: vec![1],
            },
        ),
        &[1],
        &[],
    );
    let double = (IssueCode::KeyDuplicate, Severity::Warning, "1".to_owned());
    assert_eq!(
        among(&edition, "B=x N=1", &[(0, 1, "A=别 B=x N=1")]).0,
        [double]
    );
    assert_eq!(
        among(
            &edition,
            "B=x N=1",
            &[(0, 1, "A=别 B=x N=2"), (0, 2, "A=键 B=x N=1")]
        )
        .0,
        []
    );
    assert_eq!(among(&edition, "B=x N=1", &[(0, 1, "A=别 B=z N=1")]).0, []);
}

#[test]
fn figures_over_a_group_count_the_record_itself() {
    let figure = |figure| {
        let check = Check::Group {
            field: 2,
            group: vec![1],
            figure,
            unless: None,
        };
        indexed(with_rule(Vec::new(), check), &[1], &[])
    };
    let two: Held<'_> = &[
        (0, 1, "A=p B=x C=2 DAY=20250101"),
        (0, 2, "A=q B=x C=3 DAY=20250101"),
        (0, 3, "A=键 B=x C=9"),
    ];
    for (sent, wanted, issues) in [
        ("B=x C=1", GroupFigure::MinCount(3), 0),
        ("B=x C=2", GroupFigure::MinCount(3), 1),
        ("B=x C=1", GroupFigure::Odd(3), 0),
        ("B=x C=1", GroupFigure::Odd(5), 1),
        ("B=x C=2", GroupFigure::Odd(1), 1),
        ("B=x C=1", GroupFigure::Sequence { start: 1 }, 0),
        ("B=x C=5", GroupFigure::Sequence { start: 1 }, 1),
        (
            "B=x C=1",
            GroupFigure::Flag {
                value: "1".into(),
                min: 1,
                max: 1,
            },
            0,
        ),
        (
            "B=x C=2",
            GroupFigure::Flag {
                value: "2".into(),
                min: 1,
                max: 1,
            },
            1,
        ),
        (
            "B=x C=2 DAY=20250101",
            GroupFigure::DistinctAcross { between: 9 },
            0,
        ),
        (
            "B=x C=2 DAY=20250102",
            GroupFigure::DistinctAcross { between: 9 },
            1,
        ),
    ] {
        assert_eq!(
            among(&figure(wanted.clone()), sent, two).0.len(),
            issues,
            "{wanted:?} {sent}"
        );
    }
    let unless = Some(join(&[(1, 1)], Pick::Any));
    let check = Check::Group {
        field: 2,
        group: vec![1],
        figure: GroupFigure::MinCount(3),
        unless,
    };
    let edition = indexed(with_rule(Vec::new(), check), &[1], &[1]);
    assert_eq!(among(&edition, "B=x C=1", &[]).0.len(), 1);
    assert_eq!(among(&edition, "B=x C=1", &[(1, 1, "A=p B=x")]).0, []);
}

#[test]
fn the_own_key_is_asked_for_first_and_nothing_twice() {
    let to = vec![
        Elsewhere {
            dataset: 2,
            field: 1,
        },
        Elsewhere {
            dataset: 2,
            field: 0,
        },
    ];
    let mut edition = with_rule(
        Vec::new(),
        Check::Reference {
            field: 5,
            to: to.clone(),
            park: Park::Wait,
        },
    );
    edition.datasets[0].rules.push(rule(
        "again",
        Severity::Error,
        Vec::new(),
        Check::Reference {
            field: 5,
            to,
            park: Park::Warn,
        },
    ));
    edition.datasets[0].indexed = vec![0, 5];
    let normalized = normalize(
        &context(&edition),
        record(&edition.datasets[0], &values("L=x")),
    );
    let ask = |dataset, field, value: &str| Lookup {
        dataset,
        field,
        value: value.into(),
    };
    assert_eq!(
        lookups(&edition, &normalized),
        [ask(1, None, "键"), ask(2, None, "x"), ask(2, Some(1), "x")]
    );
    let entries: Vec<Lookup> = index_entries(&edition.datasets[0], &normalized)
        .into_iter()
        .collect();
    assert_eq!(entries, [ask(1, None, "键"), ask(1, Some(5), "x")]);
    assert_eq!(field("A C..5 free").id, "A");
}
