//! What a rule checks: from the members of a line of TOML to [`Check`].
//!
//! Each check takes the members it needs; what is left over afterwards is an error. Here are the
//! checks of a record by itself; [`super::among`] has those that read other records.

use super::raw::{OneOrMany, RawCondition, RawFigure, RawRule};
use super::scope::{Miss, Scope};
use crate::rule::{Bounds, Check, Condition, Operand};
use crate::{Dataset, FieldIndex};

/// A rule on its way to a [`Check`]; members are taken out of `raw` as they are used.
pub(super) struct Builder<'s, 'a> {
    pub scope: &'s Scope<'a>,
    pub dataset: &'s Dataset,
    pub raw: RawRule,
    /// A field that the data set lacks makes the rule not apply, instead of being an error.
    pub lenient: bool,
}

impl Builder<'_, '_> {
    /// The check, or why there is none.
    pub(super) fn check(&mut self) -> Result<Check, Miss> {
        let kind = std::mem::take(&mut self.raw.check);
        let check = match kind.as_str() {
            "required_if" => Check::RequiredIf {
                fields: self.fields()?,
                parent: self.parent()?,
            },
            "forbidden_if" => Check::ForbiddenIf {
                fields: self.fields()?,
            },
            "one_of_required" => {
                let fields = self.fields()?;
                Check::OneOfRequired {
                    min: self.count_or("min", 1)?,
                    max: self.count_or("max", fields.len() as u32)?,
                    fields,
                }
            }
            "all_or_none" => Check::AllOrNone {
                fields: self.fields()?,
            },
            "equals" => Check::Equals {
                field: self.field()?,
                with: self.operand()?,
            },
            "not_equals" => Check::NotEquals {
                field: self.field()?,
                with: self.operand()?,
            },
            "in_set" => Check::InSet {
                field: self.field()?,
                values: self.values()?,
            },
            "range" => Check::Range {
                field: self.field()?,
                bounds: self.bounds()?,
            },
            "at_most" => Check::AtMost {
                field: self.field()?,
                with: self.operand()?,
                ratio: self.raw.ratio.take().unwrap_or(1.0),
                in_yuan: self.raw.in_yuan.take().unwrap_or_default(),
            },
            "prefix" => Check::Prefix {
                field: self.field()?,
                with: self.operand()?,
            },
            "substring_equals" => {
                let part = self.field()?;
                let within = match self.raw.within.take() {
                    Some(OneOrMany::One(name)) => self.own(&name)?,
                    _ => return Err(lacking("within", "the field that holds the part")),
                };
                let (from, to) = self.chars()?;
                Check::SubstringEquals {
                    part,
                    within,
                    from,
                    to,
                }
            }
            "list_same_length" => Check::ListSameLength {
                fields: self.fields()?,
            },
            "list_min_length" => Check::ListMinLength {
                field: self.field()?,
                min: self.count("min")?,
            },
            "count_equals" => {
                let list = self.raw.list.take();
                let list = list.ok_or_else(|| lacking("list", "the field that is counted"))?;
                Check::CountEquals {
                    field: self.field()?,
                    list: self.own(&list)?,
                }
            }
            "product_equals" => {
                let factors = self.raw.factors.take();
                let factors = factors.ok_or_else(|| lacking("factors", "two or more fields"))?;
                Check::ProductEquals {
                    field: self.field()?,
                    factors: self.all(&factors)?,
                    plus_percent: self.raw.plus_percent.take().unwrap_or_default(),
                    tolerance: self.raw.tolerance.take().unwrap_or_default(),
                }
            }
            "not_before" => Check::NotBefore {
                field: self.field()?,
                with: self.operand()?,
            },
            "not_after" => Check::NotAfter {
                field: self.field()?,
                with: self.operand()?,
            },
            "min_days_between" => Check::MinDaysBetween {
                field: self.field()?,
                with: self.operand()?,
                days: self.days()?,
                workdays: self.raw.workdays.take().unwrap_or_default(),
            },
            "max_days_between" => Check::MaxDaysBetween {
                field: self.field()?,
                with: self.operand()?,
                days: self.days()?,
                workdays: self.raw.workdays.take().unwrap_or_default(),
            },
            "not_future" => Check::NotFuture {
                field: self.field()?,
                skew_minutes: self.raw.skew_minutes.take().unwrap_or_default(),
            },
            "not_expired" => Check::NotExpired {
                field: self.field()?,
            },
            "timeliness_hours" => Check::TimelinessHours {
                field: self.field()?,
                hours: self
                    .raw
                    .hours
                    .take()
                    .ok_or_else(|| lacking("hours", "a number"))?,
            },
            "region_prefix" => {
                let (from, to) = self.chars()?;
                Check::RegionPrefix {
                    field: self.field()?,
                    from,
                    to,
                }
            }
            "region_level" => Check::RegionLevel {
                field: self.field()?,
                levels: self
                    .raw
                    .levels
                    .take()
                    .ok_or_else(|| lacking("levels", "levels of regions"))?,
            },
            "deal_date_not_after" => Check::DealDateNotAfter {
                deal: self.field()?,
                field: self.reference_to_own()?,
            },
            "source_registered" => Check::SourceRegistered {
                field: self.field()?,
            },
            other => return self.check_among(other),
        };
        self.refuse_itself(&check)?;
        Ok(check)
    }

