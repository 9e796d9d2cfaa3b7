//! Bytes to text in the character set of the source, and where that fails.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, GB18030};

use super::error::Fault;
use crate::profile::Charset;

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";
const GB18030_MARK: &[u8] = b"\x84\x31\x95\x33";

/// Length of the UTF-8 mark at the start of a document, if it has one.
pub(crate) fn mark(document: &[u8]) -> usize {
    if document.starts_with(UTF8_MARK) {
        UTF8_MARK.len()
    } else {
        0
    }
}

/// Length of the mark at the start of a document, and the character set that it proves.
pub(crate) fn any_mark(document: &[u8]) -> Option<(usize, Charset)> {
    if document.starts_with(UTF8_MARK) {
        Some((UTF8_MARK.len(), Charset::Utf8))
    } else if document.starts_with(GB18030_MARK) {
        Some((GB18030_MARK.len(), Charset::Gb18030))
    } else {
        None
    }
}

/// Sees that a document is not in UTF-16, which no source writes on purpose: with or without a mark, text in it has a
/// zero in every other byte.
pub(crate) fn narrow(document: &[u8], wanted: Charset) -> Result<(), Fault> {
    let name = match document {
        [0xFF, 0xFE, ..] | [1..=255, 0, 1..=255, 0, ..] => "UTF-16LE",
        [0xFE, 0xFF, ..] | [0, 1..=255, 0, 1..=255, ..] => "UTF-16BE",
        _ => return Ok(()),
    };
    let found = (format!("文件为 {name} 编码"), format!("text in {name}"));
    Err(Fault::charset(0, found, wanted.name()))
}

/// The document from `start` as UTF-8 text.
pub(crate) fn utf8(document: &[u8], start: usize) -> Result<&str, Fault> {
    let bytes = document.get(start..).unwrap_or_default();
    simdutf8::basic::from_utf8(bytes).map_err(|_| {
        let valid = str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let byte = bytes.get(valid).copied().unwrap_or_default();
        let found = (
            format!("字节 0x{byte:02X} 在此处不是 UTF-8"),
            format!("byte 0x{byte:02X}, which is no UTF-8 here"),
        );
        Fault::charset(start + valid, found, "utf-8")
    })
}

/// Bytes as text; the offset of a fault counts from their start.
pub(crate) fn decode(bytes: &[u8], charset: Charset) -> Result<Cow<'_, str>, Fault> {
    if charset == Charset::Utf8 {
        return utf8(bytes, 0).map(Cow::Borrowed);
    }
    if let Some(text) = GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text);
    }
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    // Three bytes of UTF-8 for two of GB18030 at most, and some room that the decoder asks for.
    let mut text = String::with_capacity(bytes.len() * 2 + 16);
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    let at = match result {
        DecoderResult::Malformed(length, after) => {
            read.saturating_sub(usize::from(length) + usize::from(after))
        }
        _ => read,
    };
    let byte = bytes.get(at).copied().unwrap_or_default();
    let found = (
        format!("字节 0x{byte:02X} 在此处不是 GB18030 字符"),
        format!("byte 0x{byte:02X}, which begins no GB18030 character here"),
    );
    Err(Fault::charset(at, found, "gb18030"))
}

/// Whether bytes are UTF-8 text whose characters outside ASCII are all Chinese: ideographs, or signs of full width. The
/// same bytes in GB18030 would be ideographs that are hardly ever used, side by side.
pub(crate) fn is_chinese_utf8(bytes: &[u8]) -> bool {
    let is_chinese = |c: char| matches!(c, '\u{3000}'..='\u{303F}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}');
    let Ok(text) = utf8(bytes, 0) else {
        return false;
    };
    let mut beyond = text.chars().filter(|c| !c.is_ascii());
    // One character alone may be an accident.
    let several = text.chars().filter(|c| !c.is_ascii()).take(2).count() == 2;
    several && beyond.all(is_chinese)
}

/// Length of the GB18030 sequence that begins a slice.
#[inline]
pub(crate) fn gb18030_length(bytes: &[u8]) -> usize {
    match bytes {
        [0x81..=0xFE, 0x30..=0x39, ..] => 4,
        [0x81..=0xFE, ..] => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_place_of_a_bad_byte_is_exact() {
        let mut bytes = GB18030.encode("中文𠀀a").0.into_owned();
        let at = bytes.len();
        bytes.extend_from_slice(b"\xFFb");
        let fault = decode(&bytes, Charset::Gb18030).unwrap_err();
        assert_eq!(fault.at, at);
        for cut in [1, 3, 5, 6, 7] {
            let fault = decode(&bytes[..cut], Charset::Gb18030).unwrap_err();
            assert!(fault.at < cut, "{cut}: {fault:?}");
        }
        assert_eq!(utf8(b"ab\xC3\x28", 1).unwrap_err().at, 2);
    }

    #[test]
    fn chinese_in_utf8_is_told_from_chinese_in_gb18030() {
        for text in ["项目编号,项目名称（元）", "PROJECT_CODE,招标,X"] {
            assert!(is_chinese_utf8(text.as_bytes()), "{text}");
            assert!(!is_chinese_utf8(&GB18030.encode(text).0), "{text}");
        }
        // 联通 in GB18030 is two characters of UTF-8 by accident, which are not Chinese.
        for bytes in [
            &b"PROJECT_CODE,A"[..],
            &GB18030.encode("联通").0,
            "中".as_bytes(),
        ] {
            assert!(!is_chinese_utf8(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn text_of_two_bytes_a_character_is_told_with_and_without_a_mark() {
        for (document, is_told) in [
            (&b"\xFF\xFE{\0"[..], true),
            (b"\xFE\xFF\0{", true),
            (b"{\0\"\0", true),
            (b"\0<\0D", true),
            (b"{\0", false),
            (b"{}\0\0", false),
            (b"", false),
        ] {
            let told = narrow(document, Charset::Utf8);
            assert_eq!(told.is_err(), is_told, "{document:?}");
        }
    }

    #[test]
    fn lengths_of_sequences_are_those_of_the_decoder() {
        for c in ['a', '中', '€', 'é', '𠀀', '\u{E000}', '㐀'] {
            let mut buffer = [0; 4];
            let (bytes, _, _) = GB18030.encode(c.encode_utf8(&mut buffer));
            assert_eq!(gb18030_length(&bytes), bytes.len(), "{c}");
        }
    }
}
