//! Instants as a field of 8, 12 or 14 digits holds them, and back.

use jiff::civil::DateTime;

const PATTERN: &str = "%Y%m%d%H%M%S";

/// The instant that so many digits say; what they leave out is the beginning of it.
pub(super) fn read(text: &str) -> Option<DateTime> {
    let mut digits = text.to_owned();
    digits.extend(std::iter::repeat_n('0', 14_usize.checked_sub(text.len())?));
    DateTime::strptime(PATTERN, digits).ok()
}

/// The first `width` digits of an instant.
pub(super) fn write(instant: DateTime, width: usize) -> String {
    let mut text = instant.strftime(PATTERN).to_string();
    text.truncate(width);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_and_written() {
        for text in ["20240229", "202402292359", "20240229235958"] {
            let back = read(text).map(|instant| write(instant, text.len()));
            assert_eq!(back.as_deref(), Some(text));
        }
        assert_eq!(read("20230229"), None);
        assert_eq!(read("2024022912304501"), None);
    }
}
