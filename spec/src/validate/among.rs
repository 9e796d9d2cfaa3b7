//! Rules about a record and others: references, uniqueness, what may not change, and comparisons with joined records.
//! An answer that is not there cannot be known here, and the rule stays silent.

use super::figures::Side;
use super::filled::missing;
use super::finding::found;
use super::pairs::{self, Violation};
use super::rules::{applies, issue, weighed};
use super::{groups, instants};
use crate::normalize::{Normalized, items};
use crate::references::{Found, lookup, own_key};
use crate::rule::{Check, Elsewhere, Join, Operand, Park, Pick, Stage};
use crate::{Dataset, Edition, FieldIndex, Issue, IssueCode, Known, Lookup, Rule, Severity};

/// A record among the others that are known.
#[derive(Debug)]
pub(super) struct Circle<'k> {
    pub edition: &'k Edition,
    pub record: &'k Normalized<'k, 'k>,
    pub known: &'k Known,
    /// The record's business key.
    own: Option<Lookup>,
}

/// Records found by one item of the own field.
type ByItem<'k> = Vec<(&'k str, Vec<&'k Found>)>;

/// Judges a record by the rules that need others. Also returns what it waits for.
pub(super) fn judge<'k>(
    edition: &'k Edition,
    record: &'k Normalized<'k, 'k>,
    known: &'k Known,
) -> (Vec<Issue>, Vec<Lookup>) {
    let circle = Circle {
        edition,
        record,
        known,
        own: own_key(record),
    };
    let mut issues = Vec::new();
    let mut waits = Vec::new();
    for rule in &record.dataset.rules {
        if rule.stage != Stage::Arrival || !applies(rule, record) {
            continue;
        }
        if let Check::Reference { field, to, park } = &rule.check {
            circle.reference(rule, *field, to, *park, &mut issues, &mut waits);
            continue;
        }
        let violations = circle.violations(&rule.check).unwrap_or_default();
        issues.extend(
            violations
                .into_iter()
                .map(|violation| issue(rule, record, violation)),
        );
    }
    waits.sort_unstable();
    waits.dedup();
    (issues, waits)
}

