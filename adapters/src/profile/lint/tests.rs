//! Profiles with mistakes, and every one of them named at its place.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const SOUND: &str = r#"version = 1
id = "329900"
kind = "city"
name = "示例市"
english = "Example"
region = "329900"
ways = ["http"]
datasets = "general;subject"

[wire]
format = "csv"
"#;

/// Code, line and column of each remark, in order.
fn remarks(text: &str) -> Vec<(&'static str, usize, usize)> {
    let remarks = lint(text, &Spec::embedded().unwrap());
    for remark in &remarks {
        assert!(
            remark.message.zh.chars().any(|c| c > '\u{4e00}'),
            "{remark:?}"
        );
        assert!(
            remark.message.en.is_ascii() || remark.message.en.contains('`'),
            "{remark:?}"
        );
        assert!(!remark.help.zh.is_empty() && !remark.help.en.is_empty());
    }
    let places = remarks.iter();
    places.map(|one| (one.code, one.line, one.column)).collect()
}

fn help(text: &str) -> String {
    let remarks = lint(text, &Spec::embedded().unwrap());
    remarks.first().unwrap().help.en.to_string()
}

#[test]
fn a_sound_profile_has_no_remark_and_so_have_the_embedded_ones() {
    assert_eq!(remarks(SOUND), []);
    for (file, text) in crate::embedded_texts().unwrap() {
        let remarks = lint(&text, &Spec::embedded().unwrap());
        let errors: Vec<_> = remarks
            .iter()
            .filter(|remark| remark.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{file}: {errors:#?}");
    }
}

#[test]
fn mistakes_of_form_do_not_hide_each_other() {
    let text = r#"version = 1
id = 5
kind = "town"
naem = "示例市"
english = "Example"
region = "3299"
ways = ["http", "htp"]
datasets = "general"

[wire]
format = "yml"
shape = "flat"
recrod = "R"

[[splits]]
from = "a"
by = "|"

[[splits]]
from = "b"
by = "|"
into = ["TENDER_PROJECT_COED"]
"#;
    assert_eq!(
        remarks(text),
        [
            ("key.missing", 1, 1),
            ("value.form", 2, 6),
            ("value.unknown", 3, 8),
            ("key.unknown", 4, 1),
            ("region.form", 6, 10),
            ("way.unknown", 7, 17),
            ("value.unknown", 11, 10),
            ("key.unknown", 13, 1),
            ("key.missing", 15, 1),
            ("parts.single", 22, 8),
            ("field.unknown", 22, 9),
        ]
    );
}

#[test]
fn names_that_no_edition_knows_are_all_told_with_what_is_near() {
    let text = format!(
        r#"{SOUND}
[names]
"招标" = "TENDER_PROJET"
"信用" = "BLACK_LIST"

[fields]
"a" = "TENDER_PROJECT_NAMES"
"b" = ""

[dates]
CREATE_TIMES = "d/M/yyyy"

[constants]
REGION_COD = "329900"

[codes.tender_modes]
"x" = "1"

[sets.TENDER_PROJECT.fields]
"c" = "BIDDER_NAME_X"
"#
    );
    assert_eq!(
        remarks(&text),
        [
            ("dataset.unknown", 14, 8),
            ("dataset.forbidden", 15, 8),
            ("field.unknown", 18, 7),
            ("field.unknown", 22, 1),
            ("field.unknown", 25, 1),
            ("codes.unknown", 27, 8),
            ("field.unknown", 31, 7),
        ]
    );
    assert!(help(&text).contains("TENDER_PROJECT"), "{}", help(&text));
    let idle = SOUND.replace("general;subject", "general;subjekt");
    assert_eq!(remarks(&idle), [("dataset.unknown", 8, 21)]);
    assert!(help(&idle).contains("subject"), "{}", help(&idle));
}

#[test]
fn values_that_cannot_be_are_told() {
    let text = format!(
        r#"{SOUND}
[codes.TENDER_MODE]
"公开" = "1"
"不知道" = "99"

[dates]
CREATE_TIME = "d/m/yy"
TENDER_PROJECT_NAME = "d/M/yyyy"

[sets.TENDER_PROJECT.units]
TENDER_PROJECT_NAME = "美元"
"#
    );
    assert_eq!(
        remarks(&text),
        [
            ("code.unknown", 15, 9),
            ("date.form", 18, 15),
            ("date.field", 19, 1),
            ("unit.field", 22, 1),
            ("unit.unknown", 22, 23),
        ]
    );
}

#[test]
fn names_in_each_others_way_are_told() {
    let text = format!(
        r#"{SOUND}
[fields]
"mc" = "TENDER_PROJECT_NAME"
"xmmc" = "TENDER_PROJECT_NAME"
"TENDER_MODE" = "TENDER_CONTENT"
"bm" = "PROJECT_CODE"

[[splits]]
from = "bm"
by = "|"
into = ["PROJECT_CODE", "TENDER_PROJECT_CODE"]

[codes.TENDER_MODE]
"公" = "1"

[codes.tender_mode]
"公" = "2"
"#
    );
    assert_eq!(
        remarks(&text),
        [
            ("field.shared", 15, 1),
            ("field.shadowed", 16, 1),
            ("field.shadowed", 20, 8),
            ("code.shadowed", 25, 1),
        ]
    );
}

#[test]
fn text_that_is_no_toml_is_told_line_by_line() {
    let text = SOUND
        .replace("kind = \"city\"", "kind = ")
        .replace("ways =", "ways ");
    let found = remarks(&text);
    assert!(
        found.iter().all(|(code, ..)| *code == "toml.syntax"),
        "{found:?}"
    );
    let lines: std::collections::BTreeSet<_> = found.iter().map(|(_, line, _)| *line).collect();
    assert_eq!(lines.into_iter().collect::<Vec<_>>(), [3, 7]);
    let twice = format!("{SOUND}charset = \"utf-8\"\ncharset = \"utf-8\"\n");
    assert_eq!(remarks(&twice), [("key.repeated", 13, 1)]);
}
