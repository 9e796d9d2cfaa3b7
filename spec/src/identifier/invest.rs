//! Code of an investment project 投资项目统一代码: year, region or department, industry, type and serial,
//! joined by hyphens. The form is strict; the six digits of the region may also name a department, so they only warn.

use super::{Fault, Finding, Places};
use crate::Severity;

/// Judges form and region.
pub(super) fn check(text: &str, places: &Places<'_>) -> Result<(), Finding> {
    let sound = text.len() == 24
        && text.bytes().enumerate().all(|(place, byte)| {
            if matches!(place, 4 | 11 | 14 | 17) {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        });
    if !sound {
        return Err((Fault::Form, Severity::Error));
    }
    if text.get(5..11).is_some_and(|region| places.holds(region)) {
        Ok(())
    } else {
        Err((Fault::Region, Severity::Warning))
    }
}
