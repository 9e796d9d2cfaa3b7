//! What is counted over records that share a group: how many hold which value, whose these are, their sum. Kept up to
//! date record by record, so that judging one of many thousands does not read all the others.

use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::normalize::items;
use crate::references::Found;
use crate::validate::figures::Side;
use crate::{Dataset, FieldIndex};

/// What is asked about the groups of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    /// A further field that a group shares, besides the one by which the register was found.
    pub within: Option<FieldIndex>,
    /// The field that is counted.
    pub field: FieldIndex,
    /// The field that says whose a value is.
    pub between: Option<FieldIndex>,
    /// Whether the figures are added up: in yuan, or as they stand.
    pub sum: Option<bool>,
}

/// The answers to one question, group by group.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub question: Question,
    pub groups: HashMap<Box<str>, Group>,
}

impl Tally {
    pub fn group(&self, within: &str) -> Option<&Group> {
        self.groups.get(within)
    }

    pub fn add(&mut self, dataset: &Dataset, found: &Found) {
        for within in self.question.groups_of(dataset, found) {
            let group = self.groups.entry(within.into()).or_default();
            group.add(dataset, self.question, found);
        }
    }

    pub fn remove(&mut self, dataset: &Dataset, found: &Found) {
        for within in self.question.groups_of(dataset, found) {
            if let Some(group) = self.groups.get_mut(within) {
                group.remove(dataset, self.question, found);
            }
        }
    }
}

impl Question {
    /// The groups that a record belongs to: by each item of the further field, or the one group of all.
    fn groups_of<'f>(self, dataset: &Dataset, found: &'f Found) -> Vec<&'f str> {
        match self.within {
            None => vec![""],
            Some(field) => distinct(text_of(dataset, found, field)),
        }
    }
}

/// A field of a found record.
pub(crate) fn text_of<'f>(
    dataset: &Dataset,
    found: &'f Found,
    field: FieldIndex,
) -> Option<&'f str> {
    found.body.get(&dataset.field(field)?.id)?.as_str()
}

/// The items of a value, each once.
fn distinct(text: Option<&str>) -> Vec<&str> {
    let mut all: Vec<&str> = text.into_iter().flat_map(items).collect();
    if all.len() > 1 {
        all.sort_unstable();
        all.dedup();
    }
    all
}

/// Owner of a value whose record does not say whose it is.
const NOBODY: u32 = u32::MAX;

/// Records that hold a value: number and owner, in the order of the numbers.
#[derive(Debug, Clone, Default)]
struct Holders {
    all: Vec<(i64, u32)>,
    /// The first record of each of the first three owners: enough to find one that is neither the judged record's
    /// owner nor that of its earlier version.
    firsts: Vec<(i64, u32)>,
}

const FIRSTS: usize = 3;

impl Holders {
    fn add(&mut self, id: i64, owner: u32) {
        let place = self.all.partition_point(|(other, _)| *other < id);
        let is_newest = place == self.all.len();
        self.all.insert(place, (id, owner));
        if !is_newest {
            self.find_firsts();
        } else if self.is_another(owner) {
            self.firsts.push((id, owner));
        }
    }

    fn remove(&mut self, id: i64) {
        self.all.retain(|(other, _)| *other != id);
        if self.firsts.iter().any(|(first, _)| *first == id) {
            self.find_firsts();
        }
    }

    fn is_another(&self, owner: u32) -> bool {
        owner != NOBODY
            && self.firsts.len() < FIRSTS
            && self.firsts.iter().all(|(_, known)| *known != owner)
    }

    fn find_firsts(&mut self) {
        self.firsts.clear();
        for place in 0..self.all.len() {
            let Some(&(id, owner)) = self.all.get(place) else {
                break;
            };
            if self.is_another(owner) {
                self.firsts.push((id, owner));
            }
            if self.firsts.len() == FIRSTS {
                break;
            }
        }
    }

