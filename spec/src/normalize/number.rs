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

/// Takes thousands separators (commas or blanks) out, if they stand before groups of three.
fn ungrouped(whole: &str) -> Option<String> {
    let Some(mark) = [',', ' '].into_iter().find(|&mark| whole.contains(mark)) else {
        return Some(whole.to_owned());
    };
    let mut groups = whole.split(mark);
    let first = groups.next().unwrap_or_default();
    let sound = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    sound.then(|| whole.replace(mark, ""))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writings_of_one_figure_become_one() {
        for (written, canonical) in [
            ("1186000", "1186000"),
            ("1,186,000.00", "1186000"),
            ("1 186 000.5", "1186000.5"),
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
}
