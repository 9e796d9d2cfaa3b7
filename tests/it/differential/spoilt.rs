//! Records of every data set that are sound by the field tables and then spoilt in every way that readers of data
//! trip over. The seeds are fixed, so that a disagreement stays where it was found.

use std::collections::BTreeMap;

use serde_json::json;
use spec::generate::{Draft, Fault, Maker, Random, record};
use spec::record::{Input, Kind};
use spec::{Dataset, Domain, Edition, Record, Spec};

use super::{Schemas, Tally, context};

/// Records that are compared, of all data sets and editions together.
const RECORDS: usize = 100_000;
/// Records that are made of one sound one: itself, and its spoilt likes.
const LIKES: usize = 12;

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

/// Codes and names of the tables of an edition, in order: the maps themselves have none.
type Tables<'e> = BTreeMap<&'e str, Vec<&'e str>>;

fn tables(edition: &Edition) -> Tables<'_> {
    let mut tables = Tables::new();
    for table in edition.codes.values() {
        let mut names: Vec<&str> = table.by_name.keys().map(String::as_str).collect();
        names.sort_unstable();
        tables.insert(&table.id, names);
    }
    tables
}

/// A value as it is sent.
#[derive(Debug, Clone)]
struct Sent {
    name: String,
    text: String,
    kind: Kind,
}

/// Spoils records of one data set.
struct Spoiler<'e> {
    random: Random,
    tables: &'e Tables<'e>,
}

impl Spoiler<'_> {
    fn like(&mut self, draft: &Draft<'_>) -> Vec<Sent> {
        let mut sent: Vec<Sent> = draft
            .pairs()
            .map(|(name, text)| Sent {
                name: name.to_owned(),
                text: text.to_owned(),
                kind: Kind::Text,
            })
            .collect();
        for _ in 0..self.random.below(3) {
            self.spoil(draft.dataset, &mut sent);
        }
        sent
    }

    /// Spoils one value, takes one away, or adds a stranger.
    fn spoil(&mut self, dataset: &Dataset, sent: &mut Vec<Sent>) {
        let place = self.random.below(sent.len());
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
        let odd = self.random.word(ODD).to_owned();
        match self.random.below(20) {
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
                r#"{"a":[1]}"#.clone_into(&mut value.text);
            }
            15 => {
                if let Domain::Codes(table) = &field.domain
                    && let Some(names) = self.tables.get(table.id.as_str())
                {
                    self.random.word(names).clone_into(&mut value.text);
                }
            }
            _ => value.text = odd,
        }
    }
}

fn compiled<'s, 'a>(dataset: &'s Dataset, sent: &'a [Sent]) -> Record<'s, 'a> {
    let mut record = Record::new(dataset);
    for value in sent {
        let input = Input {
            text: value.text.as_str().into(),
            kind: value.kind,
            at: 0,
            mapped: None,
        };
        match dataset.field_index(&value.name) {
            Some(place) => record.values[usize::from(place)] = Some(input),
            None => record.unknown.push((value.name.as_str().into(), input)),
        }
    }
    record
}

/// Compares so many records of a data set.
fn compare(
    edition: &Edition,
    schemas: &Schemas,
    tables: &Tables<'_>,
    dataset: &Dataset,
    count: usize,
) -> Tally {
    let context = context(edition);
    let seed = u64::from(dataset.code);
    let mut maker = Maker::new(context, seed);
    let mut spoiler = Spoiler {
        random: Random::new(seed),
        tables,
    };
    let mut tally = Tally::default();
    let mut made = 0;
    while made < count {
        let draft = record(&mut maker, dataset, (300, &Fault::ALL)).draft;
        tally.compare(&context, schemas, draft.record(), &edition.id);
        for _ in 1..LIKES {
            let sent = spoiler.like(&draft);
            let record = compiled(dataset, &sent);
            tally.compare(&context, schemas, record, &edition.id);
        }
        made += LIKES;
    }
    tally
}

#[test]
fn engine_and_schema_agree_over_a_hundred_thousand_records() {
    let spec = Spec::embedded().unwrap();
    let all: usize = spec
        .editions
        .iter()
        .map(|edition| edition.datasets.len())
        .sum();
    let count = RECORDS.div_ceil(all);
    let mut tally = Tally::default();
    for edition in &spec.editions {
        let (schemas, tables) = (Schemas::of(edition), tables(edition));
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        std::thread::scope(|scope| {
            let work = |first: usize| {
                let (schemas, tables) = (&schemas, &tables);
                scope.spawn(move || {
                    let mut tally = Tally::default();
                    for dataset in edition.datasets.iter().skip(first).step_by(threads) {
                        tally.add(compare(edition, schemas, tables, dataset, count));
                    }
                    tally
                })
            };
            let running: Vec<_> = (0..threads).map(work).collect();
            for thread in running {
                tally.add(thread.join().unwrap());
            }
        });
    }
    tally.tell();
    assert!(tally.sound + tally.unsound >= RECORDS);
    assert!(tally.sound > RECORDS / 10 && tally.unsound > RECORDS / 10);
}
