//! Figures with words around them: `88.45 万元`, `8983476.00(元)`, `预算金额:3,140.47元`, `300(万元(人民币))`,
//! `人民币壹万柒仟陆佰元整(17600.00元)`.
//!
//! A text says one figure when nothing is left but words that only introduce it, and all figures in it agree. Anything
//! else is never chosen from; what stands first may be shown to the sender.

mod numerals;
mod units;

pub(super) use units::{Suffix, power};

use super::number::Decimal;
use super::text::half_width;
use crate::record::{Input, Kind};
use crate::validate::structure::is_lost_code;

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// One figure, and its unit if one is written.
    Sure(Figure),
    /// Perhaps this figure; other words stand around it.
    Perhaps(Figure),
    /// No figure, or several.
    None,
}

/// A figure of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    pub decimal: Decimal,
    pub suffix: Option<Suffix>,
    /// Written in Chinese numerals.
    pub numerals: bool,
}

/// Words and marks that change no figure.
const FILLERS: [&str; 9] = [
    "人民币",
    "大写",
    "小写",
    "合计",
    "总计",
    "共计",
    "整",
    "RMB",
    "CNY",
];

/// Marks that change no figure; a spreadsheet in another charset leaves `?` of `￥`.
const MARKS: &[char] = &[
    ' ', '(', ')', '[', ']', '【', '】', '¥', '￥', ':', '.', '。', ';', ',', '?', '"', '/',
];

/// What a figure in digits is made of.
const IN_DIGITS: [char; 14] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ',', '.', '+', '-',
];

/// Endings of words that name an amount of money.
const MONEY: [&str; 8] = ["额", "价", "款", "费", "金", "资", "预算", "资本"];

/// Longest text that is looked at; sentences are longer than any amount.
const LONGEST: usize = 240;

/// What a currency may be named by; that alone does not say yuan or ten thousand yuan, but by custom stands before yuan.
const SIGNS: [&str; 5] = ["¥", "￥", "人民币", "RMB", "CNY"];

/// Reads a clean, half-width text.
pub(super) fn read(text: &str) -> Reading {
    reading(text, |body| {
        let sign = SIGNS.iter().any(|sign| body.contains(sign));
        sign.then_some(Suffix::Sign)
    })
}

/// The figure of a text that names no unit of its own: what the heading of its column says is about it. A currency sign
/// is no unit there.
pub fn bare_figure(input: &Input<'_>) -> Option<String> {
    let text: String = input.text.trim().chars().map(half_width).collect();
    if input.kind == Kind::Text && is_lost_code(&text) {
        return None;
    }
    let decimal = Decimal::parse(&text).or_else(|| match reading(&text, |_| None) {
        Reading::Sure(figure) if figure.suffix.is_none() => Some(figure.decimal),
        _ => None,
    })?;
    Some(decimal.to_string())
}

/// Reads a text; where no unit is written, `custom` may know one by the words around the figure.
fn reading(text: &str, custom: impl Fn(&str) -> Option<Suffix>) -> Reading {
    if text.len() > LONGEST {
        return Reading::None;
    }
    let (label, unit, body) = labelled(text);
    let (mut figures, left) = figures(body);
    let Some(first) = figures.first_mut() else {
        return Reading::None;
    };
    if first.suffix.is_none() {
        first.suffix = unit.or_else(|| custom(body));
    }
    let mut first = first.clone();
    let agree = figures
        .iter()
        .all(|figure| figure.in_full() == first.in_full());
    if agree && matches!(first.suffix, None | Some(Suffix::Sign)) {
        // Said once is said of both: ¥12.5(壹拾贰元伍角).
        let said = figures.iter().skip(1).find_map(|figure| figure.suffix);
        first.suffix = said.or(first.suffix);
    }
    let bare = without_fillers(&left);
    if agree && bare.is_empty() {
        // A label that names no money, and no unit: a rate, perhaps.
        let named = first.suffix.is_some() || label.is_empty() || names_money(label);
        return if named {
            Reading::Sure(first)
        } else {
            Reading::Perhaps(first)
        };
    }
    // One amount among words: 不超过100万元.
    let figureless = !left
        .chars()
        .any(|c| c.is_ascii_digit() || numerals::is_part(c));
    if agree && figureless && first.suffix.is_some() {
        return Reading::Perhaps(first);
    }
    // What follows in brackets, or behind a comma, explains the first figure or adds others to it.
    let explained = label.is_empty()
        && body
            .trim_start()
            .starts_with(|c: char| c.is_ascii_digit() || MARKS.contains(&c))
        && left.trim_start().starts_with(['(', ',', ';', '[']);
    if explained {
        Reading::Perhaps(first)
    } else {
        Reading::None
    }
}

/// Whether a label names an amount of money.
fn names_money(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| MARKS.contains(&c));
    MONEY.iter().any(|end| text.ends_with(end))
}

/// Label, the unit that stands in it, and the rest: `预算金额(元):90000`.
fn labelled(text: &str) -> (&str, Option<Suffix>, &str) {
    let Some((label, body)) = text.split_once(':') else {
        return ("", None, text);
    };
    let words = !label.is_empty() && !label.bytes().any(|byte| byte.is_ascii_digit());
    if !words || without_fillers(label).is_empty() {
        return ("", None, text);
    }
    let inner = label.trim_end().strip_suffix(')');
    match inner.and_then(|inner| inner.rsplit_once('(')) {
        Some((name, unit)) => match units::whole(unit) {
            Some(suffix) => (name, Some(suffix), body),
            None => (label, None, body),
        },
        None => (label, None, body),
    }
}

/// The figures of a text, and what is left of it without them.
fn figures(text: &str) -> (Vec<Figure>, String) {
    let mut figures = Vec::new();
    let mut left = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((figure, after)) = digits(rest).or_else(|| numerals::read(rest)) {
            figures.push(figure);
            rest = after;
            continue;
        }
        // Digits that are no figure are left whole, so that no part of them is taken for one.
        let run = rest.len() - rest.trim_start_matches(IN_DIGITS).len();
        let (gone, after) = rest
            .split_at_checked(if c.is_ascii_digit() {
                run
            } else {
                c.len_utf8()
            })
            .unwrap_or((rest, ""));
        left.push_str(gone);
        rest = after;
    }
    (figures, left)
}

/// Digits with their unit at the front of a text.
fn digits(text: &str) -> Option<(Figure, &str)> {
    let length = text.len() - text.trim_start_matches(IN_DIGITS).len();
    let (run, _) = text.split_at_checked(length)?;
    // A comma or a point behind a figure ends a sentence.
    let run = run.trim_end_matches(['.', ',', '+', '-']);
    if !run.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (_, after) = text.split_at_checked(run.len())?;
    let decimal = Decimal::parse(run)?;
    let (suffix, after) = units::front(after);
    let figure = Figure {
        decimal,
        suffix,
        numerals: false,
    };
    Some((figure, after))
}

impl Figure {
    /// The figure in the unit that its family counts in.
    fn in_full(&self) -> Option<String> {
        let power = self.suffix.map_or(0, |suffix| match suffix {
            Suffix::Money(power) | Suffix::Other(_, power) => power,
            Suffix::Sign => 0,
        });
        Some(self.decimal.clone().shifted(power)?.to_string())
    }
}

fn without_fillers(text: &str) -> String {
    let mut text = text.to_owned();
    for word in FILLERS {
        text = text.replace(word, "");
    }
    text.retain(|c| !MARKS.contains(&c));
    text
}

#[cfg(test)]
mod tests;
