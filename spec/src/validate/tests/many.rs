//! A register of very many records says what reading them all through would say, however they came and went.
#![expect(
    clippy::indexing_slicing,
    reason = "the edition of a test has the data set that the test gave it"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::judge_among;
use super::among::{indexed, join};
use super::with_rule;
use crate::generate::random::Random;
use crate::references::{Found, Known, Lookup, lookups};
use crate::roll::{Register, Roll};
use crate::rule::{Elsewhere, GroupFigure, Limit, Park, Pick};
use crate::validate::sample::{context, record};
use crate::{Check, Edition, normalize};

/// A record of few values, so that many agree.
fn body(random: &mut Random, key: u32) -> serde_json::Map<String, serde_json::Value> {
    let mut body = serde_json::Map::new();
    body.insert("A".into(), format!("k{key}").into());
    body.insert("B".into(), random.word(&["x", "y"]).into());
    if random.below(8) > 0 {
        body.insert("C".into(), (random.below(5) + 1).to_string().into());
    }
    if random.below(8) > 0 {
        let figure = random.word(&["1", "0.25", "2.5", "30"]);
        body.insert("N".into(), figure.into());
    }
    let lists = ["p", "q", "p;q", "q;r"];
    body.insert("L".into(), random.word(&lists).into());
    body
}

/// Every check whose cost would grow with the records it finds.
fn checks() -> Vec<Check> {
    let group = |field, group: &[u16], figure| Check::Group {
        field,
        group: group.to_vec(),
        figure,
    };
    let most = |field, by: &[u16], limit, equal: bool| {
        let (limit, tolerance, in_yuan) = (Limit::Fixed(limit), 0.0, false);
        let figure = if equal {
            GroupFigure::SumEquals {
                limit,
                tolerance,
                in_yuan,
            }
        } else {
            GroupFigure::SumMax {
                limit,
                tolerance,
                in_yuan,
            }
        };
        group(field, by, figure)
    };
    let flag = |value: &str, max| GroupFigure::Flag {
        value: value.to_owned(),
        min: 1,
        max,
    };
    let share = |value: &str| GroupFigure::MaxShare {
        value: value.to_owned(),
        max: 0.3,
    };
    let mut own = join(&[(1, 1), (5, 5)], Pick::Any);
    own.dataset = 1;
    vec![
        group(2, &[1], GroupFigure::MinCount(5)),
        group(2, &[1, 5], GroupFigure::MinCount(4)),
        group(5, &[1], GroupFigure::MaxCount(Limit::Fixed(2.0))),
        group(2, &[1], GroupFigure::Odd(3)),
        group(2, &[1], GroupFigure::Sequence { start: 1 }),
        group(2, &[1, 5], GroupFigure::Sequence { start: 2 }),
        group(2, &[1], flag("3", 2)),
        group(5, &[1], flag("q", 4)),
        group(2, &[1], share("2")),
        group(2, &[1], GroupFigure::DistinctAcross { between: 3 }),
        group(5, &[1], GroupFigure::DistinctAcross { between: 2 }),
        most(3, &[1], 40.0, false),
        most(3, &[1, 2], 33.5, true),
        Check::Unique {
            field: 2,
            within: vec![1],
        },
        Check::Unique {
            field: 5,
            within: vec![1, 2],
        },
        Check::Unique {
            field: 5,
            within: Vec::new(),
        },
        Check::Exists { join: own.clone() },
        Check::NotExists { join: own },
        Check::Reference {
            field: 1,
            beside: vec![5, 2],
            to: vec![Elsewhere {
                dataset: 1,
                field: 1,
                beside: vec![5, 2],
            }],
            park: Park::Warn,
        },
    ]
}

fn holds(edition: &Edition, lookup: &Lookup, found: &Found) -> bool {
    let field = lookup.field.unwrap_or(0);
    let text = edition.datasets[0].field(field);
    let text = text.and_then(|field| found.body.get(&field.id)?.as_str());
    text.is_some_and(|text| text.split(';').any(|item| item == lookup.value))
}

#[test]
fn a_register_answers_as_its_records_read_through() {
    let mut random = Random::new(20_261_122);
    let mut told = 0;
    for check in checks() {
        let edition = with_rule(Vec::new(), check.clone());
        let edition = indexed(edition, &[1, 2, 5], &[]);
        let dataset = &edition.datasets[0];
        let context = context(&edition);
        let mut held: BTreeMap<u32, Found> = BTreeMap::new();
        let mut registers: BTreeMap<Lookup, Register> = BTreeMap::new();
        let mut silent = 0;
        for id in 1..400 {
            // Every second record is another version of one that is there.
            let key = random.below(60) as u32;
            let body = body(&mut random, key);
            let text: Vec<(String, String)> = body
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect();
            let pairs: Vec<(&str, &str)> = text
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let record = normalize(&context, record(dataset, &pairs));
            let (mut few, mut many) = (Known::default(), Known::default());
            for lookup in lookups(&edition, &record) {
                let fits = |found: &&Found| holds(&edition, &lookup, found);
                let mut found: Vec<Found> = held.values().filter(fits).cloned().collect();
                found.sort_by_key(|found| found.id);
                let register = registers
                    .entry(lookup.clone())
                    .or_insert_with(|| Register::new(found.clone()));
                let register = Roll::Many(Arc::new(register.clone()));
                many.answers.insert(lookup.clone(), register);
                few.answers.insert(lookup, found.into());
            }
            let by_few = judge_among(&context, &record, &few);
            let by_many = judge_among(&context, &record, &many);
            assert_eq!(by_few.0.issues, by_many.0.issues, "{check:?} {pairs:?}");
            assert_eq!(by_few.1, by_many.1);
            // Questions that were asked of the copies are asked of those that are kept.
            for (lookup, roll) in many.answers {
                if let Roll::Many(register) = roll {
                    registers.insert(lookup, Register::clone(&register));
                }
            }
            told += by_few.0.issues.len();
            silent += usize::from(by_few.0.issues.is_empty());
            let old = held.remove(&key);
            let found = Found {
                id,
                body: Arc::new(body),
            };
            for (lookup, register) in &mut registers {
                if let Some(old) = &old {
                    register.remove(dataset, old.id);
                }
                if holds(&edition, lookup, &found) {
                    register.add(dataset, found.clone());
                }
            }
            if random.below(10) > 0 {
                held.insert(key, found);
            } else {
                // It was taken back at once.
                for register in registers.values_mut() {
                    register.remove(dataset, id);
                }
            }
        }
        assert!(silent < 399, "{check:?} never found anything");
    }
    assert!(told > 1000, "{told} findings");
}
