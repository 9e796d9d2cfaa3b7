//! A profile compiled for one data set: where each of the source's names goes, and what is done on the way.

mod amount;
mod date;
mod fill;

use std::sync::Arc;

use foldhash::HashMap;
use spec::{Dataset, Domain, Edition, FieldIndex};

pub(crate) use amount::Money;
pub(crate) use date::DateForm;
pub(crate) use fill::{Filler, replace};

use crate::decode::find_dataset;
use crate::hooks::{self, Hook};
use crate::profile::{Case, Profile, ProfileError, Shape};

/// Where a name of the source goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A field, as it is.
    Field(FieldIndex),
    /// A field, after a conversion.
    Shaped(FieldIndex),
    /// Nowhere.
    Drop,
    /// Several fields.
    Split(u16),
    /// A part (by its place) of a field.
    Join(u16, u16),
    /// The data set does not know it.
    Unknown,
}

/// What a profile converts in one field.
#[derive(Debug, Default)]
pub(crate) struct Conversion {
    codes: Vec<Arc<HashMap<String, String>>>,
    date: Option<DateForm>,
    money: Option<Money>,
    hook: Option<&'static Hook>,
}

#[derive(Debug)]
struct SplitPlan {
    by: String,
    into: Vec<FieldIndex>,
}

#[derive(Debug)]
struct JoinPlan {
    with: String,
    into: FieldIndex,
}

/// A profile compiled for one data set.
#[derive(Debug)]
pub(crate) struct Plan {
    names: HashMap<String, Target>,
    /// Fields by Chinese name, which several may share.
    headings: HashMap<String, Vec<Target>>,
    conversions: Vec<Option<Conversion>>,
    splits: Vec<SplitPlan>,
    joins: Vec<JoinPlan>,
    constants: Vec<(FieldIndex, String)>,
}

impl Plan {
    /// Compiles a profile for one data set of an edition whose names were checked by [`check`].
    pub fn new(profile: &Profile, dataset: &Dataset) -> Result<Self, ProfileError> {
        let set = profile.sets.get(&dataset.id);
        let mut plan = Plan {
            names: HashMap::default(),
            headings: HashMap::default(),
            conversions: Vec::new(),
            splits: Vec::new(),
            joins: Vec::new(),
            constants: Vec::new(),
        };
        plan.conversions.resize_with(dataset.fields.len(), || None);
        plan.compile_conversions(profile, dataset)?;

        for (name, &field) in &dataset.by_name {
            let target = plan.target(field);
            plan.names.insert(name.clone(), target);
            let case = profile.wire.case;
            if case != Case::Upper {
                plan.names.insert(case.write(name), target);
            }
            if let Some(prefix) = set
                .map(|set| &set.prefix)
                .filter(|prefix| !prefix.is_empty())
            {
                plan.names
                    .insert(format!("{prefix}{}", case.write(name)), target);
            }
        }
        if matches!(profile.wire.shape, Shape::Flat | Shape::Nested) {
            let members = profile.wire.members.keys();
            plan.names
                .extend(members.map(|name| (name.clone(), Target::Drop)));
        }
        for (place, field) in dataset.fields.iter().enumerate() {
            let target = plan.target(place as FieldIndex);
            plan.headings
                .entry(field.name.clone())
                .or_default()
                .push(target);
        }
        let renames = profile
            .fields
            .iter()
            .chain(set.iter().flat_map(|set| &set.fields));
        for (name, to) in renames {
            if to.is_empty() {
                plan.names.insert(name.clone(), Target::Drop);
            } else if let Some(field) = dataset.field_index(to) {
                let target = plan.target(field);
                plan.names.insert(name.clone(), target);
            }
        }
        plan.compile_parts(profile, dataset);
        let constants = profile
            .constants
            .iter()
            .chain(set.iter().flat_map(|set| &set.constants));
        for (name, value) in constants {
            if let Some(field) = dataset.field_index(name) {
                plan.constants.retain(|(other, _)| *other != field);
                plan.constants.push((field, value.clone()));
            }
        }
        Ok(plan)
    }

    fn compile_conversions(
        &mut self,
        profile: &Profile,
        dataset: &Dataset,
    ) -> Result<(), ProfileError> {
        let set = profile.sets.get(&dataset.id);
        for (place, field) in dataset.fields.iter().enumerate() {
            let mut conversion = Conversion::default();
            let table = match &field.domain {
                Domain::Codes(table) => Some(table.id.as_str()),
                _ => None,
            };
            for name in std::iter::once(field.id.as_str()).chain(table) {
                if let Some(map) = profile.codes.get(name) {
                    let map = map.iter().map(|(a, b)| (a.clone(), b.clone())).collect();
                    conversion.codes.push(Arc::new(map));
                }
            }
            let of_set =
                |map: fn(&crate::SetProfile) -> &std::collections::BTreeMap<String, String>| {
                    set.and_then(|set| map(set).get(&field.id))
                };
            if let Some(form) = of_set(|set| &set.dates).or_else(|| profile.dates.get(&field.id)) {
                conversion.date =
                    Some(DateForm::parse(form).map_err(|expected| profile.fault(form, expected))?);
            }
            if let Some(unit) = of_set(|set| &set.units).or_else(|| profile.units.get(&field.id)) {
                let expected = "`元`, `万元`, `亿元`, `m2`, `公顷` or `km2`";
                let money = Money::parse(unit).ok_or_else(|| profile.fault(unit, expected))?;
                conversion.money = Some(money);
            }
            if let Some(name) = profile.hooks.get(&field.id) {
                let hook = hooks::find(name);
                let expected = || format!("a hook: {}", hooks::names());
                conversion.hook = Some(hook.ok_or_else(|| profile.fault(name, expected()))?);
            }
            let converts = !conversion.codes.is_empty()
                || conversion.date.is_some()
                || conversion.hook.is_some()
                || conversion.money.is_some();
            if let (true, Some(slot)) = (converts, self.conversions.get_mut(place)) {
                *slot = Some(conversion);
            }
        }
        Ok(())
    }

