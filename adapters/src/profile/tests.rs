#![expect(clippy::unwrap_used, reason = "tests")]

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
fn every_embedded_profile_is_sound() {
    let profiles = embedded().unwrap();
    let ids: Vec<_> = profiles.iter().map(|profile| profile.id.as_str()).collect();
    assert!(ids.contains(&"320100"), "{ids:?}");
    assert!(profiles.iter().all(|profile| !profile.note.is_empty()));
}
