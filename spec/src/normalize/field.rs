//! The slow way: repairs one value that is not canonical, lists what was done, and says what is still wrong.

use super::number::{Decimal, Suffix, split_unit};
use super::text::{Work, clean, narrow};
use super::{Context, Reason, Value, code, date, identifier, list};
use crate::identifier::Places;
use crate::issue::shown;
use crate::record::{Input, Kind};
use crate::validate::structure::{self, Trouble};
use crate::{Change, Dataset, Domain, Field, FieldIndex, Format, Issue, Unit};

/// Where the values of one record are repaired.
#[derive(Debug)]
pub(crate) struct Desk<'c> {
    pub(super) context: &'c Context<'c>,
    pub(super) places: Places<'c>,
    dataset: &'c Dataset,
    changes: Vec<(usize, Change)>,
    issues: Vec<(usize, Issue)>,
}

/// Power of ten yuan that an amount is counted in.
type Scale = Option<i32>;

/// Whether the amount cannot be repaired before another field is.
pub(super) fn waits(field: &Field) -> bool {
    matches!(field.unit, Some(Unit::By(_)))
}

/// Unit of an amount that another field of the record gives.
pub(super) fn scale_beside(field: &Field, values: &[Option<Value<'_>>]) -> Scale {
    let Some(Unit::By(other)) = field.unit else {
        return None;
    };
    match values.get(usize::from(other))?.as_ref()?.text.as_ref() {
        "0" => Some(0),
        "1" => Some(4),
        _ => None,
    }
}

impl<'c> Desk<'c> {
    pub(super) fn new(context: &'c Context<'c>, dataset: &'c Dataset) -> Self {
        Desk {
            context,
            places: Places::new(context.edition.codes.get("region").map(AsRef::as_ref)),
            dataset,
            changes: Vec::new(),
            issues: Vec::new(),
        }
    }

    /// Changes and findings, in field order.
    pub(super) fn finish(mut self) -> (Vec<Change>, Vec<Issue>) {
        self.changes.sort_by_key(|change| change.0);
        self.issues.sort_by_key(|issue| issue.0);
        (
            self.changes.into_iter().map(|change| change.1).collect(),
            self.issues.into_iter().map(|issue| issue.1).collect(),
        )
    }

    /// Repairs a value; none if nothing is left of it.
    pub(super) fn repair<'a>(
        &mut self,
        place: usize,
        field: &Field,
        mut input: Input<'a>,
        beside: Scale,
    ) -> Option<Value<'a>> {
        if let Some(mapped) = input.mapped.take() {
            self.changes.push((place, masked(field, *mapped)));
        }
        if input.text.is_empty() {
            return None;
        }
        let mut work = Work::new(input.text.to_string());
        let mut trouble = match input.kind {
            Kind::Text => None,
            Kind::Number => {
                if !structure::is_numeric(field) && date::width(field.format).is_none() {
                    let text = work.text.clone();
                    work.steps.push((text.clone(), text, Reason::NumberAsText));
                }
                None
            }
            Kind::Bool => (!structure::is_choice(field)).then_some(Trouble::Type),
            Kind::Nested => match list::from_json(&work.text).filter(|_| field.list) {
                Some(items) => {
                    work.step(Reason::ListSeparator, items);
                    None
                }
                None => Some(Trouble::Type),
            },
        };
        if trouble.is_none() {
            let holes = field.list && list::keeps_places(self.dataset, place);
            trouble = self.settle(field, &mut work, (input.kind, beside), holes);
        }
        for (before, after, why) in std::mem::take(&mut work.steps) {
            let change = change(field, &before, &after, why);
            self.changes.push((place, change));
        }
        if work.text.is_empty() {
            return None;
        }
        let trouble = trouble.or_else(|| structure::judge(field, &work.text));
        let failed = trouble.is_some();
        if let Some(trouble) = trouble {
            let issue = structure::issue(self.dataset, field, &work.text, input.at, &trouble);
            self.issues.push((place, issue));
        }
        let text = if work.text == *input.text {
            input.text
        } else {
            work.text.into()
        };
        Some(Value {
            text,
            at: input.at,
            failed,
            plain: false,
            settled: false,
        })
    }

    /// Repairs until nothing changes any more. One repair may uncover another, so one pass is not enough.
    /// `holes` keeps the empty items of a list.
    fn settle(
        &self,
        field: &Field,
        work: &mut Work,
        (kind, beside): (Kind, Scale),
        holes: bool,
    ) -> Option<Trouble> {
        for _ in 0..8 {
            let before = work.text.clone();
            clean(work, field.format == Format::Unlimited && !is_coded(field));
            let trouble = if field.list {
                work.step(Reason::ListSeparator, list::joined(&work.text));
                self.each_item(field, work);
                if !holes {
                    work.step(Reason::ListSeparator, list::closed_up(&work.text));
                }
                None
            } else {
                self.pass(field, work, kind, beside)
            };
            if trouble.is_some() || work.text == before {
                return trouble;
            }
        }
        None
    }

    /// Repairs the items of a list by themselves.
    fn each_item(&self, field: &Field, work: &mut Work) {
        let mut items = Vec::new();
        let mut reasons = Vec::new();
        for item in work.text.split(list::SEPARATOR) {
            let mut one = Work::new(item.to_owned());
            clean(&mut one, false);
            self.pass(field, &mut one, Kind::Text, None);
            reasons.extend(one.steps.iter().map(|step| step.2));
            items.push(one.text);
        }
        if let Some(why) = reasons.first() {
            work.step(*why, items.join(";"));
        }
    }

    /// One round of the repairs that belong to what the field holds.
    fn pass(&self, field: &Field, work: &mut Work, kind: Kind, beside: Scale) -> Option<Trouble> {
        match &field.domain {
            Domain::Codes(table) => {
                narrow(work);
                if let Some((code, why)) = code::repaired(table, &work.text) {
                    work.step(why, code);
                }
            }
            Domain::Identifier(kind) => {
                narrow(work);
                identifier::repair(*kind, work, &self.places);
            }
            Domain::Free | Domain::Standard(_) => match field.format {
                Format::Number { .. } => return number(field, work, kind, beside),
                Format::Digits(_) => narrow(work),
                Format::Boolean => {
                    narrow(work);
                    match work.text.as_str() {
                        "true" | "True" | "TRUE" | "是" => {
                            work.step(Reason::Boolean, "1".to_owned())
                        }
                        "false" | "False" | "FALSE" | "否" => {
                            work.step(Reason::Boolean, "0".to_owned())
                        }
                        _ => {}
                    }
                }
                Format::Date | Format::Minute | Format::Second => return instant(field, work),
                Format::Exact(_) | Format::UpTo(_) | Format::Unlimited => {}
            },
        }
        None
    }

    /// Findings about names that the data set does not have, and about fields that came twice.
    pub(super) fn strangers(
        &mut self,
        unknown: &[(std::borrow::Cow<'_, str>, Input<'_>)],
        repeated: &[(FieldIndex, Input<'_>)],
        values: &[Option<Value<'_>>],
    ) {
        let end = self.dataset.fields.len();
        let taken = |field: &Field| {
            let place = self.dataset.field_index(&field.id).map(usize::from);
            place.is_some_and(|place| values.get(place).is_some_and(Option::is_some))
        };
        for (name, input) in unknown {
            let sets = (self.context.edition, self.dataset);
            let mut issue = structure::unknown(sets, name, input, taken);
            // Two names that both mean the same field: nobody can tell which value counts.
            let twin = |other: &&mut (usize, Issue)| {
                other.1.code == issue.code
                    && other.1.patch.is_some()
                    && other.1.expected == issue.expected
            };
            if issue.patch.is_some()
                && let Some((_, other)) = self.issues.iter_mut().find(twin)
            {
                (other.patch, issue.patch) = (None, None);
            }
            self.issues.push((end, issue));
        }
        for (place, input) in repeated {
            let Some(field) = self.dataset.field(*place) else {
                continue;
            };
            let place = usize::from(*place);
            let first = values.get(place).and_then(Option::as_ref);
            self.issues.push((
                place,
                structure::repeated(field, first.map(|value| value.text.as_ref()), input),
            ));
        }
    }
}

fn is_coded(field: &Field) -> bool {
    matches!(field.domain, Domain::Codes(_) | Domain::Identifier(_))
}

fn instant(field: &Field, work: &mut Work) -> Option<Trouble> {
    narrow(work);
    if date::width(field.format).is_some_and(|width| date::is_canonical(&work.text, width)) {
        return None;
    }
    match date::read(&work.text, field.format) {
        date::Reading::Instant(text) => {
            work.step(Reason::Date, text);
            None
        }
        date::Reading::Perhaps(text) => Some(Trouble::Ambiguous(text)),
        date::Reading::Unreadable => None,
    }
}

fn number(field: &Field, work: &mut Work, kind: Kind, beside: Scale) -> Option<Trouble> {
    narrow(work);
    if kind == Kind::Text && structure::is_lost_code(&work.text) {
        return Some(Trouble::Lost);
    }
    let (figure, suffix) = split_unit(&work.text);
    let decimal = Decimal::parse(figure)?;
    let Some(suffix) = suffix else {
        work.step(Reason::Number, decimal.to_string());
        return None;
    };
    let scale = match (&field.unit, suffix) {
        (Some(Unit::Yuan), Suffix::Money(power)) => Some(power),
        (Some(Unit::WanYuan), Suffix::Money(power)) => Some(power - 4),
        (Some(Unit::By(_)), Suffix::Money(power)) => beside.map(|unit| power - unit),
        (Some(Unit::Other(unit)), Suffix::Money(0)) if unit.starts_with("yuan_per") => Some(0),
        (_, Suffix::Money(_)) => None,
        (Some(Unit::Other(unit)), Suffix::Other(said)) if unit == said => Some(0),
        // Another unit than the field's: no amount of shifting repairs that.
        (_, Suffix::Other(_)) => return None,
    };
    if let Some(converted) = scale.and_then(|places| decimal.clone().shifted(places)) {
        work.step(Reason::Unit, converted.to_string());
        return None;
    }
    match suffix {
        Suffix::Money(power) => Some(Trouble::Unit(decimal.to_string(), power)),
        Suffix::Other(_) => None,
    }
}

fn change(field: &Field, before: &str, after: &str, why: Reason) -> Change {
    Change {
        path: structure::path(&field.id),
        before: shown(before, field.sensitivity),
        after: shown(after, field.sensitivity),
        why,
    }
}

fn masked(field: &Field, change: Change) -> Change {
    Change {
        before: shown(&change.before, field.sensitivity),
        after: shown(&change.after, field.sensitivity),
        ..change
    }
}
