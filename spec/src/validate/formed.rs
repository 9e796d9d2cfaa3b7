//! Rules about what one field holds, or what several fields of one record hold together: sets, figures, lists,
//! parts of codes, and time against the time of receipt.

use jiff::SignedDuration;

use super::figures::{Side, agree, at_most, plain};
use super::instants;
use super::pairs::{Violation, WHOLE};
use super::rules::Bench;
use crate::identifier::IdentifierKind;
use crate::issue::shown;
use crate::normalize::{Normalized, items};
use crate::rule::{Bounds, Check, Operand};
use crate::{FieldIndex, IssueCode, Message};

/// Judges a check of this kind.
pub(super) fn judge(
    bench: &Bench<'_>,
    check: &Check,
    record: &Normalized<'_, '_>,
    tell: &mut impl FnMut(Violation),
) {
    let fault = fault(bench, check, record);
    if let Some((field, text, expected)) = fault {
        let sensitivity = record
            .dataset
            .field(field)
            .map_or(crate::Sensitivity::Public, |field| field.sensitivity);
        let code = match check {
            Check::NotFuture { .. } | Check::NotExpired { .. } | Check::DealDateNotAfter { .. } => {
                IssueCode::TimeOrder
            }
            Check::TimelinessHours { .. } => IssueCode::TimeLate,
            _ => IssueCode::RuleViolated,
        };
        tell(Violation {
            field,
            code,
            found: shown(&text, sensitivity),
            expected,
        });
    }
}

/// Field, what it holds, what was expected.
type Fault = (FieldIndex, String, Message);

fn fault(bench: &Bench<'_>, check: &Check, record: &Normalized<'_, '_>) -> Option<Fault> {
    match check {
        Check::InSet { field, values } => {
            let text = record.text(*field)?;
            let stranger = items(text).find(|item| !values.iter().any(|value| value == item))?;
            Some((
                *field,
                stranger.to_owned(),
                Message::new(
                    format!("{}之一", values.join("、")),
                    format!("one of {}", values.join(", ")),
                ),
            ))
        }
        Check::NotInSet { field, values } => {
            let text = record.text(*field)?;
            let barred = items(text).find(|item| values.iter().any(|value| value == item))?;
            Some((
                *field,
                barred.to_owned(),
                Message::new(
                    format!("不是{}", values.join("、")),
                    format!("none of {}", values.join(", ")),
                ),
            ))
        }
        Check::OddNumber { field, min } => {
            let text = record.text(*field)?;
            let number: u64 = text.parse().ok()?;
            (number.is_multiple_of(2) || number < u64::from(*min)).then(|| {
                let (zh, en) = (
                    format!("不小于{min}的单数"),
                    format!("an odd number of at least {min}"),
                );
                (*field, text.to_owned(), Message::new(zh, en))
            })
        }
        Check::AttachmentRequired { formats } => attachment(record, formats),
        Check::SumEquals {
            total,
            terms,
            tolerance,
        } => sum(record, total, terms, *tolerance),
        Check::Range { field, bounds } => range(record, *field, bounds),
        Check::SubstringEquals {
            part,
            within,
            from,
            to,
        } => substring(record, *part, *within, *from, *to),
        Check::ListSameLength { fields } => same_length(record, fields),
        Check::ListMinLength { field, min } => {
            let count = items(record.text(*field)?).count();
            (count < *min as usize).then(|| {
                let wanted = Message::new(format!("至少{min}项"), format!("at least {min} items"));
                (*field, count.to_string(), wanted)
            })
        }
        Check::CountEquals { field, list } => {
            let said = record.text(*field)?;
            let count = items(record.text(*list)?).count();
            let list = record.dataset.field(*list)?;
            (said.parse::<usize>() != Ok(count)).then(|| {
                let (zh, en) = (
                    format!("{count}（{}的个数）", list.name),
                    format!("{count}, the number of items of {}", list.id),
                );
                (*field, said.to_owned(), Message::new(zh, en))
            })
        }
        Check::ProductEquals {
            field,
            factors,
            plus_percent,
            tolerance,
        } => product(record, *field, factors, *plus_percent, *tolerance),
        Check::NotFuture { .. } | Check::NotExpired { .. } | Check::TimelinessHours { .. } => {
            receipt(bench, check, record)
        }
        Check::RegionPrefix { field, from, to } => {
            let regions = bench.regions?;
            let wrong = items(record.text(*field)?).find(|item| {
                !part_of(item, *from, *to).is_some_and(|code| regions.values.contains_key(code))
            })?;
            Some((
                *field,
                wrong.to_owned(),
                Message::new(
                    format!("第{from}至{to}位为存在的行政区划代码"),
                    format!("the code of a region that exists in characters {from} to {to}"),
                ),
            ))
        }
        Check::RegionLevel { field, levels } => {
            let text = record.text(*field)?;
            let level = bench.regions?.values.get(text)?.level.as_deref()?;
            (!levels.iter().any(|wanted| wanted == level))
                .then(|| (*field, text.to_owned(), level_names(levels)))
        }
        Check::DealDateNotAfter { deal, field } => {
            let limit = record.text(*field)?;
            let late = items(record.text(*deal)?).find(|code| {
                code.get(23..31).is_some_and(|date| {
                    instants::compare(date.as_bytes(), limit.as_bytes()).is_gt()
                })
            })?;
            let field = record.dataset.field(*field)?;
            Some((
                *deal,
                late.to_owned(),
                Message::new(
                    format!("其中日期不晚于{}（{limit}）", field.name),
                    format!("a date in it that is not after {} ({limit})", field.id),
                ),
            ))
        }
        Check::SourceRegistered { field } => {
            let platforms = bench.context.platforms;
            let text = record.text(*field)?;
            let body = IdentifierKind::OperatorCode.measured(text);
            let known = platforms.is_empty()
                || platforms
                    .iter()
                    .any(|platform| platform == text || platform == body);
            (!known).then(|| {
                (
                    *field,
                    text.to_owned(),
                    Message::new(
                        "已为本数据来源登记的平台代码",
                        "a platform code registered for this source",
                    ),
                )
            })
        }
        _ => None,
    }
}

