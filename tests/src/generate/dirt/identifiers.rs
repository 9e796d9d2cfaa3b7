//! Dirt in identifiers: check characters, look-alikes, blanks, hyphens, old and foreign numbers.

use spec::identifier::IdentifierKind as Id;
use spec::{Domain, Field};

use super::{ALL, Kind, Spot, error, kept, repaired, warning};
use spec::generate::identifiers::deal_characters;

pub(super) const KINDS: &[Kind] = &[
    repaired("org_code_hyphen", "hyphen", ALL, org_hyphen),
    repaired("deal_code_bare", "hyphen", ALL, deal_bare),
    repaired("credit_code_lower", "case", ALL, lower),
    warning("credit_code_check", "identifier.check", ALL, wrong_check),
    repaired("credit_code_look_alike", "look_alike", ALL, |spot| {
        subject(spot, |code| code.replacen('0', "O", 1))
    }),
    repaired("credit_code_ocr", "look_alike", ALL, |spot| {
        subject(spot, |code| code.replacen('0', "〇", 1))
    }),
    repaired("credit_code_blank", "trim", ALL, |spot| {
        subject(spot, |code| insert(code, 8, " "))
    }),
    warning("credit_code_short", "identifier.check", ALL, |spot| {
        subject(spot, |code| code.get(..17).unwrap_or(code).to_owned())
    }),
    warning("registration_number", "identifier.check", ALL, |spot| {
        subject(spot, |_| "320100000123456".to_owned())
    }),
    warning("registration_number_13", "identifier.check", ALL, |spot| {
        subject(spot, |_| "3201002301234".to_owned())
    }),
    error("citizen_check", "identifier.check", ALL, citizen_check),
    warning("deal_code_check", "identifier.check", ALL, deal_check),
    kept("platform_suffix", |spot| {
        coded(spot, Id::OperatorCode, |code| format!("{code}-5"))
    }),
    error("section_code_symbol", "identifier.check", ALL, |spot| {
        coded(spot, Id::SectionCode, |code| replace(code, 19, "_"))
    }),
    error("section_code_short", "field.length", ALL, |spot| {
        coded(spot, Id::SectionCode, |code| {
            code.get(..20).unwrap_or(code).to_owned()
        })
    }),
    error("agency_number", "field.length", ALL, |spot| {
        coded(spot, Id::TenderProjectCode, |_| {
            "JSZC-320300-XZTY-G2026-0002".to_owned()
        })
    }),
    error("agency_number_title", "field.length", ALL, |spot| {
        coded(spot, Id::TenderProjectCode, |_| {
            "TY-ZFCG2026-34)公开招标公告".to_owned()
        })
    }),
    error("code_exponent", "field.format", ALL, |spot| {
        coded(spot, Id::SectionCode, |_| "3.2E+22".to_owned())
    }),
    warning("guid_bare", "identifier.check", ALL, |spot| {
        coded(spot, Id::Guid, |code| code.replace('-', ""))
    }),
];

fn is_kind(field: &Field, kind: Id) -> bool {
    matches!(field.domain, Domain::Identifier(other) if other == kind)
}

/// Spoils a code that is no key and no list.
fn coded(spot: &mut Spot<'_>, kind: Id, form: fn(&str) -> String) -> Option<String> {
    let keys: Vec<bool> = (0..spot.set.fields.len() as u16)
        .map(|place| spot.set.key.contains(&place))
        .collect();
    let places = &spot.set.by_name;
    let (id, value) = {
        let free = |field: &Field| {
            places
                .get(&field.id)
                .is_some_and(|&place| !keys.get(usize::from(place)).copied().unwrap_or(true))
        };
        spot_pick(spot.row, spot.set, |field| {
            is_kind(field, kind) && !field.list && free(field)
        })?
    };
    let text = form(&value);
    (text != value).then_some(())?;
    spot.dirty(&id, text)
}

fn spot_pick(
    row: &crate::generate::row::Row,
    set: &spec::Dataset,
    want: impl Fn(&Field) -> bool,
) -> Option<(String, String)> {
    row.cells
        .iter()
        .filter(|(_, cell)| matches!(cell, crate::generate::row::Cell::Clean(_)))
        .find(|(id, _)| {
            set.field_index(id)
                .and_then(|place| set.field(place))
                .is_some_and(&want)
        })
        .map(|(id, cell)| (id.clone(), cell.text().to_owned()))
}

/// Spoils a credit code of 18 characters.
fn subject(spot: &mut Spot<'_>, form: fn(&str) -> String) -> Option<String> {
    let (id, value) = spot
        .pick(|field, text| is_kind(field, Id::SubjectCode) && !field.list && text.len() == 18)?;
    let text = form(&value);
    (text != value).then_some(())?;
    spot.dirty(&id, text)
}

fn insert(code: &str, at: usize, part: &str) -> String {
    let (head, tail) = code.split_at_checked(at).unwrap_or((code, ""));
    format!("{head}{part}{tail}")
}

fn replace(code: &str, at: usize, part: &str) -> String {
    let head = code.get(..at).unwrap_or(code);
    let tail = code.get(at + part.len()..).unwrap_or_default();
    format!("{head}{part}{tail}")
}

/// Another character at the end.
fn last(code: &str) -> String {
    let body = code.get(..code.len() - 1).unwrap_or(code);
    let other = if code.ends_with('1') { '2' } else { '1' };
    format!("{body}{other}")
}

fn wrong_check(spot: &mut Spot<'_>) -> Option<String> {
    subject(spot, last)
}

fn lower(spot: &mut Spot<'_>) -> Option<String> {
    subject(spot, str::to_ascii_lowercase)
}

fn org_hyphen(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, _| is_kind(field, Id::OrgCode))?;
    spot.dirty(&id, insert(&value, 8, "-"))
}

fn deal_bare(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, _| is_kind(field, Id::UnifiedDealCode) && !field.list)?;
    spot.dirty(&id, value.replace('-', ""))
}

/// A character that neither of the two known calculations gives.
fn deal_check(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, _| is_kind(field, Id::UnifiedDealCode) && !field.list)?;
    let right = deal_characters(&value);
    let wrong = ('0'..='9').find(|digit| !right.contains(digit))?;
    let body = value.get(..value.len() - 1)?;
    spot.dirty(&id, format!("{body}{wrong}"))
}

fn citizen_check(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| {
        matches!(
            field.domain,
            Domain::Identifier(Id::CitizenId | Id::IdNumber)
        ) && text.len() == 18
    })?;
    spot.dirty(&id, last(&value))
}
