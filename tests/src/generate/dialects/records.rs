//! What the other sources send: deals like those of the three, and families of records of the industries.

use anyhow::Result;
use jiff::civil::date;
use spec::generate::{Draft, Fault, Maker, Random, family, plant};
use spec::{Action, Context, Edition};

use super::{Dialect, Late};
use crate::generate::cast::City;
use crate::generate::deal::{End, Plan, Way};
use crate::generate::dirt;
use crate::generate::row::{Cell, Expect, Planted, Row};
use crate::generate::source::{Source, first_deal};
use crate::generate::templates::Templates;
use crate::generate::wire::Wire;

/// Where the records of a source come from.
#[derive(Clone, Copy)]
pub enum Origin {
    /// Deals of a city, of general data sets.
    City {
        /// Its name.
        name: &'static str,
        /// A county of it: code and name.
        county: (&'static str, &'static str),
    },
    /// Records of these data sets, each behind those that it refers to.
    Industry {
        /// Column codes.
        sets: &'static [&'static str],
    },
}

/// Optional fields that are filled, of a thousand.
const SHARE: usize = 300;
/// Faults of a dirty submission.
const FAULTS: [Fault; 4] = [Fault::Missing, Fault::Code, Fault::Format, Fault::Long];
/// Fields that carriers and envelopes fill where a record lacks them.
const FILLED: [&str; 9] = [
    "PUBLISHING_TIME",
    "BID_SECTION_CODE",
    "DATA_TIMESTAMP",
    "PLATFORM_CODE",
    "PUB_SERVICE_PLAT_CODE",
    "TRADE_PLAT",
    "PUB_SERVICE_PLAT",
    "TENDER_PROJECT_CODE",
    "UNIFIED_DEAL_CODE",
];

impl Origin {
    /// The three submissions of a source: clean, dirty, a whole deal.
    pub fn submissions(
        self,
        templates: &Templates<'_>,
        place: usize,
        seed: u64,
        dialect: &Dialect,
    ) -> Result<Vec<(&'static str, Vec<Row>)>> {
        let edition = templates.edition();
        let context = Context {
            edition,
            received: date(2026, 11, 20).at(9, 0, 0, 0),
            platforms: &[],
        };
        let mut maker = Maker::new(context, seed);
        let (clean, mut dirty, deal) = match self {
            Origin::City { name, county } => {
                let code = county.0.get(..4).unwrap_or_default();
                let source = source(code, name, county, place);
                let deal = |number: usize, sections: usize, end: End| {
                    let plan = Plan {
                        number: 100 + number,
                        sections,
                        bidders: 3,
                        way: Way::Open,
                        end,
                        first: None,
                    };
                    first_deal(templates, &source, plan)
                };
                let mut clean = deal(1, 1, End::Signed)?;
                clean.truncate(4);
                (clean, deal(2, 4, End::Failed)?, deal(4, 1, End::Performed)?)
            }
            Origin::Industry { sets } => {
                let mut all = |name: &str, times: usize| -> Vec<Row> {
                    let Some(set) = edition.dataset(name) else {
                        return Vec::new();
                    };
                    let one = |_| {
                        let mut rows: Vec<Row> = family(&mut maker, edition, set, SHARE)
                            .iter()
                            .map(row)
                            .collect();
                        if let Some(last) = rows.last_mut() {
                            last.leaf = true;
                        }
                        rows
                    };
                    (0..times).flat_map(one).collect()
                };
                let first = sets.first().copied().unwrap_or_default();
                let clean = all(first, 1);
                let dirty = all(first, FAULTS.len() + 8);
                (
                    clean,
                    dirty,
                    sets.iter().flat_map(|set| all(set, 1)).collect(),
                )
            }
        };
        spoil(&mut maker, edition, &mut dirty);
        let kinds = dirt::kinds(dialect.dirt.wire, dialect.dirt.not, place * 7);
        dirt::spread(&mut dirty, edition, &kinds, &mut Random::new(seed));
        let mut all = [("clean", clean), ("dirty", dirty), ("deal", deal)];
        for (kind, rows) in &mut all {
            for (place, row) in rows.iter_mut().enumerate() {
                row.serial = place + 1;
            }
            if *kind == "deal" {
                let late = late(rows, edition, dialect.late);
                rows.extend(late);
            }
        }
        Ok(all.into())
    }
}

