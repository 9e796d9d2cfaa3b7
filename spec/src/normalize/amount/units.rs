//! Units that senders write behind a figure.

use crate::Unit;

/// A unit behind a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suffix {
    /// Money: this power of ten yuan.
    Money(i32),
    /// A currency is named, and no unit: yuan by custom, where nothing else is said.
    Sign,
    /// Another unit: its family, and the power of ten of what the family counts in.
    Other(&'static str, i32),
}

/// Words of money without 人民币, brackets and blanks.
const MONEY: [(&str, i32); 12] = [
    ("元", 0),
    ("圆", 0),
    ("百元", 2),
    ("千元", 3),
    ("万", 4),
    ("万元", 4),
    ("万圆", 4),
    ("百万元", 6),
    ("百万", 6),
    ("千万元", 7),
    ("亿", 8),
    ("亿元", 8),
];

/// What other currencies begin with: 万美元, 万港币, 万日元.
const FOREIGN: [char; 8] = ['美', '港', '日', '欧', '英', '澳', '韩', '加'];

/// Other units. Where one begins another, the longer stands first.
const OTHERS: [(&str, &str, i32); 41] = [
    ("元/平方米", "yuan_per_m2", 0),
    ("元/㎡", "yuan_per_m2", 0),
    ("元/m2", "yuan_per_m2", 0),
    ("元/吨·年", "yuan_per_tonne_year", 0),
    ("元/吨年", "yuan_per_tonne_year", 0),
    ("元/日", "yuan_per_day", 0),
    ("元/天", "yuan_per_day", 0),
    ("个工作日", "workdays", 0),
    ("工作日", "workdays", 0),
    ("个日历天", "days", 0),
    ("日历天", "days", 0),
    ("日历日", "days", 0),
    ("历天", "days", 0),
    ("天", "days", 0),
    ("日", "days", 0),
    ("个月", "months", 0),
    ("月", "months", 0),
    ("年", "years", 0),
    ("%", "percent", 0),
    ("‰", "percent", -1),
    ("万平方米", "m2", 4),
    ("平方公里", "m2", 6),
    ("平方千米", "m2", 6),
    ("平方米", "m2", 0),
    ("平米", "m2", 0),
    ("公顷", "m2", 4),
    ("㎡", "m2", 0),
    ("m²", "m2", 0),
    ("m2", "m2", 0),
    ("公里", "m", 3),
    ("千米", "m", 3),
    ("km", "m", 3),
    ("米", "m", 0),
    ("万吨", "tonnes", 4),
    ("吨", "tonnes", 0),
    ("千克", "tonnes", -3),
    ("公斤", "tonnes", -3),
    ("分", "points", 0),
    ("家", "count", 0),
    ("项", "count", 0),
    ("个", "count", 0),
];

/// The unit at the front of a text, and what follows it. Brackets, blanks and 人民币 may stand between and around.
pub(super) fn front(text: &str) -> (Option<Suffix>, &str) {
    let inner = text.trim_start_matches([' ', '(']);
    for (word, family, power) in OTHERS {
        if let Some(rest) = inner.strip_prefix(word) {
            return (Some(Suffix::Other(family, power)), rest);
        }
    }
    let mut words = String::new();
    let mut rest = text;
    let mut end = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("人民币") {
            rest = after;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            ' ' | '(' | '[' | '¥' | '￥' => {}
            '元' | '圆' | '百' | '千' | '万' | '亿' if !words.ends_with(['元', '圆']) => {
                words.push(c);
                end = rest;
            }
            _ => break,
        }
    }
    let foreign = end.trim_start().starts_with(FOREIGN);
    match whole(&words) {
        Some(Suffix::Money(power)) if foreign => (Some(Suffix::Other("foreign", power)), end),
        // A price of something, or of a time, is not an amount: 元/年, 元每年.
        Some(suffix) if !end.trim_start().starts_with(['/', '每']) => (Some(suffix), end),
        _ => (None, text),
    }
}

/// The unit that a text is.
pub(super) fn whole(text: &str) -> Option<Suffix> {
    let bare = text.replace("人民币", "").replace([' ', '(', ')'], "");
    let money = MONEY.iter().find(|(word, _)| *word == bare);
    if let Some(&(_, power)) = money {
        return Some(Suffix::Money(power));
    }
    let other = OTHERS.iter().find(|(word, ..)| *word == bare);
    other.map(|&(_, family, power)| Suffix::Other(family, power))
}

/// Power of ten from a written unit to a field's; none if it is a unit of something else. Fields whose unit stands in
/// another field are not judged here.
pub(crate) fn power(unit: Option<&Unit>, suffix: Suffix) -> Option<i32> {
    match (unit?, suffix) {
        (Unit::Yuan, Suffix::Money(power)) => Some(power),
        (Unit::Yuan, Suffix::Sign) => Some(0),
        (Unit::WanYuan, Suffix::Money(power)) => Some(power - 4),
        (Unit::Other(own), Suffix::Money(0) | Suffix::Sign) if own.starts_with("yuan_per") => {
            Some(0)
        }
        (Unit::Other(own), Suffix::Other(family, power)) => {
            let (own_family, own_power) = match own.as_str() {
                "km2" => ("m2", 6),
                "km" => ("m", 3),
                other => (other, 0),
            };
            (own_family == family).then_some(power - own_power)
        }
        _ => None,
    }
}
