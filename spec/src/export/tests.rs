//! The published schemas accept sound records and refuse each fault of structure; `jsonschema`, which
//! knows nothing of this crate, is the judge.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::{Map, Value, json};

use super::{dictionary, patterns, write_all};
use crate::{Dataset, Domain, Edition, Field, Format, Required, Spec};

type Outcome = Result<(), Box<dyn Error>>;

/// A value that has the structure of a field.
fn sample(field: &Field) -> String {
    if let Domain::Codes(table) = &field.domain {
        let mut codes: Vec<&String> = table.values.keys().collect();
        codes.sort();
        let fits = |code: &&&String| match field.format {
            Format::Exact(n) | Format::Digits(n) => code.chars().count() == n as usize,
            _ => true,
        };
        if let Some(code) = codes.iter().find(fits) {
            return (*code).clone();
        }
    }
    match field.format {
        Format::Exact(n) => "字".repeat(n as usize),
        Format::UpTo(_) | Format::Unlimited => "字".to_owned(),
        Format::Number { decimals: 0, .. } | Format::Boolean => "1".to_owned(),
        Format::Number { .. } => "0.5".to_owned(),
        Format::Digits(n) => "1".repeat(n as usize),
        Format::Date => "20240229".to_owned(),
        Format::Minute => "202402292359".to_owned(),
        Format::Second => "20240229235959".to_owned(),
    }
}

fn record(dataset: &Dataset) -> Map<String, Value> {
    let fields = dataset.fields.iter();
    fields
        .map(|field| (field.id.clone(), Value::String(sample(field))))
        .collect()
}

fn validator(
    edition: &Edition,
    dataset: &Dataset,
) -> Result<jsonschema::Validator, Box<dyn Error>> {
    let schema = super::json_schema(edition, dataset);
    Ok(jsonschema::validator_for(&schema)?)
}

#[test]
fn every_schema_is_sound_and_accepts_a_full_record() -> Outcome {
    let spec = Spec::embedded()?;
    for edition in &spec.editions {
        for dataset in &edition.datasets {
            let schema = super::json_schema(edition, dataset);
            assert!(jsonschema::meta::is_valid(&schema), "{}", dataset.id);
            let validator = jsonschema::validator_for(&schema)?;
            let full = Value::Object(record(dataset));
            let fault = validator.iter_errors(&full).next().map(|e| e.to_string());
            assert_eq!(fault, None, "{} {}", edition.id, dataset.id);
        }
    }
    Ok(())
}

