//! One source: its records, what is done to them, and the files they are sent in.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use spec::{Action, Edition};

use super::calendar::stamp;
use super::cast::{City, cast};
use super::credit::credit;
use super::deal::{Desk, End, Plan, Way, deal};
use super::dirt::spoil;
use super::prices::{bills, prices};
use super::row::{Cell, Expect, Planted, Row};
use super::scope::Scope;
use super::subjects::subjects;
use super::templates::Templates;
use super::wire::Wire;
use spec::generate::Random;
use spec::generate::identifiers::{credit_code, organization};

/// What is generated for one source.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The city.
    pub city: City,
    /// How it writes.
    pub wire: Wire,
    /// Beginning of chance.
    pub seed: u64,
    /// How many deals.
    pub deals: usize,
    /// How many bodies have records of credit; 0 where the source sends none.
    pub credit: usize,
    /// Whether it sends prices.
    pub prices: bool,
}

/// Records of a source, in the order in which parents come first.
#[derive(Debug, Default)]
pub struct Records {
    /// Children that are sent before everything else.
    pub early: Vec<Row>,
    /// Everything in order.
    pub main: Vec<Row>,
    /// What is sent again, changed, taken back, or waits for ever.
    pub late: Vec<Row>,
}

/// Makes the records of a source.
pub fn records(templates: &Templates<'_>, source: &Source) -> Result<Records> {
    let edition = templates.edition();
    let mut random = Random::new(source.seed);
    let cast = cast(&source.city, &mut random);
    let mut desk = Desk {
        templates,
        city: &source.city,
        cast: &cast,
        common: common(&source.city),
        credit: source.credit > 0,
        random,
    };
    let mut rows = subjects(&desk)?;
    let mut deals = Vec::new();
    for number in 1..=source.deals {
        deals.extend(deal(&mut desk, plan(number))?);
    }
    let of = |dataset: u16| {
        deals
            .iter()
            .filter(|row| row.dataset == dataset)
            .cloned()
            .collect::<Vec<Row>>()
    };
    let (sections, results) = (of(502), of(513));
    rows.extend(deals);
    if source.prices {
        rows.extend(bills(&mut desk, &results)?);
        rows.extend(prices(&mut desk)?);
    }
    if source.credit > 0 {
        rows.extend(credit(&mut desk, &sections, source.credit)?);
    }
    for (place, row) in rows.iter_mut().enumerate() {
        row.serial = place + 1;
        row.put("DATA_TIMESTAMP", Cell::Clean(stamp(place)));
    }
    let mut random = desk.random;
    let early = early(&mut rows);
    spoil(&mut rows, edition, source.wire, &mut random);
    let late = late(&rows, early.len(), edition, &mut random);
    Ok(Records {
        early,
        main: rows,
        late,
    })
}

/// Names that all records of a city share.
fn common(city: &City) -> Scope {
    let mut scope = Scope::default();
    let operator = |region: &str, number: usize| {
        credit_code("12", region, &organization(&format!("FXT9{number:04}")))
    };
    scope
        .set("city", city.code)
        .set("city.name", city.name)
        .set("platform", operator(city.code, city.names_from + 1))
        .set("public", operator("320000", 1))
        .set("trade_plat", format!("E{}0001", city.code))
        .set("public_plat", "E3200000001")
        .set("stamp", stamp(0));
    scope
}

/// How the deal of a number goes.
fn plan(number: usize) -> Plan {
    Plan {
        number,
        sections: 1 + number % 3,
        bidders: 3 + number % 4,
        way: match number % 8 {
            2 => Way::Examined,
            5 => Way::Invited,
            _ => Way::Open,
        },
        end: match number {
            _ if number % 11 == 7 => End::Failed,
            _ if number.is_multiple_of(4) => End::Signed,
            _ => End::Performed,
        },
        first: None,
    }
}

fn planted(kind: &'static str, expect: Expect, code: &'static str) -> Planted {
    Planted {
        kind,
        field: String::new(),
        expect,
        code,
        rule: "",
    }
}

/// Takes some children out, to be sent before their parents.
fn early(rows: &mut Vec<Row>) -> Vec<Row> {
    let mut early = Vec::new();
    let mut kept = Vec::new();
    for mut row in rows.drain(..) {
        let chosen = match row.dataset {
            508 | 519 => row.deal.is_multiple_of(5) && early.len() < 12,
            504 | 103 => row.serial.is_multiple_of(9) && early.len() < 24,
            _ => false,
        };
        if chosen {
            row.planted
                .push(planted("child_first", Expect::Parked, "reference.missing"));
            early.push(row);
        } else {
            kept.push(row);
        }
    }
    *rows = kept;
    early
}

