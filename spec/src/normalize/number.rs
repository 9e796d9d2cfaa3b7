//! Decimals in canonical form: no sign `+`, no leading zeros, no zeros at the end of the fraction, no `-0`,
//! no thousands separators. Works on digits, never on floating point, so that no figure is ever rounded.

/// A decimal whose text is canonical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// Digits before the point, without leading zeros (may be empty).
    whole: String,
    /// Digits after the point, without zeros at the end.
    fraction: String,
}

/// Greatest exponent that is written out.
const EXPONENT_LIMIT: i32 = 40;

impl Decimal {
    /// Reads plain digits, optionally with a sign, thousands separators in groups of three, a point, or an exponent.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = ungrouped(whole)?;
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits_only(&whole)
            || !digits_only(fraction)
            || (whole.is_empty() && fraction.is_empty())
        {
            return None;
        }
        let mut decimal = Decimal {
            negative,
            whole,
            fraction: fraction.to_owned(),
        };
        decimal.tidy();
        decimal.shifted(exponent)
    }

    /// The decimal times ten to the power of `places`.
    pub fn shifted(mut self, places: i32) -> Option<Self> {
        if places.abs() > EXPONENT_LIMIT {
            return None;
        }
        for _ in 0..places {
            let digit = if self.fraction.is_empty() {
                '0'
            } else {
                self.fraction.remove(0)
            };
            self.whole.push(digit);
        }
        for _ in places..0 {
            let digit = self.whole.pop().unwrap_or('0');
            self.fraction.insert(0, digit);
        }
        self.tidy();
        Some(self)
    }

    fn tidy(&mut self) {
        let zeros = self.whole.len() - self.whole.trim_start_matches('0').len();
        self.whole.drain(..zeros);
        self.fraction
            .truncate(self.fraction.trim_end_matches('0').len());
        if self.whole.is_empty() && self.fraction.is_empty() {
            self.negative = false;
        }
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() {
            "0"
        } else {
            &self.whole
        };
        write!(f, "{sign}{whole}")?;
        if !self.fraction.is_empty() {
            write!(f, ".{}", self.fraction)?;
        }
        Ok(())
    }
}

