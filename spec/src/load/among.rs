//! Checks that read other records: references, existence, and figures over groups of records.

use super::checks::Builder;
use super::members::lacking;
use super::raw::OneOrMany;
use super::scope::Miss;
use crate::rule::{Check, Elsewhere, GroupFigure, Park};
use crate::{Dataset, FieldIndex};

/// Every kind of check, as data files call them.
pub(super) const KINDS: [&str; 49] = [
    "required_if",
    "forbidden_if",
    "one_of_required",
    "all_or_none",
    "equals",
    "not_equals",
    "in_set",
    "not_in_set",
    "range",
    "odd_number",
    "at_most",
    "at_least",
    "prefix",
    "substring_equals",
    "list_same_length",
    "list_min_length",
    "count_equals",
    "sum_equals",
    "product_equals",
    "not_before",
    "not_after",
    "min_days_between",
    "max_days_between",
    "not_future",
    "not_expired",
    "timeliness_hours",
    "region_prefix",
    "region_level",
    "deal_date_not_after",
    "source_registered",
    "attachment_required",
    "immutable",
    "monotone",
    "unique",
    "reference",
    "exists",
    "not_exists",
    "parent_holds",
    "min_count_of",
    "min_count",
    "max_count",
    "odd_count",
    "flag_count",
    "max_share",
    "group_sum_max",
    "group_sum_equals",
    "sequence",
    "distinct_across",
    "judged_as_general",
];

