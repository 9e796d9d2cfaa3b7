//! Two judges of structure that know nothing of each other, over the same records: the engine, and the
//! published schema run by `jsonschema`. Records are sound by the field tables and then spoilt; the seed is
//! fixed, so that a disagreement stays where it was found.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::{Map, Value, json};

use crate::record::{Input, Kind};
use crate::validate::judge_alone;
use crate::{
    Context, Dataset, Domain, Edition, Field, Format, IssueCode, Record, Report, Required,
    Severity, Spec, normalize,
};

/// Records per data set.
const ROUNDS: usize = 300;

/// Texts that readers of data trip over.
const ODD: &[&str] = &[
    "",
    " ",
    ";",
    ";;",
    " ; ",
    "\u{200b};\u{200b}",
    "/",
    "无",
    "N/A",
    "NA",
    "null",
    "\\",
    "-",
    "3.2E+19",
    "1E+5",
    "1.2345678901234567890123456E+30",
    "甲;3.2E+19",
    "3.2E+19;甲",
    "1.5E+7",
    "0",
    "-0",
    "00",
    "01",
    "1.0",
    "-1",
    ".5",
    "5.",
    "+5",
    "1e3",
    "1,234.50",
    "12.345678901",
    "123456789012345678901234567890",
    "0.0000000000001",
    "88万元",
    "1186000元",
    "98.65%",
    "20240229",
    "20230229",
    "2024-02-29",
    "2024-02-29 09:30",
    "20240229093000",
    "20240229096000",
    "202402290930",
    "09990101",
    "45663",
    "1795083009",
    "1999123123",
    "true",
    "是",
    "１",
    "Ａ０１",
    "甲\n乙",
    "甲\t乙",
    "甲、乙",
    "甲,乙",
    "1;2",
    "1;;2",
    ";1",
    "1;/",
    "ZZ",
    "公开招标",
    "江苏省",
    "資金",
    "\u{1f600}",
    "e\u{301}",
    "'12",
    "\"",
    "&nbsp;",
    "12321100468663950X-5",
    "1232-1004686639-0X",
    "1234567890123456-5",
    "A-B-5",
];

/// Small generator of numbers (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides.max(1)
    }

    fn pick<'v, T: ?Sized>(&mut self, values: &[&'v T]) -> Option<&'v T> {
        values.get(self.below(values.len())).copied()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'1' + self.below(9) as u8))
            .collect()
    }
}

/// Codes and names of the tables of an edition, in order: the maps themselves have none.
type Tables<'e> = BTreeMap<&'e str, (Vec<&'e str>, Vec<&'e str>)>;

fn tables(edition: &Edition) -> Tables<'_> {
    edition
        .codes
        .values()
        .map(|table| {
            let mut codes: Vec<&str> = table.values.keys().map(String::as_str).collect();
            let mut names: Vec<&str> = table.by_name.keys().map(String::as_str).collect();
            codes.sort_unstable();
            names.sort_unstable();
            (table.id.as_str(), (codes, names))
        })
        .collect()
}

/// A value as it is sent.
#[derive(Debug, Clone)]
struct Sent {
    name: String,
    text: String,
    kind: Kind,
}

/// Writes records of one data set.
struct Writer<'e> {
    dice: Dice,
    tables: &'e Tables<'e>,
}