/// Takes thousands separators out, if they stand before groups of three.
fn ungrouped(whole: &str) -> Option<String> {
    if !whole.contains(',') {
        return Some(whole.to_owned());
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let sound = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    sound.then(|| whole.replace(',', ""))
}

/// Digits before and after the point, if the text is a canonical decimal.
pub(crate) fn canonical_digits(text: &str) -> Option<(u32, u32)> {
    let bytes = text.as_bytes();
    let (negative, bytes) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    let mut whole = 0;
    let mut fraction = None;
    for &byte in bytes {
        match (byte, &mut fraction) {
            (b'0'..=b'9', None) => whole += 1,
            (b'0'..=b'9', Some(count)) => *count += 1,
            (b'.', None) => fraction = Some(0),
            _ => return None,
        }
    }
    let first = *bytes.first()?;
    let leading = whole > 1 && first == b'0';
    let trailing = fraction.is_some() && matches!(bytes.last(), Some(b'0' | b'.'));
    let minus_zero = negative && bytes == b"0";
    (whole > 0 && !leading && !trailing && !minus_zero).then_some((whole, fraction.unwrap_or(0)))
}

/// A word behind (or a sign before) a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suffix {
    /// Money: this power of ten yuan.
    Money(i32),
    /// Another unit, by the name that fact sheets give it.
    Other(&'static str),
}

/// Longest first where one ends with another.
const SUFFIXES: &[(&str, Suffix)] = &[
    ("亿元", Suffix::Money(8)),
    ("百万元", Suffix::Money(6)),
    ("万元", Suffix::Money(4)),
    ("万人民币元", Suffix::Money(4)),
    ("万人民币", Suffix::Money(4)),
    ("万", Suffix::Money(4)),
    ("千元", Suffix::Money(3)),
    ("元整", Suffix::Money(0)),
    ("元", Suffix::Money(0)),
    ("个日历天", Suffix::Other("days")),
    ("日历天", Suffix::Other("days")),
    ("天", Suffix::Other("days")),
    ("日", Suffix::Other("days")),
    ("个月", Suffix::Other("months")),
    ("月", Suffix::Other("months")),
    ("年", Suffix::Other("years")),
    ("%", Suffix::Other("percent")),
    ("平方米", Suffix::Other("m2")),
    ("㎡", Suffix::Other("m2")),
    ("平方公里", Suffix::Other("km2")),
    ("公里", Suffix::Other("km")),
    ("吨", Suffix::Other("tonnes")),
    ("分", Suffix::Other("points")),
];

/// Splits a figure and the unit written with it: `88.45 万元`, `8983476.00(元)`, `￥3,140.47元 人民币`.
pub(crate) fn split_unit(text: &str) -> (&str, Option<Suffix>) {
    let blank = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '（' | '）');
    let mut rest = text.trim_matches(blank);
    let mut currency = false;
    for sign in ["人民币", "RMB", "CNY", "¥", "￥"] {
        for cut in [rest.strip_prefix(sign), rest.strip_suffix(sign)] {
            if let Some(cut) = cut.filter(|_| !rest.is_empty()) {
                rest = cut.trim_matches(blank);
                currency = true;
                break;
            }
        }
    }
    for &(word, suffix) in SUFFIXES {
        if let Some(figure) = rest.strip_suffix(word) {
            let figure = figure.trim_matches(blank);
            let figure = figure.strip_suffix("人民币").unwrap_or(figure);
            return (figure.trim_matches(blank), Some(suffix));
        }
    }
    // A currency sign alone does not say yuan or ten thousand yuan, but by custom stands before yuan.
    (rest, currency.then_some(Suffix::Money(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writings_of_one_figure_become_one() {
        for (written, canonical) in [
            ("1186000", "1186000"),
            ("1,186,000.00", "1186000"),
            ("+5", "5"),
            ("-0.00", "0"),
            ("007.50", "7.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1.186E7", "11860000"),
            ("12e-3", "0.012"),
            ("-3.10", "-3.1"),
        ] {
            assert_eq!(
                Decimal::parse(written).map(|d| d.to_string()).as_deref(),
                Some(canonical),
                "{written}"
            );
            assert!(canonical_digits(canonical).is_some(), "{canonical}");
        }
        for wrong in [
            "", ".", "1,18", "1 2", "12a", "--1", "1e99", "1.2.3", ",123", "e5", "１",
        ] {
            assert_eq!(Decimal::parse(wrong), None, "{wrong}");
        }
        for loose in ["01", "1.0", "1.", ".5", "-0", "+1", ""] {
            assert_eq!(canonical_digits(loose), None, "{loose}");
        }
        assert_eq!(canonical_digits("-12.345"), Some((2, 3)));
    }

    #[test]
    fn shifting_moves_the_point_exactly() {
        let shifted = |text: &str, places| {
            Decimal::parse(text)
                .and_then(|d| d.shifted(places))
                .map(|d| d.to_string())
        };
        assert_eq!(shifted("88.45", 4).as_deref(), Some("884500"));
        assert_eq!(shifted("1186000", -4).as_deref(), Some("118.6"));
        assert_eq!(shifted("0.00001", 4).as_deref(), Some("0.1"));
        assert_eq!(shifted("5", -4).as_deref(), Some("0.0005"));
    }

    #[test]
    fn units_are_split_off() {
        assert_eq!(split_unit("88.45 万元"), ("88.45", Some(Suffix::Money(4))));
        assert_eq!(
            split_unit("8983476.00(元)"),
            ("8983476.00", Some(Suffix::Money(0)))
        );
        assert_eq!(
            split_unit("99.6000000（万元）"),
            ("99.6000000", Some(Suffix::Money(4)))
        );
        assert_eq!(
            split_unit("3,140.47元 人民币"),
            ("3,140.47", Some(Suffix::Money(0)))
        );
        assert_eq!(split_unit("50(万元人民币)"), ("50", Some(Suffix::Money(4))));
        assert_eq!(
            split_unit("5,000(万人民币元)"),
            ("5,000", Some(Suffix::Money(4)))
        );
        assert_eq!(split_unit("50万人民币"), ("50", Some(Suffix::Money(4))));
        assert!(Decimal::parse(split_unit("5(万美元)").0).is_none());
        assert_eq!(
            split_unit("98.65%"),
            ("98.65", Some(Suffix::Other("percent")))
        );
        assert_eq!(split_unit("12"), ("12", None));
    }
}
