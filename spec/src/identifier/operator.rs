//! Code of the body that runs a platform 平台代码: its unified social credit code, in some places with the number of
//! a system behind it (`-5`). A code in real use fails the check character, so that one only warns.

use super::{Fault, Finding, uscc};
use crate::Severity;

/// The code without the number of a system.
pub(super) fn body(text: &str) -> &str {
    match text.split_once('-') {
        Some((body, system))
            if (1..=3).contains(&system.len())
                && system.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            body
        }
        _ => text,
    }
}

/// Judges length and alphabet strictly, the check character mildly.
pub(super) fn check(text: &str) -> Result<(), Finding> {
    uscc::check(body(text)).map_err(|fault| match fault {
        Fault::Check(_) => (fault, Severity::Warning),
        _ => (fault, Severity::Error),
    })
}
