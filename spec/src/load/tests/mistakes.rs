//! Every kind of mistake in a data file is named with its file and line.

use super::Outcome;
use crate::load::{LoadError, from_files};
use crate::rule::{Check, Operand};
use crate::{Domain, Required, Spec, Unit};

pub(super) const EDITION: &str =
    "id = \"1\"\nname = \"一\"\nvalid_from = \"20250101\"\ndeal_code_check = true\n";
pub(super) const CODES: &str = "code,name\n1,红\n2,绿\n";
pub(super) const DATASET: &str = r#"code = 1
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
pub(super) const GENERAL: &str = "rules = [\n  { id = \"all.a\", datasets = [\"*\"], check = \"not_future\", fields = [\"@time\"], severity = \"warning\", zh = \"将来\", en = \"future\" },\n]\n";

/// A small specification; `change` gives one file another content.
pub(super) fn load(path: &str, content: &str) -> Result<Spec, LoadError> {
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
        (
            dataset,
            DATASET,
            "key = ",
            "general = 9\nkey = ",
            7,
            "set 9",
        ),
        (general, GENERAL, "all.a", "*.a", 2, "1.a"),
        (general, GENERAL, "[\"*\"]", "[1, 2]", 2, "data set 2"),
        (
            dataset,
            DATASET,
            "ref = \"1.T\"",
            "ref = \"7.T\"",
            17,
            "data set 7",
        ),
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
        (
            dataset,
            DATASET,
            "on = [\"K:K\"], ",
            "",
            17,
            "no on in `1.b`",
        ),
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
        let place = format!("{path}:{line}:");
        assert!(message.starts_with(&place), "{from} → {to}: {message}");
        assert!(message.contains(word), "{from} → {to}: {message}");
    }
    Ok(())
}

#[test]
fn files_that_stand_wrong_are_named() -> Outcome {
    for (path, content, expected) in [
        ("readme.md", "", "readme.md:1:1: "),
        ("1/datasets/a/a.json", "{}", "1/datasets/a/a.json:1:1: "),
        ("1/code/x.csv", "code,name\n", "1/code/x.csv:1:1: "),
        ("2/codes/x.csv", "code,name\n", "2/edition.toml:1:1: "),
        ("1/datasets/b.toml", DATASET, "1/datasets/b.toml:1:8: "),
        (
            "1/projections/2.0.toml",
            "datasets = []\n",
            "1/projections/2.0.toml:1:1: ",
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
            .starts_with("1/edition.toml:2:1: found bytes that are not UTF-8")
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
        lost.starts_with("1/projections/2.toml:1:1: found `N`"),
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
    let renamed_to = columns.iter().find(|column| column.field() == Some(3));
    assert_eq!(
        renamed_to.map(|column| column.name.as_str()),
        Some("AMOUNT")
    );

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
            error.starts_with("1/projections/2.toml:2:") && error.contains(word),
            "{error}"
        );
    }
    Ok(())
}
