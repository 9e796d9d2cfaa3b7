//! When rules about one record speak, and when they stay silent: conditions, what is absent or unsound, what the way
//! in does not tell.
#![expect(
    clippy::indexing_slicing,
    reason = "tests name the data set and the finding by place"
)]

use super::{values, with_rule};
use crate::rule::{Days, Operand};
use crate::validate::judge_alone;
use crate::validate::sample::{context, judged, record};
use crate::{Check, Condition, Severity, normalize};

#[test]
fn sums_are_silent_where_a_part_is_absent_or_unsound() {
    let edition = with_rule(
        Vec::new(),
        Check::SumEquals {
            total: Operand::Field(3),
            terms: vec![4, 12],
            tolerance: 0.0,
        },
    );
    let violated = |text| {
        let (_, report) = judged(&edition, &edition.datasets[0], &values(text));
        report.issues.iter().any(|issue| issue.rule.is_some())
    };
    assert!(violated("N=5 M=1 AMOUNT=1 UNIT=0"));
    assert!(!violated("N=5 M=1"), "a part is absent");
    assert!(!violated("N=5 M=1 AMOUNT=1"), "its unit is not known");
    assert!(
        !violated("N=5 M=1.234 AMOUNT=1 UNIT=0"),
        "a part failed structure"
    );
}

#[test]
fn limits_in_days_may_stand_in_a_field_and_are_silent_without_it() {
    let edition = with_rule(
        Vec::new(),
        Check::MaxDaysBetween {
            field: 8,
            with: Operand::Field(7),
            days: Days::Own(3),
            workdays: false,
        },
    );
    let sent = |days: &str| format!("S=20250106000000 T=20250116000000 {days}");
    let count = |text: &str| {
        let (_, report) = judged(&edition, &edition.datasets[0], &values(text));
        report.issues.len()
    };
    assert_eq!(count(&sent("N=10")), 0);
    assert_eq!(count(&sent("N=9")), 1);
    assert_eq!(count(&sent("")), 0);
}

#[test]
fn an_attachment_is_asked_for_where_the_message_tells_of_them() {
    for (formats, files, issues) in [
        (vec!["pdf"], Some(vec!["a.doc", "b.PDF"]), 0),
        (vec!["pdf", "ofd"], Some(vec!["b.ofd"]), 0),
        (vec!["pdf"], Some(vec!["a.doc", "pdf"]), 1),
        (vec!["pdf"], Some(Vec::new()), 1),
        (Vec::new(), Some(vec!["a.doc"]), 0),
        (Vec::new(), Some(Vec::new()), 1),
        (vec!["pdf"], None, 0),
    ] {
        let own = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let formats = own(formats);
        let edition = with_rule(Vec::new(), Check::AttachmentRequired { formats });
        let context = context(&edition);
        let mut sent = record(&edition.datasets[0], &[("A", "键")]);
        sent.attachments = files.map(own);
        let mut normalized = normalize(&context, sent);
        let report = judge_alone(&context, &mut normalized);
        assert_eq!(report.issues.len(), issues, "{report:?}");
        for issue in &report.issues {
            assert_eq!(
                (issue.path.as_str(), issue.severity),
                ("", Severity::Warning)
            );
            assert!(issue.message.zh.starts_with("数据集D：规则"), "{issue:?}");
            assert!(issue.expected.starts_with("附有"), "{issue:?}");
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
        let edition = with_rule(vec![condition], Check::RequiredIf { fields: vec![1] });
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
fn what_is_absent_or_unsound_is_not_false() {
    let count = |condition: Condition, text: &str| {
        let check = Check::ForbiddenIf { fields: vec![1] };
        let edition = with_rule(vec![condition], check);
        let issues = judged(&edition, &edition.datasets[0], &values(text))
            .1
            .issues;
        let of_rule = issues.iter().filter(|issue| issue.rule.is_some());
        of_rule.count()
    };
    let one = || Condition::In(13, vec!["0".into()]);
    let others = || Condition::In(13, vec!["1".into()]);
    assert_eq!(
        (count(one(), "B=x UNIT=0"), count(others(), "B=x UNIT=0")),
        (1, 0)
    );
    // Neither the value nor its contrary is said.
    assert_eq!((count(one(), "B=x"), count(others(), "B=x")), (0, 0));
    assert_eq!(
        (count(one(), "B=x UNIT=7"), count(others(), "B=x UNIT=7")),
        (0, 0)
    );
    for (condition, absent, unsound) in [
        (Condition::Less(3, 5.0), 0, 0),
        (Condition::Greater(3, -5.0), 0, 0),
        (Condition::Absent(3), 1, 0),
        (Condition::Present(3), 0, 1),
    ] {
        let told = (
            count(condition.clone(), "B=x"),
            count(condition.clone(), "B=x N=many"),
        );
        assert_eq!(told, (absent, unsound), "{condition:?}");
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