/// What comes at the end of the day.
fn late(rows: &[Row], early: usize, edition: &Edition, random: &mut Random) -> Vec<Row> {
    // Only what was in order, and only what is sent once so far.
    let sound: Vec<&Row> = rows.iter().filter(|row| row.planted.is_empty()).collect();
    let leaves: Vec<&Row> = sound
        .iter()
        .copied()
        .filter(|row| {
            row.leaf && (103..=113).contains(&row.dataset)
                || matches!(row.dataset, 500 | 508 | 519 | 520)
        })
        .collect();
    let all = rows.len() + early;
    let mut late = Vec::new();
    let mut taken = BTreeSet::new();
    let mut take = |count: usize, random: &mut Random| -> Vec<Row> {
        let mut chosen = Vec::new();
        while chosen.len() < count && taken.len() < leaves.len() {
            let place = random.below(leaves.len());
            if taken.insert(place) {
                chosen.extend(leaves.get(place).copied().cloned());
            }
        }
        chosen
    };
    for mut row in take(12, random) {
        row.planted
            .push(planted("sent_twice", Expect::Duplicate, ""));
        late.push(row);
    }
    let later = stamp(all + 60);
    for mut row in take(10, random) {
        row.planted.push(planted("changed", Expect::Kept, ""));
        row.put("DATA_TIMESTAMP", Cell::Clean(later.clone()));
        row.action = Action::Correct;
        late.push(row);
    }
    for row in sound
        .iter()
        .copied()
        .filter(|row| row.dataset == 520)
        .step_by(17)
        .take(5)
    {
        let mut row = row.clone();
        row.planted.push(planted("withdrawn", Expect::Kept, ""));
        row.put("DATA_TIMESTAMP", Cell::Clean(later.clone()));
        row.action = Action::Withdraw;
        late.push(row);
    }
    let mut serial = all;
    for row in sound
        .iter()
        .copied()
        .filter(|row| matches!(row.dataset, 508 | 519))
        .step_by(23)
        .take(8)
    {
        serial += 1;
        let mut row = orphan(row, edition);
        row.serial = serial;
        late.push(row);
    }
    if let Some(&row) = sound.iter().find(|row| row.dataset == 502) {
        let mut row = row.clone();
        row.serial = serial + 1;
        let code = row.text("BID_SECTION_CODE").to_owned();
        let other = format!("{}999009", code.get(..17).unwrap_or_default());
        row.put("BID_SECTION_CODE", Cell::Clean(other));
        row.planted.push(Planted {
            kind: "foreign_section",
            field: "BID_SECTION_CODE".to_owned(),
            expect: Expect::Error,
            code: "rule.violated",
            rule: "502.prefix",
        });
        late.push(row);
    }
    late
}

/// The same record under a tender project that nobody ever sends.
fn orphan(row: &Row, edition: &Edition) -> Row {
    let mut row = row.clone();
    let tender = row.text("TENDER_PROJECT_CODE").to_owned();
    let nobody = format!(
        "{}900{}",
        tender.get(..11).unwrap_or_default(),
        tender.get(14..).unwrap_or_default()
    );
    let ids: Vec<String> = row.cells.iter().map(|(id, _)| id.clone()).collect();
    for id in ids {
        let identifier = edition
            .dataset(&row.dataset.to_string())
            .and_then(|set| set.field(set.field_index(&id)?))
            .is_some_and(|field| matches!(field.domain, spec::Domain::Identifier(_)));
        if identifier {
            let value = row.text(&id).replace(&tender, &nobody);
            row.put(&id, Cell::Clean(value));
        }
    }
    row.planted
        .push(planted("parent_never", Expect::Parked, "reference.missing"));
    row
}

/// Rows by data set, for sources that send one table per data set.
pub fn by_dataset(rows: &[Row]) -> BTreeMap<u16, Vec<Row>> {
    let mut sets: BTreeMap<u16, Vec<Row>> = BTreeMap::new();
    for row in rows {
        sets.entry(row.dataset).or_default().push(row.clone());
    }
    sets
}

/// Name of a data set for a file.
pub fn file_word(edition: &Edition, dataset: u16) -> Result<String> {
    let set = edition
        .dataset(&dataset.to_string())
        .context("no such data set")?;
    Ok(set.name.replace('/', "与"))
}

/// The records of one deal alone.
pub fn first_deal(templates: &Templates<'_>, source: &Source, plan: Plan) -> Result<Vec<Row>> {
    let mut random = Random::new(source.seed);
    let cast = cast(&source.city, &mut random);
    let mut desk = Desk {
        templates,
        city: &source.city,
        cast: &cast,
        common: common(&source.city),
        credit: false,
        random,
    };
    deal(&mut desk, plan)
}