    /// The first record of another owner, `own` left out.
    fn first_other(&self, mine: Option<u32>, own: Option<i64>) -> Option<(i64, u32)> {
        let differs = |(_, owner): &&(i64, u32)| *owner != NOBODY && Some(*owner) != mine;
        let mut firsts = self.firsts.iter().filter(differs);
        if firsts.any(|(id, _)| Some(*id) == own) {
            // Its earlier version stood under another owner: seldom enough to read through.
            let mut all = self.all.iter().filter(differs);
            return all.find(|(id, _)| Some(*id) != own).copied();
        }
        self.firsts.iter().find(differs).copied()
    }
}

/// What is counted over the records of one group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    records: usize,
    values: HashMap<Box<str>, Holders>,
    owners: HashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    /// Values that are whole numbers, and how many records hold each.
    numbers: BTreeMap<i64, usize>,
    sum: i128,
    /// Records whose figure cannot be added.
    unsure: usize,
}

impl Group {
    pub fn add(&mut self, dataset: &Dataset, question: Question, found: &Found) {
        self.records += 1;
        let owner = match question.between {
            Some(field) => {
                text_of(dataset, found, field).map_or(NOBODY, |name| self.number_of(name))
            }
            None => 0,
        };
        for item in distinct(text_of(dataset, found, question.field)) {
            if let Ok(number) = item.parse() {
                *self.numbers.entry(number).or_default() += 1;
            }
            match self.values.get_mut(item) {
                Some(holders) => holders.add(found.id, owner),
                None => self
                    .values
                    .entry(item.into())
                    .or_default()
                    .add(found.id, owner),
            }
        }
        match figure(dataset, question, found) {
            Some(Some(figure)) => self.sum = self.sum.saturating_add(figure),
            Some(None) => self.unsure += 1,
            None => {}
        }
    }

    fn remove(&mut self, dataset: &Dataset, question: Question, found: &Found) {
        self.records = self.records.saturating_sub(1);
        for item in distinct(text_of(dataset, found, question.field)) {
            if let Ok(number) = item.parse::<i64>()
                && let Some(count) = self.numbers.get_mut(&number)
            {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.numbers.remove(&number);
                }
            }
            if let Some(holders) = self.values.get_mut(item) {
                holders.remove(found.id);
                if holders.all.is_empty() {
                    self.values.remove(item);
                }
            }
        }
        match figure(dataset, question, found) {
            Some(Some(figure)) => self.sum = self.sum.saturating_sub(figure),
            Some(None) => self.unsure = self.unsure.saturating_sub(1),
            None => {}
        }
    }

    fn number_of(&mut self, owner: &str) -> u32 {
        if let Some(&number) = self.owners.get(owner) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(NOBODY);
        self.owners.insert(owner.into(), number);
        self.names.push(owner.into());
        number
    }

    /// Numbers of the records that hold a value, oldest first.
    pub fn holders(&self, item: &str) -> impl Iterator<Item = i64> + '_ {
        let holders = self.values.get(item);
        holders
            .into_iter()
            .flat_map(|known| &known.all)
            .map(|&(id, _)| id)
    }
}

/// The figure of a record, as far as figures are asked for and it has one: none inside if it cannot be added.
#[expect(clippy::option_option, reason = "no figure, and one that is not known")]
fn figure(dataset: &Dataset, question: Question, found: &Found) -> Option<Option<i128>> {
    let side = Side::of(&found.body, dataset, question.field);
    question.sum.and_then(|in_yuan| Some(side?.exact(in_yuan)))
}

/// A group as the judged record sees it: its own current version, where it is in the group, left out.
#[derive(Debug)]
pub(crate) struct Fellows<'g> {
    pub group: &'g Group,
    pub dataset: &'g Dataset,
    pub question: Question,
    /// The current version of the judged record, where it is in the group.
    pub own: Option<&'g Found>,
}

