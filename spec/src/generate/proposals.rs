//! Texts worth trying in a field: some by themselves, some for their relation to another text. Which of them keeps
//! or breaks a rule is for the engine to say.

use jiff::{Span, civil::DateTime};

use super::reads::Reads;
use super::{Maker, identifiers, instants};
use crate::identifier::IdentifierKind;
use crate::normalize::items;
use crate::validate::structure::has_format;
use crate::{Domain, Field, Format};

/// Digits of an instant in this format.
pub(super) fn width(format: Format) -> Option<usize> {
    match format {
        Format::Date => Some(8),
        Format::Minute => Some(12),
        Format::Second => Some(14),
        _ => None,
    }
}

/// Texts for a field that stand in some relation to another text: equal, before, after, a multiple, a part of it.
pub(super) fn related(
    maker: &mut Maker<'_>,
    field: &Field,
    current: Option<&str>,
    other: &str,
    reads: &Reads<'_>,
) -> Vec<String> {
    let mut all = vec![other.to_owned()];
    all.extend(items(other).next().map(str::to_owned));
    if let Some(width) = width(field.format) {
        let day = instants::read(other).or_else(|| instants::read(other.get(23..31)?));
        all.extend(
            day.into_iter()
                .flat_map(|day| days_around(day, reads, width)),
        );
    } else if let Format::Number { decimals, .. } = field.format {
        all.extend(numbers_around(other, reads, decimals));
        all.push(items(other).count().to_string());
        all.push((items(other).count() + 2).to_string());
    } else {
        let made = match current {
            Some(text) => text.to_owned(),
            None => maker.value(field),
        };
        all.extend(parts(&made, other, reads));
        // Another date inside a deal code.
        if let (Some(day), Domain::Identifier(IdentifierKind::UnifiedDealCode)) =
            (instants::read(other), &field.domain)
        {
            let days = days_around(day, reads, 8);
            all.extend(days.iter().filter_map(|day| replaced(&made, 24, 31, day)));
        }
        if field.list {
            let count = other.split(';').count();
            let said = other.parse::<usize>().unwrap_or(count).clamp(1, 9);
            for count in [count, said, count + 1] {
                all.push(maker.items(field, count));
            }
        }
    }
    sound(field, all)
}

/// Texts for a field by itself, in the sight of what the rule names.
pub(super) fn independent(
    maker: &mut Maker<'_>,
    field: &Field,
    current: Option<&str>,
    reads: &Reads<'_>,
) -> Vec<String> {
    let mut all: Vec<String> = reads.words.iter().map(|&word| word.to_owned()).collect();
    all.extend([maker.value(field), maker.value(field), maker.strange(field)]);
    if let Some(width) = width(field.format) {
        let now = maker.context.received;
        all.extend(days_around(now, reads, width));
        for hours in reads.figures.iter().copied().chain([1.0]) {
            let hours = hours as i64;
            for hours in [1, -1, -hours * 2 - 30, hours + 30] {
                all.push(instants::write(
                    now.saturating_add(Span::new().hours(hours)),
                    width,
                ));
            }
        }
    } else if let Format::Number { decimals, .. } = field.format {
        all.extend(["0", "1", "2", "7", "8", "0.5"].map(str::to_owned));
        for figure in &reads.figures {
            all.extend(numbers_around(&figure.to_string(), reads, decimals));
        }
    } else if let Format::Digits(count) = field.format {
        let figures = reads.figures.iter().map(|figure| *figure as u64);
        for figure in figures.flat_map(|figure| [figure, figure + 1, figure.saturating_sub(1)]) {
            all.push(format!("{figure:0width$}", width = count as usize));
        }
    } else if let Some((from, to)) = reads.chars {
        let made = current.map_or_else(|| maker.value(field), str::to_owned);
        let figures = (to + 1).saturating_sub(from) as usize;
        for part in ["9".repeat(figures), maker.region().to_owned()] {
            all.extend(replaced(&made, from, to, &part));
        }
    }
    if let Domain::Codes(table) = &field.domain {
        all.extend(maker.choices(table));
    }
    if let Domain::Identifier(_) = &field.domain {
        all.extend(maker.other_identifiers());
    }
    if field.list {
        let most = reads.figures.iter().copied().fold(2.0, f64::max) as usize;
        for count in 1..=(most + 1).min(9) {
            all.push(maker.items(field, count));
        }
    }
    sound(field, all)
}

/// What sums and products of other figures come to.
pub(super) fn reckoned(field: &Field, others: &[f64], reads: &Reads<'_>) -> Vec<String> {
    let Format::Number { decimals, .. } = field.format else {
        return Vec::new();
    };
    let sum: f64 = others.iter().sum();
    let product: f64 = others.iter().product();
    let mut figures = vec![sum, product, 0.0];
    if let [rest @ .., last] = others {
        let rest: f64 = rest.iter().product();
        figures.extend([rest * (1.0 + last / 100.0), rest / last.max(1e-9)]);
        // The total first, then its terms.
        if let [total, terms @ ..] = others {
            figures.push(total - terms.iter().sum::<f64>());
            figures.push(total / terms.iter().product::<f64>().max(1e-9));
        }
    }
    figures.extend(reads.figures.iter().map(|total| total - sum));
    let scaled = figures
        .into_iter()
        .flat_map(|figure| [figure, figure * 1e4, figure * 1e-4]);
    sound(
        field,
        scaled.map(|figure| plain(figure, decimals)).collect(),
    )
}

