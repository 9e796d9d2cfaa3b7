//! The built-in specification loads and says what its files say.

use std::error::Error;

use super::{LoadError, from_directory};
use crate::model::Force;
use crate::projection::Origin;
use crate::rule::{Check, Park};
use crate::{IssueCode, Sensitivity, Spec};

mod mistakes;
mod rule_lines;

type Outcome = Result<(), Box<dyn Error>>;

#[test]
fn the_embedded_specification_loads() -> Outcome {
    let spec = Spec::embedded()?;
    let ids: Vec<_> = spec
        .editions
        .iter()
        .map(|edition| edition.id.as_str())
        .collect();
    assert_eq!(ids, ["2.0", "3.0"]);
    for edition in &spec.editions {
        // The arrangement of 2026, by the State Council's notice of 2025-11-04: nine days off at the Spring Festival.
        let day = |day| jiff::civil::date(2026, 2, day);
        assert_eq!(edition.calendar.workdays_between(day(13), day(24)), 2);
    }
    let province = spec.edition("3.0").ok_or("no edition 3.0")?;
    let tender = province.dataset("501").ok_or("no data set 501")?;
    assert!(std::ptr::eq(
        tender,
        province.dataset(&tender.id).ok_or("no such name")?
    ));
    assert_eq!(tender.key.len(), 1);
    assert!(tender.time.is_some() && tender.deal.is_some());
    let personal = province.datasets.iter().flat_map(|set| &set.fields);
    assert!(
        personal
            .filter(|field| field.sensitivity == Sensitivity::Personal)
            .count()
            > 20
    );
    assert!(
        province
            .files
            .iter()
            .any(|(path, _)| path == "3.0/edition.toml")
    );
    Ok(())
}

#[test]
fn the_folder_reads_like_the_embedded_files() -> Outcome {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let read = from_directory(&folder)?;
    let embedded = Spec::embedded()?;
    assert_eq!(read.editions.len(), embedded.editions.len());
    for (one, other) in read.editions.iter().zip(&embedded.editions) {
        assert_eq!(one.files, other.files);
    }
    let absent = from_directory(&folder.join("no such folder"));
    assert!(matches!(absent, Err(LoadError::Read { .. })));
    Ok(())
}

#[test]
fn the_national_edition_shares_the_fields_of_the_provincial_one() -> Outcome {
    let spec = Spec::embedded()?;
    let province = spec.edition("3.0").ok_or("no edition 3.0")?;
    let national = spec.edition("2.0").ok_or("no edition 2.0")?;
    assert!(national.datasets.len() < province.datasets.len());
    let projection = province.projections.get("2.0").ok_or("no projection")?;
    let mut left_out = Vec::new();
    for shared in &national.datasets {
        let own = province.dataset(&shared.id).ok_or("not provincial")?;
        let ids =
            |set: &crate::Dataset| set.fields.iter().map(|f| f.id.clone()).collect::<Vec<_>>();
        let (ours, theirs) = (ids(own), ids(shared));
        assert!(theirs.iter().all(|id| ours.contains(id)), "{}", shared.id);
        let lacking = ours.iter().filter(|id| !theirs.contains(id));
        left_out.extend(lacking.map(|id| format!("{}.{id}", own.code)));
        let entry = projection.datasets.get(&own.code).ok_or("not forwarded")?;
        let columns: Vec<_> = entry
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        assert_eq!(columns, theirs, "in the order of the target");
        for column in &entry.columns {
            let field = column.field().and_then(|place| own.field(place));
            assert_eq!(field.map(|field| &field.id), Some(&column.name));
        }
    }
    assert!(left_out.contains(&"508.EXPERT_CHECK_IN_TIME".to_owned()));
    let withheld = province
        .datasets
        .iter()
        .filter(|set| !projection.datasets.contains_key(&set.code));
    for set in withheld {
        assert!(national.dataset(&set.id).is_none(), "{}", set.id);
    }
    Ok(())
}

