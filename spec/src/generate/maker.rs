//! Makes a value for any field, by its format and domain.

use std::collections::BTreeMap;

use super::scene::Scene;
use super::{Draft, Random, instants};
use crate::identifier::IdentifierKind;
use crate::validate::structure::{fits, has_format};
use crate::{CodeTable, Context, Dataset, Domain, Field, FieldIndex, Format, Required, Unit};

/// Makes values and records. Two makers with the same seed make the same.
#[derive(Debug)]
pub struct Maker<'e> {
    /// What the records are made for.
    pub context: Context<'e>,
    /// Where chance comes from.
    pub random: Random,
    /// Codes that may be used today, by table, in order: the tables themselves have none.
    tables: BTreeMap<&'e str, Vec<&'e str>>,
    cities: Vec<&'e str>,
    scene: Scene,
}

impl<'e> Maker<'e> {
    /// A maker for an edition, its data sets and the time of receipt.
    pub fn new(context: Context<'e>, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let today = instants::write(context.received, 8);
        let tables: BTreeMap<&str, Vec<&str>> = context
            .edition
            .codes
            .iter()
            .map(|(name, table)| (name.as_str(), usable(table, &today)))
            .collect();
        let cities = cities(
            context.edition.codes.get("region").map(AsRef::as_ref),
            &tables,
        );
        let scene = Scene::new(pick(&cities, &mut random), context.received, &mut random);
        Maker {
            context,
            random,
            tables,
            cities,
            scene,
        }
    }

    /// A record of a data set with every required field and some of the others (`share` of a thousand), each sound by
    /// itself. Rules between fields may still be broken: see [`super::sound()`].
    pub fn fill<'s>(&mut self, dataset: &'s Dataset, share: usize) -> Draft<'s> {
        self.elsewhere();
        self.fill_here(dataset, share)
    }

    /// Goes to another place, for records that have nothing to do with those before.
    pub(super) fn elsewhere(&mut self) {
        let region = pick(&self.cities, &mut self.random).to_owned();
        self.scene = Scene::new(&region, self.context.received, &mut self.random);
    }

    /// The same as [`Maker::fill`], about the same project as the record before.
    pub(super) fn fill_here<'s>(&mut self, dataset: &'s Dataset, share: usize) -> Draft<'s> {
        let mut draft = Draft::new(dataset);
        for (place, field) in dataset.fields.iter().enumerate() {
            let place = place as FieldIndex;
            let wanted = field.required == Required::Always
                || dataset.key.contains(&place)
                || (self.confirmed(field) && self.random.permille(share));
            if wanted {
                let text = self.value(field);
                draft.set(place, Some(text));
            }
        }
        draft
    }

    /// Whether a value can be made that earns no warning.
    fn confirmed(&self, field: &Field) -> bool {
        match &field.domain {
            Domain::Codes(table) => self
                .code(table, field.format, 0)
                .is_some_and(|code| table.find(&code).is_some_and(|value| value.known)),
            _ => true,
        }
    }

    /// A sound value of a field.
    pub fn value(&mut self, field: &Field) -> String {
        let items = if field.list { self.scene.items } else { 1 };
        self.items(field, items)
    }

    /// A sound value of so many items (fewer where the format has no room for them).
    pub fn items(&mut self, field: &Field, count: usize) -> String {
        let mut text = String::new();
        for item in 0..count {
            let one = self.one(field, item);
            let longer = if text.is_empty() {
                one
            } else {
                format!("{text};{one}")
            };
            if item > 0 && !has_format(field, &longer) {
                break;
            }
            text = longer;
        }
        text
    }

    /// Region of the record that was made last.
    pub(super) fn region(&self) -> &str {
        &self.scene.region
    }

    /// Codes of a table that differ from each other: one of each level of a hierarchy, the first few of a plain list,
    /// in order.
    pub(super) fn choices(&self, table: &CodeTable) -> Vec<String> {
        let mut found = BTreeMap::new();
        for &code in self.tables.get(table.id.as_str()).into_iter().flatten() {
            if let Some(level) = table
                .values
                .get(code)
                .and_then(|value| value.level.as_deref())
            {
                found.entry(level).or_insert(code);
            }
        }
        if !found.is_empty() {
            return found.into_values().map(str::to_owned).collect();
        }
        let mut codes: Vec<&String> = table.values.keys().collect();
        codes.sort_unstable();
        codes.into_iter().take(12).cloned().collect()
    }

    /// A value that has nothing in common with the rest of the record: of another region, platform and project.
    pub(super) fn strange(&mut self, field: &Field) -> String {
        let region = pick(&self.cities, &mut self.random).to_owned();
        let other = Scene::new(&region, self.context.received, &mut self.random);
        let own = std::mem::replace(&mut self.scene, other);
        let text = self.value(field);
        self.scene = own;
        text
    }

    /// An identifier of each kind that may stand for a subject: rules tell them apart by their length.
    pub(super) fn other_identifiers(&mut self) -> Vec<String> {
        [
            IdentifierKind::Uscc,
            IdentifierKind::OrgCode,
            IdentifierKind::CitizenId,
        ]
        .map(|kind| self.scene.identifier(kind, 0, &mut self.random))
        .to_vec()
    }

    fn one(&mut self, field: &Field, item: usize) -> String {
        match &field.domain {
            Domain::Codes(table) => {
                if table.id == "region" && fits(field.format, &self.scene.region) {
                    return self.scene.region.clone();
                }
                let start = self.random.below(1 << 20);
                self.code(table, field.format, start)
                    .unwrap_or_else(|| self.free(field, item))
            }
            Domain::Identifier(kind) => {
                // A code of a subject has the length that its field has room for.
                [*kind, IdentifierKind::OrgCode, IdentifierKind::CitizenId]
                    .into_iter()
                    .map(|kind| self.scene.identifier(kind, item, &mut self.random))
                    .find(|text| fits(field.format, kind.measured(text)))
                    .unwrap_or_else(|| self.free(field, item))
            }
            Domain::Free | Domain::Standard(_) => self.free(field, item),
        }
    }

    /// A code of a table that fits a format, the search beginning at a place of its list.
    fn code(&self, table: &CodeTable, format: Format, start: usize) -> Option<String> {
        let codes = self.tables.get(table.id.as_str())?;
        let start = start % codes.len().max(1);
        let found = codes
            .iter()
            .cycle()
            .skip(start)
            .take(codes.len())
            .find(|code| fits(format, code));
        if let Some(code) = found {
            return Some((*code).to_owned());
        }
        // Only beginnings are listed: digits behind one.
        let most = match format {
            Format::Exact(n) | Format::Digits(n) => n as usize,
            Format::UpTo(n) => (n as usize).min(2),
            _ => 2,
        };
        let (beginning, _) = table.prefixes.first()?;
        let more = most.saturating_sub(beginning.chars().count());
        Some(format!("{beginning}{}", "1".repeat(more))).filter(|code| !code.is_empty())
    }

    fn free(&mut self, field: &Field, item: usize) -> String {
        match field.format {
            Format::Exact(n) if field.list || n <= 40 => self.digits(n as usize),
            Format::Exact(n) => self.words(field, item, n as usize),
            Format::UpTo(n) => {
                let mut text = self.words(field, item, 0);
                if text.chars().count() > n as usize {
                    text = self.digits((n as usize).min(6));
                }
                text
            }
            Format::Unlimited => self.words(field, item, 0),
            Format::Digits(n) => self.digits(n as usize),
            Format::Number { digits, decimals } => self.number(field, digits, decimals),
            Format::Boolean => self.random.below(2).to_string(),
            Format::Date => instants::write(self.moment(), 8),
            Format::Minute => instants::write(self.moment(), 12),
            Format::Second => instants::write(self.moment(), 14),
        }
    }

    /// Within the last day: what is sent late earns a warning.
    fn moment(&mut self) -> jiff::civil::DateTime {
        let minutes = self.random.between(30, 600);
        self.context
            .received
            .saturating_sub(jiff::Span::new().minutes(minutes))
    }

    /// The field's name and a number; `length` characters, or as it comes where that is 0.
    fn words(&mut self, field: &Field, item: usize, length: usize) -> String {
        let name: String = field.name.chars().filter(|c| c.is_alphanumeric()).collect();
        let text = format!("{name}{}", 100 + self.random.below(900) + item);
        if length == 0 {
            return text;
        }
        text.chars().cycle().take(length).collect()
    }

    fn digits(&mut self, count: usize) -> String {
        let first = 1 + self.random.below(9);
        format!("{first}{}", self.random.digits(count.saturating_sub(1)))
    }

    fn number(&mut self, field: &Field, digits: u32, decimals: u32) -> String {
        let room = digits.saturating_sub(decimals) as usize;
        let usual = match &field.unit {
            Some(Unit::Yuan | Unit::By(_)) => 6,
            Some(Unit::WanYuan) => 3,
            _ => 2,
        };
        let whole = 1 + self.random.below(room.min(usual).max(1));
        let mut text = self.digits(whole);
        if room == 0 {
            "0".clone_into(&mut text);
        }
        if decimals > 0 && self.random.permille(500) {
            // The last digit is none that a canonical number leaves out.
            text = format!("{text}.{}", self.digits(decimals.min(2) as usize));
            while text.ends_with('0') {
                text.pop();
            }
        }
        text.trim_end_matches('.').to_owned()
    }
}