#[test]
fn every_fault_of_structure_is_refused() -> Outcome {
    let spec = Spec::embedded()?;
    for edition in &spec.editions {
        for dataset in &edition.datasets {
            let validator = validator(edition, dataset)?;
            let full = record(dataset);
            let refused = |changed: &Map<String, Value>, why: &str| {
                let refused = !validator.is_valid(&Value::Object(changed.clone()));
                assert!(refused, "{} {} {why}", edition.id, dataset.id);
            };
            let mut more = full.clone();
            more.insert("NO_SUCH_FIELD".to_owned(), json!("1"));
            refused(&more, "an unknown field");
            for field in &dataset.fields {
                let mut less = full.clone();
                less.remove(&field.id);
                if field.required == Required::Always {
                    refused(&less, &format!("without {}", field.id));
                } else {
                    assert!(validator.is_valid(&Value::Object(less)), "{}", field.id);
                }
                let too_long = match field.format {
                    Format::Exact(n) | Format::UpTo(n) => Some("字".repeat(n as usize + 1)),
                    _ => None,
                };
                let wrong = [json!(""), json!(1), json!(true), json!(null), json!(["1"])];
                for value in wrong.into_iter().chain(too_long.map(Value::String)) {
                    let mut changed = full.clone();
                    changed.insert(field.id.clone(), value.clone());
                    refused(&changed, &format!("{} = {value}", field.id));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn numbers_and_instants_have_one_form() -> Outcome {
    let check = |format: &str, good: &[&str], bad: &[&str]| -> Outcome {
        let format: Format = format.parse()?;
        let schema = json!({"pattern": patterns::of_format(format)});
        let validator = jsonschema::validator_for(&schema)?;
        for text in good {
            assert!(validator.is_valid(&json!(text)), "{format} {text}");
        }
        for text in bad {
            assert!(!validator.is_valid(&json!(text)), "{format} {text}");
        }
        Ok(())
    };
    check(
        "N..20,6",
        &[
            "0",
            "1",
            "-1",
            "10.5",
            "0.000001",
            "-0.1",
            "99999999999999.999999",
        ],
        &[
            "-0",
            "01",
            "1.0",
            "1.",
            ".5",
            "+1",
            "1e3",
            "1,000",
            "100000000000000",
            "0.0000001",
            "",
            "0.0",
        ],
    )?;
    check("N..6,2", &["9999.99"], &["10000", "1.234"])?;
    check("N..3,1", &["12.3", "0.1"], &["123", "0.0", "0.12"])?;
    check("N..4", &["0", "9999", "-5"], &["10000", "1.5", "00"])?;
    check("N1", &["0", "7"], &["10", "", "-1"])?;
    check("N3", &["007"], &["7", "0007"])?;
    check(
        "D8",
        &["20240229", "20000229", "19991231"],
        &[
            "20230229",
            "19000229",
            "20240431",
            "20241301",
            "20240100",
            "2024-02-29",
            "02400101",
        ],
    )?;
    check(
        "D12",
        &["202402292359"],
        &["202402292400", "202402291260", "20240229"],
    )?;
    check(
        "D14",
        &["20240229235959"],
        &["20240229235960", "20240229", "202402292359590"],
    )?;
    check("B", &["0", "1"], &["2", "true", "01"])
}

#[test]
fn codes_and_lists_and_words_without_a_value() -> Outcome {
    let files = [
        (
            "1/edition.toml",
            "id = \"1\"\nname = \"一\"\nvalid_from = \"20250101\"\ndeal_code_check = true\n",
        ),
        ("1/codes/colour.csv", "code,name\n1,红\n2,绿\n"),
        ("1/codes/open.csv", "code,name,status\n1,红,unverified\n"),
        (
            "1/datasets/a/a.toml",
            r#"
code = 1
id = "A"
name = "甲"
library = "price"
class = "类"
industry = "general"
key = ["K"]
fields = [
  { id = "K", name = "键", format = "C..20", required = true },
  { id = "CLOSED", name = "闭", format = "C1", codes = "colour" },
  { id = "MANY", name = "多", format = "C..5", codes = "colour", list = true },
  { id = "EXACT", name = "整", format = "C6", list = true },
  { id = "OPEN", name = "开", format = "C..3", codes = "open" },
  { id = "PAIR", name = "对", format = "C..9", codes = "colour", list = true },
  { id = "TEXTS", name = "文", format = "C..9", list = true },
  { id = "BODY", name = "台", format = "C18", identifier = "operator_code" },
]
rules = [
  { id = "1.pair", check = "list_same_length", fields = ["EXACT", "PAIR"], severity = "warning", clause = "c", zh = "z", en = "e" },
]
"#,
        ),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    let spec = crate::load::from_files(files.to_vec())?;
    let edition = spec.edition("1").ok_or("no edition")?;
    let dataset = edition.dataset("A").ok_or("no data set")?;
    let validator = validator(edition, dataset)?;
    for (field, value, sound) in [
        ("CLOSED", "1", true),
        ("CLOSED", "3", false),
        ("MANY", "1;2;1", true),
        ("MANY", "1;;2", false),
        ("MANY", ";1", false),
        ("PAIR", ";1;;2", true),
        ("PAIR", "1;", false),
        ("PAIR", ";", false),
        ("TEXTS", "甲;乙", true),
        ("TEXTS", "甲;;乙", false),
        ("TEXTS", "甲;3.2E+19", false),
        ("K", "甲;3.2E+19", true),
        ("MANY", "1;3", false),
        ("MANY", "", false),
        ("EXACT", "123456;654321", true),
        ("EXACT", "123456;65432", false),
        ("EXACT", "", false),
        ("MANY", "1;2;1;2", false),
        ("OPEN", "7", true),
        ("OPEN", "/", false),
        ("OPEN", "7777", false),
        ("BODY", "12321100468663950X", true),
        ("BODY", "12321100468663950X-5", true),
        ("BODY", "12321100468663950X-5555", false),
        ("BODY", "1234567890123456-5", false),
        ("BODY", "1.2345678901234E+19", false),
        ("K", "无", true),
        ("K", "3.2E+19", false),
    ] {
        let mut record = Map::from_iter([("K".to_owned(), json!("1"))]);
        record.insert(field.to_owned(), json!(value));
        let accepted = validator.is_valid(&Value::Object(record));
        assert_eq!(accepted, sound, "{field} = {value}");
    }
    Ok(())
}

#[test]
fn published_files_are_complete_and_say_what_the_engine_is_given() -> Outcome {
    let spec = Spec::embedded()?;
    let files = write_all(&spec);
    let read = |path: &str| -> Result<Value, Box<dyn Error>> {
        let file = files.iter().find(|file| file.0 == path);
        let (_, bytes) = file.ok_or_else(|| format!("{path} is missing"))?;
        Ok(serde_json::from_slice(bytes)?)
    };
    for edition in &spec.editions {
        let text = dictionary(edition);
        let codes = read(&format!("{}/codes.json", edition.id))?;
        let name = codes
            .pointer("/$id")
            .and_then(Value::as_str)
            .ok_or("no $id")?;
        let registry = jsonschema::Registry::new().add(name, &codes)?.prepare()?;
        for dataset in &edition.datasets {
            let written = read(&format!("{}/{}.json", edition.id, dataset.id))?;
            let validator = jsonschema::options()
                .with_registry(&registry)
                .build(&written)?;
            let full = Value::Object(record(dataset));
            assert!(validator.is_valid(&full), "{}", dataset.id);
            let mut bundled = super::json_schema(edition, dataset);
            let definitions = bundled.pointer_mut("/$defs").and_then(Value::as_object_mut);
            if let Some(embedded) = definitions.and_then(|all| all.remove("codes")) {
                let tables = embedded.pointer("/$defs").and_then(Value::as_object);
                for (table, values) in tables.ok_or("no tables")? {
                    let shared = codes.pointer(&format!("/$defs/{table}"));
                    assert_eq!(shared, Some(values), "{table}");
                }
            }
            assert_eq!(written, bundled, "{} {}", edition.id, dataset.id);
            for field in &dataset.fields {
                let row = format!("| {} | {} |", field.id, field.name);
                assert!(text.contains(&row), "{} {row}", dataset.id);
            }
        }
    }
    Ok(())
}

#[test]
fn a_list_keeps_places_in_every_edition() -> Outcome {
    let spec = Spec::embedded()?;
    let mut holes: BTreeMap<(&str, &str), Vec<bool>> = BTreeMap::new();
    for dataset in spec.editions.iter().flat_map(|edition| &edition.datasets) {
        for (place, field) in dataset.fields.iter().enumerate() {
            let name = (dataset.id.as_str(), field.id.as_str());
            let keeps = crate::normalize::keeps_places(dataset, place);
            holes.entry(name).or_default().push(keeps);
        }
    }
    for (name, keeps) in holes {
        assert!(
            keeps.windows(2).all(|pair| pair.first() == pair.last()),
            "{name:?}"
        );
    }
    Ok(())
}