/// A city without prices and credit; all of its names are made up.
fn source(
    code: &str,
    name: &'static str,
    county: (&'static str, &'static str),
    place: usize,
) -> Source {
    // Whatever lives as long as the program may as well.
    let counties: &'static [(&'static str, &'static str)] = Box::leak(Box::new([county]));
    let code: &'static str = Box::leak(format!("{code}00").into_boxed_str());
    Source {
        city: City {
            code,
            name,
            counties,
            zip: "210000",
            dial: "025",
            names_from: 200 + place * 30,
            bodies: [4, 3, 12],
        },
        wire: Wire::Json,
        seed: 500_000 + place as u64,
        deals: 0,
        credit: 0,
        prices: false,
    }
}

fn row(draft: &Draft<'_>) -> Row {
    let cells = draft
        .pairs()
        .map(|(name, text)| (name.to_owned(), Cell::Clean(text.to_owned())));
    Row {
        dataset: draft.dataset.code,
        posing_as: None,
        action: Action::Upsert,
        cells: cells.collect(),
        leaf: false,
        deal: 0,
        serial: 0,
        planted: Vec::new(),
    }
}

/// What is said of two records of a deal afterwards, on which no other depends: the one was wrong, the other should not
/// have been sent.
fn late(rows: &[Row], edition: &Edition, late: Late) -> Vec<Row> {
    // Not what is said of subjects, which wait for those that another submission brings.
    let mut leaves = rows
        .iter()
        .rev()
        .filter(|row| row.leaf && row.dataset >= 500);
    let mut again = Vec::new();
    for (action, kind, is_said) in [
        (Action::Withdraw, "withdrawn", late == Late::Both),
        (Action::Correct, "changed", late != Late::Nothing),
    ] {
        let Some(row) = leaves.next().filter(|_| is_said) else {
            continue;
        };
        let mut row = row.clone();
        row.action = action;
        if let Some(field) = prose(edition, &row).filter(|_| action == Action::Correct) {
            let text = format!("{}（更正）", row.text(&field));
            row.put(&field, Cell::Clean(text));
        }
        row.planted.push(Planted {
            kind,
            field: String::new(),
            expect: Expect::Kept,
            code: "",
            rule: "",
        });
        again.push(row);
    }
    again
}

/// A field of free text that a correction may change.
fn prose(edition: &Edition, row: &Row) -> Option<String> {
    let set = edition.by_code(row.dataset)?;
    let fits = |id: &&String| {
        let field = set.field_index(id).and_then(|place| set.field(place));
        let is_key = set
            .field_index(id)
            .is_some_and(|place| set.key.contains(&place));
        !is_key && field.is_some_and(dirt::is_prose)
    };
    row.cells.iter().map(|(id, _)| id).find(fits).cloned()
}

/// Plants a fault of each kind in records on which no other depends.
fn spoil(maker: &mut Maker<'_>, edition: &Edition, rows: &mut [Row]) {
    let mut faults = FAULTS.into_iter();
    let mut fault = faults.next();
    for row in rows.iter_mut().filter(|row| row.leaf) {
        let Some(set) = edition.by_code(row.dataset) else {
            continue;
        };
        let Some(wanted) = fault else {
            return;
        };
        let mut draft = Draft::new(set);
        for (id, cell) in &row.cells {
            draft.put(id, Some(cell.text().to_owned()));
        }
        let faulty = (0..20).find_map(|_| {
            let faulty = plant(maker, &draft, wanted)?;
            let field = faulty
                .expected
                .first()?
                .path
                .trim_start_matches('/')
                .to_owned();
            (!FILLED.contains(&field.as_str())).then_some((faulty.draft, field))
        });
        let Some((draft, field)) = faulty else {
            continue;
        };
        row.remove(&field);
        if let Some(text) = set.field_index(&field).and_then(|place| draft.get(place)) {
            row.put(&field, Cell::Dirty(text.to_owned()));
        }
        row.planted.push(Planted {
            kind: "fault",
            field,
            expect: Expect::Error,
            code: wanted.code().name(),
            rule: "",
        });
        fault = faults.next();
    }
}
