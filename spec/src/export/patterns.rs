//! Formats and domains as regular expressions that every engine of JSON Schema understands.

use crate::Format;

/// What a spreadsheet makes of a long code; its digits are lost.
pub(super) const LOST: &str = r"^[0-9](\.[0-9]+)?E\+[0-9]+$";
/// The same, as an item of a list.
pub(super) const LOST_ITEM: &str = r"(^|;)[0-9](\.[0-9]+)?E\+[0-9]+(;|$)";
/// Anything with the number of a platform's system behind it.
pub(super) const WITH_SYSTEM_NUMBER: &str = "^[^-]*-[0-9]{1,3}$";

/// A day from the year 1000 on: months have their length, and the 29th of February needs a leap year.
const DAY: &str = concat!(
    "([1-9][0-9]{3}((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)",
    "|02(0[1-9]|1[0-9]|2[0-8]))",
    "|([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)0229)"
);
const MINUTE: &str = "([01][0-9]|2[0-3])[0-5][0-9]";

/// The pattern of a value whose format is more than a length.
pub(super) fn of_format(format: Format) -> Option<String> {
    Some(match format {
        Format::Exact(_) | Format::UpTo(_) | Format::Unlimited => return None,
        Format::Number { digits, decimals } => number(digits, decimals),
        Format::Digits(count) => format!("^[0-9]{{{count}}}$"),
        Format::Date => format!("^{DAY}$"),
        Format::Minute => format!("^{DAY}{MINUTE}$"),
        Format::Second => format!("^{DAY}{MINUTE}[0-5][0-9]$"),
        Format::Boolean => "^[01]$".to_owned(),
    })
}

/// A decimal in canonical form: no leading zeros, no zeros at the end of the fraction, no `-0`.
fn number(digits: u32, decimals: u32) -> String {
    let whole = digits.saturating_sub(decimals);
    let large = match whole.saturating_sub(1) {
        0 => "-?[1-9]".to_owned(),
        more => format!("-?[1-9][0-9]{{0,{more}}}"),
    };
    match decimals {
        0 => format!("^(0|{large})$"),
        1 => format!(r"^(0|{large}(\.[1-9])?|-?0\.[1-9])$"),
        _ => {
            let fraction = format!(r"\.[0-9]{{0,{}}}[1-9]", decimals - 1);
            format!("^(0|{large}({fraction})?|-?0{fraction})$")
        }
    }
}

/// A list of `;`-separated items, none of them empty unless an empty one keeps the place of its neighbours
/// (`holes`). The last is never empty.
pub(super) fn list_of(item: &str, holes: bool) -> String {
    if holes {
        format!("^;*({item})(;+({item}))*$")
    } else {
        format!("^({item})(;({item}))*$")
    }
}

/// Item of a list: one of the codes.
pub(super) fn one_of(codes: &[&str]) -> String {
    let codes: Vec<String> = codes.iter().map(|code| literal(code)).collect();
    codes.join("|")
}

/// Item of a list: a value of a format.
pub(super) fn item(format: Format) -> String {
    match (format, of_format(format)) {
        (Format::Exact(length), _) => format!("[^;]{{{length}}}"),
        (_, Some(pattern)) => pattern.trim_matches(['^', '$']).to_owned(),
        // the bound is that of the whole list
        (_, None) => "[^;]+".to_owned(),
    }
}

/// Text of a length with the number of a platform's system (`-5`) behind it, which does not count.
pub(super) fn with_system_number(least: u32, most: u32) -> String {
    format!("^[^-]{{{least},{most}}}-[0-9]{{1,3}}$")
}

fn literal(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        // XSD knows no escapes of characters that need none
        if r"\|.?*+(){}[]^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