impl<'k> Circle<'k> {
    /// What a check finds; none if it cannot be known, or is not of this kind.
    fn violations(&self, check: &'k Check) -> Option<Vec<Violation>> {
        let one = |violation: Option<Violation>| Some(violation.into_iter().collect());
        if let Some((field, Operand::Joined(join, other))) = pairs::sides(check) {
            return one(self.compare(check, field, join, *other));
        }
        match check {
            Check::RequiredIf {
                fields,
                parent: Some((join, field, values)),
            } => {
                let (_, parents) = self.joined(join)?;
                let dataset = self.edition.dataset_by_code(join.dataset)?;
                let demanded = parents
                    .iter()
                    .any(|parent| holds(dataset, parent, *field, values));
                let absent = fields
                    .iter()
                    .filter(|&&field| demanded && self.record.value(field).is_none());
                Some(absent.map(|&field| missing(field)).collect())
            }
            Check::Exists { join } => {
                let name = self.edition.dataset_by_code(join.dataset)?.name.as_str();
                let found = self.by_item(join)?;
                let lost = found.into_iter().filter(|(_, others)| others.is_empty());
                Some(
                    lost.map(|(item, _)| self.about(join, item, format!("“{name}”中有对应记录")))
                        .collect(),
                )
            }
            Check::NotExists { join } => {
                let name = self.edition.dataset_by_code(join.dataset)?.name.as_str();
                let found = self.by_item(join)?;
                let hit = found.into_iter().filter(|(_, others)| !others.is_empty());
                Some(
                    hit.map(|(item, _)| self.about(join, item, format!("“{name}”中没有对应记录")))
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
                    expected: format!("“{}”中至少{min}个{}", dataset.name, column.name),
                }))
            }
            Check::Unique { field, within } => one(self.unique(*field, within)),
            Check::Immutable { field } => one(self.changed(*field)),
            Check::Monotone { field } => one(self.went_back(*field)),
            Check::Group {
                field,
                group,
                figure,
                unless,
            } => {
                if let Some(unless) = unless
                    && !self.joined(unless)?.1.is_empty()
                {
                    return None;
                }
                Some(groups::judge(self, *field, group, figure))
            }
            _ => None,
        }
    }

    /// A reference whose target is not there: the record waits, or is kept with a warning.
    fn reference(
        &self,
        rule: &Rule,
        field: FieldIndex,
        to: &[Elsewhere],
        park: Park,
        issues: &mut Vec<Issue>,
        waits: &mut Vec<Lookup>,
    ) {
        let Some(column) = self.record.dataset.field(field) else {
            return;
        };
        for item in self.record.text(field).into_iter().flat_map(items) {
            let asked: Vec<Lookup> = to
                .iter()
                .map(|target| lookup(self.edition, target.dataset, target.field, item))
                .collect();
            let answers: Vec<Option<&Vec<Found>>> = asked
                .iter()
                .map(|lookup| self.known.answers.get(lookup))
                .collect();
            let unknown = answers.iter().any(Option::is_none);
            if unknown || answers.into_iter().flatten().any(|found| !found.is_empty()) {
                continue;
            }
            let places: Vec<&str> = to
                .iter()
                .filter_map(|target| {
                    Some(self.edition.dataset_by_code(target.dataset)?.name.as_str())
                })
                .collect();
            let places = places.join("”或“");
            let expected = match park {
                Park::Wait => format!("“{places}”中有该记录；收到后自动继续处理"),
                Park::Warn => format!("“{places}”中有该记录"),
            };
            let violation = Violation {
                field,
                code: IssueCode::ReferenceMissing,
                found: found(column, item),
                expected,
            };
            issues.push(weighed(rule, self.record, violation, Severity::Warning));
            if park == Park::Wait {
                waits.extend(asked);
            }
        }
    }

    /// Records that a join finds, apart for each item of the own field; none if that cannot be known here.
    fn by_item(&self, join: &Join) -> Option<ByItem<'k>> {
        let &(own, other) = join.on.first()?;
        let dataset = self.edition.dataset_by_code(join.dataset)?;
        let mut all = Vec::new();
        for item in items(self.record.text(own)?) {
            let answers =
                self.known
                    .answers
                    .get(&lookup(self.edition, join.dataset, other, item))?;
            let mut found = Vec::new();
            for answer in answers {
                if self.fits(join, dataset, answer)? {
                    found.push(answer);
                }
            }
            all.push((item, found));
        }
        Some(all)
    }

    /// Whether a record found by the first pair of a join fits the other pairs and the filter; none where the
    /// own side is absent.
    fn fits(&self, join: &Join, dataset: &Dataset, other: &Found) -> Option<bool> {
        for &(own, theirs) in join.on.iter().skip(1) {
            let own = self.record.text(own)?;
            let theirs = text_of(dataset, other, theirs).unwrap_or_default();
            if !items(own).any(|item| items(theirs).any(|their| their == item)) {
                return Some(false);
            }
        }
        let passes = join
            .filter
            .iter()
            .all(|(field, values)| holds(dataset, other, *field, values));
        Some(passes && !(join.dataset == self.record.dataset.code && self.is_own(other)))
    }

    /// All records that a join finds, once each and oldest first, after the choice among them.
    fn joined(&self, join: &Join) -> Option<(&'k Dataset, Vec<&'k Found>)> {
        let mut all: Vec<&Found> = self
            .by_item(join)?
            .into_iter()
            .flat_map(|(_, found)| found)
            .collect();
        all.sort_by_key(|found| found.id);
        all.dedup_by_key(|found| found.id);
        match join.pick {
            Pick::First => all.truncate(1),
            Pick::Last => {
                all.drain(..all.len().saturating_sub(1));
            }
            Pick::Every | Pick::Any | Pick::Sum => {}
        }
        Some((self.edition.dataset_by_code(join.dataset)?, all))
    }

    fn compare(
        &self,
        check: &'k Check,
        field: FieldIndex,
        join: &Join,
        other: FieldIndex,
    ) -> Option<Violation> {
        let left = Side::own(self.record, field)?;
        let (dataset, others) = self.joined(join)?;
        let sides: Vec<Side<'_>> = others
            .iter()
            .filter_map(|found| Side::of(&found.body, dataset, other))
            .collect();
        if join.pick == Pick::Sum {
            return sum(check, field, &left, &sides);
        }
        let mut wrong = None;
        for right in &sides {
            match pairs::holds(check, &left, right) {
                Some(true) if join.pick == Pick::Any => return None,
                Some(false) if wrong.is_none() => wrong = Some(right),
                _ => {}
            }
        }
        wrong.map(|right| pairs::violation(check, field, &left, right))
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
            expected: format!("“{}”的{}含{}", dataset.name, column.name, values.join("或")),
        })
    }

    fn unique(&self, field: FieldIndex, within: &[FieldIndex]) -> Option<Violation> {
        let value = self.record.text(field)?;
        let others = self.siblings(within.first().copied().unwrap_or(field), within)?;
        let dataset = self.record.dataset;
        let shares = |other: &&&Found| {
            text_of(dataset, other, field)
                .is_some_and(|text| items(text).any(|item| items(value).any(|own| own == item)))
        };
        others.iter().find(shares)?;
        let column = dataset.field(field)?;
        Some(Violation {
            field,
            code: IssueCode::KeyDuplicate,
            found: found(column, value),
            expected: "未被其他记录使用的值".to_owned(),
        })
    }

    /// Other current records of the own data set that share the value of `by`, and of all `within`.
    pub(super) fn siblings(&self, by: FieldIndex, within: &[FieldIndex]) -> Option<Vec<&'k Found>> {
        let dataset = self.record.dataset;
        let mut all: Vec<&Found> = Vec::new();
        for item in items(self.record.text(by)?) {
            let asked = lookup(self.edition, dataset.code, by, item);
            all.extend(self.known.answers.get(&asked)?);
        }
        for &field in within {
            let own = self.record.text(field)?;
            all.retain(|other| {
                text_of(dataset, other, field)
                    .is_some_and(|text| items(text).any(|item| items(own).any(|own| own == item)))
            });
        }
        all.retain(|other| !self.is_own(other));
        all.sort_by_key(|found| found.id);
        all.dedup_by_key(|found| found.id);
        Some(all)
    }

    /// Whether a record of the own data set is the current version of this one.
    fn is_own(&self, other: &Found) -> bool {
        let Some(own) = &self.own else {
            return false;
        };
        let dataset = self.record.dataset;
        let parts = dataset
            .key
            .iter()
            .map(|&field| text_of(dataset, other, field).unwrap_or_default());
        own.value.split('\u{1f}').eq(parts)
    }

    /// The current version of this record.
    fn current(&self) -> Option<&'k Found> {
        self.known.answers.get(self.own.as_ref()?)?.last()
    }

    fn changed(&self, field: FieldIndex) -> Option<Violation> {
        let new = self.record.text(field)?;
        let old = text_of(self.record.dataset, self.current()?, field)?;
        let column = self.record.dataset.field(field)?;
        (new != old).then(|| Violation {
            field,
            code: IssueCode::KeyChanged,
            found: found(column, new),
            expected: found(column, old),
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
                expected: format!("不早于已有版本（{old}）"),
            })
    }

    /// A finding about one item of the field that a join begins with.
    fn about(&self, join: &Join, item: &str, expected: String) -> Violation {
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

/// Compares with the sum of the joined figures.
fn sum(
    check: &Check,
    field: FieldIndex,
    left: &Side<'_>,
    others: &[Side<'_>],
) -> Option<Violation> {
    if others.is_empty() {
        return None;
    }
    let in_yuan = matches!(check, Check::AtMost { in_yuan: true, .. });
    let mut total = 0.0;
    for other in others {
        total += other.number(in_yuan)?;
    }
    let total = total.to_string();
    let right = Side::fixed(&total);
    (!pairs::holds(check, left, &right)?).then(|| pairs::violation(check, field, left, &right))
}

/// A field of a found record.
pub(super) fn text_of<'f>(
    dataset: &Dataset,
    found: &'f Found,
    field: FieldIndex,
) -> Option<&'f str> {
    found.body.get(&dataset.field(field)?.id)?.as_str()
}

/// Whether a field of a found record holds one of the values (for lists: an item does).
fn holds(dataset: &Dataset, found: &Found, field: FieldIndex, values: &[String]) -> bool {
    text_of(dataset, found, field)
        .is_some_and(|text| items(text).any(|item| values.iter().any(|value| value == item)))
}