fn range(record: &Normalized<'_, '_>, field: FieldIndex, bounds: &Bounds) -> Option<Fault> {
    let side = Side::own(record, field)?;
    let number = side.number(bounds.in_yuan)?;
    let below = bounds
        .min
        .is_some_and(|min| number < min || (bounds.above_min && number <= min));
    let above = bounds
        .max
        .is_some_and(|max| number > max || (bounds.below_max && number >= max));
    if !below && !above {
        return None;
    }
    let (unit, unit_en) = if bounds.in_yuan {
        ("元", " yuan")
    } else {
        ("", "")
    };
    let (least, least_en) = if bounds.above_min {
        ("大于", "greater than")
    } else {
        ("不小于", "at least")
    };
    let (most, most_en) = if bounds.below_max {
        ("小于", "less than")
    } else {
        ("不大于", "at most")
    };
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    zh.extend(bounds.min.map(|min| format!("{least}{min}{unit}")));
    en.extend(bounds.min.map(|min| format!("{least_en} {min}{unit_en}")));
    zh.extend(bounds.max.map(|max| format!("{most}{max}{unit}")));
    en.extend(bounds.max.map(|max| format!("{most_en} {max}{unit_en}")));
    let wanted = Message::new(zh.join("、"), en.join(", "));
    Some((field, side.text.to_owned(), wanted))
}

/// Characters `from` to `to`, counted from 1.
fn part_of(text: &str, from: u32, to: u32) -> Option<&str> {
    let from = (from as usize).checked_sub(1)?;
    if text.is_ascii() {
        return text.get(from..to as usize);
    }
    let mut places = text
        .char_indices()
        .map(|(place, _)| place)
        .chain([text.len()]);
    let start = places.nth(from)?;
    let end = places.nth((to as usize).checked_sub(from + 1)?)?;
    text.get(start..end)
}

