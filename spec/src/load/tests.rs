//! The built-in specification loads and says what its files say.

use std::error::Error;

use super::{LoadError, from_directory};
use crate::rule::{Check, Park};
use crate::{Sensitivity, Spec};

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
    let mut left_out = 0;
    for shared in &national.datasets {
        let own = province.dataset(&shared.id).ok_or("not provincial")?;
        let ids =
            |set: &crate::Dataset| set.fields.iter().map(|f| f.id.clone()).collect::<Vec<_>>();
        let (ours, theirs) = (ids(own), ids(shared));
        assert!(theirs.iter().all(|id| ours.contains(id)), "{}", shared.id);
        left_out += ours.len() - theirs.len();
        let entry = projection.datasets.get(&own.code).ok_or("not forwarded")?;
        let columns: Vec<_> = entry
            .columns
            .iter()
            .map(|(_, column)| column.clone())
            .collect();
        assert_eq!(columns, theirs, "in the order of the target");
        for (place, column) in &entry.columns {
            assert_eq!(own.field(*place).map(|field| &field.id), Some(column));
        }
    }
    assert_eq!(left_out, 2);
    let withheld: Vec<_> = province
        .datasets
        .iter()
        .filter(|set| !projection.datasets.contains_key(&set.code))
        .map(|set| set.code)
        .collect();
    assert_eq!(withheld, [1300, 1301, 1302, 1303, 1304, 1305]);
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
fn references_into_absent_data_sets_are_passed_over() -> Outcome {
    let spec = Spec::embedded()?;
    let province = spec.edition("3.0").ok_or("no edition 3.0")?;
    let rule = |set: &str, id: &str| {
        let rules = province.dataset(set).map(|set| &set.rules);
        rules.and_then(|rules| rules.iter().find(|rule| &*rule.id == id))
    };
    let several = rule("305", "305.ref_502_802_832_862").ok_or("no rule")?;
    match &several.check {
        Check::Reference { to, park, .. } => {
            let targets: Vec<_> = to.iter().map(|target| target.dataset).collect();
            assert_eq!(targets, [502], "only what the edition holds");
            assert_eq!(*park, Park::Warn);
        }
        other => return Err(format!("{other:?}").into()),
    }
    assert!(
        rule("1304", "1304.ref_550").is_none(),
        "nothing is left to refer to"
    );
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
