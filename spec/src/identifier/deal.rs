//! Unified deal code 统一交易标识码: class, platform, date, serial and a check character, joined by hyphens.
//!
//! How the check character is made is not settled. Real implementations compute ISO 7064 MOD 37-2 over class, platform,
//! date and serial; some published codes fit MOD 37,36 without the class. Either is accepted, and a code
//! that fits neither is only warned of.

use super::{Fault, Finding};
use crate::Severity;
use crate::normalize::is_date;

const ALPHABET: &[u8; 37] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";

fn value(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => None,
    }
}

/// Judges the composition strictly, the check character mildly and only if asked to.
pub(super) fn check(text: &str, with_character: bool) -> Result<(), Finding> {
    let error = |fault| (fault, Severity::Error);
    let Some([class, platform, date, serial, last]) = parts(text) else {
        return Err(error(Fault::Form));
    };
    check_class(class).map_err(error)?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let sound =
        platform.bytes().all(|byte| value(byte).is_some()) && digits(date) && digits(serial);
    let last = match last.as_bytes() {
        [last] if sound && (value(*last).is_some() || *last == b'*') => *last,
        _ => return Err(error(Fault::Form)),
    };
    if !is_date(date, 8) {
        return Err(error(Fault::Date));
    }
    if !with_character {
        return Ok(());
    }
    let body = || platform.bytes().chain(date.bytes()).chain(serial.bytes());
    if check_mod_37_2(class.bytes().chain(body())) == Some(last)
        || check_mod_37_36(body()) == Some(last)
    {
        return Ok(());
    }
    Err((Fault::Check(None), Severity::Warning))
}

/// Class of deal 交易分类代码: one capital letter and two digits.
pub(super) fn check_class(text: &str) -> Result<(), Fault> {
    match text.as_bytes() {
        [b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9'] => Ok(()),
        _ => Err(Fault::Form),
    }
}

/// The five parts, if the hyphens stand where they belong.
fn parts(text: &str) -> Option<[&str; 5]> {
    let bytes = text.as_bytes();
    let hyphens = [3, 22, 31, 38]
        .iter()
        .all(|&place| bytes.get(place) == Some(&b'-'));
    if !hyphens || bytes.len() != 40 {
        return None;
    }
    Some([
        text.get(..3)?,
        text.get(4..22)?,
        text.get(23..31)?,
        text.get(32..38)?,
        text.get(39..)?,
    ])
}

/// Check character of ISO 7064 MOD 37-2.
pub fn check_mod_37_2(text: impl Iterator<Item = u8>) -> Option<u8> {
    let mut sum = 0;
    for byte in text {
        sum = (sum + value(byte)?) * 2;
        // Below 37 before, so below 146 now: two subtractions are cheaper than a division.
        sum -= if sum >= 74 { 74 } else { 0 };
        sum -= if sum >= 37 { 37 } else { 0 };
    }
    ALPHABET.get(((38 - sum) % 37) as usize).copied()
}

/// Check character of ISO 7064 MOD 37,36.
pub fn check_mod_37_36(text: impl Iterator<Item = u8>) -> Option<u8> {
    let mut product = 36;
    for byte in text {
        // At most 71, and 36 stands for 0.
        let sum = product + value(byte)?;
        let sum = if sum > 36 { sum - 36 } else { sum };
        product = if sum * 2 >= 37 { sum * 2 - 37 } else { sum * 2 };
    }
    ALPHABET.get(((37 - product) % 36) as usize).copied()
}
