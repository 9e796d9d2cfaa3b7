//! Code of a subject of trading 主体代码: a unified social credit code, an organization code or a citizen
//! identity number, told apart by length. Army and foreign bodies have codes of their own, and registers still hold the
//! registration numbers of 15 and 13 digits: nothing here ever rejects.

use super::{Fault, citizen, org_code, uscc};

/// Judges a code by the kind that its length suggests.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    match text.len() {
        18 => uscc::check(text).or_else(|fault| citizen::check(text).map_err(|_| fault)),
        9 => org_code::check(text),
        15 | 13 if text.bytes().all(|byte| byte.is_ascii_digit()) => Err(Fault::Old),
        _ => Err(Fault::Form),
    }
}
