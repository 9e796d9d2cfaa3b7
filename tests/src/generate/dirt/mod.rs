//! Deliberate dirt: every kind that real records show, one function each.
//!
//! A kind names what a reader of the record should see; `expected.json` says so for every place where it
//! was planted. Kinds are spread evenly, so that each occurs in every source that can show it.

mod amounts;
mod codes;
mod dates;
mod identifiers;
mod structure;
mod text;

use spec::{Dataset, Domain, Edition, Field, Format};

pub(super) use amounts::with_separators;
pub(super) use codes::name_of;

use super::row::{Cell, Expect, Planted, Row};
use super::wire::Wire;
use spec::generate::Random;

/// A kind of dirt.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What should come of it.
    pub expect: Expect,
    /// Code of the finding, or reason of the repair.
    pub code: &'static str,
    /// The rule that finds it.
    pub rule: &'static str,
    /// Which wires can carry it.
    pub wires: &'static [Wire],
    /// Puts it into a record, if the record has a place for it; says which field.
    pub apply: fn(&mut Spot<'_>) -> Option<String>,
}

/// Every wire.
const ALL: &[Wire] = &[Wire::Json, Wire::Message, Wire::Csv];
/// Wires that write codes as codes and amounts as they are.
const PLAIN: &[Wire] = &[Wire::Json, Wire::Message];
/// The native envelope alone.
const JSON: &[Wire] = &[Wire::Json];

/// A kind that is put right, with the reason of the change.
const fn repaired(
    name: &'static str,
    code: &'static str,
    wires: &'static [Wire],
    apply: fn(&mut Spot<'_>) -> Option<String>,
) -> Kind {
    Kind {
        name,
        expect: Expect::Repaired,
        code,
        rule: "",
        wires,
        apply,
    }
}

/// A kind that rejects, with the code of the finding.
const fn error(
    name: &'static str,
    code: &'static str,
    wires: &'static [Wire],
    apply: fn(&mut Spot<'_>) -> Option<String>,
) -> Kind {
    Kind {
        name,
        expect: Expect::Error,
        code,
        rule: "",
        wires,
        apply,
    }
}

/// A kind that is kept with a finding.
const fn warning(
    name: &'static str,
    code: &'static str,
    wires: &'static [Wire],
    apply: fn(&mut Spot<'_>) -> Option<String>,
) -> Kind {
    Kind {
        name,
        expect: Expect::Warning,
        code,
        rule: "",
        wires,
        apply,
    }
}

/// A kind that nobody can see.
const fn kept(name: &'static str, apply: fn(&mut Spot<'_>) -> Option<String>) -> Kind {
    Kind {
        name,
        expect: Expect::Kept,
        code: "",
        rule: "",
        wires: ALL,
        apply,
    }
}

/// A record that is about to be spoiled.
pub struct Spot<'s> {
    /// The record.
    pub row: &'s mut Row,
    /// Its data set.
    pub set: &'s Dataset,
    /// Chance.
    pub random: &'s mut Random,
}

impl Spot<'_> {
    /// One of the untouched fields that a kind can use, with its value.
    fn pick(&mut self, want: impl Fn(&Field, &str) -> bool) -> Option<(String, String)> {
        let found: Vec<(String, String)> = self
            .row
            .cells
            .iter()
            .filter_map(|(id, cell)| match cell {
                Cell::Clean(text) => Some((id, text)),
                _ => None,
            })
            .filter(|(id, text)| self.field(id).is_some_and(|field| want(field, text)))
            .map(|(id, text)| (id.clone(), text.clone()))
            .collect();
        found.get(self.random.below(found.len())).cloned()
    }

    fn field(&self, id: &str) -> Option<&Field> {
        self.set.field(self.set.field_index(id)?)
    }

    /// Whether other records, or rules, hang on the exact value of a field.
    fn is_key(&self, id: &str) -> bool {
        self.set
            .field_index(id)
            .is_some_and(|place| self.set.key.contains(&place))
    }

    /// Writes a value as it stands; answers as a kind does.
    #[expect(clippy::unnecessary_wraps, reason = "most kinds end with this")]
    fn dirty(&mut self, id: &str, value: impl Into<String>) -> Option<String> {
        self.row.put(id, Cell::Dirty(value.into()));
        Some(id.to_owned())
    }
}

/// Whether a field holds free text of some length.
pub fn is_prose(field: &Field) -> bool {
    matches!(field.domain, Domain::Free)
        && matches!(field.format, Format::UpTo(100..) | Format::Unlimited)
        && !field.id.contains("URL")
}

fn is_number(field: &Field) -> bool {
    matches!(field.format, Format::Number { .. })
}

/// Share of records that are spoiled, of a thousand.
const SHARE: usize = 175;

/// The kinds that a wire can carry, but for some, beginning somewhere among them.
pub fn kinds(wire: Wire, not: &[&str], first: usize) -> Vec<&'static Kind> {
    let mut kinds: Vec<&Kind> = [
        text::KINDS,
        dates::KINDS,
        amounts::KINDS,
        codes::KINDS,
        identifiers::KINDS,
        structure::KINDS,
    ]
    .into_iter()
    .flatten()
    .filter(|kind| kind.wires.contains(&wire) && !not.contains(&kind.name))
    .collect();
    let first = first.checked_rem(kinds.len()).unwrap_or_default();
    kinds.rotate_left(first);
    kinds
}

/// Spoils a share of the records, and says in each what was done.
pub fn spoil(rows: &mut [Row], edition: &Edition, wire: Wire, random: &mut Random) {
    plant(rows, edition, &kinds(wire, &[], 0), SHARE, random);
}

/// Spoils every record that can be.
pub fn spread(rows: &mut [Row], edition: &Edition, kinds: &[&Kind], random: &mut Random) {
    plant(rows, edition, kinds, 1000, random);
}

fn plant(rows: &mut [Row], edition: &Edition, kinds: &[&Kind], share: usize, random: &mut Random) {
    let mut counts = vec![0_usize; kinds.len()];
    for row in rows {
        if !row.planted.is_empty() || !random.permille(share) {
            continue;
        }
        let Some(set) = edition.dataset(&row.dataset.to_string()) else {
            continue;
        };
        let twice = random.permille(120);
        let mut order: Vec<usize> = (0..kinds.len()).collect();
        order.sort_by_key(|&place| counts.get(place).copied());
        for place in order {
            let (Some(kind), Some(count)) = (kinds.get(place), counts.get_mut(place)) else {
                continue;
            };
            let harmless = matches!(kind.expect, Expect::Repaired | Expect::Kept);
            if !(harmless || row.leaf && row.planted.is_empty()) {
                continue;
            }
            let mut spot = Spot { row, set, random };
            let Some(field) = (kind.apply)(&mut spot) else {
                continue;
            };
            *count += 1;
            row.planted.push(Planted {
                kind: kind.name,
                field,
                expect: kind.expect,
                code: kind.code,
                rule: kind.rule,
            });
            if !(twice && harmless && row.planted.len() < 2) {
                break;
            }
        }
    }
}
