//! References: a record that another one names must be there. Where it is not, the naming one waits for it, or is
//! kept with a warning.

use super::finding::found;
use super::joins::{Circle, text_of};
use super::pairs::Violation;
use super::rules::weighed;
use crate::normalize::items;
use crate::references::{Found, lookup};
use crate::rule::{Check, Elsewhere, Park};
use crate::{FieldIndex, Issue, IssueCode, Lookup, Rule, Severity};

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
            for other in self.known.answers.get(&asked)? {
                there = there || self.agrees(other, beside, target)?;
            }
        }
        for &field in beside {
            self.record.text(field)?;
        }
        Some(there)
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
        let mut places: Vec<&str> = Vec::with_capacity(to.len());
        for target in to {
            places.push(&self.edition.dataset_by_code(target.dataset)?.name);
        }
        let places = places.join("”或“");
        let expected = match park {
            Park::Wait => format!("“{places}”中有该记录；收到后自动继续处理"),
            Park::Warn => format!("“{places}”中有该记录"),
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
