//! GUID, 8-4-4-4-12 hexadecimal digits. Some senders put keys of their own here, so it only warns.

use super::Fault;

/// Judges the form.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let sound = text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| {
            if matches!(place, 8 | 13 | 18 | 23) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        });
    if sound { Ok(()) } else { Err(Fault::Form) }
}
