//! By which fields a rule finds other records: what must be indexed, and what must be looked up.
//!
//! A join looks up by the first of its pairs and filters by the others; a group by its first field; a unique
//! value by the first field that it is unique within, or by itself.

use super::{Check, Days, GroupFigure, Join, Limit, Operand, Rule};
use crate::{DatasetCode, FieldIndex};

/// One way from a record to others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// The data set that is searched.
    pub dataset: DatasetCode,
    /// The field that is searched.
    pub field: FieldIndex,
    /// The own field whose items are searched for.
    pub own: FieldIndex,
}

impl Rule {
    /// Every join that the rule follows.
    fn joins(&self, tell: &mut impl FnMut(&Join)) {
        for join in self.when_parent.iter().chain(&self.unless) {
            tell(join);
        }
        if let Some((_, Operand::Joined(join, _))) = self.check.sides() {
            tell(join);
        }
        match &self.check {
            Check::Exists { join }
            | Check::NotExists { join }
            | Check::CountJoined { join, .. }
            | Check::ParentHolds { join, .. }
            | Check::MinCountOf { join, .. } => tell(join),
            Check::Group { figure, .. } => {
                if let Some(Limit::Joined(join, _)) = figure.limit() {
                    tell(join);
                }
            }
            _ => {}
        }
    }

    /// Every way by which the rule finds other records; `own` is the data set it belongs to. What reads at most
    /// the current version of the record itself is not among them: that is always asked for.
    pub(crate) fn asked(&self, own: DatasetCode, tell: &mut impl FnMut(Asked)) {
        self.joins(&mut |join| {
            if let Some(&(mine, field)) = join.on.first() {
                tell(Asked {
                    dataset: join.dataset,
                    field,
                    own: mine,
                });
            }
        });
        match &self.check {
            Check::Reference { field, to, .. } => {
                for target in to {
                    tell(Asked {
                        dataset: target.dataset,
                        field: target.field,
                        own: *field,
                    });
                }
            }
            Check::Unique { field, within } => {
                let field = *within.first().unwrap_or(field);
                tell(Asked {
                    dataset: own,
                    field,
                    own: field,
                });
            }
            Check::Group { group, .. } => {
                if let Some(&field) = group.first() {
                    tell(Asked {
                        dataset: own,
                        field,
                        own: field,
                    });
                }
            }
            _ => {}
        }
    }

    /// Every field that the rule reads of records that it found; `own` is the data set it belongs to. A register of
    /// very many records keeps no others.
    pub(crate) fn read(&self, own: DatasetCode, tell: &mut impl FnMut(DatasetCode, FieldIndex)) {
        self.asked(own, &mut |asked| tell(asked.dataset, asked.field));
        self.joins(&mut |join| {
            for &(_, theirs) in &join.on {
                tell(join.dataset, theirs);
            }
            for condition in &join.filter {
                tell(join.dataset, condition.field());
            }
        });
        if let Some((_, Operand::Joined(join, field))) = self.check.sides() {
            tell(join.dataset, *field);
            if let Some(Days::Joined(days)) = self.check.days() {
                tell(join.dataset, days);
            }
        }
        match &self.check {
            Check::ParentHolds { join, field, .. } | Check::MinCountOf { join, field, .. } => {
                tell(join.dataset, *field);
            }
            Check::Reference { to, .. } => {
                for target in to {
                    for &field in &target.beside {
                        tell(target.dataset, field);
                    }
                }
            }
            Check::Unique { field, within } => {
                for &field in std::iter::once(field).chain(within) {
                    tell(own, field);
                }
            }
            Check::Immutable { field } | Check::Monotone { field } => tell(own, *field),
            Check::Group {
                field,
                group,
                figure,
            } => {
                for &field in std::iter::once(field).chain(group) {
                    tell(own, field);
                }
                if let GroupFigure::DistinctAcross { between } = figure {
                    tell(own, *between);
                }
                if let Some(Limit::Joined(join, field)) = figure.limit() {
                    tell(join.dataset, *field);
                }
            }
            _ => {}
        }
    }

    /// Whether the record alone does not show if the rule applies.
    pub(crate) fn is_gated(&self) -> bool {
        self.when_parent.is_some() || self.unless.is_some()
    }
}
