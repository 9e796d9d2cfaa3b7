//! Organization code 组织机构代码, GB 11714-1997: eight characters and a check character over them.

use super::Fault;

const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Judges form and check character.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let (body, last) = match text.as_bytes() {
        [body @ .., last] if body.len() == WEIGHTS.len() => (body, *last),
        _ => return Err(Fault::Form),
    };
    let mut sum = 0;
    for (&byte, weight) in body.iter().zip(WEIGHTS) {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            _ => return Err(Fault::Form),
        };
        sum += u32::from(value) * weight;
    }
    let right = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    };
    match last {
        b'0'..=b'9' | b'X' if char::from(last) == right => Ok(()),
        b'0'..=b'9' | b'X' => Err(Fault::Check(Some(right))),
        _ => Err(Fault::Form),
    }
}