fn substring(
    record: &Normalized<'_, '_>,
    part: FieldIndex,
    within: FieldIndex,
    from: u32,
    to: u32,
) -> Option<Fault> {
    let wanted = record.text(part)?;
    let whole = record.text(within)?;
    // The number of a system behind a platform's code, or the hyphen of an organization code, is left out.
    let bare = IdentifierKind::OperatorCode.measured(wanted);
    let fits = |held: &str| {
        held == wanted || held == bare || wanted.split('-').flat_map(str::bytes).eq(held.bytes())
    };
    let wrong = items(whole).find(|item| !part_of(item, from, to).is_some_and(fits))?;
    let held = part_of(wrong, from, to).unwrap_or_default();
    let (part_field, within_field) = (record.dataset.field(part)?, record.dataset.field(within)?);
    let held = shown(held, within_field.sensitivity.max(part_field.sensitivity));
    Some((
        part,
        wanted.to_owned(),
        Message::new(
            format!("{}第{from}至{to}位（{held}）", within_field.name),
            format!("characters {from} to {to} of {} ({held})", within_field.id),
        ),
    ))
}

fn same_length(record: &Normalized<'_, '_>, fields: &[FieldIndex]) -> Option<Fault> {
    let mut first: Option<(FieldIndex, usize)> = None;
    for &field in fields {
        let Some(text) = record.text(field) else {
            continue;
        };
        // An empty item in the middle keeps the place of its neighbours.
        let count = text.split(';').count();
        match first {
            None => first = Some((field, count)),
            Some((other, expected)) if expected != count => {
                let other = record.dataset.field(other)?;
                return Some((
                    field,
                    format!("{count} ≠ {expected}"),
                    Message::new(
                        format!("{expected}项（与{}一致）", other.name),
                        format!("{expected} items, as many as {}", other.id),
                    ),
                ));
            }
            Some(_) => {}
        }
    }
    None
}

fn sum(
    record: &Normalized<'_, '_>,
    total: &Operand,
    terms: &[FieldIndex],
    tolerance: f64,
) -> Option<Fault> {
    let (place, whole) = match total {
        Operand::Field(field) => (*field, Side::own(record, *field)?),
        Operand::Value(text) => (*terms.first()?, Side::fixed(text)),
        Operand::Joined(..) => return None,
    };
    let mut sum = 0.0;
    let (mut names, mut ids) = (Vec::new(), Vec::new());
    for &term in terms {
        sum += Side::own(record, term)?.number(true)?;
        let term = record.dataset.field(term)?;
        names.push(term.name.as_str());
        ids.push(term.id.as_str());
    }
    let wanted = whole.number(true)?;
    if at_most((sum - wanted).abs(), tolerance) {
        return None;
    }
    Some((
        place,
        format!("{} ≠ {}", plain(wanted), plain(sum)),
        Message::new(
            format!(
                "{}之和（{}）等于{}",
                names.join("、"),
                plain(sum),
                plain(wanted)
            ),
            format!(
                "the sum of {} ({}) equal to {}",
                ids.join(", "),
                plain(sum),
                plain(wanted)
            ),
        ),
    ))
}

/// An attachment of one of the formats, where the message says which files travel with the record.
fn attachment(record: &Normalized<'_, '_>, formats: &[String]) -> Option<Fault> {
    let files = record.attachments.as_ref()?;
    let fits = |file: &String| {
        formats.is_empty()
            || file.rsplit_once('.').is_some_and(|(_, ending)| {
                formats
                    .iter()
                    .any(|format| ending.eq_ignore_ascii_case(format))
            })
    };
    if files.iter().any(fits) {
        return None;
    }
    let wanted = match formats {
        [] => Message::new("附有附件", "an attachment"),
        formats => Message::new(
            format!("附有{}附件", formats.join("或")),
            format!("an attachment of type {}", formats.join(" or ")),
        ),
    };
    Some((WHOLE, files.join(", "), wanted))
}

