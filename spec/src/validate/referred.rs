//! References: a record that another one names must be there. Where it is not, the naming one waits for it, or is
//! kept with a warning.

use super::finding::found;
use super::joins::{Circle, text_of};
use super::pairs::Violation;
use super::rules::weighed;
use crate::normalize::items;
use crate::references::{Found, lookup};
use crate::roll::Roll;
use crate::rule::{Check, Elsewhere, Park};
use crate::{FieldIndex, Issue, IssueCode, Lookup, Message, Rule, Severity};

impl Circle<'_> {
    /// What a reference finds missing, and what the record waits for because of it. Says whether the rule is one.
    pub(super) fn reference(
        &self,
        rule: &Rule,
        issues: &mut Vec<Issue>,
        waits: &mut Vec<Lookup>,
    ) -> bool {
        let Check::Reference {
            field,
            beside,
            to,
            park,
        } = &rule.check
        else {
            return false;
        };
        for item in self.record.text(*field).into_iter().flat_map(items) {
            if self.is_there(item, beside, to) != Some(false) {
                continue;
            }
            issues.extend(self.missing(rule, *field, item, beside, to, *park));
            if *park == Park::Wait {
                waits.extend(
                    to.iter()
                        .map(|target| lookup(self.edition, target.dataset, target.field, item)),
                );
            }
        }
        true
    }

    /// Whether one of the targets holds the item, and agrees in the further fields; none if that cannot be known.
    fn is_there(&self, item: &str, beside: &[FieldIndex], to: &[Elsewhere]) -> Option<bool> {
        let mut there = false;
        for target in to {
            let asked = lookup(self.edition, target.dataset, target.field, item);
            let answers = self.known.answers.get(&asked)?;
            there = there || self.is_among(answers, beside, target)?;
        }
        for &field in beside {
            self.record.text(field)?;
        }
        Some(there)
    }

    /// Whether one of the records that hold the item agrees in the further fields.
    fn is_among(&self, answers: &Roll, beside: &[FieldIndex], target: &Elsewhere) -> Option<bool> {
        let mut agrees = |other| self.agrees(other, beside, target);
        match (answers, beside.first(), target.beside.first()) {
            (Roll::Many(register), Some(&own), Some(&theirs)) => {
                let dataset = self.edition.dataset_by_code(target.dataset)?;
                let near = register.sharing(dataset, theirs, self.record.text(own)?);
                any(near.into_iter(), &mut agrees)
            }
            _ => any(answers.iter(), &mut agrees),
        }
    }

    fn agrees(&self, other: &Found, beside: &[FieldIndex], target: &Elsewhere) -> Option<bool> {
        let dataset = self.edition.dataset_by_code(target.dataset)?;
        for (&own, &theirs) in beside.iter().zip(&target.beside) {
            let own = self.record.text(own)?;
            let theirs = text_of(dataset, other, theirs).unwrap_or_default();
            if !items(own).any(|item| items(theirs).any(|their| their == item)) {
                return Some(false);
            }
        }
        Some(true)
    }

    fn missing(
        &self,
        rule: &Rule,
        field: FieldIndex,
        item: &str,
        beside: &[FieldIndex],
        to: &[Elsewhere],
        park: Park,
    ) -> Option<Issue> {
        let mut shown = found(self.record.dataset.field(field)?, item);
        for &field in beside {
            let text = found(self.record.dataset.field(field)?, self.record.text(field)?);
            shown = format!("{shown} + {text}");
        }
        let (mut names, mut ids): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for target in to {
            let dataset = self.edition.dataset_by_code(target.dataset)?;
            names.push(&dataset.name);
            ids.push(&dataset.id);
        }
        let (names, ids) = (names.join("”或“"), ids.join(" or "));
        let expected = match park {
            Park::Wait => Message::new(
                format!("“{names}”中有该记录；收到后自动继续处理"),
                format!("that record in {ids}; this one goes on by itself when it has come"),
            ),
            Park::Warn => Message::new(
                format!("“{names}”中有该记录"),
                format!("that record in {ids}"),
            ),
        };
        let violation = Violation {
            field,
            code: IssueCode::ReferenceMissing,
            found: shown,
            expected,
        };
        Some(weighed(rule, self.record, violation, Severity::Warning))
    }
}

/// Whether it holds of one of them; none where that is not known of one before.
fn any<'f>(
    others: impl Iterator<Item = &'f Found>,
    holds: &mut impl FnMut(&'f Found) -> Option<bool>,
) -> Option<bool> {
    for other in others {
        if holds(other)? {
            return Some(true);
        }
    }
    Some(false)
}
