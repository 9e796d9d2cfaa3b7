//! What a rule checks: from the members of a line of TOML to [`Check`].
//!
//! Each check takes the members it needs; what is left over afterwards is an error. Here are the
//! checks of a record by itself; [`super::among`] has those that read other records,
//! [`super::members`] what both take members with.

use super::joins;
use super::members::lacking;
use super::raw::{OneOrMany, RawRule};
use super::scope::{Miss, Scope};
use crate::Dataset;
use crate::rule::{Check, Condition, Operand};

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
                near: self.near()?,
            },
            "not_equals" => Check::NotEquals {
                field: self.field()?,
                with: self.operand()?,
            },
            "in_set" => Check::InSet {
                field: self.field()?,
                values: self.values()?,
            },
            "not_in_set" => Check::NotInSet {
                field: self.field()?,
                values: self.values()?,
            },
            "odd_number" => Check::OddNumber {
                field: self.field()?,
                min: self.count_or("min", 1)?,
            },
            "attachment_required" => Check::AttachmentRequired {
                formats: self.raw.formats.take().unwrap_or_default(),
            },
            "sum_equals" => self.sum()?,
            "range" => Check::Range {
                field: self.field()?,
                bounds: self.bounds()?,
            },
            "at_most" => Check::AtMost {
                field: self.field()?,
                with: self.operand()?,
                scale: self.scale(),
            },
            "at_least" => Check::AtLeast {
                field: self.field()?,
                with: self.operand()?,
                scale: self.scale(),
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
            "count_equals" if self.raw.child.is_some() => self.children()?,
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
            "min_days_between" => {
                let with = self.operand()?;
                Check::MinDaysBetween {
                    field: self.field()?,
                    days: self.days(&with)?,
                    with,
                    workdays: self.raw.workdays.take().unwrap_or_default(),
                }
            }
            "max_days_between" => {
                let with = self.operand()?;
                Check::MaxDaysBetween {
                    field: self.field()?,
                    days: self.days(&with)?,
                    with,
                    workdays: self.raw.workdays.take().unwrap_or_default(),
                }
            }
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
                workdays: self.raw.workdays.take().unwrap_or_default(),
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

    /// `terms` that make the field, or `fields` that make a `total`.
    fn sum(&mut self) -> Result<Check, Miss> {
        let tolerance = self.raw.tolerance.take().unwrap_or_default();
        let (total, terms) = match (self.raw.total.take(), self.raw.terms.take()) {
            (Some(figure), None) => (Operand::Value(figure.to_string()), self.fields()?),
            (None, Some(terms)) => (Operand::Field(self.field()?), self.all(&terms)?),
            _ => return Err(lacking("terms", "either `terms` or `total`")),
        };
        Ok(Check::SumEquals {
            total,
            terms,
            tolerance,
        })
    }

    /// The conditions under which the rule applies.
    pub(super) fn conditions(&mut self) -> Result<Vec<Condition>, Miss> {
        let raw = std::mem::take(&mut self.raw.when);
        let mut conditions = Vec::new();
        for (name, condition) in raw {
            let field = self.own(&name)?;
            conditions.push(joins::condition(field, condition));
        }
        Ok(conditions)
    }

    /// A general rule may come to compare a field with itself (the time field of a data set can be its
    /// timestamp): then it says nothing.
    fn refuse_itself(&self, check: &Check) -> Result<(), Miss> {
        let same = check
            .sides()
            .is_some_and(|(field, with)| *with == Operand::Field(field));
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
