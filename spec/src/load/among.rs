//! Checks that read other records: joins, references, and figures over groups of records.

use super::checks::Builder;
use super::members::lacking;
use super::raw::{OneOrMany, RawCondition, RawPick};
use super::scope::Miss;
use crate::rule::{Check, Elsewhere, GroupFigure, Join, Operand, Park, Pick};
use crate::{Dataset, FieldIndex};

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
            "odd_count" => {
                let figure = GroupFigure::Odd(self.count_or("min", 1)?);
                self.group(figure)?
            }
            "flag_count" => {
                let value = self.raw.value.take();
                let figure = GroupFigure::Flag {
                    value: value.ok_or_else(|| lacking("value", "the value that is counted"))?,
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
                return Err(Miss::fault(
                    format!("check `{other}`"),
                    "a kind of check that spec/src/rule.rs lists",
                ));
            }
        })
    }

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

    /// The condition on a joined record that `required_if` may have: `ref`, `values` and `on`.
    pub(super) fn parent(&mut self) -> Result<Option<(Join, FieldIndex, Vec<String>)>, Miss> {
        if self.raw.r#ref.is_none() {
            return Ok(None);
        }
        let (dataset, field) = self.reference_elsewhere()?;
        Ok(Some((self.join(dataset)?, field, self.values()?)))
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
        match (own.as_slice(), targets.as_slice()) {
            ([], _) | (_, []) if to.is_empty() => Err(lacking("to", "a field of a data set")),
            (_, []) => Err(Miss::Absent),
            ([field], _) => Ok(Check::Reference {
                field: *field,
                to: targets
                    .iter()
                    .flat_map(|(dataset, fields)| {
                        fields.iter().map(|&field| Elsewhere {
                            dataset: dataset.code,
                            field,
                        })
                    })
                    .collect(),
                park,
            }),
            (_, [(dataset, fields)]) => Ok(Check::Exists {
                join: Join {
                    dataset: dataset.code,
                    on: own.iter().copied().zip(fields.iter().copied()).collect(),
                    filter: Vec::new(),
                    pick: Pick::Every,
                },
            }),
            _ => Err(Miss::fault(
                format!("reference of several fields to {to:?}"),
                "one field, or one data set",
            )),
        }
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

    /// The join of `exists` and `not_exists`: by `on`, or by the only field and `ref`.
    fn existing(&mut self) -> Result<Join, Miss> {
        let own = self.field()?;
        let (dataset, field) = self.reference_elsewhere()?;
        if self.raw.on.is_some() {
            return self.join(dataset);
        }
        Ok(Join {
            dataset: dataset.code,
            on: vec![(own, field)],
            filter: self.filter(dataset)?,
            pick: self.pick(),
        })
    }

    fn join(&mut self, dataset: &Dataset) -> Result<Join, Miss> {
        let pairs = self.raw.on.take().unwrap_or_default();
        let mut on = Vec::new();
        for pair in &pairs {
            let (own, other) = pair.split_once(':').ok_or_else(|| {
                Miss::fault(format!("`{pair}`"), "own field and other field, as in A:B")
            })?;
            on.push((self.own(own)?, self.scope.field(dataset, other)?));
        }
        if on.is_empty() {
            return Err(lacking("on", "the fields by which records are joined"));
        }
        Ok(Join {
            dataset: dataset.code,
            on,
            filter: self.filter(dataset)?,
            pick: self.pick(),
        })
    }

    fn filter(&mut self, dataset: &Dataset) -> Result<Vec<(FieldIndex, Vec<String>)>, Miss> {
        let mut filter = Vec::new();
        for (name, condition) in self.raw.r#where.take().unwrap_or_default() {
            let values = match condition {
                RawCondition::Value(value) => vec![value],
                RawCondition::Values(values) => values,
                RawCondition::Filled(_) | RawCondition::Figure(_) => {
                    return Err(Miss::fault(
                        format!("a condition on `{name}` in `where`"),
                        "a value or a list of values",
                    ));
                }
            };
            filter.push((self.scope.field(dataset, &name)?, values));
        }
        Ok(filter)
    }

    fn pick(&mut self) -> Pick {
        match self.raw.pick.take() {
            None | Some(RawPick::Every) => Pick::Every,
            Some(RawPick::Any) => Pick::Any,
            Some(RawPick::First) => Pick::First,
            Some(RawPick::Last) => Pick::Last,
            Some(RawPick::Sum) => Pick::Sum,
        }
    }

    fn reference_elsewhere(&mut self) -> Result<(&'a Dataset, FieldIndex), Miss> {
        let text = self.raw.r#ref.take();
        let text = text.ok_or_else(|| lacking("ref", "a field of another data set"))?;
        self.scope.elsewhere(&text)
    }

    fn group(&mut self, figure: GroupFigure) -> Result<Check, Miss> {
        let names = self.raw.group.take().unwrap_or_default();
        let group = self.all(&names)?;
        let Some(&first) = group.first() else {
            return Err(lacking("group", "the fields that make a group"));
        };
        let unless = match self.raw.unless.take() {
            None => None,
            Some(text) => match self.scope.elsewhere(&text) {
                Ok((dataset, field)) => Some(Join {
                    dataset: dataset.code,
                    on: vec![(first, field)],
                    filter: Vec::new(),
                    pick: Pick::Any,
                }),
                Err(Miss::Absent) => None,
                Err(fault) => return Err(fault),
            },
        };
        Ok(Check::Group {
            field: self.field()?,
            group,
            figure,
            unless,
        })
    }
}
