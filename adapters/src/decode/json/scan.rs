//! Reads JSON text as tokens that borrow from it. Builds nothing, and never turns a number into another.
//!
//! Written for one purpose: one pass over records whose field names are mostly known beforehand. A
//! visitor over a general reader costs about twice as much per value, for the position of each value.

use spec::Message;
use std::borrow::Cow;

use crate::decode::error::Fault;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Null,
    Bool,
    Number,
    /// Text between the quotes; `escaped` when it has a backslash in it.
    String {
        escaped: bool,
    },
    /// The whole object or list.
    Object,
    List,
}

/// One value, as a slice of the document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    /// Offset of the first byte of the value (of the quote, for strings) in the scanned text.
    pub at: usize,
}

/// A place in a JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Scan<'a> {
    text: &'a str,
    pos: usize,
    depth: usize,
    max_depth: usize,
    max_value: usize,
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str, max_depth: usize, max_value: usize) -> Self {
        Scan {
            text,
            pos: 0,
            depth: 0,
            max_depth,
            max_value,
        }
    }

    pub fn position(&self) -> usize {
        self.pos
    }

    /// Goes back to a place where this scanner has been.
    pub fn rewind(&mut self, pos: usize) {
        self.pos = pos;
    }

    /// The next byte that is not white space.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.pos)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.pos += 1;
        }
    }

    /// Steps over one byte if it comes next.
    #[inline]
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.pos += usize::from(found);
        found
    }

    pub fn fault(&mut self, expected: impl Into<Message>) -> Fault {
        if self.peek().is_none() {
            return Fault::unreadable(self.pos, ("文本在此结束", "the text ends"), expected);
        }
        let rest = self.text.get(self.pos..).unwrap_or_default();
        let found = rest.chars().next().unwrap_or_default();
        let found = (format!("遇到 {found:?}"), format!("found {found:?}"));
        Fault::unreadable(self.pos, found, expected)
    }

    /// Enters an object or list.
    #[inline]
    pub fn open(&mut self, bracket: u8, expected: impl Into<Message>) -> Result<(), Fault> {
        if !self.take(bracket) {
            return Err(self.fault(expected));
        }
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(Fault::limit(
                self.pos - 1,
                "levels",
                self.max_depth,
                self.depth,
            ));
        }
        Ok(())
    }

    /// After `open`: whether there is another member; steps over the comma, or leaves the object or list.
    #[inline]
    pub fn more(&mut self, first: bool, close: u8) -> Result<bool, Fault> {
        match self.peek() {
            Some(byte) if byte == close => {
                self.pos += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.pos += 1;
                if self.peek() == Some(close) {
                    return Err(self.fault(("逗号后的值", "a value after the comma")));
                }
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ if close == b'}' => Err(self.fault((" `,` 或 `}`", "`,` or `}`"))),
            _ => Err(self.fault((" `,` 或 `]`", "`,` or `]`"))),
        }
    }

    /// The name of a member, if it is this one written without escapes; the colon is stepped over too.
    #[inline]
    pub fn key_is(&mut self, name: &str) -> bool {
        if self.peek() != Some(b'"') {
            return false;
        }
        let start = self.pos + 1;
        let end = start + name.len();
        let bytes = self.text.as_bytes();
        if bytes.get(start..end) != Some(name.as_bytes()) || bytes.get(end) != Some(&b'"') {
            return false;
        }
        let before = self.pos;
        self.pos = end + 1;
        if self.take(b':') {
            return true;
        }
        self.pos = before;
        false
    }

    /// The name of a member, and its offset; the colon is stepped over.
    pub fn key(&mut self) -> Result<(Cow<'a, str>, usize), Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.fault(("带引号的成员名", "the name of a member in quotes")));
        }
        let token = self.string()?;
        let name = token.unescape()?;
        if !self.take(b':') {
            return Err(self.fault("`:`"));
        }
        Ok((name, token.at))
    }

    /// Any value; objects and lists are checked and taken as a whole.
    #[inline]
    pub fn value(&mut self) -> Result<Token<'a>, Fault> {
        let token = match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'{') => self.nested(TokenKind::Object)?,
            Some(b'[') => self.nested(TokenKind::List)?,
            Some(b't') => self.word("true", TokenKind::Bool)?,
            Some(b'f') => self.word("false", TokenKind::Bool)?,
            Some(b'n') => self.word("null", TokenKind::Null)?,
            _ => return Err(self.fault(("一个值", "a value"))),
        };
        if token.text.len() > self.max_value {
            let (limit, found) = (self.max_value, token.text.len());
            return Err(Fault::limit(token.at, "bytes in a value", limit, found));
        }
        Ok(token)
    }

    /// A string without escapes, and its offset: most values are one. Otherwise nothing is read.
    #[inline]
    pub fn plain(&mut self) -> Option<(&'a str, usize)> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.pos + 1;
        let rest = self.text.as_bytes().get(start..)?;
        let length = special(rest);
        if rest.get(length) != Some(&b'"') || length > self.max_value {
            return None;
        }
        let text = self.text.get(start..start + length)?;
        self.pos = start + length + 1;
        Some((text, start - 1))
    }

    /// The next value must be the last thing in the text.
    pub fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fault("the end of the text")),
        }
    }

    fn token(&self, kind: TokenKind, at: usize, start: usize, end: usize) -> Token<'a> {
        let text = self.text.get(start..end).unwrap_or_default();
        Token { kind, text, at }
    }

    #[inline]
    fn string(&mut self) -> Result<Token<'a>, Fault> {
        let at = self.pos;
        let start = at + 1;
        let bytes = self.text.as_bytes();
        let mut pos = start;
        let mut escaped = false;
        loop {
            pos += special(bytes.get(pos..).unwrap_or_default());
            match bytes.get(pos) {
                Some(b'"') => {
                    self.pos = pos + 1;
                    return Ok(self.token(TokenKind::String { escaped }, at, start, pos));
                }
                Some(b'\\') => {
                    escaped = true;
                    pos = escape(bytes, pos)?;
                }
                Some(byte) => {
                    let found = (
                        format!("字符串内有控制字符 U+{byte:04X}"),
                        format!("control character U+{byte:04X} inside a string"),
                    );
                    let expected = ("转义写法，如 \\n", "an escape such as \\n");
                    return Err(Fault::unreadable(pos, found, expected));
                }
                None => {
                    return Err(Fault::unreadable(
                        pos,
                        ("文本在字符串中结束", "the text ends inside a string"),
                        "`\"`",
                    ));
                }
            }
        }
    }

    fn number(&mut self) -> Result<Token<'a>, Fault> {
        let at = self.pos;
        let bytes = self.text.as_bytes();
        let digits = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            from + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let some_digits = |from: usize| match digits(from) {
            to if to > from => Ok(to),
            to => Err(Fault::unreadable(
                to,
                ("数字不完整", "a number breaks off"),
                ("数字", "a digit"),
            )),
        };
        let mut pos = at + usize::from(bytes.get(at) == Some(&b'-'));
        let whole = pos;
        pos = some_digits(pos)?;
        if bytes.get(whole) == Some(&b'0') && pos > whole + 1 {
            return Err(Fault::unreadable(
                whole,
                ("数字以 0 开头", "a number with a leading zero"),
                (
                    "不带前导 0 的数字，或字符串",
                    "a number without it, or a string",
                ),
            ));
        }
        if bytes.get(pos) == Some(&b'.') {
            pos = some_digits(pos + 1)?;
        }
        if matches!(bytes.get(pos), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(bytes.get(pos + 1), Some(b'+' | b'-')));
            pos = some_digits(pos + 1 + signed)?;
        }
        self.pos = pos;
        Ok(self.token(TokenKind::Number, at, at, pos))
    }

    fn word(&mut self, word: &str, kind: TokenKind) -> Result<Token<'a>, Fault> {
        let at = self.pos;
        let end = at + word.len();
        if self.text.as_bytes().get(at..end) != Some(word.as_bytes()) {
            return Err(self.fault(("一个值", "a value")));
        }
        self.pos = end;
        Ok(self.token(kind, at, at, end))
    }

    /// An object or list as a whole, without recursion.
    fn nested(&mut self, kind: TokenKind) -> Result<Token<'a>, Fault> {
        let at = self.pos;
        let mut closers = Vec::new();
        let mut first;
        loop {
            // At the start of a value.
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.open(bracket, ("一个值", "a value"))?;
                    closers.push(bracket + 2);
                    first = true;
                }
                Some(b'"') => {
                    self.string()?;
                    first = false;
                }
                _ => {
                    self.value()?;
                    first = false;
                }
            }
            // After a value, or just inside a bracket: leave what ends here.
            loop {
                let Some(&close) = closers.last() else {
                    return Ok(self.token(kind, at, at, self.pos));
                };
                if self.more(first, close)? {
                    if close == b'}' {
                        self.key()?;
                    }
                    break;
                }
                closers.pop();
                first = false;
            }
        }
    }
}