#[test]
fn general_rules_reach_the_data_sets_that_have_their_fields() -> Outcome {
    let spec = Spec::embedded()?;
    let province = spec.edition("3.0").ok_or("no edition 3.0")?;
    let has = |dataset: &str, rule: &str| {
        let set = province.dataset(dataset);
        set.is_some_and(|set| set.rules.iter().any(|held| &*held.id == rule))
    };
    assert!(has("501", "all.deal_date") && has("501", "all.stamp_after_event"));
    assert!(!has("500", "all.deal_date"), "it has no deal code");
    assert!(
        !has("100", "all.stamp_after_event"),
        "its time is its timestamp"
    );
    assert!(has("503", "all.timely_notice") && !has("501", "all.timely_notice"));
    Ok(())
}

#[test]
fn a_data_set_of_an_industry_takes_over_the_rules_of_its_general_one() -> Outcome {
    let spec = Spec::embedded()?;
    let province = spec.edition("3.0").ok_or("no edition 3.0")?;
    let rule = |set: &str, id: &str| {
        let rules = province.dataset(set).map(|set| &set.rules);
        rules.and_then(|rules| rules.iter().find(|rule| &*rule.id == id))
    };
    let (general, own) = (rule("503", "503.ref_502"), rule("803", "803.ref_802"));
    let (general, own) = (general.ok_or("no rule")?, own.ok_or("not taken over")?);
    assert_eq!((&own.zh, own.severity), (&general.zh, general.severity));
    match &own.check {
        Check::Reference { to, .. } => {
            let targets: Vec<_> = to.iter().map(|target| target.dataset).collect();
            assert_eq!(targets, [802], "towards the own family");
        }
        other => return Err(format!("{other:?}").into()),
    }
    let entrusted = rule("803", "803.agency_needed").ok_or("not taken over")?;
    let parent = entrusted.when_parent.as_ref().ok_or("no condition")?;
    assert_eq!(parent.dataset, 801, "so are the conditions");
    assert!(rule("503", "503.agency_block").is_some_and(|rule| rule.clause.ends_with("503")));
    assert!(rule("803", "803.agency_block").is_some_and(|rule| rule.clause.is_empty()));
    let (general, own) = (rule("513", "513.price_cap"), rule("813", "813.price_cap"));
    assert_eq!(
        general.map(|rule| &rule.clause),
        own.map(|rule| &rule.clause),
        "a law binds all"
    );
    let blacklist = rule("807", "807.not_blacklisted").ok_or("not taken over")?;
    assert!(matches!(&blacklist.check, Check::NotExists { join } if join.dataset == 302));
    assert!(rule("504", "504.margin_percent").is_some());
    assert!(
        rule("804", "804.margin_percent").is_none(),
        "no such column"
    );
    assert!(rule("501", "501.ref_100").is_some());
    assert!(rule("801", "801.ref_100").is_none(), "stays where it is");
    assert!(rule("891", "891.panel_odd").is_some() && rule("906", "906.panel_odd").is_some());
    Ok(())
}

#[test]
fn data_sets_of_an_industry_fold_into_the_general_national_ones() -> Outcome {
    let spec = Spec::embedded()?;
    let province = spec.edition("3.0").ok_or("no edition 3.0")?;
    let projection = province.projections.get("2.0").ok_or("no projection")?;
    let of = |code| projection.datasets.get(&code).ok_or("not forwarded");
    let from = |code, name: &str| -> Result<Origin, Box<dyn Error>> {
        let column = of(code)?.columns.iter().find(|column| column.name == name);
        Ok(column.ok_or("not filled")?.from.clone())
    };
    assert_eq!(of(813)?.target, "WIN_RESULT_ANNO");
    let sections = province
        .dataset("813")
        .and_then(|set| set.field_index("BID_SECTION_CODE"));
    assert_eq!(of(813)?.split, sections, "one record for each section");
    for code in [825, 858, 909] {
        let form = Origin::Constant("2".to_owned());
        assert_eq!(from(code, "GUARANTEE_FORM")?, form, "{code}");
    }
    let means = province
        .dataset("834")
        .and_then(|set| set.field_index("MARGIN_PAY_TYPE"));
    let shortened = Origin::Items(means.ok_or("no such field")?, 10);
    assert_eq!(from(834, "MARGIN_PAY_TYPE")?, shortened);
    assert!(matches!(from(800, "CONTRIBUTION_SCALE")?, Origin::Text(parts) if parts.len() == 7));
    let lacking = |code| -> Result<Vec<_>, Box<dyn Error>> {
        let missing = of(code)?.missing.iter();
        Ok(missing
            .map(|one| (one.column.clone(), one.when.len()))
            .collect())
    };
    assert_eq!(lacking(814)?, [("URL".to_owned(), 0)], "always");
    assert_eq!(lacking(804)?, [("MARGIN_PERCENT".to_owned(), 1)]);
    for code in [820, 849, 906, 1300, 1900] {
        assert!(of(code).is_err(), "{code} is the province's alone");
    }
    Ok(())
}

