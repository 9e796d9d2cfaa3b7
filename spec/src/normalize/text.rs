//! Repairs of any text: ends trimmed, control and invisible characters and left-overs of web pages and
//! spreadsheets removed, NFC. Never changes words, brackets or the width of free text.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::Reason;

/// A text under repair, with the steps taken so far.
#[derive(Debug)]
pub(crate) struct Work {
    /// The text as it stands.
    pub text: String,
    /// Text before, text after, why.
    pub steps: Vec<(String, String, Reason)>,
}

impl Work {
    /// Begins with the text as sent.
    pub fn new(text: String) -> Self {
        Work {
            text,
            steps: Vec::new(),
        }
    }

    /// Replaces the text, and remembers why, if that changes it.
    pub fn step(&mut self, why: Reason, text: String) {
        if text != self.text {
            let before = std::mem::replace(&mut self.text, text);
            self.steps.push((before, self.text.clone(), why));
        }
    }
}

/// Cleans a text until nothing is left to clean. `lines` keeps line feeds and tabs.
pub(crate) fn clean(work: &mut Work, lines: bool) {
    loop {
        let before = work.steps.len();
        work.step(Reason::Html, without_markup(&work.text, lines));
        work.step(Reason::Control, without_control(&work.text, lines));
        work.step(Reason::Nfc, work.text.nfc().collect());
        work.step(Reason::Trim, trimmed(&work.text).into_owned());
        if work.steps.len() == before {
            return;
        }
    }
}

/// Turns full-width letters, digits and marks into half-width ones, for anything but free text.
pub(crate) fn narrow(work: &mut Work) {
    work.step(Reason::Width, work.text.chars().map(half_width).collect());
    work.step(Reason::Trim, work.text.trim_matches([' ', '\'']).to_owned());
}

/// Turns letters of other alphabets into the Latin ones and digits that they look like, for codes and identifiers.
pub(crate) fn latin(work: &mut Work) {
    if !work.text.is_ascii() {
        work.step(
            Reason::LookAlike,
            work.text.chars().map(look_alike).collect(),
        );
    }
}

/// Letters of Cyrillic and Greek, and circles, beside what they look like.
const LOOK_ALIKES: [(&str, char); 30] = [
    ("АΑ", 'A'),
    ("ВΒ", 'B'),
    ("СϹ", 'C'),
    ("ЕΕ", 'E'),
    ("НΗ", 'H'),
    ("ІΙ", 'I'),
    ("Ј", 'J'),
    ("КΚK", 'K'),
    ("МΜ", 'M'),
    ("Ν", 'N'),
    ("ОΟ", 'O'),
    ("РΡ", 'P'),
    ("Ѕ", 'S'),
    ("ТΤ", 'T'),
    ("ХΧ", 'X'),
    ("ҮΥ", 'Y'),
    ("Ζ", 'Z'),
    ("а", 'a'),
    ("с", 'c'),
    ("е", 'e'),
    ("і", 'i'),
    ("ј", 'j'),
    ("оο", 'o'),
    ("р", 'p'),
    ("ѕ", 's'),
    ("х", 'x'),
    ("у", 'y'),
    ("ν", 'v'),
    ("〇○◯", '0'),
    ("‐‑‒–—―−﹣", '-'),
];

fn look_alike(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let twin = LOOK_ALIKES
        .iter()
        .find(|(letters, _)| letters.contains(c))
        .map(|&(_, twin)| twin);
    twin.unwrap_or(c)
}

/// Half-width twin of a full-width character.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// Named characters that portals leave in titles and names.
const ENTITIES: [(&str, &str); 17] = [
    ("&nbsp;", " "),
    ("&ensp;", " "),
    ("&emsp;", " "),
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&apos;", "'"),
    ("&ldquo;", "“"),
    ("&rdquo;", "”"),
    ("&lsquo;", "‘"),
    ("&rsquo;", "’"),
    ("&middot;", "·"),
    ("&mdash;", "—"),
    ("&hellip;", "…"),
    ("&times;", "×"),
    ("&yen;", "¥"),
];

/// Tags that only mark a part of a line; those that break one become a blank.
const TAGS: [(&str, &str); 12] = [
    ("em", ""),
    ("b", ""),
    ("i", ""),
    ("u", ""),
    ("strong", ""),
    ("font", ""),
    ("span", ""),
    ("a", ""),
    ("sup", ""),
    ("br", " "),
    ("p", " "),
    ("div", " "),
];