impl<'a> Builder<'_, 'a> {
    /// The checks that [`Builder::check`] does not know.
    pub(super) fn check_among(&mut self, kind: &str) -> Result<Check, Miss> {
        Ok(match kind {
            "immutable" => Check::Immutable {
                field: self.field()?,
            },
            "monotone" => Check::Monotone {
                field: self.field()?,
            },
            "unique" => {
                let within = match self.raw.within.take() {
                    None => Vec::new(),
                    Some(OneOrMany::One(name)) => vec![name],
                    Some(OneOrMany::Many(names)) => names,
                };
                Check::Unique {
                    field: self.field()?,
                    within: self.all(&within)?,
                }
            }
            "reference" => self.reference()?,
            "exists" => Check::Exists {
                join: self.existing()?,
            },
            "not_exists" => Check::NotExists {
                join: self.existing()?,
            },
            "parent_holds" => {
                let (dataset, field) = self.reference_elsewhere()?;
                // the field that the finding points at; what is compared stands in `on`
                self.field()?;
                Check::ParentHolds {
                    join: self.join(dataset)?,
                    field,
                    values: self.values()?,
                }
            }
            "judged_as_general" => self.judged_as_general()?,
            "min_count_of" => {
                let (dataset, field) = self.reference_elsewhere()?;
                self.field()?;
                Check::MinCountOf {
                    join: self.join(dataset)?,
                    field,
                    min: self.count("min")?,
                }
            }
            "min_count" => {
                let figure = GroupFigure::MinCount(self.count("min")?);
                self.group(figure)?
            }
            "max_count" => {
                let figure = GroupFigure::MaxCount(self.limit()?);
                self.group(figure)?
            }
            "max_share" => {
                let figure = GroupFigure::MaxShare {
                    value: self.flagged()?,
                    max: self
                        .raw
                        .max
                        .take()
                        .ok_or_else(|| lacking("max", "a part of 1"))?,
                };
                self.group(figure)?
            }
            "group_sum_max" | "group_sum_equals" => {
                let limit = self.limit()?;
                let tolerance = self.raw.tolerance.take().unwrap_or_default();
                let in_yuan = self.raw.in_yuan.take().unwrap_or_default();
                self.group(if kind == "group_sum_max" {
                    GroupFigure::SumMax {
                        limit,
                        tolerance,
                        in_yuan,
                    }
                } else {
                    GroupFigure::SumEquals {
                        limit,
                        tolerance,
                        in_yuan,
                    }
                })?
            }
            "odd_count" => {
                let figure = GroupFigure::Odd(self.count_or("min", 1)?);
                self.group(figure)?
            }
            "flag_count" => {
                let figure = GroupFigure::Flag {
                    value: self.flagged()?,
                    min: self.count_or("min", 0)?,
                    max: self.count_or("max", u32::MAX)?,
                };
                self.group(figure)?
            }
            "sequence" => {
                let start = self.raw.start.take().unwrap_or(1);
                self.group(GroupFigure::Sequence { start })?
            }
            "distinct_across" => {
                let between = self.raw.between.take();
                let between = between.ok_or_else(|| lacking("between", "a field"))?;
                let between = self.own(&between)?;
                self.group(GroupFigure::DistinctAcross { between })?
            }
            other => {
                let kinds = KINDS.join(", ");
                return Err(Miss::fault(format!("check `{other}`"), kinds));
            }
        })
    }

    /// One field: the value exists in one of the other data sets. Several fields: a record exists that
    /// agrees in all of them.
    fn reference(&mut self) -> Result<Check, Miss> {
        let own = self.fields()?;
        let to = self.raw.to.take().unwrap_or_default();
        let park = match self.raw.wait.take() {
            Some(true) => Park::Wait,
            _ => Park::Warn,
        };
        let mut targets: Vec<(&Dataset, Vec<FieldIndex>)> = Vec::new();
        for alternative in &to {
            match self.alternative(alternative, own.len()) {
                Ok(target) => targets.push(target),
                Err(Miss::Absent) => {}
                Err(fault) => return Err(fault),
            }
        }
        let Some((&field, beside)) = own.split_first() else {
            return Err(lacking("fields", "one field or more"));
        };
        if to.is_empty() {
            return Err(lacking("to", "a field of a data set"));
        }
        let to: Vec<Elsewhere> = targets
            .into_iter()
            .filter_map(|(dataset, fields)| {
                let (&field, beside) = fields.split_first()?;
                Some(Elsewhere {
                    dataset: dataset.code,
                    field,
                    beside: beside.to_vec(),
                })
            })
            .collect();
        if to.is_empty() {
            return Err(Miss::Absent);
        }
        Ok(Check::Reference {
            field,
            beside: beside.to_vec(),
            to,
            park,
        })
    }

    /// `507.BID_SECTION_CODE+507.BIDDER_ORG_CODE`: the fields of one data set.
    fn alternative(
        &self,
        text: &str,
        count: usize,
    ) -> Result<(&'a Dataset, Vec<FieldIndex>), Miss> {
        let expected = || format!("{count} fields of one data set, joined with `+`");
        let mut target: Option<(&Dataset, Vec<FieldIndex>)> = None;
        for part in text.split('+') {
            let (dataset, field) = self.scope.elsewhere(part)?;
            match &mut target {
                None => target = Some((dataset, vec![field])),
                Some((held, fields)) if held.code == dataset.code => fields.push(field),
                Some(_) => return Err(Miss::fault(format!("`{text}`"), expected())),
            }
        }
        target
            .filter(|(_, fields)| fields.len() == count)
            .ok_or_else(|| Miss::fault(format!("`{text}`"), expected()))
    }

    /// `child` and `on`: the field says how many records there are.
    pub(super) fn children(&mut self) -> Result<Check, Miss> {
        let number = self.raw.child.take();
        let number = number.ok_or_else(|| lacking("child", "the number of a data set"))?;
        let dataset = self.scope.dataset(number)?;
        Ok(Check::CountJoined {
            field: self.field()?,
            join: self.join(dataset)?,
        })
    }

    fn group(&mut self, figure: GroupFigure) -> Result<Check, Miss> {
        let names = self.raw.group.take().unwrap_or_default();
        let group = self.all(&names)?;
        if group.is_empty() {
            return Err(lacking("group", "the fields that make a group"));
        }
        Ok(Check::Group {
            field: self.field()?,
            group,
            figure,
        })
    }

    fn flagged(&mut self) -> Result<String, Miss> {
        let value = self.raw.value.take();
        value.ok_or_else(|| lacking("value", "the value that is counted"))
    }
}
