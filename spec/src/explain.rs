//! What a code of a finding means and how to mend it, and the conditions of rules in words.
//!
//! These are the sentences of `hub check --explain` and of the help in findings; nothing is judged here.

mod codes;

pub use codes::{CodeText, code};

use crate::issue::shown;
use crate::normalize::items;
use crate::rule::{Condition, Days, Join, Operand};
use crate::validate::structure;
use crate::{
    Check, Dataset, Domain, Edition, Field, FieldIndex, Format, Message, Normalized, Rule, likeness,
};

/// A field as sentences name it, in both languages.
fn named(dataset: &Dataset, place: FieldIndex) -> Message {
    dataset.field(place).map_or_else(
        || Message::new("", ""),
        |field| Message::new(format!("{}（{}）", field.name, field.id), field.id.clone()),
    )
}

/// A value with its name in the field's code table: `2 委托招标`.
fn with_name(field: Option<&Field>, value: &str) -> String {
    let name = match field.map(|field| &field.domain) {
        Some(Domain::Codes(table)) => table.find(value).map(|listed| listed.name.as_str()),
        _ => None,
    };
    name.map_or_else(
        || value.to_owned(),
        |name| format!("{value} {name}").trim_end().to_owned(),
    )
}

/// A condition of a rule in words.
pub fn condition(dataset: &Dataset, condition: &Condition) -> Message {
    let about = |place: &FieldIndex, zh: String, en: String| {
        let name = named(dataset, *place);
        Message::new(format!("{}{zh}", name.zh), format!("{} {en}", name.en))
    };
    match condition {
        Condition::In(place, values) => {
            let field = dataset.field(*place);
            let all: Vec<String> = values.iter().map(|value| with_name(field, value)).collect();
            about(
                place,
                format!(" = {}", all.join(" 或 ")),
                format!("= {}", values.join(" or ")),
            )
        }
        Condition::Greater(place, bound) => {
            about(place, format!(" > {bound}"), format!("> {bound}"))
        }
        Condition::Less(place, bound) => about(place, format!(" < {bound}"), format!("< {bound}")),
        Condition::Length(place, length) => about(
            place,
            format!("为 {length} 个字符"),
            format!("has {length} characters"),
        ),
        Condition::Present(place) => about(place, "已填".to_owned(), "is filled".to_owned()),
        Condition::Absent(place) => about(place, "未填".to_owned(), "is absent".to_owned()),
    }
}

/// Why a rule applies to a record: `因为 组织形式（FORM） = 2 委托`.
pub(crate) fn because(rule: &Rule, record: &Normalized<'_, '_>) -> Option<Message> {
    let dataset = record.dataset;
    let mut reasons = Vec::with_capacity(rule.when.len());
    for condition in &rule.when {
        let reason = match condition {
            Condition::In(place, values) => {
                let field = dataset.field(*place)?;
                let held = items(record.text(*place)?)
                    .find(|item| values.iter().any(|value| value == item))?;
                let held = shown(held, field.sensitivity);
                let name = named(dataset, *place);
                Message::new(
                    format!("{} = {}", name.zh, with_name(Some(field), &held)),
                    format!("{} = {held}", name.en),
                )
            }
            Condition::Greater(place, _) | Condition::Less(place, _) => {
                let field = dataset.field(*place)?;
                let held = shown(record.text(*place)?, field.sensitivity);
                let why = self::condition(dataset, condition);
                Message::new(
                    format!("{}（实际 {held}）", why.zh),
                    format!("{} (it is {held})", why.en),
                )
            }
            _ => self::condition(dataset, condition),
        };
        reasons.push(reason);
    }
    if reasons.is_empty() {
        return None;
    }
    let join = |part: fn(&Message) -> &str, between: &str| {
        reasons.iter().map(part).collect::<Vec<_>>().join(between)
    };
    Some(Message::new(
        format!("因为 {}", join(|message| &message.zh, "，且 ")),
        format!("because {}", join(|message| &message.en, " and ")),
    ))
}

/// A format in words.
pub fn format(format: Format) -> Message {
    let (zh, en) = structure::wording(format);
    Message::new(zh, en)
}

/// Characters to insert, delete or replace to turn one name into another, if they are so many at most.
pub fn edits(a: &str, b: &str, most: usize) -> Option<usize> {
    likeness::within(a, b, most)
}

