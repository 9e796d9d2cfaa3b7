//! Amounts of money and areas in other units, converted exactly: the decimal point moves, nothing is computed. (A 亩 is
//! no power of ten of anything, so it is not among them.)

use spec::normalize::bare_figure;
use spec::{Input, Unit};

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

    /// Converts an amount from this unit into another; none where the text is no figure, or names a unit of its own.
    pub fn convert(self, amount: &Input<'_>, to: Money) -> Option<String> {
        let figure = bare_figure(amount)?;
        let (negative, digits) = match figure.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, figure.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let decimals = i64::try_from(fraction.len()).ok()?;
        let shift = self.tens() - to.tens();
        Some(write(
            negative,
            &[whole, fraction].concat(),
            decimals - shift,
        ))
    }
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
    use spec::Kind;

    fn converted(kind: Kind, amount: &str, from: Money, to: Money) -> Option<String> {
        let input = Input {
            text: amount.into(),
            kind,
            at: 0,
            mapped: None,
        };
        from.convert(&input, to)
    }

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
            let found = converted(Kind::Text, amount, Money::WanYuan, Money::Yuan);
            assert_eq!(found.as_deref(), Some(yuan), "{amount}");
        }
        for (from, amount, to, after) in [
            (Money::Yuan, "12345000", Money::WanYuan, "1234.5"),
            (Money::Yuan, "1", Money::WanYuan, "0.0001"),
            (Money::Hectare, "2.35", Money::SquareKilometre, "0.0235"),
            (
                Money::SquareMetre,
                "23500",
                Money::SquareKilometre,
                "0.0235",
            ),
            (Money::YiYuan, "1.2", Money::Yuan, "120000000"),
        ] {
            let found = converted(Kind::Text, amount, from, to);
            assert_eq!(found.as_deref(), Some(after), "{amount}");
        }
    }

    #[test]
    fn whatever_is_read_as_a_figure_counts_in_the_unit_of_its_column() {
        // What the specification reads as a plain number must not lose the unit on the way: it would be ten thousand
        // times too small.
        for (amount, yuan) in [
            ("1e-06", "0.01"),
            ("1.5E2", "1500000"),
            ("1 186 000", "11860000000"),
            ("+5", "50000"),
            ("人民币12.5", "125000"),
            ("￥12.5", "125000"),
            ("12.5()", "125000"),
            ("合计：12.5。", "125000"),
            ("预算金额：12.5", "125000"),
        ] {
            let found = converted(Kind::Text, amount, Money::WanYuan, Money::Yuan);
            assert_eq!(found.as_deref(), Some(yuan), "{amount}");
        }
        let number = converted(Kind::Number, "3.2E+3", Money::WanYuan, Money::Yuan);
        assert_eq!(number.as_deref(), Some("32000000"), "JSON's own number");
    }

    #[test]
    fn what_is_no_figure_or_names_its_unit_is_left_alone() {
        for amount in [
            "",
            "约12",
            "3.2E+19",
            "1.2.3",
            "12万",
            "12.5元",
            "12.5(壹拾贰元伍角)",
            "--1",
            ".",
            "1-2",
            "98%",
        ] {
            let found = converted(Kind::Text, amount, Money::WanYuan, Money::Yuan);
            assert_eq!(found, None, "{amount}");
        }
    }
}
