//! Formats 表示格式 in the standard's own notation: `C18`, `C..200`, `C..ul`, `N..20,6`, `D14`.

use std::fmt;
use std::str::FromStr;

/// Format of a field: type and length in one token of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `Cn`: exactly *n* characters.
    Exact(u32),
    /// `C..n`: at most *n* characters.
    UpTo(u32),
    /// `C..ul`: text of any length.
    Unlimited,
    /// `N..p,s`: at most *p* digits, *s* of them after the point. `N..p` has *s* = 0.
    Number {
        /// All digits.
        digits: u32,
        /// Digits after the decimal point.
        decimals: u32,
    },
    /// `Np`: exactly *p* digits.
    Digits(u32),
    /// `D8`: `yyyyMMdd`.
    Date,
    /// `D12`: `yyyyMMddHHmm`.
    Minute,
    /// `D14`: `yyyyMMddHHmmss`.
    Second,
    /// `B`: 0 or 1.
    Boolean,
}

/// The text is not a format of the standard.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{0}` is not a format (expected C18, C..200, C..ul, N8, N..4, N..20,6, D8, D12, D14 or B)"
)]
pub struct FormatError(pub String);

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || FormatError(text.to_owned());
        let number = |digits: &str| {
            digits
                .parse::<u32>()
                .ok()
                .filter(|&n| n > 0)
                .ok_or_else(fault)
        };
        match text {
            "B" => return Ok(Format::Boolean),
            "C..ul" => return Ok(Format::Unlimited),
            "D8" => return Ok(Format::Date),
            "D12" => return Ok(Format::Minute),
            "D14" => return Ok(Format::Second),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix("C..") {
            Ok(Format::UpTo(number(rest)?))
        } else if let Some(rest) = text.strip_prefix('C') {
            Ok(Format::Exact(number(rest)?))
        } else if let Some(rest) = text.strip_prefix("N..") {
            let (digits, decimals) = match rest.split_once(',') {
                Some((digits, decimals)) => (number(digits)?, number(decimals)?),
                None => (number(rest)?, 0),
            };
            if decimals >= digits {
                return Err(fault());
            }
            Ok(Format::Number { digits, decimals })
        } else if let Some(rest) = text.strip_prefix('N') {
            Ok(Format::Digits(number(rest)?))
        } else {
            Err(fault())
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Format::Exact(n) => write!(f, "C{n}"),
            Format::UpTo(n) => write!(f, "C..{n}"),
            Format::Unlimited => f.write_str("C..ul"),
            Format::Number {
                digits,
                decimals: 0,
            } => write!(f, "N..{digits}"),
            Format::Number { digits, decimals } => write!(f, "N..{digits},{decimals}"),
            Format::Digits(n) => write!(f, "N{n}"),
            Format::Date => f.write_str("D8"),
            Format::Minute => f.write_str("D12"),
            Format::Second => f.write_str("D14"),
            Format::Boolean => f.write_str("B"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_round_trips() {
        for text in [
            "C18", "C..200", "C..ul", "N..20,6", "N..4", "N1", "D8", "D12", "D14", "B",
        ] {
            assert_eq!(
                text.parse::<Format>().map(|f| f.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["", "C", "C0", "X3", "N..2,2", "N..a", "D9", "c18"] {
            assert!(text.parse::<Format>().is_err(), "{text}");
        }
    }
}