/// All that must hold before a rule applies, in words.
pub fn conditions(edition: &Edition, dataset: &Dataset, rule: &Rule) -> Vec<Message> {
    let own = rule.when.iter().map(|when| condition(dataset, when));
    let there = rule.when_parent.iter().map(|join| {
        let (zh, en) = joined(edition, join);
        Message::new(
            format!("有相应的{zh}"),
            format!("there is such a record: {en}"),
        )
    });
    let absent = rule.unless.iter().map(|join| {
        let (zh, en) = joined(edition, join);
        Message::new(
            format!("没有相应的{zh}"),
            format!("there is no such record: {en}"),
        )
    });
    own.chain(there).chain(absent).collect()
}

/// A joined record in words: data set, and what must hold of it.
fn joined(edition: &Edition, join: &Join) -> (String, String) {
    let Some(other) = edition.by_code(join.dataset) else {
        return Default::default();
    };
    let filter: Vec<Message> = join
        .filter
        .iter()
        .map(|when| condition(other, when))
        .collect();
    let of = |part: fn(&Message) -> &str, between: &str| {
        filter.iter().map(part).collect::<Vec<_>>().join(between)
    };
    if filter.is_empty() {
        return (format!("“{}”记录", other.name), other.id.clone());
    }
    (
        format!("“{}”记录（{}）", other.name, of(|when| &when.zh, "，")),
        format!("{} ({})", other.id, of(|when| &when.en, ", ")),
    )
}

/// The fields of its own record that a check reads, the one that its findings point at first.
pub fn fields(check: &Check) -> Vec<FieldIndex> {
    let with_operand = |field: FieldIndex, with: &Operand| match with {
        Operand::Field(other) => vec![field, *other],
        Operand::Joined(..) | Operand::Value(_) => vec![field],
    };
    if let Some((field, operand)) = check.sides() {
        let mut all = with_operand(field, operand);
        if let Some(Days::Own(days)) = check.days() {
            all.push(days);
        }
        return all;
    }
    let and = |first: FieldIndex, others: &[FieldIndex]| {
        let mut all = vec![first];
        all.extend(others.iter().filter(|other| **other != first));
        all
    };
    let by = |join: &Join| join.on.iter().map(|pair| pair.0).collect();
    match check {
        Check::RequiredIf { fields }
        | Check::ForbiddenIf { fields }
        | Check::OneOfRequired { fields, .. }
        | Check::AllOrNone { fields }
        | Check::ListSameLength { fields } => fields.clone(),
        Check::InSet { field, .. }
        | Check::NotInSet { field, .. }
        | Check::Range { field, .. }
        | Check::OddNumber { field, .. }
        | Check::ListMinLength { field, .. }
        | Check::NotFuture { field, .. }
        | Check::NotExpired { field }
        | Check::TimelinessHours { field, .. }
        | Check::RegionPrefix { field, .. }
        | Check::RegionLevel { field, .. }
        | Check::SourceRegistered { field }
        | Check::Immutable { field }
        | Check::Monotone { field } => vec![*field],
        Check::SubstringEquals { part, within, .. } => vec![*part, *within],
        Check::CountEquals { field, list } => vec![*field, *list],
        Check::SumEquals { total, terms, .. } => match total {
            Operand::Field(total) => and(*total, terms),
            Operand::Joined(..) | Operand::Value(_) => terms.clone(),
        },
        Check::ProductEquals { field, factors, .. } => and(*field, factors),
        Check::DealDateNotAfter { deal, field } => vec![*deal, *field],
        Check::Unique { field, within } => and(*field, within),
        Check::Reference { field, beside, .. } => and(*field, beside),
        Check::Group { field, group, .. } => and(*field, group),
        Check::CountJoined { field, join } => {
            let others: Vec<FieldIndex> = by(join);
            and(*field, &others)
        }
        Check::Exists { join }
        | Check::NotExists { join }
        | Check::ParentHolds { join, .. }
        | Check::MinCountOf { join, .. } => by(join),
        Check::AttachmentRequired { .. }
        | Check::Equals { .. }
        | Check::NotEquals { .. }
        | Check::AtMost { .. }
        | Check::AtLeast { .. }
        | Check::Prefix { .. }
        | Check::NotBefore { .. }
        | Check::NotAfter { .. }
        | Check::MinDaysBetween { .. }
        | Check::MaxDaysBetween { .. } => Vec::new(),
    }
}