    fn compile_parts(&mut self, profile: &Profile, dataset: &Dataset) {
        for split in &profile.splits {
            let into: Vec<_> = split
                .into
                .iter()
                .filter_map(|name| dataset.field_index(name))
                .collect();
            if into.len() == split.into.len() {
                let target = Target::Split(self.splits.len() as u16);
                self.names.insert(split.from.clone(), target);
                let by = split.by.clone();
                self.splits.push(SplitPlan { by, into });
            }
        }
        for join in &profile.joins {
            if let Some(into) = dataset.field_index(&join.into) {
                let number = self.joins.len() as u16;
                for (part, name) in join.from.iter().enumerate() {
                    let target = Target::Join(number, part as u16);
                    self.names.insert(name.clone(), target);
                }
                let with = join.with.clone();
                self.joins.push(JoinPlan { with, into });
            }
        }
    }

    fn target(&self, field: FieldIndex) -> Target {
        match self.conversions.get(usize::from(field)) {
            Some(Some(_)) => Target::Shaped(field),
            _ => Target::Field(field),
        }
    }

    /// Every name that goes somewhere.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// Where a name goes.
    pub fn find(&self, name: &str) -> Target {
        self.names.get(name).copied().unwrap_or(Target::Unknown)
    }

    /// Where a heading goes, which may be the Chinese name of a field; `nth` counts the columns before it
    /// that have the same heading.
    pub fn find_heading(&self, name: &str, nth: usize) -> Target {
        if let Some(&found) = self.names.get(name) {
            return found;
        }
        let named = self.headings.get(name).map_or(&[] as &[_], Vec::as_slice);
        // A heading that comes more often than there are fields is a repetition of the last one.
        named
            .get(nth)
            .or(named.last())
            .copied()
            .unwrap_or(Target::Unknown)
    }
}

/// Checks that every name of the standard in a profile exists in the edition.
pub(crate) fn check(profile: &Profile, edition: &Edition) -> Result<(), ProfileError> {
    let is_field = |name: &str| {
        edition
            .datasets
            .iter()
            .any(|dataset| dataset.field_index(name).is_some())
    };
    let field = |name: &str| {
        if is_field(name) {
            return Ok(());
        }
        let expected = format!("a field of edition {}", edition.id);
        Err(profile.fault(name, expected))
    };
    for to in profile.names.values().chain(profile.sets.keys()) {
        if edition.dataset(to).is_none() {
            let expected = format!("a data set of edition {}", edition.id);
            return Err(profile.fault(to, expected));
        }
    }
    for level in &profile.wire.nested {
        for to in &level.into {
            if edition.dataset(to).is_none() {
                let expected = format!("a data set of edition {}", edition.id);
                return Err(profile.fault(to, expected));
            }
        }
    }
    for pulled in profile.pull.iter().flat_map(|pull| pull.tables.values()) {
        if !profile.wide.contains_key(pulled) && find_dataset(profile, edition, pulled).is_none() {
            let expected = format!("a data set of edition {}, or a row of `wide`", edition.id);
            return Err(profile.fault(pulled, expected));
        }
    }
    for to in profile.wide.values().flatten() {
        if edition.dataset(to).is_none() {
            return Err(profile.fault(to, format!("a data set of edition {}", edition.id)));
        }
    }
    if let Some(slot) = profile.slots().find(|slot| !edition.has_slot(slot)) {
        return Err(profile.fault(slot, format!("an attachment of edition {}", edition.id)));
    }
    let maps = [
        &profile.dates,
        &profile.units,
        &profile.constants,
        &profile.hooks,
    ];
    for to in profile.fields.values().filter(|to| !to.is_empty()) {
        field(to)?;
    }
    for name in maps.into_iter().flat_map(|map| map.keys()) {
        field(name)?;
    }
    for name in profile.codes.keys() {
        if !edition.codes.contains_key(name) {
            field(name)?;
        }
    }
    for name in profile.splits.iter().flat_map(|split| &split.into) {
        field(name)?;
    }
    for join in &profile.joins {
        field(&join.into)?;
    }
    for (name, set) in &profile.sets {
        let Some(dataset) = edition.dataset(name) else {
            continue;
        };
        let used = set
            .fields
            .values()
            .chain(set.units.keys())
            .chain(set.dates.keys())
            .chain(set.constants.keys());
        for used in used.filter(|used| !used.is_empty()) {
            if dataset.field_index(used).is_none() {
                return Err(profile.fault(used, format!("a field of data set {name}")));
            }
        }
    }
    Ok(())
}
