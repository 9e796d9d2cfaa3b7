//! Rules about a record and others: existence, uniqueness, what may not change, and comparisons with joined records.
//! An answer that is not there cannot be known here, and the rule stays silent.

use super::figures::{Side, plain};
use super::finding::found;
use super::joins::{Circle, Counted, holds, text_of};
use super::pairs::{Pair, Violation};
use super::rules::{self, applies, issue};
use super::{groups, instants};
use crate::normalize::{Normalized, items};
use crate::references::Found;
use crate::rule::{Check, Join, Operand, Pick, Stage};
use crate::{Context, Dataset, FieldIndex, Issue, IssueCode, Known, Lookup, Message};

/// Judges a record by the rules of a stage that need others, and by those of which only others show that they apply.
/// Also returns what it waits for.
pub(super) fn judge<'k>(
    context: &'k Context<'k>,
    record: &'k Normalized<'k, 'k>,
    known: &'k Known,
    stage: Stage,
) -> (Vec<Issue>, Vec<Lookup>) {
    let circle = Circle::new(context, record, known);
    let mut issues = Vec::new();
    let mut waits = Vec::new();
    for rule in &record.dataset.rules {
        if rule.stage != stage
            || !applies(rule, record)
            || (rule.is_gated() && circle.admits(rule) != Some(true))
            || circle.reference(rule, &mut issues, &mut waits)
        {
            continue;
        }
        let before = issues.len();
        let mut tell = |violation| issues.push(issue(rule, record, violation));
        for violation in circle.violations(&rule.check).unwrap_or_default() {
            tell(violation);
        }
        // What the record shows by itself was told when it came, unless it took others to say that it applies.
        if rule.is_gated() || stage == Stage::Complete {
            rules::alone(&circle.bench, &rule.check, record, &mut tell);
        }
        if issues.len() > before {
            let related = circle.related(rule);
            for issue in issues.iter_mut().skip(before) {
                issue.related.clone_from(&related);
            }
        }
    }
    waits.sort_unstable();
    waits.dedup();
    (issues, waits)
}

impl<'k> Circle<'k> {
    /// What a check finds; none if it cannot be known, or is not of this kind.
    fn violations(&self, check: &'k Check) -> Option<Vec<Violation>> {
        let one = |violation: Option<Violation>| Some(violation.into_iter().collect());
        if let Some((field, operand)) = check.sides() {
            let Operand::Joined(join, other) = operand else {
                return None;
            };
            return one(self.compare(check, field, join, *other));
        }
        match check {
            Check::Exists { join } => {
                let other = self.edition.dataset_by_code(join.dataset)?;
                let found = self.by_item(join)?;
                let lost = found.into_iter().filter(|(_, others)| others.is_empty());
                let wanted = Message::new(
                    format!("“{}”中有对应记录", other.name),
                    format!("a record of {} that goes with it", other.id),
                );
                Some(
                    lost.map(|(item, _)| self.about(join, item, wanted.clone()))
                        .collect(),
                )
            }
            Check::NotExists { join } => {
                let other = self.edition.dataset_by_code(join.dataset)?;
                let found = self.by_item(join)?;
                let hit = found.into_iter().filter(|(_, others)| !others.is_empty());
                let wanted = Message::new(
                    format!("“{}”中没有对应记录", other.name),
                    format!("no record of {} that goes with it", other.id),
                );
                Some(
                    hit.map(|(item, _)| self.about(join, item, wanted.clone()))
                        .collect(),
                )
            }
            Check::ParentHolds {
                join,
                field,
                values,
            } => one(self.parent_holds(join, *field, values)),
            Check::MinCountOf { join, field, min } => {
                let (_, others) = self.joined(join)?;
                let dataset = self.edition.dataset_by_code(join.dataset)?;
                let column = dataset.field(*field)?;
                let mut values: Vec<&str> = others
                    .iter()
                    .filter_map(|other| other.body.get(&column.id)?.as_str())
                    .flat_map(items)
                    .collect();
                values.sort_unstable();
                values.dedup();
                let few = values.len() < *min as usize;
                let own = join.on.first()?.0;
                one(few.then(|| Violation {
                    field: own,
                    code: IssueCode::RuleViolated,
                    found: values.len().to_string(),
                    expected: Message::new(
                        format!("“{}”中至少{min}个{}", dataset.name, column.name),
                        format!("at least {min} different {} in {}", column.id, dataset.id),
                    ),
                }))
            }
            Check::Unique { field, within } => one(self.unique(*field, within)),
            Check::Immutable { field } => one(self.changed(*field)),
            Check::Monotone { field } => one(self.went_back(*field)),
            Check::CountJoined { field, join } => one(self.count(*field, join)),
            Check::Group {
                field,
                group,
                figure,
            } => one(groups::judge(self, *field, group, figure)),
            _ => None,
        }
    }

    fn compare(
        &self,
        check: &'k Check,
        field: FieldIndex,
        join: &Join,
        other: FieldIndex,
    ) -> Option<Violation> {
        if join.pick == Pick::Sum {
            let (dataset, others) = self.joined(join)?;
            let total = plain(sum(dataset, &others, other, check.in_yuan())?);
            let pair = Pair {
                check,
                field,
                left: Side::own(self.record, field)?,
                right: Side::fixed(&total),
                days: None,
                calendar: &self.edition.calendar,
            };
            return (!pair.holds()?).then(|| pair.violation());
        }
        self.breaking(check, field, join, other)
            .map(|(_, violation)| violation)
    }

