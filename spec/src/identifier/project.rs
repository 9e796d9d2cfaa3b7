//! Platform, project, tender project, section and document codes: each is the one before it and a serial.
//!
//! The standard says digits after the first letter. Codes in real use hold letters inside and a
//! small first letter, and name regions that the table lacks: only length, characters and place of the region are strict.

use super::{Fault, Finding, Places};
use crate::Severity;

/// Judges a code of the given length.
pub(super) fn check(text: &str, length: usize, places: &Places<'_>) -> Result<(), Finding> {
    let sound = match text.as_bytes() {
        [letter, rest @ ..] if rest.len() + 1 == length => {
            let (region, serial) = rest.split_at_checked(6).unwrap_or((rest, &[]));
            letter.is_ascii_alphabetic()
                && region.iter().all(u8::is_ascii_digit)
                && serial.iter().all(u8::is_ascii_alphanumeric)
        }
        _ => false,
    };
    if !sound {
        return Err((Fault::Form, Severity::Error));
    }
    if text.get(1..7).is_some_and(|region| places.holds(region)) {
        Ok(())
    } else {
        Err((Fault::Region, Severity::Warning))
    }
}
