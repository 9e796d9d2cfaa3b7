//! Unified social credit code 统一社会信用代码, GB 32100-2015: 18 characters of a 31-letter alphabet
//! (no I, O, S, V, Z), the last one over the others. The region inside is never judged: sound codes keep
//! regions that no longer exist.

use super::Fault;

/// 3 to the power of the place, modulo 31.
const WEIGHTS: [u32; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// Place in the alphabet of the characters `0` to `Z`; 255 for those that it leaves out.
const PLACES: [u8; 43] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 255, 255, 255, 255, 255, 255, 10, 11, 12, 13, 14, 15, 16,
    17, 255, 18, 19, 20, 21, 22, 255, 23, 24, 25, 255, 26, 27, 255, 28, 29, 30, 255,
];

/// Place of a character in the alphabet, 255 if it has none.
fn place(byte: u8) -> u8 {
    PLACES
        .get(usize::from(byte.wrapping_sub(b'0')))
        .copied()
        .unwrap_or(255)
}

/// Judges form and check character.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let (body, last) = match text.as_bytes() {
        [body @ .., last] if body.len() == WEIGHTS.len() => (body, *last),
        _ => return Err(Fault::Form),
    };
    let found = place(last);
    // Every place is below 31; the highest bit remembers a character that has none.
    let mut seen = found;
    let mut sum = 0;
    for (&byte, weight) in body.iter().zip(WEIGHTS) {
        let value = place(byte);
        seen |= value;
        sum += u32::from(value) * weight;
    }
    if seen >= 128 {
        return Err(Fault::Form);
    }
    let found = u32::from(found);
    let right = (31 - sum % 31) % 31;
    if found == right {
        return Ok(());
    }
    let right = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        .chars()
        .nth(right as usize);
    Err(Fault::Check(right))
}
