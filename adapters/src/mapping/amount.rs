//! Amounts of money and areas in other units, converted exactly: the decimal point moves, nothing is computed. (A 亩 is
//! no power of ten of anything, so it is not among them.)

use spec::Unit;

/// Unit in which a source writes amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Money {
    /// 元.
    Yuan,
    /// 万元.
    WanYuan,
    /// 亿元.
    YiYuan,
    /// 平方米.
    SquareMetre,
    /// 公顷.
    Hectare,
    /// 平方公里.
    SquareKilometre,
}

impl Money {
    /// Reads the name of a unit, as profiles and headings write it.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "元" | "人民币元" | "yuan" => Some(Money::Yuan),
            "万元" | "人民币万元" | "wan_yuan" => Some(Money::WanYuan),
            "亿元" | "人民币亿元" => Some(Money::YiYuan),
            "m2" | "平方米" | "㎡" => Some(Money::SquareMetre),
            "公顷" | "hm2" => Some(Money::Hectare),
            "km2" | "平方公里" | "平方千米" => Some(Money::SquareKilometre),
            _ => None,
        }
    }

    /// Reads the value of a field that says the unit of another: the standard's code, or its name.
    pub fn of_code(text: &str) -> Option<Self> {
        match text.trim() {
            "0" | "０" => Some(Money::Yuan),
            "1" | "１" => Some(Money::WanYuan),
            name => Money::parse(name),
        }
    }

    /// Whether it is an amount of money, not an area.
    pub fn is_money(self) -> bool {
        matches!(self, Money::Yuan | Money::WanYuan | Money::YiYuan)
    }

    /// Whether a field of a unit can be written in it: sums are no areas, and neither are days. A field whose unit
    /// nobody knows may be written in any.
    pub fn counts(self, unit: Option<&Unit>) -> bool {
        match unit {
            None => true,
            Some(Unit::Yuan | Unit::WanYuan | Unit::By(_)) => self.is_money(),
            Some(Unit::Other(name)) => {
                Money::parse(name).is_some_and(|unit| unit.is_money() == self.is_money())
            }
        }
    }

    /// How many of the smallest unit of its kind it is, as a power of ten.
    fn tens(self) -> i64 {
        match self {
            Money::Yuan | Money::SquareMetre => 0,
            Money::WanYuan | Money::Hectare => 4,
            Money::SquareKilometre => 6,
            Money::YiYuan => 8,
        }
    }

    /// The standard's code.
    pub fn code(self) -> &'static str {
        match self {
            Money::WanYuan => "1",
            _ => "0",
        }
    }

    /// Converts an amount from this unit into another; none when it is no plain decimal number.
    pub fn convert(self, amount: &str, to: Money) -> Option<String> {
        let (negative, digits, decimals) = plain(amount)?;
        let shift = self.tens() - to.tens();
        Some(write(negative, &digits, decimals - shift))
    }
}

/// Sign, digits without a point, and how many of them stand after the point.
fn plain(amount: &str) -> Option<(bool, String, i64)> {
    let mut digits = String::new();
    let mut decimals = None;
    let mut negative = false;
    for (place, c) in amount.trim().chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '０'..='９' => {
                digits.push(char::from_digit(u32::from(c) - u32::from('０'), 10)?);
            }
            ',' | '，' if !digits.is_empty() && decimals.is_none() => continue,
            '.' | '．' if decimals.is_none() => {
                decimals = Some(0);
                continue;
            }
            '-' | '－' if place == 0 => {
                negative = true;
                continue;
            }
            _ => return None,
        }
        decimals = decimals.map(|count| count + 1);
    }
    (!digits.is_empty()).then(|| (negative, digits, decimals.unwrap_or(0)))
}

fn write(negative: bool, digits: &str, decimals: i64) -> String {
    let mut text = String::from(if negative { "-" } else { "" });
    let (whole, fraction) = if decimals <= 0 {
        let zeros = "0".repeat(usize::try_from(-decimals).unwrap_or(0));
        (format!("{digits}{zeros}"), String::new())
    } else {
        let decimals = usize::try_from(decimals).unwrap_or(0);
        let padded = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        (whole.to_owned(), fraction.trim_end_matches('0').to_owned())
    };
    let whole = whole.trim_start_matches('0');
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(&fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_moves_four_places() {
        for (amount, yuan) in [
            ("1,234.5", "12345000"),
            ("0.00001", "0.1"),
            ("12", "120000"),
            ("-3.21", "-32100"),
            ("１２．５", "125000"),
            ("0", "0"),
            ("99999999999999999999.123456", "999999999999999999991234.56"),
        ] {
            let found = Money::WanYuan.convert(amount, Money::Yuan);
            assert_eq!(found.as_deref(), Some(yuan), "{amount}");
        }
        let back = Money::Yuan.convert("12345000", Money::WanYuan);
        assert_eq!(back.as_deref(), Some("1234.5"));
        assert_eq!(
            Money::Yuan.convert("1", Money::WanYuan).as_deref(),
            Some("0.0001")
        );
        for (from, amount, to, after) in [
            (Money::Hectare, "2.35", Money::SquareKilometre, "0.0235"),
            (
                Money::SquareMetre,
                "23500",
                Money::SquareKilometre,
                "0.0235",
            ),
            (Money::YiYuan, "1.2", Money::Yuan, "120000000"),
        ] {
            assert_eq!(from.convert(amount, to).as_deref(), Some(after), "{amount}");
        }
    }

    #[test]
    fn what_is_no_plain_number_is_left_alone() {
        for amount in ["", "约12", "3.2E+19", "1.2.3", "12万", "--1", ".", "1-2"] {
            assert_eq!(
                Money::WanYuan.convert(amount, Money::Yuan),
                None,
                "{amount}"
            );
        }
    }
}