/// Codes in force on a day, those that a public standard confirms if there are any.
fn usable<'t>(table: &'t CodeTable, today: &str) -> Vec<&'t str> {
    let in_force = |from: &Option<String>, to: &Option<String>| {
        from.as_deref().is_none_or(|from| from <= today)
            && to.as_deref().is_none_or(|to| today <= to)
    };
    let mut codes: Vec<(bool, &str)> = table
        .values
        .iter()
        .filter(|(_, value)| in_force(&value.valid_from, &value.valid_to))
        .map(|(code, value)| (!value.known, code.as_str()))
        .collect();
    codes.sort_unstable();
    let any_known = codes.first().is_some_and(|(unknown, _)| !unknown);
    codes
        .into_iter()
        .filter(|(unknown, _)| !any_known || !unknown)
        .map(|(_, code)| code)
        .collect()
}

/// Regions of level city, in order.
fn cities<'e>(
    table: Option<&'e CodeTable>,
    tables: &BTreeMap<&'e str, Vec<&'e str>>,
) -> Vec<&'e str> {
    let usable = tables.get("region").map(Vec::as_slice).unwrap_or_default();
    let level = |code: &str| table.and_then(|table| table.values.get(code)?.level.as_deref());
    usable
        .iter()
        .copied()
        .filter(|code| level(code) == Some("city"))
        .collect()
}

/// One of several texts; a region of no table where there are none.
fn pick<'t>(texts: &[&'t str], random: &mut Random) -> &'t str {
    texts
        .get(random.below(texts.len()))
        .copied()
        .unwrap_or("100000")
}
