//! Repairs of identifiers: blanks inside, small letters, and hyphens where the standard wants none or wants
//! them, as long as only one identifier can be meant.

use super::Reason;
use super::text::Work;
use crate::identifier::{Fault, IdentifierKind, Places, judge};

/// Repairs an identifier that is clean and half-width.
pub(crate) fn repair(kind: IdentifierKind, work: &mut Work, places: &Places<'_>) {
    let has_form = |text: &str| !matches!(judge(kind, text, places, false), Err((Fault::Form, _)));
    if work.text.contains(['‐', '–', '—', '−']) {
        work.step(Reason::Hyphen, work.text.replace(['‐', '–', '—', '−'], "-"));
    }
    if work.text.contains(char::is_whitespace) {
        let joined: String = work.text.split_whitespace().collect();
        if has_form(&upper(kind, &joined)) {
            work.step(Reason::Trim, joined);
        }
    }
    work.step(Reason::Case, upper(kind, &work.text));
    match kind {
        IdentifierKind::OrgCode | IdentifierKind::SubjectCode
            if work.text.len() == 10 && work.text.as_bytes().get(8) == Some(&b'-') =>
        {
            let joined = work.text.replace('-', "");
            if has_form(&joined) {
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