impl Fellows<'_> {
    fn own_items(&self) -> Vec<&str> {
        let own = self.own;
        distinct(own.and_then(|own| text_of(self.dataset, own, self.question.field)))
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.group.records - usize::from(self.own.is_some())
    }

    /// How many hold a value.
    pub fn holding(&self, item: &str) -> usize {
        let all = self
            .group
            .values
            .get(item)
            .map_or(0, |known| known.all.len());
        all - usize::from(self.own_items().contains(&item))
    }

    /// How many different values there are, those of a text among them.
    pub fn different_with(&self, text: &str) -> usize {
        let gone = self.own_items();
        let gone = gone.iter().filter(|item| self.holding(item) == 0).count();
        let new = distinct(Some(text));
        let new = new.iter().filter(|item| self.holding(item) == 0).count();
        self.group.values.len() - gone + new
    }

    /// Numbers of the first records that share an item with a text.
    pub fn sharing(&self, text: &str, most: usize) -> Vec<i64> {
        let own = self.own.map(|own| own.id);
        let mut first: Vec<i64> = Vec::new();
        for item in items(text) {
            let others = self.group.holders(item).filter(|id| Some(*id) != own);
            first.extend(others.take(most));
        }
        first.sort_unstable();
        first.dedup();
        first.truncate(most);
        first
    }

    /// Whose an item of a text is besides `mine`: the owner of the first such record.
    pub fn first_other_owner(&self, text: &str, mine: &str) -> Option<&str> {
        let mine = self.group.owners.get(mine).copied();
        let own = self.own.map(|own| own.id);
        let found = items(text).filter_map(|item| {
            let holders = self.group.values.get(item)?;
            holders.first_other(mine, own)
        });
        let (_, owner) = found.min()?;
        self.group.names.get(owner as usize).map(AsRef::as_ref)
    }

    /// The sum of the figures in parts of [`Side::PARTS`]; none if one of them is not known.
    pub fn sum(&self) -> Option<i128> {
        let own = self
            .own
            .and_then(|own| figure(self.dataset, self.question, own));
        let unsure = self.group.unsure - usize::from(own == Some(None));
        (unsure == 0).then(|| self.group.sum - own.flatten().unwrap_or_default())
    }

    /// Whether the whole numbers, those of a text among them, are `start`, `start` + 1, … without a gap; if not, the
    /// first of them.
    pub fn gap(&self, text: &str, start: i64, shown: usize) -> Option<Vec<i64>> {
        let numbers = &self.group.numbers;
        let whole = |items: Vec<&str>| -> Vec<i64> {
            items.iter().filter_map(|item| item.parse().ok()).collect()
        };
        let mine = whole(distinct(Some(text)));
        let own = whole(self.own_items());
        let times = |number: &i64| own.iter().filter(|other| *other == number).count();
        let is_gone = |number: &i64| {
            !mine.contains(number) && numbers.get(number).copied() == Some(times(number))
        };
        let mut gone: Vec<i64> = own.iter().copied().filter(is_gone).collect();
        gone.sort_unstable();
        gone.dedup();
        let mut new: Vec<i64> = mine
            .into_iter()
            .filter(|number| !numbers.contains_key(number))
            .collect();
        new.sort_unstable();
        new.dedup();
        let count = numbers.len() - gone.len() + new.len();
        let kept = || {
            numbers
                .keys()
                .copied()
                .filter(|number| !gone.contains(number))
        };
        let least = kept()
            .next()
            .into_iter()
            .chain(new.first().copied())
            .min()?;
        let greatest = kept()
            .next_back()
            .into_iter()
            .chain(new.last().copied())
            .max()?;
        let wide = i128::from(greatest) - i128::from(least) + 1;
        if least == start && usize::try_from(wide) == Ok(count) {
            return None;
        }
        let mut first: Vec<i64> = kept().take(shown).chain(new.iter().copied()).collect();
        first.sort_unstable();
        first.truncate(shown);
        Some(first)
    }
}
