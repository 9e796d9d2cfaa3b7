//! The slow way: repairs one value that is not canonical, lists what was done, and says what is still wrong.

use super::beside::{self, Beside};
use super::text::{Work, clean, narrow};
use super::{Context, Reason, Value, code, date, figure, identifier, list};
use crate::identifier::Places;
use crate::issue::shown;
use crate::record::{Input, Kind};
use crate::validate::finding::SHOWN_NAMES;
use crate::validate::structure::{self, Trouble};
use crate::{Change, Dataset, Domain, Field, FieldIndex, Format, Issue, Message, Required, Unit};

/// Where the values of one record are repaired.
#[derive(Debug)]
pub(crate) struct Desk<'c> {
    pub(super) context: &'c Context<'c>,
    pub(super) places: Places<'c>,
    dataset: &'c Dataset,
    changes: Vec<(usize, Change)>,
    issues: Vec<(usize, Issue)>,
}

/// Whether the amount cannot be repaired before another field is.
pub(super) fn waits(field: &Field) -> bool {
    matches!(field.unit, Some(Unit::By(_)))
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
        beside: Beside,
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
        if trouble == Some(Trouble::Placeholder) && self.may_be_empty(place, field) {
            let issue =
                structure::issue(self.dataset, field, &work.text, input.at, &Trouble::Omitted);
            self.issues.push((place, issue));
            let change = change(field, &work.text, "", Reason::Placeholder);
            self.changes.push((place, change));
            return None;
        }
        // What the sender blacked out says nothing that a rule could be held against.
        let failed = trouble.is_some() || structure::is_masked(&work.text);
        if let Some(trouble) = trouble {
            let issue = self.told(place, field, (&input, &work.text), &trouble);
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

    /// The finding about a value: of what was sent, and what it became.
    fn told(
        &self,
        place: usize,
        field: &Field,
        (input, text): (&Input<'_>, &str),
        trouble: &Trouble,
    ) -> Issue {
        if !matches!(trouble, Trouble::Precision(..)) {
            return structure::issue(self.dataset, field, text, input.at, trouble);
        }
        // A sender looks for what was sent, not for what it was converted to.
        let own = || self.changes.iter().filter(|(of, _)| *of == place);
        let converted = own().any(|(_, change)| change.why == Reason::Unit);
        let first = own().next().filter(|_| converted);
        let sent = first.map_or(&*input.text, |(_, first)| &first.before);
        let mut issue = structure::issue(self.dataset, field, sent, input.at, trouble);
        if converted {
            let text = shown(text, field.sensitivity);
            issue.help = Some(Message::new(
                format!("换算为该数据项的计量单位后为 {text}"),
                format!("in the unit of its field it is {text}"),
            ));
        }
        issue
    }

    /// Whether a record without the field has no structure finding.
    fn may_be_empty(&self, place: usize, field: &Field) -> bool {
        let is_key = self
            .dataset
            .key
            .iter()
            .any(|&key| usize::from(key) == place);
        field.required != Required::Always && !is_key
    }

    /// Fills the field of a unit.
    pub(super) fn fill<'a>(
        &mut self,
        place: FieldIndex,
        code: &'static str,
        at: usize,
    ) -> Option<Value<'a>> {
        let (value, change) = beside::filled(self.dataset.field(place)?, code, at);
        self.changes.push((usize::from(place), change));
        Some(value)
    }

    /// Repairs until nothing changes any more. One repair may uncover another, so one pass is not enough.
    /// `holes` keeps the empty items of a list.
    fn settle(
        &self,
        field: &Field,
        work: &mut Work,
        (kind, beside): (Kind, Beside),
        holes: bool,
    ) -> Option<Trouble> {
        for _ in 0..8 {
            let before = work.text.clone();
            if field.list {
                work.step(Reason::ListSeparator, list::without_breaks(&work.text));
            }
            clean(work, field.format == Format::Unlimited && !is_coded(field));
            let trouble = if field.list {
                let sound = |item: &str| self.is_item(field, item);
                work.step(Reason::ListSeparator, list::joined(&work.text, &sound));
                let trouble = self.each_item(field, work);
                if !holes {
                    work.step(Reason::ListSeparator, list::closed_up(&work.text));
                }
                trouble
            } else {
                self.pass(field, work, kind, beside)
            };
            if trouble.is_some() || work.text == before {
                return trouble;
            }
        }
        None
    }

    /// Whether a text is one item of a list of codes or identifiers, or the name of one.
    fn is_item(&self, field: &Field, text: &str) -> bool {
        match &field.domain {
            Domain::Codes(table) => {
                table.values.contains_key(text) || code::named(table, text).is_some()
            }
            Domain::Identifier(kind) => self.sound(*kind, text),
            Domain::Free | Domain::Standard(_) => false,
        }
    }

    /// Repairs the items of a list by themselves.
    fn each_item(&self, field: &Field, work: &mut Work) -> Option<Trouble> {
        let mut items = Vec::new();
        let mut reasons = Vec::new();
        let mut trouble = None;
        for item in work.text.split(list::SEPARATOR) {
            let mut one = Work::new(item.to_owned());
            clean(&mut one, false);
            trouble = trouble.or(self.pass(field, &mut one, Kind::Text, Beside::Own));
            reasons.extend(one.steps.iter().map(|step| step.2));
            items.push(one.text);
        }
        if let Some(why) = reasons.first() {
            work.step(*why, items.join(";"));
        }
        trouble
    }

    /// One round of the repairs that belong to what the field holds.
    fn pass(&self, field: &Field, work: &mut Work, kind: Kind, beside: Beside) -> Option<Trouble> {
        match &field.domain {
            Domain::Codes(table) => {
                narrow(work);
                match code::read(table, &work.text) {
                    code::Meaning::Code(code, why) => work.step(why, code),
                    code::Meaning::Several(codes) => return Some(Trouble::Ambiguous(codes)),
                    code::Meaning::Unknown => {}
                }
            }
            Domain::Identifier(kind) => {
                narrow(work);
                identifier::repair(*kind, work, &self.places);
            }
            Domain::Free | Domain::Standard(_) => match field.format {
                Format::Number { .. } => return figure::repair(field, work, kind, beside),
                Format::Digits(_) => narrow(work),
                Format::Boolean => {
                    narrow(work);
                    match work.text.as_str() {
                        "true" | "True" | "TRUE" | "是" => {
                            work.step(Reason::Boolean, "1".to_owned());
                        }
                        "false" | "False" | "FALSE" | "否" => {
                            work.step(Reason::Boolean, "0".to_owned());
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
        for (count, (name, input)) in unknown.iter().enumerate() {
            let sets = (self.context.edition, self.dataset);
            let mut issue = structure::unknown(sets, name, input, taken, count < SHOWN_NAMES);
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
        date::Reading::Instant(text, why) => {
            work.step(why, text);
            None
        }
        date::Reading::Perhaps(readings) => Some(Trouble::Ambiguous(readings)),
        date::Reading::Unreadable => None,
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
