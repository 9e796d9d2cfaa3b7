//! Recognizes a value that is canonical already, without allocating. Whatever is not recognized is repaired
//! the slow way; so this file may say no too often, but never yes wrongly.

use super::{code, date, field::Desk, list, number, scan};
use crate::identifier::{self, IdentifierKind};
use crate::record::{Input, Kind};
use crate::validate::structure::{self, PLACEHOLDERS};
use crate::{CodeTable, Domain, Field, Format};

/// A value that may stay as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quick {
    pub plain: bool,
    pub settled: bool,
}

impl Quick {
    fn plain(settled: bool) -> Self {
        Quick {
            plain: true,
            settled,
        }
    }
}

impl Desk<'_> {
    /// The value, if it is canonical and of the right structure.
    pub(crate) fn quick(&self, field: &Field, input: &Input<'_>) -> Option<Quick> {
        let text: &str = &input.text;
        if text.is_empty() || input.mapped.is_some() {
            return None;
        }
        match input.kind {
            Kind::Text => {}
            Kind::Number if structure::is_numeric(field) => {}
            _ => return None,
        }
        if field.list {
            return self.quick_list(field, text);
        }
        let found = match &field.domain {
            Domain::Codes(table) => Quick::plain(settled_code(table, text)?),
            Domain::Identifier(kind) => {
                // Papers of other countries have no form that such a word could break.
                let loose = *kind == IdentifierKind::IdNumber;
                if loose && (PLACEHOLDERS.contains(&text) || structure::is_lost_code(text)) {
                    return None;
                }
                let text = kind.measured(text);
                return (self.sound(*kind, &input.text) && structure::fits(field.format, text))
                    .then_some(Quick::plain(*kind != IdentifierKind::IdNumber));
            }
            Domain::Free | Domain::Standard(_) => return quick_free(field.format, text),
        };
        structure::fits(field.format, text).then_some(found)
    }

    pub(super) fn sound(&self, kind: IdentifierKind, text: &str) -> bool {
        identifier::judge(
            kind,
            text,
            &self.places,
            self.context.edition.deal_code_check,
        )
        .is_ok()
    }

    fn quick_list(&self, field: &Field, text: &str) -> Option<Quick> {
        if !structure::fits_list(field.format, text) {
            return None;
        }
        match &field.domain {
            Domain::Codes(table) => {
                let mut settled = true;
                for item in text.split(list::SEPARATOR) {
                    settled &= settled_code(table, item)?;
                }
                Some(Quick::plain(settled))
            }
            Domain::Identifier(kind) => {
                let sound = text
                    .split(list::SEPARATOR)
                    .all(|item| self.sound(*kind, item));
                (sound && *kind != IdentifierKind::IdNumber).then_some(Quick::plain(true))
            }
            Domain::Free | Domain::Standard(_) => {
                let quiet = scan::scan(text, false);
                let ragged = text.split(list::SEPARATOR).any(scan::ragged);
                let loose = quiet.quiet && list::is_loose(text);
                let lost = text.contains("E+");
                (quiet.quiet && !ragged && !loose && !lost).then_some(Quick {
                    plain: quiet.plain,
                    settled: true,
                })
            }
        }
    }
}

/// Whether a listed code needs no further judging; none if it is not listed, has a successor, or might be meant as a
/// name.
fn settled_code(table: &CodeTable, text: &str) -> Option<bool> {
    let clean = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let value = match table.values.get(text) {
        // A few codes are words (`年`); of these, too, nothing is repaired that is an ideograph.
        Some(value) if clean || text.chars().all(is_ideograph) => value,
        // What letters and digits say beside a code are words for yes and no, and names.
        None if clean && !is_nothing(text) && !code::is_word(table, text) => table.find(text)?,
        _ => return None,
    };
    value
        .successor
        .is_none()
        .then_some(value.known && value.valid_from.is_none() && value.valid_to.is_none())
}

/// An empty item of a list, or a word for no value: even a table that takes any code does not take these.
fn is_nothing(text: &str) -> bool {
    text.is_empty() || PLACEHOLDERS.contains(&text)
}

/// CJK Unified Ideographs: no normalization form and no repair of writings changes them.
fn is_ideograph(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

fn quick_free(format: Format, text: &str) -> Option<Quick> {
    let settled = Some(Quick::plain(true));
    match format {
        Format::Number { digits, decimals } => {
            let (whole, fraction) = number::canonical_digits(text)?;
            (structure::fits_number(whole, fraction, digits, decimals))
                .then_some(Quick::plain(true))
        }
        Format::Digits(_) | Format::Boolean => {
            structure::fits(format, text).then_some(Quick::plain(true))
        }
        Format::Date => date::is_canonical(text, 8).then_some(settled)?,
        Format::Minute => date::is_canonical(text, 12).then_some(settled)?,
        Format::Second => date::is_canonical(text, 14).then_some(settled)?,
        Format::Exact(_) | Format::UpTo(_) | Format::Unlimited => {
            let found = scan::scan(text, format == Format::Unlimited);
            let sound = found.quiet
                && !scan::ragged(text)
                && structure::fits(format, text)
                && !structure::is_lost_code(text);
            sound.then_some(Quick {
                plain: found.plain,
                settled: true,
            })
        }
    }
}