/// Those that fit, once each, with check characters put right.
fn sound(field: &Field, texts: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        let text = mended(field, text);
        if !text.is_empty() && has_format(field, &text) && !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

fn days_around(instant: DateTime, reads: &Reads<'_>, width: usize) -> Vec<String> {
    let mut steps = vec![0, 1, -1, 5, -5, 40, -40, 400, -400];
    for figure in reads.figures.iter().filter(|figure| **figure < 20_000.0) {
        let days = *figure as i64;
        for days in [days, days + 1, days - 1, days * 2 + 14] {
            steps.extend([days, -days]);
        }
    }
    let mut texts: Vec<String> = steps
        .into_iter()
        .map(|days| instants::write(instant.saturating_add(Span::new().days(days)), width))
        .collect();
    for minutes in [-120, 120] {
        let other = instant.saturating_add(Span::new().minutes(minutes));
        texts.push(instants::write(other, width));
    }
    texts
}

fn numbers_around(text: &str, reads: &Reads<'_>, decimals: u32) -> Vec<String> {
    let Ok(number) = text.parse::<f64>() else {
        return Vec::new();
    };
    let mut figures = vec![
        number,
        number + 1.0,
        number - 1.0,
        number * 2.0,
        number / 2.0,
    ];
    figures.extend([number * 1e4, number / 1e4, number * 2e4]);
    for figure in reads.figures.iter().filter(|figure| **figure > 0.0) {
        figures.extend([number * figure, number / figure]);
        figures.extend([number * figure * 1.5, number * figure / 1.5]);
        figures.extend([number / figure * 1.5, number / figure / 1.5]);
    }
    figures
        .into_iter()
        .map(|figure| plain(figure, decimals))
        .collect()
}

/// A figure as a canonical number writes it; empty for one below zero.
fn plain(figure: f64, decimals: u32) -> String {
    if figure < 0.0 || !figure.is_finite() {
        return String::new();
    }
    let text = format!("{figure:.*}", decimals as usize);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The one text put into the other, or cut out of it.
fn parts(made: &str, other: &str, reads: &Reads<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let first = items(other).next().unwrap_or_default();
    // The other as the beginning of this one, item by item.
    let begun = |item: &str| {
        let rest: String = item.chars().skip(first.chars().count()).collect();
        format!("{first}{rest}")
    };
    all.push(items(made).map(begun).collect::<Vec<_>>().join(";"));
    // This one as the beginning of the other.
    all.push(first.chars().take(made.chars().count()).collect());
    if let Some((from, to)) = reads.chars {
        let replaced = |item| replaced(item, from, to, first);
        let whole: Option<Vec<String>> = items(made).map(replaced).collect();
        all.extend(whole.map(|items| items.join(";")));
        let cut = first.chars().skip(from as usize - 1);
        all.push(cut.take((to + 1 - from) as usize).collect());
    }
    all
}

/// A text with other characters in the places `from` to `to`, counted from 1.
fn replaced(text: &str, from: u32, to: u32, part: &str) -> Option<String> {
    let (from, to) = (from.checked_sub(1)? as usize, to as usize);
    let before = text.get(..from)?;
    let after = text.get(to..)?;
    (part.len() == to - from).then(|| format!("{before}{part}{after}"))
}

/// An identifier with its check character put right, item by item; any other text as it is.
fn mended(field: &Field, text: String) -> String {
    let Domain::Identifier(kind) = &field.domain else {
        return text;
    };
    let mend = |item: &str| mend(*kind, item).unwrap_or_else(|| item.to_owned());
    if field.list {
        items(&text).map(mend).collect::<Vec<_>>().join(";")
    } else {
        mend(&text)
    }
}

fn mend(kind: IdentifierKind, text: &str) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    Some(match kind {
        IdentifierKind::UnifiedDealCode if text.len() == 40 => identifiers::deal(
            text.get(..3)?,
            text.get(4..22)?,
            text.get(23..31)?,
            text.get(32..38)?.parse().ok()?,
        ),
        IdentifierKind::CitizenId | IdentifierKind::IdNumber if text.len() == 18 => {
            identifiers::citizen(
                text.get(..6)?,
                text.get(6..14)?,
                text.get(14..17)?.parse().ok()?,
            )
        }
        IdentifierKind::Uscc | IdentifierKind::SubjectCode | IdentifierKind::OperatorCode
            if text.len() == 18 =>
        {
            identifiers::credit_code(text.get(..2)?, text.get(2..8)?, text.get(8..17)?)
        }
        IdentifierKind::OrgCode if text.len() == 9 => identifiers::organization(text.get(..8)?),
        _ => return None,
    })
}