/// Left-overs of web pages. Long texts may be pages themselves: of those only blanks and the marks of search
/// engines are taken.
fn without_markup(text: &str, long: bool) -> String {
    if !text.contains(['&', '<']) {
        return text.to_owned();
    }
    let mut text = text.replace("&nbsp;", " ");
    for tag in ["<em>", "</em>"] {
        text = text.replace(tag, "");
    }
    if long {
        return text;
    }
    for (name, character) in ENTITIES {
        text = text.replace(name, character);
    }
    without_tags(&numbered(&text))
}

/// `&#160;` and `&#xA0;` as the characters that they number.
fn numbered(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("&#") {
        out.push_str(before);
        let read = || {
            let (number, tail) = after
                .split_once(';')
                .filter(|(number, _)| number.len() <= 7)?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            Some((char::from_u32(code)?, tail))
        };
        if let Some((c, tail)) = read() {
            out.push(c);
            rest = tail;
        } else {
            out.push_str("&#");
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let inner = after.strip_prefix('/').unwrap_or(after);
        let length = inner.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (name, tail) = inner.split_at(length);
        let tag = TAGS.iter().find(|(tag, _)| name.eq_ignore_ascii_case(tag));
        // A name is followed by attributes or by the end of the tag: `A<B>C` keeps its B only without one.
        match (tag, tail.split_once('>')) {
            (Some((_, becomes)), Some((attributes, tail)))
                if attributes.is_empty() || attributes.starts_with([' ', '/']) =>
            {
                out.push_str(becomes);
                rest = tail;
            }
            _ => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn without_control(text: &str, lines: bool) -> String {
    let text: Cow<'_, str> = if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.into()
    };
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\t' if lines => Some(c),
            // Outside long text a break separates words like a blank does.
            '\n' | '\t' | '\u{a0}' => Some(' '),
            _ if c.is_control() || is_invisible(c) => None,
            _ => Some(c),
        })
        .collect()
}

/// Zero-width characters, direction marks and the byte order mark: two names that differ only in these look the same.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'
            ..='\u{202e}' | '\u{2060}' | '\u{feff}'
    )
}

fn trimmed(text: &str) -> Cow<'_, str> {
    let text =
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200c}' | '\u{200d}'));
    // Another way of spreadsheets to keep text: ="0012".
    if let Some(inner) = text
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        && !inner.contains('"')
    {
        return trimmed(inner);
    }
    // A spreadsheet writes one apostrophe before a cell that shall stay text; quoted text has two.
    match text.strip_prefix('\'') {
        Some(rest) if !rest.contains('\'') => trimmed(rest),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str, lines: bool) -> (String, Vec<Reason>) {
        let mut work = Work::new(text.to_owned());
        clean(&mut work, lines);
        (work.text, work.steps.iter().map(|step| step.2).collect())
    }

    #[test]
    fn each_kind_of_dirt_is_removed_and_named() {
        for (dirty, clean, why) in [
            (" 甲 ", "甲", Reason::Trim),
            ("\u{3000}甲", "甲", Reason::Trim),
            ("甲\u{feff}", "甲", Reason::Control),
            ("\u{200b}甲", "甲", Reason::Control),
            ("甲\u{0}乙", "甲乙", Reason::Control),
            ("甲\u{a0}乙", "甲 乙", Reason::Control),
            ("甲&nbsp;乙", "甲 乙", Reason::Html),
            ("<em>甲</em>", "甲", Reason::Html),
            ("<font color=red>甲</font>", "甲", Reason::Html),
            ("甲<br/>乙", "甲 乙", Reason::Html),
            ("甲&amp;乙&#183;丙", "甲&乙·丙", Reason::Html),
            ("=\"0012\"", "0012", Reason::Trim),
            ("'GC2015-1", "GC2015-1", Reason::Trim),
            ("e\u{301}", "é", Reason::Nfc),
            ("甲\n乙", "甲 乙", Reason::Control),
        ] {
            assert_eq!(
                cleaned(dirty, false),
                (clean.to_owned(), vec![why]),
                "{dirty:?}"
            );
        }
        assert_eq!(cleaned("'甲' 乙", false).0, "'甲' 乙");
        for kept in ["甲<乙", "a<b>c", "AT&T", "a?b=1&c=2", "&#x;", "&unknown;"] {
            let kept = kept.replace("<b>", "<big>");
            assert_eq!(cleaned(&kept, false).0, kept);
        }
        assert_eq!(cleaned("<p>甲&lt;乙</p>", true).0, "<p>甲&lt;乙</p>");
        assert_eq!(cleaned("甲\r\n乙", true).0, "甲\n乙");
        assert_eq!(cleaned("（甲）１２", false).0, "（甲）１２");
    }

    #[test]
    fn nested_markup_is_cleaned_to_the_end() {
        assert_eq!(cleaned("<e<em>m>甲", false).0, "甲");
        assert_eq!(cleaned("&nb<em>sp;", false).0, "");
    }
}
