//! What a rule reads: own fields, joined records, and the words and figures that it names. All that is needed to make
//! records that keep or break it.

use crate::rule::{Days, GroupFigure, Join, Limit, Near, Operand};
use crate::{Check, Dataset, FieldIndex, Rule, Unit};

/// A join, and the field of the joined record that is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joined<'r> {
    pub join: &'r Join,
    pub field: Option<FieldIndex>,
}

/// What a rule reads.
#[derive(Debug, Default)]
pub(super) struct Reads<'r> {
    /// Own fields, the one that the finding points at first.
    pub own: Vec<FieldIndex>,
    /// The rule is about whether the fields are filled, so that an absent one does not silence it.
    pub about_presence: bool,
    /// Joined records that the check reads.
    pub joined: Vec<Joined<'r>>,
    /// Values that the check names.
    pub words: Vec<&'r str>,
    /// Figures that the check names.
    pub figures: Vec<f64>,
    /// Places of characters that the check names, from 1.
    pub chars: Option<(u32, u32)>,
}

/// What a rule reads of its record and of others.
pub(super) fn reads<'r>(dataset: &Dataset, rule: &'r Rule) -> Reads<'r> {
    let mut reads = Reads::default();
    if let Some((field, operand)) = rule.check.sides() {
        reads.own.push(field);
        reads.operand(operand);
        match rule.check.days() {
            Some(Days::Fixed(days)) => reads.figures.push(days as f64),
            Some(Days::Own(field)) => reads.own.push(field),
            Some(Days::Joined(_)) | None => {}
        }
    }
    reads.check(&rule.check);
    if is_in_yuan(&rule.check) {
        let unit = |&field: &FieldIndex| match dataset.field(field)?.unit {
            Some(Unit::By(unit)) => Some(unit),
            _ => None,
        };
        let units: Vec<FieldIndex> = reads.own.iter().filter_map(unit).collect();
        reads.own.extend(units);
    }
    reads
}

fn is_in_yuan(check: &Check) -> bool {
    check.in_yuan()
        || matches!(check, Check::ProductEquals { .. } | Check::SumEquals { .. })
        || matches!(check, Check::Range { bounds, .. } if bounds.in_yuan)
}

impl<'r> Reads<'r> {
    fn operand(&mut self, operand: &'r Operand) {
        match operand {
            Operand::Field(other) => self.own.push(*other),
            Operand::Value(text) => {
                self.words.push(text);
                self.figures.extend(text.parse::<f64>());
            }
            Operand::Joined(join, field) => self.join(join, Some(*field)),
        }
    }

    fn join(&mut self, join: &'r Join, field: Option<FieldIndex>) {
        self.own.extend(join.on.iter().map(|pair| pair.0));
        self.joined.push(Joined { join, field });
    }

    fn words(&mut self, values: &'r [String]) {
        self.words.extend(values.iter().map(String::as_str));
    }

    fn check(&mut self, check: &'r Check) {
        match check {
            Check::RequiredIf { fields }
            | Check::ForbiddenIf { fields }
            | Check::OneOfRequired { fields, .. }
            | Check::AllOrNone { fields } => {
                self.own.extend(fields);
                self.about_presence = true;
            }
            Check::Equals {
                near: Near::Figure { tolerance, .. },
                ..
            } => self.figures.push(*tolerance),
            Check::AtMost { scale, .. } | Check::AtLeast { scale, .. } => {
                self.figures.push(scale.ratio);
            }
            Check::InSet { field, values } | Check::NotInSet { field, values } => {
                self.own.push(*field);
                self.words(values);
            }
            Check::Range { field, bounds } => {
                self.own.push(*field);
                self.figures.extend(bounds.min.iter().chain(&bounds.max));
            }
            Check::OddNumber { field, min } | Check::ListMinLength { field, min } => {
                self.own.push(*field);
                self.figures.push(f64::from(*min));
            }
            Check::SubstringEquals {
                part,
                within,
                from,
                to,
            } => {
                self.own.extend([*part, *within]);
                self.chars = Some((*from, *to));
            }
            Check::ListSameLength { fields } => self.own.extend(fields),
            Check::CountEquals { field, list } => self.own.extend([*field, *list]),
            Check::CountJoined { field, join } => {
                self.own.push(*field);
                self.join(join, None);
            }
            Check::SumEquals { total, terms, .. } => {
                self.operand(total);
                self.own.extend(terms);
            }
            Check::ProductEquals { field, factors, .. } => {
                self.own.push(*field);
                self.own.extend(factors);
            }
            Check::NotFuture { field, .. }
            | Check::NotExpired { field }
            | Check::SourceRegistered { field }
            | Check::RegionLevel { field, .. }
            | Check::Immutable { field }
            | Check::Monotone { field } => self.own.push(*field),
            Check::TimelinessHours { field, hours, .. } => {
                self.own.push(*field);
                self.figures.push(*hours as f64);
            }
            Check::RegionPrefix { field, from, to } => {
                self.own.push(*field);
                self.chars = Some((*from, *to));
            }
            Check::DealDateNotAfter { deal, field } => self.own.extend([*deal, *field]),
            Check::Unique { field, within } => {
                self.own.push(*field);
                self.own.extend(within);
            }
            Check::Reference { field, beside, .. } => {
                self.own.push(*field);
                self.own.extend(beside);
            }
            Check::Exists { join } | Check::NotExists { join } => self.join(join, None),
            Check::ParentHolds {
                join,
                field,
                values,
            } => {
                self.join(join, Some(*field));
                self.words(values);
            }
            Check::MinCountOf { join, field, min } => {
                self.join(join, Some(*field));
                self.figures.push(f64::from(*min));
            }
            Check::Group {
                field,
                group,
                figure,
            } => {
                self.own.push(*field);
                self.own.extend(group);
                self.figure(figure);
            }
            // Those that compare two values: their sides are read already.
            _ => {}
        }
    }

    fn figure(&mut self, figure: &'r GroupFigure) {
        match figure.limit() {
            Some(Limit::Fixed(limit)) => self.figures.push(*limit),
            Some(Limit::Joined(join, field)) => self.join(join, Some(*field)),
            None => {}
        }
        match figure {
            GroupFigure::Flag { value, .. } | GroupFigure::MaxShare { value, .. } => {
                self.words.push(value);
            }
            GroupFigure::MinCount(figure) | GroupFigure::Odd(figure) => {
                self.figures.push(f64::from(*figure));
            }
            GroupFigure::Sequence { start } => self.figures.push(*start as f64),
            GroupFigure::DistinctAcross { between } => self.own.push(*between),
            _ => {}
        }
    }
}
