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
        work.step(Reason::Html, without_markup(&work.text));
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

/// Half-width twin of a full-width character.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

fn without_markup(text: &str) -> String {
    if !text.contains(['&', '<']) {
        return text.to_owned();
    }
    let mut text = text.replace("&nbsp;", " ");
    for tag in ["<em>", "</em>"] {
        text = text.replace(tag, "");
    }
    text
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
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
    )
}

fn trimmed(text: &str) -> Cow<'_, str> {
    let text =
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200c}' | '\u{200d}'));
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
        assert_eq!(cleaned("甲\r\n乙", true).0, "甲\n乙");
        assert_eq!(cleaned("（甲）１２", false).0, "（甲）１２");
    }

    #[test]
    fn nested_markup_is_cleaned_to_the_end() {
        assert_eq!(cleaned("<e<em>m>甲", false).0, "甲");
        assert_eq!(cleaned("&nb<em>sp;", false).0, "");
    }
}
