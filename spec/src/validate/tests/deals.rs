//! Rules that only other records let apply, and rules about a deal as a whole.
#![expect(
    clippy::indexing_slicing,
    reason = "tests name the data set and the finding by place"
)]

use std::sync::Arc;

use super::among::{Held, among, indexed, join, registered};
use super::with_rule;
use crate::references::{Found, index_entries, lookups_at};
use crate::rule::{GroupFigure, Join, Pick, Stage};
use crate::validate::sample::{context, record, rule};
use crate::validate::{judge_alone, judge_complete};
use crate::{Check, Condition, Edition, Known, Normalized, Roll, Severity, normalize};

fn gated(check: Check, when_parent: Option<Join>, unless: Option<Join>) -> Edition {
    let mut edition = indexed(with_rule(Vec::new(), check), &[1], &[1]);
    let rule = &mut edition.datasets[0].rules[0];
    rule.when_parent = when_parent;
    rule.unless = unless;
    edition
}

fn by_b(filter: Vec<Condition>) -> Join {
    Join {
        filter,
        ..join(&[(1, 1)], Pick::Every)
    }
}

#[test]
fn any_rule_may_apply_only_where_another_record_says_so() {
    let in_set = || Check::InSet {
        field: 2,
        values: vec!["y".into()],
    };
    let least = Check::Range {
        field: 3,
        bounds: crate::rule::Bounds {
            min: Some(10.0),
            ..Default::default()
        },
    };
    let days = Check::MinDaysBetween {
        field: 8,
        with: crate::rule::Operand::Field(7),
        days: crate::rule::Days::Fixed(20),
        workdays: false,
    };
    let filled = Check::RequiredIf { fields: vec![6] };
    let sent = "B=x C=z N=1 S=20250106000000 T=20250107000000";
    let parent: Held<'_> = &[(1, 1, "A=p B=x N=2")];
    let other: Held<'_> = &[(1, 1, "A=p B=x N=3")];
    let is_two = || by_b(vec![Condition::In(3, vec!["2".into()])]);
    for check in [in_set(), least, days, filled] {
        let edition = gated(check.clone(), Some(is_two()), None);
        assert_eq!(among(&edition, sent, parent).0.len(), 1, "{check:?}");
        assert_eq!(among(&edition, sent, other).0, [], "{check:?}");
        assert_eq!(among(&edition, sent, &[]).0, [], "{check:?}");
        let edition = gated(check.clone(), None, Some(is_two()));
        assert_eq!(among(&edition, sent, parent).0, [], "{check:?}");
        assert_eq!(among(&edition, sent, other).0.len(), 1, "{check:?}");
        assert_eq!(among(&edition, sent, &[]).0.len(), 1, "{check:?}");
    }
    let present = gated(in_set(), Some(by_b(vec![Condition::Present(4)])), None);
    assert_eq!(among(&present, sent, parent).0, []);
    let dated: Held<'_> = &[(1, 1, "A=p B=x T=20250101000000")];
    assert_eq!(among(&present, sent, dated).0.len(), 1);
}

#[test]
fn a_rule_that_waits_for_others_to_say_is_not_judged_alone() {
    let check = Check::RequiredIf { fields: vec![6] };
    let edition = gated(check, Some(by_b(Vec::new())), None);
    let context = context(&edition);
    let mut sent = normalize(
        &context,
        record(&edition.datasets[0], &[("A", "键"), ("B", "x")]),
    );
    assert_eq!(judge_alone(&context, &mut sent).issues, []);
}