#[test]
fn what_the_engine_holds_by_itself_is_listed() -> Outcome {
    let spec = Spec::embedded()?;
    let province = spec.edition("3.0").ok_or("no edition 3.0")?;
    let codes = province.stages.iter().flat_map(|stage| &stage.codes);
    let codes: Vec<_> = codes.collect();
    for code in [
        IssueCode::FieldRequired,
        IssueCode::FieldFormat,
        IssueCode::CodeUnknown,
        IssueCode::IdentifierCheck,
    ] {
        assert!(codes.contains(&&code), "{code:?}");
    }
    let national = spec.edition("2.0").ok_or("no edition 2.0")?;
    assert_eq!(national.stages, province.stages);
    Ok(())
}

#[test]
fn an_edition_applies_from_its_first_day_to_its_last() -> Outcome {
    let spec = Spec::embedded()?;
    let mut edition =
        std::sync::Arc::into_inner(spec.editions.into_iter().next().ok_or("no edition")?)
            .ok_or("held twice")?;
    edition.valid_from = "20250101".to_owned();
    assert_eq!(edition.on("20241231"), Force::NotYet);
    assert_eq!(edition.on("20250101"), Force::Applies);
    assert_eq!(edition.on("20991231"), Force::Applies, "open");
    edition.valid_to = Some("20261231".to_owned());
    assert_eq!(edition.on("20261231"), Force::Applies);
    assert_eq!(edition.on("20270101"), Force::Ended);
    Ok(())
}

#[test]
fn references_into_data_sets_that_a_shared_edition_lacks_are_passed_over() -> Outcome {
    let spec = Spec::embedded()?;
    let targets = |edition: &str| -> Result<Vec<_>, Box<dyn Error>> {
        let edition = spec.edition(edition).ok_or("no such edition")?;
        let rules = edition.dataset("305").map(|set| &set.rules);
        let mut rules = rules.ok_or("no data set 305")?.iter();
        let rule = rules.find(|rule| &*rule.id == "305.ref_502_802_832_862");
        match rule.map(|rule| &rule.check) {
            Some(Check::Reference { to, park, .. }) => {
                assert_eq!(*park, Park::Warn);
                Ok(to.iter().map(|target| target.dataset).collect())
            }
            other => Err(format!("{other:?}").into()),
        }
    };
    assert_eq!(targets("3.0")?, [502, 802, 832, 862]);
    assert_eq!(targets("2.0")?, [502], "only what the edition holds");
    Ok(())
}

#[test]
fn regions_are_found_by_the_names_people_write() -> Outcome {
    let spec = Spec::embedded()?;
    let province = spec.edition("3.0").ok_or("no edition 3.0")?;
    let regions = province.codes.get("region").ok_or("no regions")?;
    let code = |name: &str| regions.by_name.get(name).map(String::as_str);
    assert_eq!(code("南京市"), Some("320100"));
    assert_eq!(code("江苏省南京市"), Some("320100"));
    assert_eq!(code("江苏省南京市鼓楼区"), Some("320106"));
    assert_eq!(code("南京市鼓楼区"), Some("320106"));
    assert_eq!(code("江苏"), Some("320000"));
    assert_eq!(code("鼓楼区"), None, "several cities have one");
    assert_eq!(code("吉林"), None, "a province and a city");
    assert_eq!(
        code("崇川区"),
        Some("320613"),
        "the one in force, not the withdrawn"
    );
    assert_eq!(
        code("白下区"),
        Some("320103"),
        "withdrawn, and nothing else has the name"
    );
    let withdrawn = regions.find("320103").ok_or("withdrawn code")?;
    assert_eq!(withdrawn.valid_to.as_deref(), Some("20130228"));
    assert_eq!(withdrawn.successor.as_deref(), Some("320104"));
    Ok(())
}
