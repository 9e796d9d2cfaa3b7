//! A rule's line: every kind of check is taken, and every mistake in it is named by place, rule and remedy.

use super::Outcome;
use super::mistakes::{CODES, DATASET, EDITION, GENERAL, load};
use crate::Spec;
use crate::load::among::KINDS;
use crate::load::{LoadError, from_files};

/// A rule's line in the file of the data set, in place of its first.
fn with_rule(members: &str) -> Result<Spec, LoadError> {
    let from = DATASET
        .lines()
        .find(|line| line.contains("1.a"))
        .unwrap_or_default();
    let to = format!(
        "  {{ id = \"1.a\", {members}, severity = \"error\", zh = \"须\", en = \"must\" }},"
    );
    load("1/datasets/a/a.toml", &DATASET.replace(from, &to))
}

#[test]
fn a_mistake_in_a_rule_is_named_with_its_column_and_the_rule() -> Outcome {
    // the line's members, the word whose column is named, what is found, and what is allowed
    for (members, at, found, allowed) in [
        (
            "check = \"odd_numbr\", fields = [\"N\"]",
            "odd_numbr",
            "check `odd_numbr` in `1.a`",
            "odd_number",
        ),
        (
            "check = \"odd_number\", fields = [\"N\"], max = 3",
            "max",
            "`max` in a rule of check `odd_number` in `1.a`",
            "only the members that this check takes",
        ),
        (
            "check = \"not_in_set\", fields = [\"N\"]",
            "{ id",
            "no values in `1.a`",
            "a list of values",
        ),
        (
            "check = \"sum_equals\", fields = [\"N\"], terms = [\"M\"]",
            "M",
            "`M` in `1.a`",
            "a field of data set 1",
        ),
        (
            "check = \"sum_equals\", fields = [\"N\"], terms = [\"N\"], total = 3",
            "{ id",
            "no terms in `1.a`",
            "either `terms` or `total`",
        ),
        (
            "check = \"range\", fields = [\"N\"], max = 1, when_parent = { dataset = 1, on = [\"K:Q\"] }",
            "Q",
            "`Q` in `1.a`",
            "a field of data set 1",
        ),
        (
            "check = \"range\", fields = [\"N\"], max = 1, when_parent = { dataset = 1, on = [\"K:K\"], where = { Q = true } }",
            "Q",
            "`Q` in `1.a`",
            "a field of data set 1",
        ),
        (
            "check = \"range\", fields = [\"N\"], max = 1, unless = \"1.Q\"",
            "Q",
            "`Q` in `1.a`",
            "a field of data set 1",
        ),
        (
            "check = \"min_days_between\", fields = [\"T\"], value = \"20250101\", days_ref = \"1.N\"",
            "1.N",
            "days_ref `1.N` in `1.a`",
            "of the data set that `ref` names",
        ),
        (
            "check = \"equals\", fields = [\"T\"], value = \"20250101\", tolerance = 1, tolerance_minutes = 1",
            "tolerance_minutes",
            "`tolerance_minutes`",
            "one of them",
        ),
        (
            "check = \"reference\", fields = [\"K\", \"N\"], to = [\"1.K\"]",
            "1.K",
            "`1.K` in `1.a`",
            "2 fields of one data set",
        ),
        (
            "check = \"max_count\", fields = [\"N\"], group = [\"U\"]",
            "{ id",
            "no max in `1.a`",
            "one of `max`, `total` and `ref`",
        ),
    ] {
        let Err(error) = with_rule(members) else {
            return Err(format!("{members} was taken").into());
        };
        let LoadError::Data {
            line: 16,
            column,
            found: what,
            expected,
            ..
        } = &error
        else {
            return Err(format!("{members}: {error}").into());
        };
        let line = format!("  {{ id = \"1.a\", {members}");
        assert_eq!(Some(column - 1), line.find(at), "{error}");
        assert!(what.contains(found), "{error}");
        assert!(expected.contains(allowed), "{error}");
    }
    Ok(())
}

