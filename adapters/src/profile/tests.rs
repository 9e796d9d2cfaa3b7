#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use super::*;

const SMALL: &str = r#"version = 1
id = "329900"
kind = "city"
name = "示例市"
english = "Example"
region = "329900"
ways = ["http"]
datasets = "general;subject;1300-1302"
wire = { format = "json" }
"#;

#[test]
fn a_misspelled_word_is_an_error_that_names_the_place() {
    let text = format!("{SMALL}unit = {{}}\n");
    let error = Profile::parse("x.toml", &text).unwrap_err();
    assert_eq!((error.line, error.column), (10, 1));
    assert!(error.found.contains("`unit`"), "{error}");
    assert!(error.expected.contains("units"), "{error}");
}

#[test]
fn a_wrong_way_version_or_region_is_an_error() {
    for (good, bad, line) in [
        ("version = 1", "version = 2", 1),
        ("[\"http\"]", "[\"fax\"]", 7),
        ("region = \"329900\"", "region = \"nanjing\"", 6),
        ("\"json\"", "\"yaml\"", 9),
        ("general;subject", "general;;subject", 8),
    ] {
        let text = SMALL.replace(good, bad);
        let error = Profile::parse("x.toml", &text).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert_eq!(error.file, "x.toml");
    }
}

#[test]
fn words_permit_libraries_industries_and_numbers() {
    use spec::Library::{Credit, Price, Subject, Transaction};
    let profile = Profile::parse("x.toml", SMALL).unwrap();
    let dataset = |library, industry: &str, code| {
        let mut dataset = crate::decode::tests::dataset(code, "X", &[]);
        dataset.library = library;
        dataset.industry = industry.to_owned();
        dataset
    };
    assert!(profile.permits(&dataset(Transaction, "general", 501)));
    assert!(!profile.permits(&dataset(Transaction, "housing", 550)));
    assert!(profile.permits(&dataset(Subject, "general", 100)));
    assert!(!profile.permits(&dataset(Credit, "general", 300)));
    assert!(profile.permits(&dataset(Price, "general", 1301)));
    assert!(!profile.permits(&dataset(Price, "general", 1303)));
}

#[test]
fn every_embedded_profile_fits_the_embedded_edition() {
    let spec = spec::Spec::embedded().unwrap();
    let edition = spec.edition("3.0").unwrap();
    let profiles = embedded().unwrap();
    for profile in &profiles {
        assert!(!profile.note.is_empty(), "{}", profile.id);
        let idle = profile.datasets.idle(edition);
        assert!(idle.is_empty(), "{}: {idle:?}", profile.id);
        let adapter = crate::Adapter::new(Arc::new(profile.clone()), Arc::clone(edition));
        assert!(adapter.is_ok(), "{adapter:?}");
    }
    let permits = |id: &str, dataset: &str| {
        let profile = profiles.iter().find(|profile| profile.id == id).unwrap();
        profile.permits(edition.dataset(dataset).unwrap())
    };
    for dataset in ["501", "100", "300", "1300"] {
        assert!(permits("320100", dataset), "{dataset}");
    }
    assert!(permits("320300", "501") && permits("320300", "100"));
    assert!(!permits("320300", "300") && !permits("320300", "1300"));
    assert!(permits("320600", "300") && !permits("320600", "1300"));
}

#[test]
fn every_chinese_name_is_a_heading_of_its_field() {
    let spec = spec::Spec::embedded().unwrap();
    let edition = spec.edition("3.0").unwrap();
    let profiles = embedded().unwrap();
    let nantong = profiles
        .iter()
        .find(|profile| profile.id == "320600")
        .unwrap();
    let adapter = crate::Adapter::new(Arc::new(nantong.clone()), Arc::clone(edition)).unwrap();
    for dataset in edition.datasets.iter().filter(|set| nantong.permits(set)) {
        let headings: Vec<_> = dataset
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        let values: Vec<_> = (0..headings.len()).map(|place| place.to_string()).collect();
        let document = format!("{}\n{}\n", headings.join(","), values.join(","));
        let bytes = encoding_rs::GB18030.encode(&document).0;
        let hint = crate::Hint {
            // A Chinese name with a slash in it is no name of a file.
            file_name: Some(if dataset.name.contains('/') {
                format!("{}_20260105.csv", dataset.code)
            } else {
                format!("{}_20260105.csv", dataset.name)
            }),
            ..crate::Hint::default()
        };
        let mut rows = 0;
        let mut sink = |decoded: crate::Decoded<'_, '_>| {
            rows += 1;
            let crate::Decoded::Record { record, .. } = decoded else {
                unreachable!("{decoded:?}");
            };
            assert_eq!(record.dataset.id, dataset.id);
            for (place, value) in record.values.iter().enumerate() {
                let text = value.as_ref().map(|input| input.text.to_string());
                assert_eq!(text, Some(place.to_string()), "{} {place}", dataset.id);
            }
            std::ops::ControlFlow::Continue(())
        };
        adapter
            .decode(&bytes, &hint, &crate::Limits::default(), &mut sink)
            .unwrap();
        assert_eq!(rows, 1);
    }
}