impl<'a> Token<'a> {
    /// The text of a string, without its escapes; the raw text of anything else.
    #[inline]
    pub fn unescape(&self) -> Result<Cow<'a, str>, Fault> {
        if self.kind != (TokenKind::String { escaped: true }) {
            return Ok(Cow::Borrowed(self.text));
        }
        let quoted = format!("\"{}\"", self.text);
        serde_json::from_str(&quoted).map(Cow::Owned).map_err(|_| {
            let found = ("字符串中有半个字符", "half a character in a string");
            let expected = (
                "合成一个字符的一对 \\u 转义",
                "a pair of \\u escapes that is one character",
            );
            Fault::unreadable(self.at, found, expected)
        })
    }
}

/// The place after an escape that begins at `pos`.
fn escape(bytes: &[u8], pos: usize) -> Result<usize, Fault> {
    match bytes.get(pos + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(pos + 2),
        Some(b'u') => {
            let hex = bytes.get(pos + 2..pos + 6).unwrap_or_default();
            if hex.len() == 4 && hex.iter().all(u8::is_ascii_hexdigit) {
                return Ok(pos + 6);
            }
            Err(Fault::unreadable(
                pos,
                ("\\u 转义不完整", "a broken \\u escape"),
                ("四位十六进制数字", "four hexadecimal digits"),
            ))
        }
        Some(_) => Err(Fault::unreadable(
            pos,
            ("未知的转义", "an unknown escape"),
            (
                r#" \" \\ \/ \b \f \n \r \t \u 之一"#,
                r#"one of \" \\ \/ \b \f \n \r \t \u"#,
            ),
        )),
        None => Err(Fault::unreadable(
            pos + 1,
            ("文本在字符串中结束", "the text ends inside a string"),
            ("转义", "an escape"),
        )),
    }
}

