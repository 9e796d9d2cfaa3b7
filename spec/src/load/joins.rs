//! How a rule's line says which other records it reads, and what it compares with: operands, joins, limits.

use std::collections::BTreeMap;

use super::checks::Builder;
use super::members::lacking;
use super::raw::{RawCondition, RawFigure, RawJoin, RawPick, RawUnless};
use super::scope::Miss;
use crate::rule::{Condition, Days, Join, Limit, Near, Operand, Pick, Scale};
use crate::{Dataset, FieldIndex};

impl<'a> Builder<'_, 'a> {
    /// What a field is compared with: `value`, or `ref` to an own or a joined field.
    pub(super) fn operand(&mut self) -> Result<Operand, Miss> {
        match (self.raw.value.take(), self.raw.r#ref.take()) {
            (Some(value), None) => Ok(Operand::Value(value)),
            (None, Some(text)) if text.contains('.') => {
                let (dataset, field) = self.scope.elsewhere(&text)?;
                Ok(Operand::Joined(self.join(dataset)?, field))
            }
            (None, Some(name)) => Ok(Operand::Field(self.own(&name)?)),
            _ => Err(lacking("ref", "either `ref` or `value`")),
        }
    }

    /// How near equal values must be: `tolerance`, `tolerance_minutes`, `in_yuan`.
    pub(super) fn near(&mut self) -> Result<Near, Miss> {
        let raw = &mut self.raw;
        let minutes = raw.tolerance_minutes.take();
        match (minutes, raw.tolerance.take(), raw.in_yuan.take()) {
            (None, None, None | Some(false)) => Ok(Near::Same),
            (None, tolerance, in_yuan) => Ok(Near::Figure {
                tolerance: tolerance.unwrap_or_default(),
                in_yuan: in_yuan.unwrap_or_default(),
            }),
            (Some(minutes), None, None) => Ok(Near::Minutes(minutes)),
            _ => Err(Miss::fault(
                "`tolerance_minutes` beside a tolerance of figures",
                "one of them",
            )),
        }
    }

    /// `ratio`, `tolerance` and `in_yuan`.
    pub(super) fn scale(&mut self) -> Scale {
        Scale {
            ratio: self.raw.ratio.take().unwrap_or(1.0),
            tolerance: self.raw.tolerance.take().unwrap_or_default(),
            in_yuan: self.raw.in_yuan.take().unwrap_or_default(),
        }
    }

    /// `days`, or `days_ref` to a field of the record or of the joined record.
    pub(super) fn days(&mut self, with: &Operand) -> Result<Days, Miss> {
        let text = match (self.raw.days.take(), self.raw.days_ref.take()) {
            (Some(days), None) => return Ok(Days::Fixed(days)),
            (None, Some(text)) => text,
            _ => return Err(lacking("days", "either `days` or `days_ref`")),
        };
        if !text.contains('.') {
            return Ok(Days::Own(self.own(&text)?));
        }
        let (dataset, field) = self.scope.elsewhere(&text)?;
        match with {
            Operand::Joined(join, _) if join.dataset == dataset.code => Ok(Days::Joined(field)),
            _ => Err(Miss::fault(
                format!("days_ref `{text}`"),
                "a field of the record, or of the data set that `ref` names",
            )),
        }
    }

    /// What a figure over a group is held against: `max` or `total`, or `ref` and `on`.
    pub(super) fn limit(&mut self) -> Result<Limit, Miss> {
        match (self.raw.max.take(), self.raw.total.take()) {
            (Some(figure), None) | (None, Some(figure)) => Ok(Limit::Fixed(figure)),
            (None, None) if self.raw.r#ref.is_some() => {
                let (dataset, field) = self.reference_elsewhere()?;
                Ok(Limit::Joined(self.join(dataset)?, field))
            }
            _ => Err(lacking("max", "one of `max`, `total` and `ref`")),
        }
    }

    /// The record that must be there for the rule to apply: `when_parent`.
    pub(super) fn when_parent(&mut self) -> Result<Option<Join>, Miss> {
        let raw = self.raw.when_parent.take();
        raw.map(|raw| self.records(raw)).transpose()
    }

    /// The record that must not be there for the rule to apply: `unless`. One of a data set that the edition does
    /// not hold is never there.
    pub(super) fn unless(&mut self) -> Result<Option<Join>, Miss> {
        let join = match self.raw.unless.take() {
            None => return Ok(None),
            Some(RawUnless::Join(raw)) => self.records(raw),
            Some(RawUnless::Field(text)) => self.unless_field(&text),
        };
        match join {
            Ok(join) => Ok(Some(join)),
            Err(Miss::Absent) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// `517.F`: joined by the first field of the group, or of the rule.
    fn unless_field(&self, text: &str) -> Result<Join, Miss> {
        let (dataset, field) = self.scope.elsewhere(text)?;
        let raw = &self.raw;
        let mut names = raw.group.iter().flatten().chain(&raw.fields);
        let own = names.next();
        let own = own.ok_or_else(|| lacking("fields", "the field that `unless` begins with"))?;
        Ok(Join {
            dataset: dataset.code,
            on: vec![(self.own(own)?, field)],
            filter: Vec::new(),
            pick: Pick::Every,
        })
    }

    /// `{ dataset = 501, on = ["A:B"], where = { F = "1" } }`.
    fn records(&self, raw: RawJoin) -> Result<Join, Miss> {
        let dataset = self.scope.dataset(raw.dataset)?;
        Ok(Join {
            dataset: dataset.code,
            on: self.on(dataset, &raw.on)?,
            filter: self.filter(dataset, raw.r#where)?,
            pick: Pick::Every,
        })
    }

    /// The join of `exists` and `not_exists`: by `on`, or by the only field and `ref`.
    pub(super) fn existing(&mut self) -> Result<Join, Miss> {
        let own = self.field()?;
        let (dataset, field) = self.reference_elsewhere()?;
        if self.raw.on.is_none() {
            let own = self.name(own);
            let other = dataset.field(field).map_or("", |field| &field.id);
            self.raw.on = Some(vec![format!("{own}:{other}")]);
        }
        self.join(dataset)
    }

    /// `on`, `where` and `pick`.
    pub(super) fn join(&mut self, dataset: &Dataset) -> Result<Join, Miss> {
        let on = self.raw.on.take().unwrap_or_default();
        let filter = self.raw.r#where.take().unwrap_or_default();
        Ok(Join {
            dataset: dataset.code,
            on: self.on(dataset, &on)?,
            filter: self.filter(dataset, filter)?,
            pick: match self.raw.pick.take() {
                None | Some(RawPick::Every) => Pick::Every,
                Some(RawPick::Any) => Pick::Any,
                Some(RawPick::First) => Pick::First,
                Some(RawPick::Last) => Pick::Last,
                Some(RawPick::Sum) => Pick::Sum,
            },
        })
    }

    fn on(
        &self,
        dataset: &Dataset,
        pairs: &[String],
    ) -> Result<Vec<(FieldIndex, FieldIndex)>, Miss> {
        let mut on = Vec::new();
        for pair in pairs {
            let (own, other) = pair.split_once(':').ok_or_else(|| {
                Miss::fault(format!("`{pair}`"), "own field and other field, as in A:B")
            })?;
            on.push((self.own(own)?, self.scope.field(dataset, other)?));
        }
        if on.is_empty() {
            return Err(lacking("on", "the fields by which records are joined"));
        }
        Ok(on)
    }

    fn filter(
        &self,
        dataset: &Dataset,
        raw: BTreeMap<String, RawCondition>,
    ) -> Result<Vec<Condition>, Miss> {
        let mut filter = Vec::new();
        for (name, raw) in raw {
            filter.push(condition(self.scope.field(dataset, &name)?, raw));
        }
        Ok(filter)
    }

    /// `ref`, where it must be a field of another data set.
    pub(super) fn reference_elsewhere(&mut self) -> Result<(&'a Dataset, FieldIndex), Miss> {
        let text = self.raw.r#ref.take();
        let text = text.ok_or_else(|| lacking("ref", "a field of another data set"))?;
        self.scope.elsewhere(&text)
    }
}

/// A condition on a field.
pub(super) fn condition(field: FieldIndex, raw: RawCondition) -> Condition {
    match raw {
        RawCondition::Filled(true) => Condition::Present(field),
        RawCondition::Filled(false) => Condition::Absent(field),
        RawCondition::Value(value) => Condition::In(field, vec![value]),
        RawCondition::Values(values) => Condition::In(field, values),
        RawCondition::Figure(RawFigure::Length(n)) => Condition::Length(field, n),
        RawCondition::Figure(RawFigure::Greater(n)) => Condition::Greater(field, n),
        RawCondition::Figure(RawFigure::Less(n)) => Condition::Less(field, n),
    }
}