fn product(
    record: &Normalized<'_, '_>,
    field: FieldIndex,
    factors: &[FieldIndex],
    plus_percent: bool,
    tolerance: f64,
) -> Option<Fault> {
    let side = Side::own(record, field)?;
    let mut product = 1.0;
    let (mut names, mut ids) = (Vec::new(), Vec::new());
    for (place, &factor) in factors.iter().enumerate() {
        let number = Side::own(record, factor)?.number(true)?;
        let on_top = plus_percent && place + 1 == factors.len();
        product *= if on_top { 1.0 + number / 100.0 } else { number };
        let factor = record.dataset.field(factor)?;
        names.push(factor.name.as_str());
        ids.push(factor.id.as_str());
    }
    if agree(side.number(true)?, product, tolerance) {
        return None;
    }
    Some((
        field,
        side.text.to_owned(),
        Message::new(
            format!("{}之积（{product:.4}）", names.join("、")),
            format!("the product of {} ({product:.4})", ids.join(", ")),
        ),
    ))
}

/// Time against the time of receipt.
fn receipt(bench: &Bench<'_>, check: &Check, record: &Normalized<'_, '_>) -> Option<Fault> {
    let received = bench.context.received;
    match check {
        Check::NotFuture {
            field,
            skew_minutes,
        } => {
            let text = record.text(*field)?;
            // Nearly always in the past: only then is the tolerance worth adding.
            if instants::compare(text.as_bytes(), &bench.now).is_le() {
                return None;
            }
            let limit = received
                .checked_add(SignedDuration::from_mins(*skew_minutes))
                .ok()?;
            let future = instants::compare(text.as_bytes(), &instants::digits(limit)).is_gt();
            future.then(|| {
                (
                    *field,
                    text.to_owned(),
                    Message::new(
                        format!("不晚于接收时间（{received}）"),
                        format!("not after the time of receipt ({received})"),
                    ),
                )
            })
        }
        Check::NotExpired { field } => {
            let text = record.text(*field)?;
            let past = instants::compare(text.as_bytes(), &bench.now).is_lt();
            past.then(|| {
                (
                    *field,
                    text.to_owned(),
                    Message::new(
                        format!("不早于接收日期（{}）", received.date()),
                        format!("not before the day of receipt ({})", received.date()),
                    ),
                )
            })
        }
        Check::TimelinessHours {
            field,
            hours,
            workdays,
        } => {
            let text = record.text(*field)?;
            let mut late = received.duration_since(instants::end(text)?);
            if *workdays {
                let (from, to) = (instants::day(text)?, received.date());
                let worked = bench.context.edition.calendar.workdays_between(from, to);
                let off = instants::days_between(from, to) - worked;
                late -= SignedDuration::from_hours(24 * off);
            }
            (late > SignedDuration::from_hours(*hours)).then(|| {
                (
                    *field,
                    text.to_owned(),
                    punctual(*hours, *workdays, late.as_hours()),
                )
            })
        }
        _ => None,
    }
}

/// Within which time a record was to come, and after what time it came.
fn punctual(hours: i64, workdays: bool, took: i64) -> Message {
    let (off, off_en) = if workdays {
        ("（休息日不计）", ", days off not counted")
    } else {
        ("", "")
    };
    Message::new(
        format!("{hours}小时内报送{off}，此记录在{took}小时后报送；无需改动数据"),
        format!(
            "sent within {hours} hours{off_en}; it came after {took} hours, and needs no change"
        ),
    )
}

fn level_names(levels: &[String]) -> Message {
    let name = |level: &String| match level.as_str() {
        "province" => "省级".to_owned(),
        "city" => "市级".to_owned(),
        "county" => "县级".to_owned(),
        other => other.to_owned(),
    };
    let names: Vec<String> = levels.iter().map(name).collect();
    Message::new(
        format!("{}行政区划", names.join("或")),
        format!("a region of level {}", levels.join(" or ")),
    )
}
