//! Repairs of identifiers: blanks and words around them, small letters, look-alikes, and hyphens where the standard wants
//! none or wants them, as long as only one identifier can be meant.

use super::Reason;
use super::text::{Work, latin};
use crate::identifier::{Fault, IdentifierKind, Places, judge};

/// Repairs an identifier that is clean and half-width.
pub(crate) fn repair(kind: IdentifierKind, work: &mut Work, places: &Places<'_>) {
    let has_form = |text: &str| !matches!(judge(kind, text, places, false), Err((Fault::Form, _)));
    latin(work);
    if work.text.contains(char::is_whitespace) {
        let joined: String = work.text.split_whitespace().collect();
        if has_form(&upper(kind, &joined)) {
            work.step(Reason::Trim, joined);
        }
    }
    if let Some(bare) = without_words(&work.text)
        && !has_form(&upper(kind, &work.text))
        && has_form(&upper(kind, bare))
    {
        let bare = bare.to_owned();
        work.step(Reason::Label, bare);
    }
    work.step(Reason::Case, upper(kind, &work.text));
    match kind {
        IdentifierKind::Uscc | IdentifierKind::OrgCode | IdentifierKind::SubjectCode
            if work.text.contains('-') =>
        {
            let joined = work.text.replace('-', "");
            let is_org_code = joined.len() == 9 && work.text.as_bytes().get(8) == Some(&b'-');
            // Anywhere else a hyphen is only taken out if the check character agrees.
            let sound = judge(kind, &joined, places, false).is_ok();
            if sound || (is_org_code && has_form(&joined)) {
                work.step(Reason::Hyphen, joined);
            }
        }
        IdentifierKind::UnifiedDealCode => {
            if let Some(joined) = with_hyphens(&work.text)
                && has_form(&joined)
            {
                work.step(Reason::Hyphen, joined);
            }
        }
        _ => {}
    }
    if let Some(text) = as_meant(kind, &work.text)
        && judge(kind, &text, places, false).is_ok()
    {
        work.step(Reason::LookAlike, text);
    }
}

/// Marks that people put around a code.
const AROUND: [char; 15] = [
    '(', ')', '[', ']', '【', '】', '《', '》', '"', '“', '”', ',', ';', '.', '。',
];

/// A code without the words before it and the marks around it: `统一社会信用代码:91…`, `(91…)`.
fn without_words(text: &str) -> Option<&str> {
    let bare = text.rsplit(':').next().unwrap_or(text);
    let bare = bare.trim_matches(|c: char| c.is_whitespace() || AROUND.contains(&c));
    let before = text.find(bare).and_then(|start| text.get(..start))?;
    let silent = !before.bytes().any(|byte| byte.is_ascii_alphanumeric());
    (silent && !bare.is_empty() && bare.len() < text.len()).then_some(bare)
}

/// The same code with digits in place of letters that its alphabet leaves out because they look like them. Only good if
/// the check character then agrees.
fn as_meant(kind: IdentifierKind, text: &str) -> Option<String> {
    let credit_code = match kind {
        IdentifierKind::Uscc | IdentifierKind::SubjectCode | IdentifierKind::OperatorCode => true,
        IdentifierKind::CitizenId => false,
        _ => return None,
    };
    if text.len() != 18 || !text.is_ascii() {
        return None;
    }
    let digit = |c: char| match c {
        'O' => '0',
        'I' => '1',
        'Z' if credit_code => '2',
        'S' if credit_code => '5',
        c => c,
    };
    Some(text.chars().map(digit).collect())
}

/// Capital letters, for kinds whose alphabet has no others.
fn upper(kind: IdentifierKind, text: &str) -> String {
    match kind {
        IdentifierKind::Uscc
        | IdentifierKind::OrgCode
        | IdentifierKind::CitizenId
        | IdentifierKind::SubjectCode
        | IdentifierKind::OperatorCode
        | IdentifierKind::UnifiedDealCode
        | IdentifierKind::DealClass => text.to_ascii_uppercase(),
        _ => text.to_owned(),
    }
}

/// The 36 characters of a deal code, with the hyphens of the standard between them.
fn with_hyphens(text: &str) -> Option<String> {
    if text.len() != 36 || text.contains('-') {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to);
    Some(format!(
        "{}-{}-{}-{}-{}",
        part(0, 3)?,
        part(3, 21)?,
        part(21, 29)?,
        part(29, 35)?,
        part(35, 36)?
    ))
}