#[test]
fn every_kind_of_check_is_taken_as_it_is_documented() -> Outcome {
    let lines = [
        r#""required_if", fields = ["N"], when = { U = "1" }, when_parent = { dataset = 1, on = ["K:K"], where = { T = true, N = { greater = 3 } } }"#,
        r#""forbidden_if", fields = ["N"], unless = { dataset = 1, on = ["K:K"] }"#,
        r#""one_of_required", fields = ["N", "T"], min = 1, max = 1"#,
        r#""all_or_none", fields = ["N", "T"]"#,
        r#""equals", fields = ["N"], ref = "1.N", on = ["K:K"], tolerance = 0.01, in_yuan = true"#,
        r#""equals", fields = ["T"], ref = "1.T", on = ["K:K"], tolerance_minutes = 60"#,
        r#""not_equals", fields = ["N"], value = "1", unless = "1.N""#,
        r#""in_set", fields = ["U"], values = ["1", "2"]"#,
        r#""not_in_set", fields = ["U"], values = ["1"]"#,
        r#""range", fields = ["N"], min = 0, max = 100, exclusive_min = true, in_yuan = true"#,
        r#""odd_number", fields = ["N"], min = 5"#,
        r#""at_most", fields = ["N"], ref = "1.N", on = ["K:K"], ratio = 1.1, tolerance = 0.01, in_yuan = true, pick = "sum""#,
        r#""at_least", fields = ["N"], value = "3""#,
        r#""prefix", fields = ["K"], ref = "1.K", on = ["U:U"], pick = "any""#,
        r#""substring_equals", fields = ["U"], within = "K", chars = [1, 2]"#,
        r#""list_same_length", fields = ["U", "K"]"#,
        r#""list_min_length", fields = ["K"], min = 2"#,
        r#""count_equals", fields = ["N"], list = "K""#,
        r#""count_equals", fields = ["N"], child = 1, on = ["K:K"], stage = "complete""#,
        r#""sum_equals", fields = ["N"], terms = ["T", "U"], tolerance = 0.01"#,
        r#""sum_equals", fields = ["N", "U"], total = 100"#,
        r#""product_equals", fields = ["N"], factors = ["T", "U"], plus_percent = true, tolerance = 0.01"#,
        r#""not_before", fields = ["T"], value = "20250101""#,
        r#""not_after", fields = ["T"], ref = "1.T", on = ["K:K"], where = { U = ["1"] }"#,
        r#""min_days_between", fields = ["T"], ref = "1.T", on = ["K:K"], days_ref = "1.N", workdays = true"#,
        r#""max_days_between", fields = ["T"], value = "20250101", days_ref = "N""#,
        r#""not_future", fields = ["T"], skew_minutes = 10"#,
        r#""not_expired", fields = ["T"]"#,
        r#""timeliness_hours", fields = ["@time"], hours = 48, workdays = true"#,
        r#""region_prefix", fields = ["K"], chars = [2, 7]"#,
        r#""region_level", fields = ["U"], levels = ["city"]"#,
        r#""deal_date_not_after", fields = ["K"], ref = "T""#,
        r#""source_registered", fields = ["K"]"#,
        r#""attachment_required", formats = ["pdf"]"#,
        r#""immutable", fields = ["N"]"#,
        r#""monotone", fields = ["T"]"#,
        r#""unique", fields = ["N"], within = ["U"]"#,
        r#""reference", fields = ["K", "N"], to = ["1.K+1.N", "1.U+1.N"], wait = true"#,
        r#""exists", fields = ["K"], ref = "1.K""#,
        r#""not_exists", fields = ["K"], ref = "1.K", where = { U = "1" }"#,
        r#""parent_holds", fields = ["K"], ref = "1.U", values = ["1"], on = ["K:K"]"#,
        r#""min_count_of", fields = ["K"], ref = "1.N", on = ["K:K"], min = 3"#,
        r#""min_count", fields = ["N"], group = ["U"], min = 3"#,
        r#""max_count", fields = ["N"], group = ["U"], ref = "1.N", on = ["K:K"]"#,
        r#""odd_count", fields = ["N"], group = ["U"], min = 5"#,
        r#""flag_count", fields = ["U"], group = ["T"], value = "1", min = 1, max = 1"#,
        r#""max_share", fields = ["U"], group = ["T"], value = "1", max = 0.3334"#,
        r#""group_sum_max", fields = ["N"], group = ["U", "T"], max = 100, tolerance = 0.1"#,
        r#""group_sum_equals", fields = ["N"], group = ["U"], ref = "1.N", on = ["K:K"], in_yuan = true"#,
        r#""sequence", fields = ["N"], group = ["U"], start = 1"#,
        r#""distinct_across", fields = ["N"], group = ["U"], between = "K""#,
    ];
    for line in lines {
        let spec =
            with_rule(&format!("check = {line}")).map_err(|error| format!("{line}: {error}"))?;
        let edition = spec.edition("1").ok_or("no edition")?;
        let set = edition.dataset("1").ok_or("no data set")?;
        assert!(set.rules.iter().any(|rule| &*rule.id == "1.a"), "{line}");
    }
    let taken = |kind: &&&str| {
        lines
            .iter()
            .any(|line| line.starts_with(&format!("\"{kind}\"")))
    };
    let left: Vec<_> = KINDS.iter().filter(|kind| !taken(kind)).collect();
    // that one is said of many data sets, never of one
    assert_eq!(left, [&"judged_as_general"]);
    Ok(())
}

