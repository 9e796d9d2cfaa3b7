//! The built-in specification loads, and every kind of mistake is named with its file and line.

use std::error::Error;

use super::{LoadError, from_directory, from_files};
use crate::rule::{Check, Operand, Park};
use crate::{Domain, Required, Sensitivity, Spec, Unit};

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

const EDITION: &str =
    "id = \"1\"\nname = \"一\"\nvalid_from = \"20250101\"\ndeal_code_check = true\n";
const CODES: &str = "code,name\n1,红\n2,绿\n";
const DATASET: &str = r#"code = 1
id = "A"
name = "甲"
library = "price"
class = "类"
industry = "general"
key = ["K"]
time = "T"
fields = [
  { id = "K", name = "键", format = "C..9", required = true, aliases = ["KEY"] },
  { id = "T", name = "时", format = "D8" },
  { id = "U", name = "单位", format = "C1", codes = "colour" },
  { id = "N", name = "额", format = "N..9,2", required = "rule", unit = "by:U" },
]
rules = [
  { id = "1.a", check = "required_if", fields = ["N"], when = { U = ["1", "2"], T = true }, severity = "error", zh = "须填", en = "needed" },
  { id = "1.b", check = "not_before", fields = ["T"], ref = "1.T", on = ["K:K"], pick = "last", severity = "warning", zh = "不早", en = "not earlier" },
]
"#;
const GENERAL: &str = "rules = [\n  { id = \"all.a\", datasets = [\"*\"], check = \"not_future\", fields = [\"@time\"], severity = \"warning\", zh = \"将来\", en = \"future\" },\n]\n";

/// A small specification; `change` gives one file another content.
fn load(path: &str, content: &str) -> Result<Spec, LoadError> {
    let mut files = vec![
        ("1/edition.toml".to_owned(), EDITION.as_bytes().to_vec()),
        ("1/codes/colour.csv".to_owned(), CODES.as_bytes().to_vec()),
        (
            "1/datasets/a/a.toml".to_owned(),
            DATASET.as_bytes().to_vec(),
        ),
        (
            "1/rules/general.toml".to_owned(),
            GENERAL.as_bytes().to_vec(),
        ),
    ];
    files.retain(|(held, _)| held != path);
    files.push((path.to_owned(), content.as_bytes().to_vec()));
    from_files(files)
}

#[test]
fn a_small_specification_says_what_its_files_say() -> Outcome {
    let spec = load("1/datasets/a/a.toml", DATASET)?;
    let edition = spec.edition("1").ok_or("no edition")?;
    let set = edition.dataset("A").ok_or("no data set")?;
    assert_eq!(set.field_index("KEY"), Some(0), "by its alias");
    let fields: Vec<_> = set.fields.iter().map(|field| field.required).collect();
    assert_eq!(
        fields,
        [
            Required::Always,
            Required::Optional,
            Required::Optional,
            Required::ByRule
        ]
    );
    assert!(
        matches!(&set.fields.get(2).ok_or("U")?.domain, Domain::Codes(table) if table.id == "colour")
    );
    assert_eq!(set.fields.get(3).ok_or("N")?.unit, Some(Unit::By(2)));
    let ids: Vec<_> = set.rules.iter().map(|rule| rule.id.to_string()).collect();
    assert_eq!(ids, ["1.a", "1.b", "all.a"]);
    assert_eq!(set.rules.first().ok_or("1.a")?.when.len(), 2);
    match &set.rules.get(1).ok_or("1.b")?.check {
        Check::NotBefore {
            field: 1,
            with: Operand::Joined(join, 1),
        } => assert_eq!(join.on, [(0, 0)]),
        other => return Err(format!("{other:?}").into()),
    }
    assert!(
        set.indexed.is_empty(),
        "the business key alone needs no index"
    );
    Ok(())
}

