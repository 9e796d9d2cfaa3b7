//! Citizen identity number 公民身份号码, GB 11643-1999: region, date of birth, sequence, and a check character
//! (ISO 7064 MOD 11-2). Of the region only the province is judged: lower parts may be old ones.

use super::Fault;
use crate::normalize::is_date;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// Judges form, province, date of birth and check character.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let (body, last) = match text.as_bytes() {
        [body @ .., last] if body.len() == WEIGHTS.len() => (body, *last),
        _ => return Err(Fault::Form),
    };
    if !body.iter().all(u8::is_ascii_digit) || !(last.is_ascii_digit() || last == b'X') {
        return Err(Fault::Form);
    }
    if !is_province(text.get(..2).unwrap_or_default()) {
        return Err(Fault::Region);
    }
    if !text.get(6..14).is_some_and(|date| is_date(date, 8)) {
        return Err(Fault::Date);
    }
    let sum: u32 = body
        .iter()
        .zip(WEIGHTS)
        .map(|(byte, weight)| u32::from(byte - b'0') * weight)
        .sum();
    match CHECKS.get((sum % 11) as usize) {
        Some(&right) if right == last => Ok(()),
        right => Err(Fault::Check(right.map(|&byte| char::from(byte)))),
    }
}

/// Number of another paper: one to fifty letters, digits and hyphens.
pub(super) fn check_other_paper(text: &str) -> Result<(), Fault> {
    let sound = (1..=50).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if sound { Ok(()) } else { Err(Fault::Form) }
}

/// First two digits of GB/T 2260, with 83 for residents of Taiwan.
fn is_province(code: &str) -> bool {
    matches!(
        code.parse::<u32>(),
        Ok(11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
    )
}