#[test]
fn an_industry_set_is_judged_by_the_rules_of_its_general_one() -> Outcome {
    let industry = |general: &str| {
        let renamed = DATASET
            .replace("code = 1\n", "code = 2\n")
            .replace("id = \"A\"", "id = \"B\"")
            .replace("time = \"T\"", &format!("time = \"T\"\n{general}"))
            .replace("\"1.b\"", "\"2.b\"");
        let (fields, _) = renamed.split_once("rules = [").unwrap_or_default();
        let general = GENERAL.replace(
            "rules = [",
            r#"rules = [
  { id = "all.general", datasets = [2], check = "judged_as_general", severity = "warning", zh = "同时按通用数据集校验", en = "judged as the general data set too" },"#,
        );
        let own = DATASET.replace(
            r#"{ id = "U", name = "单位", format = "C1", codes = "colour" }"#,
            r#"{ id = "U", name = "单位", format = "C1", required = true, codes = "colour" }"#,
        );
        from_files(vec![
            ("1/edition.toml".to_owned(), EDITION.into()),
            ("1/codes/colour.csv".to_owned(), CODES.into()),
            ("1/datasets/a.toml".to_owned(), own.into()),
            ("1/datasets/b.toml".to_owned(), fields.into()),
            ("1/rules/general.toml".to_owned(), general.into()),
        ])
    };
    let spec = industry("general = 1")?;
    let set = spec.edition("1").and_then(|edition| edition.dataset("B"));
    let rules = &set.ok_or("no data set")?.rules;
    let ids: Vec<_> = rules
        .iter()
        .map(|rule| (&*rule.id, rule.severity))
        .collect();
    let warning = crate::Severity::Warning;
    assert_eq!(
        ids,
        [
            ("2.a", crate::Severity::Error),
            ("2.b", warning),
            ("all.general", warning),
            ("all.a", warning)
        ],
        "its rules, and then what it requires and the industry leaves open"
    );
    let error = industry("").err().map(|error| error.to_string());
    let error = error.ok_or("a data set without its general one was taken")?;
    assert!(error.starts_with("1/rules/general.toml:2:"), "{error}");
    assert!(error.contains("without `general`"), "{error}");
    Ok(())
}

#[test]
fn a_calendar_names_each_day_once() -> Outcome {
    let csv =
        "date,kind,name,status\n20250101,holiday,元旦,known\n20250126,workday,春节,unverified\n";
    let spec = load("1/calendar.csv", csv)?;
    let days = &spec.edition("1").ok_or("no edition")?.calendar.days;
    let worked: Vec<_> = days.values().map(|day| (day.worked, day.known)).collect();
    assert_eq!(worked, [(false, true), (true, false)]);
    for (from, to, line, word) in [
        ("date,", "day,", 1, "date,kind,name,status"),
        ("20250126", "20250230", 3, "20250230"),
        ("20250126", "20250101", 3, "each day once"),
        ("workday", "halfday", 3, "holiday or workday"),
        ("unverified", "rumour", 3, "known or unverified"),
        ("元旦,known", "元旦", 2, ""),
    ] {
        let error = load("1/calendar.csv", &csv.replace(from, to)).err();
        let error = error.ok_or(format!("{to} was taken"))?.to_string();
        assert!(
            error.starts_with(&format!("1/calendar.csv:{line}:")),
            "{error}"
        );
        assert!(error.contains(word), "{error}");
    }
    Ok(())
}
