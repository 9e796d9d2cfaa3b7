//! One pass over the bytes of a text that says whether it may stay as it is.
//!
//! Nearly every value is already clean, so the price of normalization is the price of this pass. It
//! looks at sixteen bytes at a time, without branches, so that the compiler can use vector registers. It never
//! decides what to do about a text; a text that is not quiet goes the slow way.

/// What the pass saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Nothing that cleaning could touch, other than at both ends.
    pub quiet: bool,
    /// No quotation mark, backslash or control character: JSON needs no escape.
    pub plain: bool,
}

const LANES: usize = 16;
/// A step looks at two bytes beyond its sixteen.
const WINDOW: usize = LANES + 2;

/// Looks over a text. Line feeds and tabs count as quiet only where `lines` is set.
pub(crate) fn scan(text: &str, lines: bool) -> Scan {
    let mut loud = [0_u8; LANES];
    let mut escape = [0_u8; LANES];
    let mut breaks = [0_u8; LANES];
    let mut rest = text.as_bytes();
    while let Some(window) = rest.first_chunk::<WINDOW>() {
        step(window, &mut loud, &mut escape, &mut breaks);
        rest = rest.get(LANES..).unwrap_or_default();
    }
    // Fewer than 18 bytes are left; padded, two steps cover them.
    let mut tail = [b'0'; LANES + WINDOW];
    if let Some(head) = tail.get_mut(..rest.len()) {
        head.copy_from_slice(rest);
    }
    if let Some(window) = tail.first_chunk::<WINDOW>() {
        step(window, &mut loud, &mut escape, &mut breaks);
    }
    if rest.len() > LANES
        && let Some(window) = tail.last_chunk::<WINDOW>()
    {
        step(window, &mut loud, &mut escape, &mut breaks);
    }
    let any = |lanes: &[u8; LANES]| lanes.iter().fold(0, |all, &lane| all | lane) != 0;
    let broken = any(&breaks);
    Scan {
        quiet: !any(&loud) && (lines || !broken),
        plain: !any(&escape) && !broken,
    }
}

/// Sixteen bytes, each with the two that follow it.
#[inline(always)]
#[expect(
    clippy::inline_always,
    clippy::needless_bitwise_bool,
    reason = "the loop above is only fast with this inside, and without branches"
)]
fn step(
    window: &[u8; WINDOW],
    loud: &mut [u8; LANES],
    escape: &mut [u8; LANES],
    breaks: &mut [u8; LANES],
) {
    let first = window.iter();
    let second = window.iter().skip(1);
    let third = window.iter().skip(2);
    let lanes = loud
        .iter_mut()
        .zip(escape.iter_mut())
        .zip(breaks.iter_mut());
    for ((((loud, escape), breaks), &a), (&b, &c)) in lanes.zip(first).zip(second.zip(third)) {
        let line = (a == b'\n') | (a == b'\t');
        let control = (a < 0x20) & !line | (a == 0x7f);
        let quote = (a == b'"') | (a == b'\\');
        let markup = (a == b'&') | (a == b'<');
        // Leads E4 to E9 begin U+4000 to U+9FFF: ideographs, which no repair touches. Of the others the
        // common ones are let through: U+3000-303F, U+FF00-FF7F, and dashes and quotes of U+2010-2027.
        let odd = (a >= 0xc0) & (a.wrapping_sub(0xe4) > 5);
        let punctuation = (a == 0xe3) & (b == 0x80) & (c < 0xaa);
        let wide = (a == 0xef) & ((b & 0xfe) == 0xbc);
        let dash = (a == 0xe2) & (b == 0x80) & (c.wrapping_sub(0x90) < 0x18);
        *loud |= u8::from(control | markup | (odd & !(punctuation | wide | dash)));
        *escape |= u8::from(quote | control);
        *breaks |= u8::from(line);
    }
}

/// Whether the text begins or ends with something that trimming removes, or begins as a masked or a quoted cell does; for
/// quiet texts only.
pub(crate) fn ragged(text: &str) -> bool {
    const IDEOGRAPHIC_SPACE: &str = "\u{3000}";
    let bytes = text.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_none_or(|&byte| byte <= b' ');
    edge(bytes.first())
        || edge(bytes.last())
        || matches!(bytes.first(), Some(b'\'' | b'=' | b'*'))
        || (bytes.first() == Some(&0xe3) && text.starts_with(IDEOGRAPHIC_SPACE))
        || (bytes.last() == Some(&0x80) && text.ends_with(IDEOGRAPHIC_SPACE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_loud_byte_at_every_place_of_every_length() {
        for length in 0..80 {
            let clean = "招".repeat(length / 3) + &"a".repeat(length % 3);
            assert_eq!(
                scan(&clean, false),
                Scan {
                    quiet: true,
                    plain: true
                },
                "{clean}"
            );
            for (place, _) in clean.char_indices().chain([(clean.len(), ' ')]) {
                for (dirt, quiet, plain) in [
                    ("\u{1}", false, false),
                    ("&", false, true),
                    ("\"", true, false),
                    ("\u{a0}", false, true),
                    ("\u{200b}", false, true),
                    ("，", true, true),
                    ("“", true, true),
                    ("\u{feff}", false, true),
                    ("\u{3099}", false, true),
                ] {
                    let mut text = clean.clone();
                    text.insert_str(place, dirt);
                    assert_eq!(scan(&text, false), Scan { quiet, plain }, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn line_breaks_are_quiet_only_in_long_text() {
        assert!(scan("甲\n乙", true).quiet);
        assert!(!scan("甲\n乙", true).plain);
        assert!(!scan("甲\n乙", false).quiet);
    }
}