impl Writer<'_> {
    fn one(&mut self, field: &Field) -> String {
        if let Domain::Codes(table) = &field.domain
            && let Some((codes, _)) = self.tables.get(table.id.as_str())
            && let Some(code) = self.dice.pick(codes)
        {
            return code.to_owned();
        }
        match field.format {
            Format::Exact(n) | Format::Digits(n) => self.dice.digits(n as usize),
            Format::UpTo(n) => "字".repeat(1 + self.dice.below((n as usize).min(9))),
            Format::Unlimited => "一段文字".to_owned(),
            Format::Number { digits, decimals } => {
                let whole = 1 + self.dice.below((digits - decimals) as usize);
                let fraction = self.dice.below(decimals as usize + 1);
                let point = if fraction > 0 { "." } else { "" };
                let sign = if self.dice.below(9) == 0 { "-" } else { "" };
                let (whole, fraction) = (self.dice.digits(whole), self.dice.digits(fraction));
                format!("{sign}{whole}{point}{fraction}")
            }
            Format::Date => "20240229".to_owned(),
            Format::Minute => "202402292359".to_owned(),
            Format::Second => "20240229235959".to_owned(),
            Format::Boolean => self.dice.below(2).to_string(),
        }
    }

    fn value(&mut self, field: &Field) -> String {
        let count = if field.list {
            1 + self.dice.below(3)
        } else {
            1
        };
        let items: Vec<String> = (0..count).map(|_| self.one(field)).collect();
        items.join(";")
    }

    fn record(&mut self, dataset: &Dataset) -> Vec<Sent> {
        let mut sent = Vec::new();
        for field in &dataset.fields {
            if field.required == Required::Always || self.dice.below(2) == 0 {
                sent.push(Sent {
                    name: field.id.clone(),
                    text: self.value(field),
                    kind: Kind::Text,
                });
            }
        }
        for _ in 0..self.dice.below(3) {
            self.spoil(dataset, &mut sent);
        }
        sent
    }

    /// Spoils one value, takes one away, or adds a stranger.
    fn spoil(&mut self, dataset: &Dataset, sent: &mut Vec<Sent>) {
        let place = self.dice.below(sent.len());
        let Some(value) = sent.get_mut(place) else {
            return;
        };
        let Some(field) = dataset
            .field_index(&value.name)
            .and_then(|index| dataset.field(index))
        else {
            return;
        };
        let text = value.text.clone();
        let odd = self.dice.pick(ODD).unwrap_or_default().to_owned();
        match self.dice.below(20) {
            0 => {
                sent.remove(place);
            }
            1 => {
                sent.push(Sent {
                    name: "NO_SUCH_FIELD".to_owned(),
                    text,
                    kind: Kind::Text,
                });
            }
            2 => value.text = text.chars().skip(1).collect(),
            3 => value.text = format!("{text}1"),
            4 => value.text = format!("{text}{text}{text}{text}"),
            5 => value.text = format!("{text};"),
            6 => value.text = format!(";{text}"),
            7 => value.text = format!("{text};;{text}"),
            8 => value.text = format!("{text};{odd}"),
            9 => value.text = format!(" {text}\u{a0}"),
            10 => value.text = text.to_lowercase(),
            11 => value.kind = Kind::Bool,
            12 => value.kind = Kind::Number,
            13 => {
                value.kind = Kind::Nested;
                value.text = json!([text, odd]).to_string();
            }
            14 => {
                value.kind = Kind::Nested;
                value.text = r#"{"a":[1]}"#.to_owned();
            }
            15 => {
                if let Domain::Codes(table) = &field.domain
                    && let Some((_, names)) = self.tables.get(table.id.as_str())
                    && let Some(name) = self.dice.pick(names)
                {
                    value.text = name.to_owned();
                }
            }
            _ => value.text = odd,
        }
    }
}

fn input(sent: &Sent) -> Input<'_> {
    Input {
        text: sent.text.as_str().into(),
        kind: sent.kind,
        at: 0,
        mapped: None,
    }
}

/// Findings that a schema can have too.
fn structural(report: &Report) -> Vec<String> {
    let found = report.issues.iter().filter(|issue| {
        issue.severity == Severity::Error
            && matches!(
                issue.code,
                IssueCode::FieldRequired
                    | IssueCode::FieldUnknown
                    | IssueCode::FieldType
                    | IssueCode::FieldFormat
                    | IssueCode::FieldLength
                    | IssueCode::FieldAmbiguous
                    | IssueCode::CodeUnknown
            )
    });
    found
        .map(|issue| format!("{} {}", issue.code.name(), issue.path))
        .collect()
}

