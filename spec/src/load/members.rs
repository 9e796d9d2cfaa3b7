//! The members of a rule's line: fields by name, figures, positions; and those that no check took.

use super::checks::Builder;
use super::scope::Miss;
use crate::FieldIndex;
use crate::rule::Bounds;

impl Builder<'_, '_> {
    /// A member that no part of the check took.
    pub(super) fn left_over(&self) -> Option<&'static str> {
        let raw = &self.raw;
        [
            ("fields", !raw.fields.is_empty()),
            ("ref", raw.r#ref.is_some()),
            ("value", raw.value.is_some()),
            ("values", raw.values.is_some()),
            ("on", raw.on.is_some()),
            ("where", raw.r#where.is_some()),
            ("pick", raw.pick.is_some()),
            ("to", raw.to.is_some()),
            ("wait", raw.wait.is_some()),
            ("min", raw.min.is_some()),
            ("max", raw.max.is_some()),
            ("exclusive", raw.exclusive.is_some()),
            ("exclusive_min", raw.exclusive_min.is_some()),
            ("in_yuan", raw.in_yuan.is_some()),
            ("ratio", raw.ratio.is_some()),
            ("tolerance", raw.tolerance.is_some()),
            ("tolerance_minutes", raw.tolerance_minutes.is_some()),
            ("plus_percent", raw.plus_percent.is_some()),
            ("days", raw.days.is_some()),
            ("days_ref", raw.days_ref.is_some()),
            ("workdays", raw.workdays.is_some()),
            ("hours", raw.hours.is_some()),
            ("skew_minutes", raw.skew_minutes.is_some()),
            ("chars", raw.chars.is_some()),
            ("levels", raw.levels.is_some()),
            ("within", raw.within.is_some()),
            ("list", raw.list.is_some()),
            ("child", raw.child.is_some()),
            ("terms", raw.terms.is_some()),
            ("total", raw.total.is_some()),
            ("factors", raw.factors.is_some()),
            ("formats", raw.formats.is_some()),
            ("group", raw.group.is_some()),
            ("between", raw.between.is_some()),
            ("start", raw.start.is_some()),
        ]
        .into_iter()
        .find_map(|(member, there)| there.then_some(member))
    }

    /// The only field that the rule is about.
    pub(super) fn field(&mut self) -> Result<FieldIndex, Miss> {
        let names = std::mem::take(&mut self.raw.fields);
        match names.as_slice() {
            [name] => self.own(name),
            names => Err(Miss::fault(format!("fields {names:?}"), "one field")),
        }
    }

    /// The fields that the rule is about.
    pub(super) fn fields(&mut self) -> Result<Vec<FieldIndex>, Miss> {
        let names = std::mem::take(&mut self.raw.fields);
        if names.is_empty() {
            return Err(lacking("fields", "one field or more"));
        }
        self.all(&names)
    }

    /// Own fields by name.
    pub(super) fn all(&self, names: &[String]) -> Result<Vec<FieldIndex>, Miss> {
        names.iter().map(|name| self.own(name)).collect()
    }

    /// An own field by name, or by `@key` (of one field), `@time` and `@deal`.
    pub(super) fn own(&self, name: &str) -> Result<FieldIndex, Miss> {
        let found = match name {
            "@time" => self.dataset.time,
            "@deal" => self.dataset.deal,
            "@key" => match self.dataset.key.as_slice() {
                [field] => Some(*field),
                _ => None,
            },
            _ => match self.scope.field(self.dataset, name) {
                Err(Miss::Fault { .. }) if self.lenient => return Err(Miss::Absent),
                found => return found,
            },
        };
        match found {
            Some(field) => Ok(field),
            None if self.lenient || self.scope.derived => Err(Miss::Absent),
            None => Err(Miss::fault(
                format!("`{name}`, which data set {} does not name", self.dataset.id),
                "a field of the data set",
            )),
        }
    }

    /// `values`.
    pub(super) fn values(&mut self) -> Result<Vec<String>, Miss> {
        let values = self.raw.values.take();
        values.ok_or_else(|| lacking("values", "a list of values"))
    }

    /// `min` or `max` as a whole number.
    pub(super) fn count(&mut self, member: &'static str) -> Result<u32, Miss> {
        let figure = match member {
            "min" => self.raw.min.take(),
            _ => self.raw.max.take(),
        };
        let figure = figure.ok_or_else(|| lacking(member, "a whole number"))?;
        if figure < 0.0 || figure.fract() != 0.0 || figure > f64::from(u32::MAX) {
            return Err(Miss::fault(
                format!("{member} = {figure}"),
                "a whole number",
            ));
        }
        Ok(figure as u32)
    }

    /// The same, with a figure for when it is not given.
    pub(super) fn count_or(&mut self, member: &'static str, otherwise: u32) -> Result<u32, Miss> {
        let given = match member {
            "min" => self.raw.min,
            _ => self.raw.max,
        };
        given.map_or(Ok(otherwise), |_| self.count(member))
    }

    pub(super) fn bounds(&mut self) -> Result<Bounds, Miss> {
        let exclusive = self.raw.exclusive.take().unwrap_or_default();
        let bounds = Bounds {
            min: self.raw.min.take(),
            max: self.raw.max.take(),
            above_min: exclusive || self.raw.exclusive_min.take().unwrap_or_default(),
            below_max: exclusive,
            in_yuan: self.raw.in_yuan.take().unwrap_or_default(),
        };
        if bounds.min.is_none() && bounds.max.is_none() {
            return Err(lacking("min and max", "one of them"));
        }
        Ok(bounds)
    }

    pub(super) fn chars(&mut self) -> Result<(u32, u32), Miss> {
        match self.raw.chars.take() {
            Some((from, to)) if from >= 1 && from <= to => Ok((from, to)),
            Some(chars) => Err(Miss::fault(
                format!("chars {chars:?}"),
                "first and last position, counted from 1",
            )),
            None => Err(lacking("chars", "first and last position")),
        }
    }

    /// The column code of an own field.
    pub(super) fn name(&self, field: FieldIndex) -> &str {
        self.dataset.field(field).map_or("", |field| &field.id)
    }

    pub(super) fn reference_to_own(&mut self) -> Result<FieldIndex, Miss> {
        let name = self.raw.r#ref.take();
        let name = name.ok_or_else(|| lacking("ref", "a field of this data set"))?;
        self.own(&name)
    }
}

/// A member that the check needs is not there.
pub(super) fn lacking(member: &str, expected: &str) -> Miss {
    Miss::fault(format!("no {member}"), expected)
}
