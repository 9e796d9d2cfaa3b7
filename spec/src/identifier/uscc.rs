//! Unified social credit code 统一社会信用代码, GB 32100-2015: 18 characters of a 31-letter alphabet
//! (no I, O, S, V, Z), the last one over the others. The region inside is never judged: sound codes keep
//! regions that no longer exist.

use super::Fault;

/// 3 to the power of the place, modulo 31.
const WEIGHTS: [u32; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// Place of a character in the alphabet.
pub(super) fn value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'H' => byte - b'A' + 10,
        b'J'..=b'N' => byte - b'J' + 18,
        b'P'..=b'R' => byte - b'P' + 23,
        b'T' | b'U' => byte - b'T' + 26,
        b'W'..=b'Y' => byte - b'W' + 28,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Whether a text has the length and alphabet of a code.
pub(super) fn has_form(text: &str) -> bool {
    text.len() == 18 && text.bytes().all(|byte| value(byte).is_some())
}

/// Judges form and check character.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let (body, last) = match text.as_bytes() {
        [body @ .., last] if body.len() == WEIGHTS.len() => (body, *last),
        _ => return Err(Fault::Form),
    };
    let mut sum = 0;
    for (&byte, weight) in body.iter().zip(WEIGHTS) {
        sum += value(byte).ok_or(Fault::Form)? * weight;
    }
    let found = value(last).ok_or(Fault::Form)?;
    let right = (31 - sum % 31) % 31;
    if found == right {
        return Ok(());
    }
    let right = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        .chars()
        .nth(right as usize);
    Err(Fault::Check(right))
}
