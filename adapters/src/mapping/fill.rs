//! Fills a record value by value, converting what the profile says, and keeps account of every repair.

use std::borrow::Cow;

use spec::{
    Change, Dataset, Field, FieldIndex, Input, Issue, IssueCode, Kind, Reason, Record, Unit,
};

use super::{Money, Plan, Target};
use crate::decode::issue::issue;

/// A record that is being read.
pub(crate) struct Filler<'s, 'a> {
    plan: &'s Plan,
    /// The record so far.
    pub record: Record<'s, 'a>,
    parts: Vec<(u16, u16, Input<'a>)>,
    money: Vec<(FieldIndex, Money)>,
}

impl<'s, 'a> Filler<'s, 'a> {
    /// Starts a record.
    pub fn new(plan: &'s Plan, dataset: &'s Dataset, at: usize) -> Self {
        let mut record = Record::new(dataset);
        record.at = at;
        Filler {
            plan,
            record,
            parts: Vec::new(),
            money: Vec::new(),
        }
    }

    /// Takes a value whose name is already resolved; the name itself is kept only when it is unknown.
    #[inline]
    pub fn put(&mut self, target: Target, name: Cow<'a, str>, input: Input<'a>) {
        match target {
            Target::Field(field) => self.set(field, input),
            Target::Drop => {}
            Target::Unknown => self.record.unknown.push((name, input)),
            Target::Shaped(field) => self.convert(field, input),
            Target::Split(split) => self.split(split, input),
            Target::Join(join, part) => self.parts.push((join, part, input)),
        }
    }

    /// Whether the field that a name leads to has a value already.
    pub fn has(&self, target: Target) -> bool {
        let (Target::Field(field) | Target::Shaped(field)) = target else {
            return false;
        };
        matches!(self.record.values.get(usize::from(field)), Some(Some(_)))
    }

    /// Remembers the unit in which an amount was written.
    pub fn written_in(&mut self, field: FieldIndex, money: Money) {
        self.money.retain(|(other, _)| *other != field);
        self.money.push((field, money));
    }

    /// Takes a value for a field as it is.
    #[inline]
    pub fn set(&mut self, field: FieldIndex, input: Input<'a>) {
        match self.record.values.get_mut(usize::from(field)) {
            Some(slot @ None) => *slot = Some(input),
            _ => self.record.repeated.push((field, input)),
        }
    }

    fn convert(&mut self, place: FieldIndex, mut input: Input<'a>) {
        let dataset = self.record.dataset;
        let conversion = self.plan.conversions.get(usize::from(place));
        if let (Some(field), Some(Some(conversion))) = (dataset.field(place), conversion)
            && input.kind != Kind::Nested
        {
            let mut after = None;
            for map in &conversion.codes {
                after = map_codes(map, field, &input.text);
                if after.is_some() {
                    break;
                }
            }
            if let (None, Some(form)) = (&after, &conversion.date) {
                after = form.convert(&input.text, field.format);
            }
            if let Some(after) = after {
                replace(&mut input, field, after, Reason::Profile);
            }
            if let Some(hook) = conversion.hook
                && let Some(after) = (hook.convert)(&input.text)
            {
                replace(&mut input, field, after, hook.reason);
            }
            if let Some(money) = conversion.money
                && !self.money.iter().any(|(other, _)| *other == place)
            {
                self.money.push((place, money));
            }
        }
        self.set(place, input);
    }

    fn split(&mut self, split: u16, input: Input<'a>) {
        let Some(plan) = self.plan.splits.get(usize::from(split)) else {
            return;
        };
        let parts: Vec<&str> = input.text.split(plan.by.as_str()).collect();
        if parts.len() != plan.into.len() || input.kind == Kind::Nested {
            if let Some(&first) = plan.into.first() {
                self.set(first, input);
            }
            return;
        }
        let dataset = self.record.dataset;
        for (&place, part) in plan.into.iter().zip(parts) {
            if let Some(field) = dataset.field(place) {
                let mut piece = input.clone();
                replace(&mut piece, field, part.trim().to_owned(), Reason::Profile);
                self.set(place, piece);
            }
        }
    }

    /// Joins parts, converts amounts and adds constants; an issue when the record contradicts itself.
    pub fn finish(mut self) -> Result<Record<'s, 'a>, Box<Issue>> {
        if !self.parts.is_empty() {
            self.join();
        }
        if !self.money.is_empty() {
            for (place, money) in std::mem::take(&mut self.money) {
                self.amount(place, money)?;
            }
        }
        if !self.plan.constants.is_empty() && self.record.action != spec::Action::Withdraw {
            for (place, value) in &self.plan.constants {
                let at = self.record.at;
                if let (Some(field), Some(slot @ None)) = (
                    self.record.dataset.field(*place),
                    self.record.values.get_mut(usize::from(*place)),
                ) {
                    let mut input = text(String::new(), at);
                    replace(&mut input, field, value.clone(), Reason::Profile);
                    *slot = Some(input);
                }
            }
        }
        Ok(self.record)
    }