/// Judges stored records, and answers what they ask for from among themselves.
fn complete(edition: &Edition, held: Held<'_>) -> Vec<Vec<String>> {
    let context = context(edition);
    let all: Vec<(i64, Normalized<'_, '_>)> = held
        .iter()
        .map(|&(place, id, text)| {
            let pairs: Vec<(&str, &str)> = text
                .split_whitespace()
                .filter_map(|pair| pair.split_once('='))
                .collect();
            let sent = record(&edition.datasets[place], &pairs);
            (id, normalize(&context, sent))
        })
        .collect();
    let mut known = Known::default();
    for (_, record) in &all {
        for lookup in lookups_at(edition, record, Stage::Complete) {
            known.answers.insert(lookup, Roll::default());
        }
    }
    for (id, record) in &all {
        let mut bytes = Vec::new();
        record.canonical(&mut bytes);
        let body: Arc<serde_json::Map<_, _>> =
            Arc::new(serde_json::from_slice(&bytes).unwrap_or_default());
        for entry in index_entries(record.dataset, record) {
            if let Some(Roll::Few(answer)) = known.answers.get_mut(&entry) {
                answer.push(Found {
                    id: *id,
                    body: Arc::clone(&body),
                });
            }
        }
    }
    let records: Vec<_> = all.into_iter().map(|(_, record)| record).collect();
    let reports = judge_complete(&context, &records, &known);
    let by_register = judge_complete(&context, &records, &registered(&known));
    assert_eq!(reports, by_register, "many records are judged as few are");
    reports
        .into_iter()
        .map(|report| report.issues.into_iter().map(|issue| issue.found).collect())
        .collect()
}

#[test]
fn a_deal_is_judged_as_a_whole_and_a_group_once() {
    let check = Check::Group {
        field: 2,
        group: vec![1],
        figure: GroupFigure::MinCount(3),
    };
    let mut edition = gated(check, Some(by_b(Vec::new())), None);
    edition.datasets[0].rules[0].stage = Stage::Complete;
    let ripe = (1, 9, "A=end B=x");
    let bids: [(usize, i64, &str); 3] = [
        (0, 1, "A=1 B=x C=a"),
        (0, 2, "A=2 B=x C=b"),
        (0, 3, "A=3 B=y C=a"),
    ];
    assert_eq!(
        among(&edition, "B=x C=a", &[ripe]).0,
        [],
        "never when one record arrives"
    );
    let none: Vec<String> = Vec::new();
    let with_end = [bids[0], bids[1], bids[2], ripe];
    assert_eq!(
        complete(&edition, &with_end),
        [
            vec!["2".to_owned()],
            none.clone(),
            none.clone(),
            none.clone()
        ],
        "once for the group of x; that of y is not ripe"
    );
    assert_eq!(
        complete(&edition, &bids),
        [none.clone(), none.clone(), none.clone()]
    );
    let third = [bids[0], bids[1], (0, 4, "A=4 B=x C=c"), ripe];
    assert_eq!(complete(&edition, &third).concat(), none);
}

#[test]
fn a_number_of_records_agrees_with_those_that_have_come() {
    let check = Check::CountJoined {
        field: 3,
        join: by_b(Vec::new()),
    };
    let mut edition = gated(check, None, None);
    edition.datasets[0].rules[0].stage = Stage::Complete;
    let rows = [(1, 2, "A=p B=x"), (1, 3, "A=q B=x"), (1, 4, "A=r B=y")];
    let with = |head: &'static str| [(0, 1, head), rows[0], rows[1], rows[2]];
    assert_eq!(
        complete(&edition, &with("A=1 B=x N=2")).concat(),
        Vec::<String>::new()
    );
    assert_eq!(complete(&edition, &with("A=1 B=x N=3"))[0], ["3 ≠ 2"]);
    assert_eq!(complete(&edition, &with("A=1 B=z N=1"))[0], ["1 ≠ 0"]);
    assert_eq!(
        complete(&edition, &with("A=1 B=x")).concat(),
        Vec::<String>::new()
    );
}

#[test]
fn what_one_record_shows_may_wait_for_the_deal_too() {
    let mut edition = with_rule(Vec::new(), Check::RequiredIf { fields: vec![6] });
    edition.datasets[0].rules[0].stage = Stage::Complete;
    edition.datasets[0].rules.push(rule(
        "on arrival",
        Severity::Warning,
        Vec::new(),
        Check::RequiredIf { fields: vec![5] },
    ));
    assert_eq!(complete(&edition, &[(0, 1, "A=1")]), [[String::new()]]);
}
