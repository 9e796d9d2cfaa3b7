//! Construction report number 报建编号 of housing, water and transport: region, date `yyMMdd`, class and serial,
//! 16 digits.

use super::Fault;
use crate::normalize::is_date;

/// Judges form and date.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    if text.len() != 16 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Form);
    }
    let date = format!("20{}", text.get(6..12).unwrap_or_default());
    if is_date(&date, 8) {
        Ok(())
    } else {
        Err(Fault::Date)
    }
}