    /// The conditions under which the rule applies.
    pub(super) fn conditions(&mut self) -> Result<Vec<Condition>, Miss> {
        let raw = std::mem::take(&mut self.raw.when);
        let mut conditions = Vec::new();
        for (name, condition) in raw {
            let field = self.own(&name)?;
            conditions.push(match condition {
                RawCondition::Filled(true) => Condition::Present(field),
                RawCondition::Filled(false) => Condition::Absent(field),
                RawCondition::Value(value) => Condition::In(field, vec![value]),
                RawCondition::Values(values) => Condition::In(field, values),
                RawCondition::Figure(RawFigure::Length(n)) => Condition::Length(field, n),
                RawCondition::Figure(RawFigure::Greater(n)) => Condition::Greater(field, n),
                RawCondition::Figure(RawFigure::Less(n)) => Condition::Less(field, n),
            });
        }
        Ok(conditions)
    }

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
            ("in_yuan", raw.in_yuan.is_some()),
            ("ratio", raw.ratio.is_some()),
            ("tolerance", raw.tolerance.is_some()),
            ("plus_percent", raw.plus_percent.is_some()),
            ("days", raw.days.is_some()),
            ("workdays", raw.workdays.is_some()),
            ("hours", raw.hours.is_some()),
            ("skew_minutes", raw.skew_minutes.is_some()),
            ("chars", raw.chars.is_some()),
            ("levels", raw.levels.is_some()),
            ("within", raw.within.is_some()),
            ("list", raw.list.is_some()),
            ("factors", raw.factors.is_some()),
            ("group", raw.group.is_some()),
            ("between", raw.between.is_some()),
            ("start", raw.start.is_some()),
            ("unless", raw.unless.is_some()),
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

    fn bounds(&mut self) -> Result<Bounds, Miss> {
        let bounds = Bounds {
            min: self.raw.min.take(),
            max: self.raw.max.take(),
            exclusive: self.raw.exclusive.take().unwrap_or_default(),
            in_yuan: self.raw.in_yuan.take().unwrap_or_default(),
        };
        if bounds.min.is_none() && bounds.max.is_none() {
            return Err(lacking("min and max", "one of them"));
        }
        Ok(bounds)
    }

    fn chars(&mut self) -> Result<(u32, u32), Miss> {
        match self.raw.chars.take() {
            Some((from, to)) if from >= 1 && from <= to => Ok((from, to)),
            Some(chars) => Err(Miss::fault(
                format!("chars {chars:?}"),
                "first and last position, counted from 1",
            )),
            None => Err(lacking("chars", "first and last position")),
        }
    }

    fn days(&mut self) -> Result<i64, Miss> {
        let days = self.raw.days.take();
        days.ok_or_else(|| lacking("days", "a number of days"))
    }

    fn reference_to_own(&mut self) -> Result<FieldIndex, Miss> {
        let name = self.raw.r#ref.take();
        let name = name.ok_or_else(|| lacking("ref", "a field of this data set"))?;
        self.own(&name)
    }

    /// A general rule may come to compare a field with itself (the time field of a data set can be its
    /// timestamp): then it says nothing.
    fn refuse_itself(&self, check: &Check) -> Result<(), Miss> {
        let same = match check {
            Check::Equals { field, with }
            | Check::NotEquals { field, with }
            | Check::AtMost { field, with, .. }
            | Check::Prefix { field, with }
            | Check::NotBefore { field, with }
            | Check::NotAfter { field, with }
            | Check::MinDaysBetween { field, with, .. }
            | Check::MaxDaysBetween { field, with, .. } => *with == Operand::Field(*field),
            _ => false,
        };
        match same {
            false => Ok(()),
            true if self.lenient => Err(Miss::Absent),
            true => Err(Miss::fault(
                "a field compared with itself",
                "two different fields",
            )),
        }
    }
}

/// A member that the check needs is not there.
pub(super) fn lacking(member: &str, expected: &str) -> Miss {
    Miss::fault(format!("no `{member}`"), expected)
}