/// How the two judges differ over one record; none if they agree.
fn disagreement(
    context: &Context<'_>,
    dataset: &Dataset,
    schema: &jsonschema::Validator,
    sent: &[Sent],
) -> Result<Option<String>, Box<dyn Error>> {
    let mut record = Record::new(dataset);
    for value in sent {
        match dataset.field_index(&value.name) {
            Some(place) => {
                if let Some(slot) = record.values.get_mut(usize::from(place)) {
                    *slot = Some(input(value));
                }
            }
            None => record
                .unknown
                .push((value.name.as_str().into(), input(value))),
        }
    }
    let strangers = !record.unknown.is_empty();
    let mut record = normalize(context, record);
    let found = structural(&judge_alone(context, &mut record));
    let mut bytes = Vec::new();
    record.canonical(&mut bytes);
    let canonical: Value = serde_json::from_slice(&bytes)?;
    let refused = |value: &Value| -> Option<String> {
        let error = schema.iter_errors(value).next()?;
        Some(format!("{} at {}", error, error.instance_path()))
    };
    let fault = refused(&canonical);
    if let (true, Some(fault)) = (found.is_empty(), &fault) {
        return Ok(Some(format!(
            "the schema alone refuses: {fault} in {canonical}"
        )));
    }
    if sent.iter().any(|value| value.kind != Kind::Text) {
        return Ok(None);
    }
    if !strangers && !found.is_empty() && fault.is_none() {
        return Ok(Some(format!(
            "the engine alone refuses: {found:?} in {canonical}"
        )));
    }
    let pairs = sent
        .iter()
        .map(|value| (value.name.clone(), json!(value.text)));
    let given: Map<String, Value> = pairs.collect();
    let is_canonical = given
        .iter()
        .all(|(name, text)| name == "NO_SUCH_FIELD" || canonical.get(name) == Some(text));
    let given = Value::Object(given);
    Ok(match refused(&given) {
        Some(fault) if is_canonical && found.is_empty() => {
            Some(format!("the schema alone refuses: {fault} in {given}"))
        }
        None if is_canonical && !found.is_empty() => {
            Some(format!("the engine alone refuses: {found:?} in {given}"))
        }
        _ => None,
    })
}

#[test]
fn engine_and_schema_agree_on_structure() -> Result<(), Box<dyn Error>> {
    let spec = Spec::embedded()?;
    let mut differences = Vec::new();
    let mut all = 0;
    for (seed, edition) in spec.editions.iter().enumerate() {
        let tables = tables(edition);
        let context = Context {
            edition,
            received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
            platforms: &[],
        };
        for dataset in &edition.datasets {
            let schema = super::validator(edition, dataset)?;
            let mut writer = Writer {
                dice: Dice((seed as u64) << 32 | u64::from(dataset.code)),
                tables: &tables,
            };
            for _ in 0..ROUNDS {
                let sent = writer.record(dataset);
                all += 1;
                let difference = disagreement(&context, dataset, &schema, &sent)?;
                differences.extend(
                    difference.map(|text| format!("{} {}: {text}", edition.id, dataset.id)),
                );
            }
        }
    }
    let shown: Vec<&String> = differences.iter().take(30).collect();
    assert!(
        differences.is_empty(),
        "{} of {all} records: {shown:#?}",
        differences.len()
    );
    Ok(())
}

#[test]
fn a_list_keeps_places_in_every_edition() -> Result<(), Box<dyn Error>> {
    let spec = Spec::embedded()?;
    let mut holes: BTreeMap<(&str, &str), Vec<bool>> = BTreeMap::new();
    for dataset in spec.editions.iter().flat_map(|edition| &edition.datasets) {
        for (place, field) in dataset.fields.iter().enumerate() {
            let name = (dataset.id.as_str(), field.id.as_str());
            let keeps = normalize::keeps_places(dataset, place);
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