    /// The first of the joined records that does not stand to this one as the check wants.
    pub(super) fn breaking(
        &self,
        check: &'k Check,
        field: FieldIndex,
        join: &Join,
        other: FieldIndex,
    ) -> Option<(&'k Found, Violation)> {
        let left = Side::own(self.record, field)?;
        let (dataset, others) = self.joined(join)?;
        let mut wrong = None;
        for found in others {
            let Some(right) = Side::of(&found.body, dataset, other) else {
                continue;
            };
            let pair = Pair {
                check,
                field,
                left: left.clone(),
                right,
                days: rules::days(check, self.record, |field| text_of(dataset, found, field)),
                calendar: &self.edition.calendar,
            };
            match pair.holds() {
                Some(true) if join.pick == Pick::Any => return None,
                Some(false) if wrong.is_none() => wrong = Some((found, pair.violation())),
                _ => {}
            }
        }
        wrong
    }

    /// A number of records that does not agree with those that are there.
    fn count(&self, field: FieldIndex, join: &Join) -> Option<Violation> {
        let said = self.record.text(field)?;
        let (dataset, others) = self.joined(join)?;
        (said.parse::<usize>() != Ok(others.len())).then(|| Violation {
            field,
            code: IssueCode::RuleViolated,
            found: format!("{said} ≠ {}", others.len()),
            expected: Message::new(
                format!("{}（“{}”的条数）", others.len(), dataset.name),
                format!("{}, the number of records of {}", others.len(), dataset.id),
            ),
        })
    }

    fn parent_holds(&self, join: &Join, field: FieldIndex, values: &[String]) -> Option<Violation> {
        let (dataset, parents) = self.joined(join)?;
        let sound = |parent: &&Found| holds(dataset, parent, field, values);
        let fine = match join.pick {
            Pick::Any => parents.is_empty() || parents.iter().any(sound),
            _ => parents.iter().all(sound),
        };
        if fine {
            return None;
        }
        let wrong = parents.iter().find(|parent| !sound(parent))?;
        let column = dataset.field(field)?;
        let held = text_of(dataset, wrong, field).unwrap_or_default();
        Some(Violation {
            field: join.on.first()?.0,
            code: IssueCode::RuleViolated,
            found: found(column, held),
            expected: Message::new(
                format!("“{}”的{}含{}", dataset.name, column.name, values.join("或")),
                format!(
                    "{} of {} with {}",
                    column.id,
                    dataset.id,
                    values.join(" or ")
                ),
            ),
        })
    }

    fn unique(&self, field: FieldIndex, within: &[FieldIndex]) -> Option<Violation> {
        let value = self.record.text(field)?;
        let group = if within.is_empty() {
            std::slice::from_ref(&field)
        } else {
            within
        };
        let counted = Counted {
            field,
            between: None,
            sum: None,
        };
        let shared = self.fellows(group, counted, |fellows| {
            !fellows.sharing(value, 1).is_empty()
        });
        if !shared? {
            return None;
        }
        let dataset = self.record.dataset;
        let column = dataset.field(field)?;
        Some(Violation {
            field,
            code: IssueCode::KeyDuplicate,
            found: found(column, value),
            expected: Message::new("未被其他记录使用的值", "a value that no other record has"),
        })
    }

    fn changed(&self, field: FieldIndex) -> Option<Violation> {
        let new = self.record.text(field)?;
        let old = text_of(self.record.dataset, self.current()?, field)?;
        let column = self.record.dataset.field(field)?;
        (new != old).then(|| Violation {
            field,
            code: IssueCode::KeyChanged,
            found: found(column, new),
            expected: found(column, old).into(),
        })
    }

    fn went_back(&self, field: FieldIndex) -> Option<Violation> {
        let new = self.record.text(field)?;
        let old = text_of(self.record.dataset, self.current()?, field)?;
        instants::compare(new.as_bytes(), old.as_bytes())
            .is_lt()
            .then(|| Violation {
                field,
                code: IssueCode::TimeOrder,
                found: format!("{new} < {old}"),
                expected: Message::new(
                    format!("不早于已有版本（{old}）"),
                    format!("not before the version that is held ({old})"),
                ),
            })
    }

    /// A finding about one item of the field that a join begins with.
    fn about(&self, join: &Join, item: &str, expected: Message) -> Violation {
        let field = join.on.first().map_or(0, |pair| pair.0);
        let shown = self
            .record
            .dataset
            .field(field)
            .map_or_else(String::new, |column| found(column, item));
        Violation {
            field,
            code: IssueCode::RuleViolated,
            found: shown,
            expected,
        }
    }
}

/// The sum of a field of joined records; none where there are none, or one of them is no figure.
fn sum(dataset: &Dataset, others: &[&Found], field: FieldIndex, in_yuan: bool) -> Option<f64> {
    let mut total = None;
    for found in others {
        let figure = Side::of(&found.body, dataset, field)?.number(in_yuan)?;
        total = Some(total.unwrap_or_default() + figure);
    }
    total
}
