//! Figures over a group of records.

use super::among::{Held, among, indexed, join};
use super::with_rule;
use crate::rule::{GroupFigure, Limit, Pick};
use crate::{Check, IssueCode, Severity};

#[test]
fn figures_over_a_group_count_the_record_itself() {
    let figure = |figure| {
        let check = Check::Group {
            field: 2,
            group: vec![1],
            figure,
        };
        indexed(with_rule(Vec::new(), check), &[1], &[])
    };
    let two: Held<'_> = &[
        (0, 1, "A=p B=x C=2 DAY=20250101"),
        (0, 2, "A=q B=x C=3 DAY=20250101"),
        (0, 3, "A=键 B=x C=9"),
    ];
    let share = |value: &str, max| GroupFigure::MaxShare {
        value: value.into(),
        max,
    };
    for (sent, wanted, issues) in [
        ("B=x C=1", GroupFigure::MinCount(3), 0),
        ("B=x C=2", GroupFigure::MinCount(3), 1),
        ("B=x C=1", GroupFigure::MaxCount(Limit::Fixed(3.0)), 0),
        ("B=x C=1", GroupFigure::MaxCount(Limit::Fixed(2.0)), 1),
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
        ("B=x C=1", share("1", 0.34), 0),
        ("B=x C=2", share("2", 0.34), 1),
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
        let all = among(&figure(wanted.clone()), sent, two).0;
        assert_eq!(all.len(), issues, "{wanted:?} {sent}");
        let chinese = |c| ('\u{3000}'..'\u{ff61}').contains(&c);
        assert!(
            all.iter().all(|issue| !issue.2.contains(chinese)),
            "{all:?}"
        );
    }
}

#[test]
fn sums_over_a_group_are_held_against_a_figure_or_a_record() {
    let by_record = || Limit::Joined(join(&[(1, 1)], Pick::Every), 3);
    let most = |limit| GroupFigure::SumMax {
        limit,
        tolerance: 0.0,
        in_yuan: false,
    };
    let equal = |limit, tolerance| GroupFigure::SumEquals {
        limit,
        tolerance,
        in_yuan: false,
    };
    let two: Held<'_> = &[
        (0, 1, "A=p B=x N=30"),
        (0, 2, "A=q B=x N=20.5"),
        (0, 3, "A=键 B=x N=99"),
        (0, 4, "A=r B=y N=99"),
        (1, 5, "A=s B=x N=100"),
    ];
    for (sent, figure, found) in [
        ("B=x N=49.5", most(Limit::Fixed(100.0)), None),
        ("B=x N=49.6", most(Limit::Fixed(100.0)), Some("100.1 > 100")),
        ("B=x N=49.5", most(by_record()), None),
        ("B=x N=50", most(by_record()), Some("100.5 > 100")),
        ("B=x N=49.5", equal(by_record(), 0.0), None),
        ("B=x N=49.4", equal(by_record(), 0.1), None),
        ("B=x N=49.4", equal(by_record(), 0.0), Some("99.9 ≠ 100")),
        ("B=z N=49.4", equal(by_record(), 0.0), None),
    ] {
        let check = Check::Group {
            field: 3,
            group: vec![1],
            figure: figure.clone(),
        };
        let edition = indexed(with_rule(Vec::new(), check), &[1], &[1]);
        let issues = among(&edition, sent, two).0;
        let wanted =
            found.map(|found| (IssueCode::RuleViolated, Severity::Warning, found.to_owned()));
        assert_eq!(issues, Vec::from_iter(wanted), "{sent} {figure:?}");
    }
}

#[test]
fn amounts_of_a_group_are_added_in_yuan() {
    let figure = GroupFigure::SumMax {
        limit: Limit::Fixed(20_000.0),
        tolerance: 0.0,
        in_yuan: true,
    };
    let check = Check::Group {
        field: 12,
        group: vec![1],
        figure,
    };
    let edition = indexed(with_rule(Vec::new(), check), &[1], &[]);
    let held: Held<'_> = &[(0, 1, "A=p B=x AMOUNT=10000 UNIT=0")];
    assert_eq!(among(&edition, "B=x AMOUNT=1 UNIT=1", held).0, []);
    assert_eq!(among(&edition, "B=x AMOUNT=2 UNIT=1", held).0.len(), 1);
    assert_eq!(
        among(&edition, "B=x AMOUNT=2", held).0,
        [],
        "without its unit an amount cannot be added"
    );
}
