//! Rules about a record and others, over answers as a store gives them.
#![expect(
    clippy::indexing_slicing,
    reason = "tests name the data set and the finding by place"
)]

use std::sync::Arc;

use super::{values, with_rule};
use crate::references::{Found, Known, Lookup, index_entries, lookups};
use crate::roll::{Register, Roll};
use crate::rule::{Days, Elsewhere, Join, Near, Operand, Park, Pick, Scale};
use crate::validate::sample::{context, field, record, rule};
use crate::validate::{judge_alone, judge_among};
use crate::{Check, Condition, Edition, Issue, IssueCode, Severity, normalize};

/// Records that the store holds: data set, identifier, fields.
pub(super) type Held<'h> = &'h [(usize, i64, &'h str)];

/// Judges a record among others; everything that it asks for is answered from these.
pub(super) fn among(
    edition: &Edition,
    sent: &str,
    held: Held<'_>,
) -> (Vec<(IssueCode, Severity, String)>, Vec<Lookup>) {
    let (issues, waits) = issues_among(edition, sent, held);
    let short = |issue: Issue| (issue.code, issue.severity, issue.found);
    (issues.into_iter().map(short).collect(), waits)
}

/// The same, with all that a finding says.
pub(super) fn issues_among(
    edition: &Edition,
    sent: &str,
    held: Held<'_>,
) -> (Vec<Issue>, Vec<Lookup>) {
    let context = context(edition);
    let sent_to = &edition.datasets[0];
    let mut normalized = normalize(&context, record(sent_to, &values(sent)));
    let _ = judge_alone(&context, &mut normalized);
    let mut known = Known::default();
    for lookup in lookups(edition, &normalized) {
        known.answers.insert(lookup, Roll::default());
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
            if let Some(Roll::Few(answer)) = known.answers.get_mut(&entry) {
                answer.push(Found {
                    id,
                    body: body.clone(),
                });
            }
        }
    }
    let (report, waits) = judge_among(&context, &normalized, &known);
    let by_register = judge_among(&context, &normalized, &registered(&known));
    assert_eq!(
        (&report.issues, &waits),
        (&by_register.0.issues, &by_register.1),
        "many records are judged as few are"
    );
    let empty = judge_among(&context, &normalized, &Known::default());
    assert_eq!(
        (empty.0.issues, empty.1),
        (Vec::new(), Vec::new()),
        "what cannot be known is no finding"
    );
    (report.issues, waits)
}

/// The same answers, as if they were very many.
pub(super) fn registered(known: &Known) -> Known {
    let register = |roll: &Roll| Roll::Many(Arc::new(Register::new(roll.iter().cloned())));
    let answers = known.answers.iter();
    Known {
        answers: answers
            .map(|(lookup, roll)| (lookup.clone(), register(roll)))
            .collect(),
    }
}

pub(super) fn join(on: &[(u16, u16)], pick: Pick) -> Join {
    Join {
        dataset: 2,
        on: on.to_vec(),
        filter: Vec::new(),
        pick,
    }
}

pub(super) fn indexed(mut edition: Edition, own: &[u16], parent: &[u16]) -> Edition {
    edition.datasets[0].indexed = own.to_vec();
    edition.datasets[1].indexed = parent.to_vec();
    edition
}

#[test]
fn references_wait_or_warn_item_by_item() {
    let to = vec![Elsewhere {
        dataset: 2,
        field: 0,
        beside: Vec::new(),
    }];
    let edition = with_rule(
        Vec::new(),
        Check::Reference {
            field: 5,
            beside: Vec::new(),
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
            beside: Vec::new(),
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
fn references_of_several_fields_agree_with_one_record() {
    let reference = |park| {
        let to = |dataset, field, beside| Elsewhere {
            dataset,
            field,
            beside: vec![beside],
        };
        let check = Check::Reference {
            field: 1,
            beside: vec![5],
            to: vec![to(2, 1, 2), to(1, 2, 6)],
            park,
        };
        indexed(with_rule(Vec::new(), check), &[2], &[1])
    };
    let edition = reference(Park::Wait);
    let sent = "B=x L=p;q";
    for (held, there) in [
        ((1, 1, "A=1 B=x L=q;r"), true),
        ((0, 1, "A=1 C=x K=p"), true),
        ((1, 1, "A=1 B=x L=r"), false),
        ((1, 1, "A=1 B=y L=p"), false),
    ] {
        let (issues, waits) = among(&edition, sent, &[held]);
        assert_eq!(
            (issues.is_empty(), waits.is_empty()),
            (there, there),
            "{held:?}"
        );
    }
    // The one field in one record and the other in the next is no record.
    let apart: Held<'_> = &[(1, 1, "A=1 B=x L=r"), (1, 2, "A=2 B=y L=p")];
    let (issues, waits) = among(&edition, sent, apart);
    let missing = (
        IssueCode::ReferenceMissing,
        Severity::Warning,
        "x + p;q".to_owned(),
    );
    assert_eq!(issues, std::slice::from_ref(&missing));
    let ask = |dataset, field| Lookup {
        dataset,
        field: Some(field),
        value: "x".into(),
    };
    assert_eq!(waits, [ask(1, 2), ask(2, 1)]);
    let (issues, waits) = among(&reference(Park::Warn), sent, apart);
    assert_eq!((issues, waits), (vec![missing], Vec::new()));
    assert_eq!(among(&edition, "B=x", apart), (Vec::new(), Vec::new()));
}

#[test]
fn days_are_taken_from_the_joined_record() {
    let with = Operand::Joined(join(&[(1, 1)], Pick::Last), 4);
    let check = Check::MaxDaysBetween {
        field: 7,
        with,
        days: Days::Joined(3),
        workdays: false,
    };
    let edition = indexed(with_rule(Vec::new(), check), &[], &[1]);
    let sent = "B=x S=20250121000000";
    let count = |held: &str| among(&edition, sent, &[(1, 1, held)]).0.len();
    assert_eq!(count("A=p B=x N=20 T=20250101000000"), 0);
    assert_eq!(count("A=p B=x N=19 T=20250101000000"), 1);
    assert_eq!(count("A=p B=x T=20250101000000"), 0, "no figure is known");
}

#[test]
fn joined_figures_agree_within_a_tolerance_and_in_yuan() {
    let near = |tolerance, in_yuan| Near::Figure { tolerance, in_yuan };
    for (near, field, sent, issues) in [
        (near(0.01, false), 3, "B=x N=5.01", 0),
        (near(0.01, false), 3, "B=x N=5.02", 1),
        (near(0.0, true), 12, "B=x AMOUNT=5 UNIT=0", 0),
        (near(0.0, true), 12, "B=x AMOUNT=5 UNIT=1", 1),
        (near(0.0, true), 12, "B=x AMOUNT=5", 0),
    ] {
        let with = Operand::Joined(join(&[(1, 1)], Pick::Every), 3);
        let check = Check::Equals { field, with, near };
        let edition = indexed(with_rule(Vec::new(), check), &[], &[1]);
        let found = among(&edition, sent, &[(1, 1, "A=p B=x N=5")]).0;
        assert_eq!(found.len(), issues, "{sent} {near:?}");
    }
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
                scale: Scale {
                    ratio: 1.0,
                    tolerance: 0.0,
                    in_yuan: false,
                },
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
        filter: vec![Condition::In(3, vec!["1".into()])],
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
fn the_own_key_is_asked_for_first_and_nothing_twice() {
    let to = vec![
        Elsewhere {
            dataset: 2,
            field: 1,
            beside: Vec::new(),
        },
        Elsewhere {
            dataset: 2,
            field: 0,
            beside: Vec::new(),
        },
    ];
    let mut edition = with_rule(
        Vec::new(),
        Check::Reference {
            field: 5,
            beside: Vec::new(),
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
            beside: Vec::new(),
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
