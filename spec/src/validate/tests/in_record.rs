//! Rules that one record shows by itself.
#![expect(
    clippy::indexing_slicing,
    reason = "tests name the data set and the finding by place"
)]

use super::{values, with_rule};
use crate::rule::{Bounds, Days, Near, Operand, Scale};
use crate::validate::sample::judged;
use crate::{Check, IssueCode, Severity};

fn scale(ratio: f64, tolerance: f64, in_yuan: bool) -> Scale {
    Scale {
        ratio,
        tolerance,
        in_yuan,
    }
}

#[test]
fn rules_in_the_record_pass_and_trigger() {
    use Check::*;
    let own = Operand::Field;
    let cases: Vec<(Check, &str, &str, IssueCode)> = vec![
        (
            RequiredIf { fields: vec![1, 2] },
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
                near: Near::Same,
            },
            "B=x C=x",
            "B=x C=y",
            IssueCode::RuleViolated,
        ),
        (
            Equals {
                field: 1,
                with: Operand::Value("1".into()),
                near: Near::Same,
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
                    above_min: true,
                    below_max: true,
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
                    above_min: false,
                    below_max: false,
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
                scale: scale(1.1, 0.0, false),
            },
            "N=11 M=10",
            "N=11.1 M=10",
            IssueCode::RuleViolated,
        ),
        (
            AtMost {
                field: 3,
                with: own(4),
                scale: scale(1.0, 0.01, false),
            },
            "N=10.01 M=10",
            "N=10.02 M=10",
            IssueCode::RuleViolated,
        ),
        (
            AtLeast {
                field: 3,
                with: own(4),
                scale: scale(0.9, 0.0, false),
            },
            "N=9 M=10",
            "N=8.99 M=10",
            IssueCode::RuleViolated,
        ),
        (
            AtLeast {
                field: 12,
                with: Operand::Value("10000".into()),
                scale: scale(1.0, 0.0, true),
            },
            "AMOUNT=1 UNIT=1",
            "AMOUNT=9999 UNIT=0",
            IssueCode::RuleViolated,
        ),
        (
            Equals {
                field: 3,
                with: own(4),
                near: Near::Figure {
                    tolerance: 0.01,
                    in_yuan: false,
                },
            },
            "N=10.01 M=10",
            "N=10.02 M=10",
            IssueCode::RuleViolated,
        ),
        (
            Equals {
                field: 7,
                with: own(8),
                near: Near::Minutes(60),
            },
            "S=20250106103000 T=20250106093059",
            "S=20250106103100 T=20250106093000",
            IssueCode::TimeOrder,
        ),
        (
            NotInSet {
                field: 5,
                values: vec!["x".into()],
            },
            "L=y;z",
            "L=y;x",
            IssueCode::RuleViolated,
        ),
        (
            OddNumber { field: 3, min: 5 },
            "N=5",
            "N=6",
            IssueCode::RuleViolated,
        ),
        (
            OddNumber { field: 3, min: 5 },
            "N=7",
            "N=3",
            IssueCode::RuleViolated,
        ),
        (
            SumEquals {
                total: own(3),
                terms: vec![4, 12],
                tolerance: 0.01,
            },
            "N=12.01 M=10 AMOUNT=2 UNIT=0",
            "N=12.02 M=10 AMOUNT=2 UNIT=0",
            IssueCode::RuleViolated,
        ),
        (
            SumEquals {
                total: Operand::Value("100".into()),
                terms: vec![3, 4],
                tolerance: 0.0,
            },
            "N=60.5 M=39.5",
            "N=60 M=39",
            IssueCode::RuleViolated,
        ),
        (
            MinDaysBetween {
                field: 8,
                with: own(7),
                days: Days::Own(3),
                workdays: false,
            },
            "S=20250106000000 T=20250116000000 N=10",
            "S=20250106000000 T=20250116000000 N=11",
            IssueCode::TimeOrder,
        ),
        (
            // received on Sunday, 2025-06-01 at noon
            TimelinessHours {
                field: 7,
                hours: 24,
                workdays: true,
            },
            "S=20250529120000",
            "S=20250529110000",
            IssueCode::TimeLate,
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
            "N=11 M=10",
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
                days: Days::Fixed(20),
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
                days: Days::Fixed(3),
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
                workdays: false,
            },
            "S=20250531120000",
            "S=20250531115900",
            IssueCode::TimeLate,
        ),
        (
            TimelinessHours {
                field: 9,
                hours: 24,
                workdays: false,
            },
            "DAY=20250531",
            "DAY=20250530",
            IssueCode::TimeLate,
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
        assert_eq!(&*report.issues[0].clause, "条款");
        // What was found stands in the English sentence too: no Chinese but the sender's own.
        let mut found = report.issues[0].found.chars();
        assert!(
            found.all(|c| !('\u{3000}'..'\u{ff61}').contains(&c) || triggers.contains(c)),
            "{check:?} {}",
            report.issues[0].found
        );
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