    fn join(&mut self) {
        let mut parts = std::mem::take(&mut self.parts);
        parts.sort_by_key(|(join, part, _)| (*join, *part));
        let plan = self.plan;
        for (number, join) in plan.joins.iter().enumerate() {
            let mut own = parts.iter().filter(|(of, _, _)| usize::from(*of) == number);
            let (Some((_, _, first)), Some(field)) =
                (own.next(), self.record.dataset.field(join.into))
            else {
                continue;
            };
            let mut joined = first.text.to_string();
            for (_, _, part) in own {
                joined.push_str(&join.with);
                joined.push_str(&part.text);
            }
            let mut input = first.clone();
            replace(&mut input, field, joined, Reason::Profile);
            self.set(join.into, input);
        }
    }

    fn amount(&mut self, place: FieldIndex, written: Money) -> Result<(), Box<Issue>> {
        let Some(field) = self.record.dataset.field(place) else {
            return Ok(());
        };
        if !written.counts(field.unit.as_ref()) {
            return Ok(());
        }
        let unit = match &field.unit {
            Some(Unit::Yuan) => Money::Yuan,
            Some(Unit::WanYuan) => Money::WanYuan,
            Some(Unit::By(other)) => return self.unit_beside(place, *other, written),
            Some(Unit::Other(name)) => match Money::parse(name) {
                Some(unit) => unit,
                None => return Ok(()),
            },
            None => return Ok(()),
        };
        if let Some(Some(input)) = self.record.values.get_mut(usize::from(place))
            && unit != written
            && let Some(after) = written.convert(input, unit)
        {
            replace(input, field, after, Reason::Unit);
        }
        Ok(())
    }

    /// The unit stands in another field of the record: it must say the same as the heading; where it is
    /// missing, the amount is brought to yuan, and the unit filled.
    fn unit_beside(
        &mut self,
        amount: FieldIndex,
        unit: FieldIndex,
        written: Money,
    ) -> Result<(), Box<Issue>> {
        let dataset = self.record.dataset;
        let (Some(field), Some(unit_field)) = (dataset.field(amount), dataset.field(unit)) else {
            return Ok(());
        };
        let values = &mut self.record.values;
        let beside = values.get(usize::from(unit)).and_then(Option::as_ref);
        let said = beside.map(|input| (Money::of_code(&input.text), input.mapped.is_some()));
        let Some(Some(value)) = values.get_mut(usize::from(amount)) else {
            return Ok(());
        };
        match said {
            // Filled just now, for another amount that shares it.
            None | Some((Some(Money::Yuan), true)) => {
                if written != Money::Yuan
                    && let Some(after) = written.convert(value, Money::Yuan)
                {
                    replace(value, field, after, Reason::Unit);
                }
                let mut filled = text(String::new(), value.at);
                replace(
                    &mut filled,
                    unit_field,
                    Money::Yuan.code().to_owned(),
                    Reason::Unit,
                );
                if let Some(slot @ None) = values.get_mut(usize::from(unit)) {
                    *slot = Some(filled);
                }
                Ok(())
            }
            Some((Some(said), _)) if said != written => {
                let mut contradiction = issue(
                    IssueCode::FieldAmbiguous,
                    value.at,
                    &value.text,
                    (
                        format!("表头与{}的单位一致", unit_field.name),
                        format!("the same unit in the heading and in {}", unit_field.id),
                    ),
                    format!(
                        "“{}”的表头单位与“{}”不一致，无法判断金额单位",
                        field.name, unit_field.name
                    ),
                    format!(
                        "the unit in the heading of {} and the value of {} contradict each other",
                        field.id, unit_field.id
                    ),
                );
                contradiction.path = format!("/{}", field.id);
                Err(Box::new(contradiction))
            }
            Some(_) => Ok(()),
        }
    }
}

/// Maps a code, or each item of a list of codes, if all of them are mapped.
fn map_codes(map: &foldhash::HashMap<String, String>, field: &Field, text: &str) -> Option<String> {
    let trimmed = text.trim();
    if let Some(code) = map.get(trimmed) {
        return Some(code.clone());
    }
    if !field.list {
        return None;
    }
    let items: Option<Vec<&str>> = trimmed
        .split([';', '；', ',', '，', '、'])
        .map(|item| map.get(item.trim()).map(String::as_str))
        .collect();
    Some(items?.join(";"))
}

/// A text that the source did not write.
fn text<'a>(text: String, at: usize) -> Input<'a> {
    Input {
        text: Cow::Owned(text),
        kind: Kind::Text,
        at,
        mapped: None,
    }
}

/// Puts another text in place of a value and records it; the first text stays the one before. Personal
/// values are masked by normalization, which takes the change over.
pub(crate) fn replace(input: &mut Input<'_>, field: &Field, after: String, why: Reason) {
    if after == input.text && input.mapped.is_none() {
        return;
    }
    let before = match input.mapped.take() {
        Some(earlier) => earlier.before,
        None => input.text.to_string(),
    };
    input.mapped = Some(Box::new(Change {
        path: format!("/{}", field.id),
        before,
        after: after.clone(),
        why,
    }));
    input.text = Cow::Owned(after);
}