/// Distance to the first quote, backslash or control character; the length if there is none.
///
/// Eight bytes at a time: a byte of `x - 0x01…` borrows into its high bit only where `x` was zero, and the
/// lowest such byte is always a true hit.
#[inline]
fn special(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = word ^ (ONES * 0x22);
        let backslash = word ^ (ONES * 0x5C);
        let hits = (word.wrapping_sub(ONES * 0x20) & !word)
            | (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash);
        if hits & HIGHS != 0 {
            return place * 8 + (hits & HIGHS).trailing_zeros() as usize / 8;
        }
    }
    let tail = rest
        .iter()
        .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
    words.len() * 8 + tail.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    fn reads(text: &str) -> bool {
        let mut scan = Scan::new(text, 64, usize::MAX);
        let Ok(token) = scan.value() else {
            return false;
        };
        token.unescape().is_ok() && scan.end().is_ok()
    }

    #[test]
    fn accepts_what_serde_json_accepts_and_nothing_else() {
        let seeds = [
            r#"{"a":[1,-2.5e+10,0,true,false,null,"x\"\u4e2d\\"],"b":{},"c":[ ],"长":"值"}"#,
            "[0.1,1E5,-0]",
            r#""tab\tand \/ slash and a longer run of text""#,
            " 12 ",
        ];
        let alphabet = b"{}[]\",:\\0123456789.eE+-tfnul \n\x00\x1fa";
        let mut compared = 0;
        for seed in seeds {
            let bytes = seed.as_bytes();
            for place in 0..=bytes.len() {
                let mut mutants = vec![bytes[..place].to_vec()];
                for &byte in alphabet {
                    let mut inserted = bytes.to_vec();
                    inserted.insert(place, byte);
                    mutants.push(inserted);
                    let mut replaced = bytes.to_vec();
                    if let Some(old) = replaced.get_mut(place) {
                        *old = byte;
                    }
                    mutants.push(replaced);
                }
                for mutant in mutants {
                    let Ok(text) = str::from_utf8(&mutant) else {
                        continue;
                    };
                    // Raw values are checked, but not their escapes: as here for what stays nested.
                    let theirs = serde_json::from_str::<&serde_json::value::RawValue>(text);
                    assert_eq!(reads(text), theirs.is_ok(), "{text:?}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 5_000);
    }

    #[test]
    fn half_a_surrogate_pair_is_unreadable() {
        assert!(!reads(r#""\ud83d""#));
        assert!(reads(r#""\ud83d\ude00""#));
    }

    #[test]
    fn special_finds_the_first_of_its_kind_anywhere() {
        for length in 0..40 {
            for place in 0..length {
                for byte in [b'"', b'\\', 0, 0x1f] {
                    let mut text = vec![0x80_u8; length];
                    text[place] = byte;
                    if place + 1 < length {
                        text[place + 1] = b'"';
                    }
                    assert_eq!(special(&text), place);
                }
            }
            assert_eq!(special(&vec![b' '; length]), length);
        }
    }
}