#[test]
fn every_mistake_is_named_with_file_and_line() -> Outcome {
    let dataset = "1/datasets/a/a.toml";
    let general = "1/rules/general.toml";
    let edition = "1/edition.toml";
    let codes = "1/codes/colour.csv";
    // file, its text, what is replaced, by what, line and words that the error must have
    for (path, text, from, to, line, word) in [
        (
            dataset,
            DATASET,
            "library = \"price\"",
            "library = \"dreams\"",
            4,
            "dreams",
        ),
        (dataset, DATASET, "class = ", "clas = ", 5, "clas"),
        (dataset, DATASET, "key = [\"K\"]", "key = [\"Q\"]", 7, "`Q`"),
        (
            dataset,
            DATASET,
            "key = [\"K\"]",
            "key = [\"T\"]",
            7,
            "not required",
        ),
        (
            dataset,
            DATASET,
            "key = [\"K\"]",
            "key = []",
            7,
            "no key field",
        ),
        (
            dataset,
            DATASET,
            "key = [\"K\"]",
            "key = [\"KEY\"]",
            7,
            "`KEY`",
        ),
        (
            dataset,
            DATASET,
            "time = \"T\"",
            "time = \"K\"",
            8,
            "D8, D12 or D14",
        ),
        (dataset, DATASET, "time = \"T\"", "deal = \"D\"", 8, "`D`"),
        (dataset, DATASET, "\"C..9\"", "\"C..x\"", 10, "C..x"),
        (
            dataset,
            DATASET,
            "\"C..9\", required = true",
            "\"C..9\", required = \"maybe\"",
            10,
            "\"rule\"",
        ),
        (
            dataset,
            DATASET,
            "aliases = [\"KEY\"]",
            "aliases = [\"T\"]",
            11,
            "second time",
        ),
        (
            dataset,
            DATASET,
            "codes = \"colour\"",
            "codes = \"color\"",
            12,
            "color",
        ),
        (
            dataset,
            DATASET,
            "codes = \"colour\"",
            "identifier = \"guess\"",
            12,
            "guess",
        ),
        (
            dataset,
            DATASET,
            "codes = \"colour\"",
            "codes = \"colour\", standard = \"X\"",
            12,
            "several domains",
        ),
        (
            dataset,
            DATASET,
            "format = \"C1\"",
            "format = \"C2\"",
            12,
            "colour",
        ),
        (dataset, DATASET, "by:U", "by:V", 13, "`V`"),
        (dataset, DATASET, "unit =", "unity =", 13, "unity"),
        (
            dataset,
            DATASET,
            "\"required_if\"",
            "\"required_when\"",
            16,
            "required_when",
        ),
        (
            dataset,
            DATASET,
            "fields = [\"N\"]",
            "fields = [\"M\"]",
            16,
            "`M`",
        ),
        (
            dataset,
            DATASET,
            "fields = [\"N\"]",
            "fields = [\"N\"], hours = 3",
            16,
            "`hours`",
        ),
        (dataset, DATASET, "{ U = [", "{ V = [", 16, "`V`"),
        (
            dataset,
            DATASET,
            "T = true",
            "T = { shorter = 1 }",
            16,
            "length, greater, less",
        ),
        (
            dataset,
            DATASET,
            "severity = \"error\", ",
            "",
            16,
            "severity",
        ),
        (
            dataset,
            DATASET,
            "zh = \"须填\"",
            "zh = \"\"",
            16,
            "without a message",
        ),
        (dataset, DATASET, "id = \"1.b\"", "id = \"1.a\"", 17, "1.a"),
        (
            dataset,
            DATASET,
            "ref = \"1.T\"",
            "ref = \"1.X\"",
            17,
            "`X`",
        ),
        (
            dataset,
            DATASET,
            "ref = \"1.T\"",
            "ref = \"one.T\"",
            17,
            "one.T",
        ),
        (dataset, DATASET, "on = [\"K:K\"], ", "", 17, "`on`"),
        (dataset, DATASET, "K:K", "K:Z", 17, "`Z`"),
        (
            dataset,
            DATASET,
            "ref = \"1.T\", on = [\"K:K\"], pick = \"last\"",
            "ref = \"T\"",
            17,
            "itself",
        ),
        (
            dataset,
            DATASET,
            "pick = \"last\"",
            "pick = \"best\"",
            17,
            "best",
        ),
        (
            dataset,
            DATASET,
            "name = \"甲\"",
            "name = \"甲\"\neditions = [\"9\"]",
            2,
            "`9`",
        ),
        (dataset, DATASET, "name = \"甲\"", "name = 甲", 3, ""),
        (general, GENERAL, "[\"*\"]", "[7, \"all\"]", 2, "\"*\""),
        (general, GENERAL, "datasets = [\"*\"], ", "", 2, "datasets"),
        (
            general,
            GENERAL,
            "@time",
            "NOWHERE",
            2,
            "no data set can obey",
        ),
        (edition, EDITION, "id = \"1\"", "id = \"2\"", 1, "folder"),
        (edition, EDITION, "20250101", "20250132", 3, "20250132"),
        (
            edition,
            EDITION,
            "deal_code_check",
            "base = \"7\"\ndeal_code_check",
            4,
            "`7`",
        ),
        (codes, CODES, "2,绿", "1,绿", 3, "line 2"),
        (codes, CODES, "2,绿", "2,", 3, "empty"),
        (codes, CODES, "2,绿", "2,绿,3", 3, ""),
        (codes, CODES, "code,name", "code,label", 1, "label"),
        (
            codes,
            "code,name,status\n1,红,known\n",
            "known",
            "sure",
            2,
            "sure",
        ),
        (
            codes,
            "code,name,valid_to\n1,红,\n",
            "红,",
            "红,2020",
            2,
            "2020",
        ),
        (
            codes,
            "code,name,successor\n1,红,\n",
            "红,",
            "红,9",
            2,
            "`9`",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let Err(error) = load(path, &text.replacen(from, to, 1)) else {
            return Err(format!("{from} → {to} was taken").into());
        };
        let message = error.to_string();
        let place = format!("{path}:{line}: ");
        assert!(message.starts_with(&place), "{from} → {to}: {message}");
        assert!(message.contains(word), "{from} → {to}: {message}");
    }
    Ok(())
}

#[test]
fn files_that_stand_wrong_are_named() -> Outcome {
    for (path, content, expected) in [
        ("readme.md", "", "readme.md:1: "),
        ("1/datasets/a/a.json", "{}", "1/datasets/a/a.json:1: "),
        ("1/code/x.csv", "code,name\n", "1/code/x.csv:1: "),
        ("2/codes/x.csv", "code,name\n", "2/edition.toml:1: "),
        ("1/datasets/b.toml", DATASET, "1/datasets/b.toml:1: "),
        (
            "1/projections/2.0.toml",
            "datasets = []\n",
            "1/projections/2.0.toml:1: ",
        ),
    ] {
        let Err(error) = load(path, content) else {
            return Err(format!("{path} was taken").into());
        };
        let message = error.to_string();
        assert!(message.starts_with(expected), "{path}: {message}");
    }
    let bytes = vec![(
        "1/edition.toml".to_owned(),
        b"id = \"1\"\nname = \"\xb6\xfe\"\n".to_vec(),
    )];
    let Err(error) = from_files(bytes) else {
        return Err("GBK was taken for UTF-8".into());
    };
    assert!(
        error
            .to_string()
            .starts_with("1/edition.toml:2: found bytes that are not UTF-8")
    );
    Ok(())
}

#[test]
fn a_projection_loses_nothing_silently() -> Outcome {
    let with = |second: &str, projection: &str| {
        let edition = EDITION.replace("id = \"1\"", "id = \"2\"");
        from_files(vec![
            ("1/edition.toml".to_owned(), EDITION.into()),
            ("1/codes/colour.csv".to_owned(), CODES.into()),
            ("1/datasets/a.toml".to_owned(), DATASET.into()),
            ("1/projections/2.toml".to_owned(), projection.into()),
            ("2/edition.toml".to_owned(), edition.into()),
            ("2/codes/colour.csv".to_owned(), CODES.into()),
            ("2/datasets/a.toml".to_owned(), second.into()),
        ])
    };
    let renamed = DATASET
        .replace("id = \"N\"", "id = \"AMOUNT\"")
        .replace("[\"N\"]", "[\"AMOUNT\"]");
    let lost = with(&renamed, "datasets = []\n")
        .err()
        .map(|error| error.to_string());
    let lost = lost.ok_or("a lost column was taken")?;
    assert!(
        lost.starts_with("1/projections/2.toml:1: found `N`"),
        "{lost}"
    );

    let spec = with(
        &renamed,
        "datasets = [ { code = 1, rename = { N = \"AMOUNT\" } } ]\n",
    )?;
    let first = spec.edition("1").ok_or("no edition")?;
    let columns = &first
        .projections
        .get("2")
        .and_then(|p| p.datasets.get(&1))
        .ok_or("none")?
        .columns;
    assert!(columns.contains(&(3, "AMOUNT".to_owned())));

    let dropped = with(&renamed, "datasets = [ { code = 1, drop = [\"N\"] } ]\n")?;
    let first = dropped.edition("1").ok_or("no edition")?;
    let columns = &first
        .projections
        .get("2")
        .and_then(|p| p.datasets.get(&1))
        .ok_or("none")?
        .columns;
    assert_eq!(columns.len(), 3);

    for (projection, word) in [
        ("datasets = [\n { code = 9 } ]", "data set 9"),
        ("datasets = [\n { code = 1, drop = [\"Q\"] } ]", "`Q`"),
        ("datasets = [\n { code = 1, target = \"B\" } ]", "`B`"),
        (
            "datasets = [\n { code = 1, drop = [\"K\"] } ]",
            "column `K`",
        ),
    ] {
        let error = with(DATASET, projection)
            .err()
            .map(|error| error.to_string());
        let error = error.ok_or("a faulty projection was taken")?;
        assert!(
            error.starts_with("1/projections/2.toml:2: ") && error.contains(word),
            "{error}"
        );
    }
    Ok(())
}
