//! Figures in Chinese numerals, those of cheques (壹佰万元整) and those of daily life (三十).
//!
//! Strict: places fall from left to right, and nothing is read twice. What is not written like that is no figure.

use super::{Figure, units};
use crate::normalize::number::Decimal;

/// A figure in numerals with its unit at the front of a text, and what follows it.
pub(super) fn read(text: &str) -> Option<(Figure, &str)> {
    let (whole, rest) = integer(text)?;
    let mut digits = whole.to_string();
    let mut rest = rest;
    let mut yuan = false;
    if let Some(after) = rest.trim_start().strip_prefix(['元', '圆']) {
        yuan = true;
        rest = after;
        let mut fraction = 0;
        for (mark, weight) in [('角', 10), ('分', 1)] {
            let inner = rest.trim_start_matches([' ', '零']);
            let mut chars = inner.chars();
            let value = chars.next().and_then(digit);
            if let (Some(value), Some(c)) = (value, chars.next())
                && c == mark
            {
                fraction += value * weight;
                rest = chars.as_str();
            }
        }
        digits = format!("{digits}.{fraction:02}");
        rest = rest.strip_prefix(['整', '正']).unwrap_or(rest);
    }
    let decimal = Decimal::parse(&digits)?;
    let (suffix, rest) = if yuan {
        (Some(units::Suffix::Money(0)), rest)
    } else {
        units::front(rest)
    };
    let figure = Figure {
        decimal,
        suffix,
        numerals: true,
    };
    Some((figure, rest))
}

/// Whether a character may stand in a figure in numerals.
pub(super) fn is_part(c: char) -> bool {
    digit(c).is_some() || place(c).is_some()
}

fn digit(c: char) -> Option<u64> {
    Some(match c {
        '零' | '〇' => 0,
        '一' | '壹' => 1,
        '二' | '贰' | '两' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// Weight of a place within four digits.
fn place(c: char) -> Option<u64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1000,
        _ => return None,
    })
}

fn integer(text: &str) -> Option<(u64, &str)> {
    let mut total = 0;
    let mut section = 0;
    let mut pending = None;
    // Every place must be lower than the one before it, within a section and between sections.
    let (mut last_place, mut last_section) = (u64::MAX, u64::MAX);
    let mut rest = text;
    let mut seen = false;
    for c in text.chars() {
        if let Some(value) = digit(c) {
            match pending {
                // 零 only marks a gap.
                None | Some(0) => pending = Some(value),
                Some(_) => return None,
            }
        } else if let Some(weight) = place(c) {
            if weight >= last_place {
                return None;
            }
            // 十五 and 一百零十五 both leave the one out.
            let value = pending.take().filter(|&value| value > 0);
            let value = match value {
                None if weight == 10 => 1,
                None => return None,
                Some(value) => value,
            };
            section += value * weight;
            last_place = weight;
        } else if let Some(weight) = match c {
            '万' | '萬' => Some(10_000),
            '亿' | '億' => Some(100_000_000),
            _ => None,
        } {
            section += pending.take().unwrap_or(0);
            if section == 0 || weight >= last_section {
                return None;
            }
            total += section * weight;
            section = 0;
            last_section = weight;
            last_place = u64::MAX;
        } else {
            break;
        }
        seen = true;
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    let total = total + section + pending.unwrap_or(0);
    seen.then_some((total, rest))
}
