//! What a value of a field looks like, in the terms that JSON Schema and XSD share.
//!
//! Lengths, a pattern, a closed list of codes: what the engine calls the structure of a field. Both
//! languages are written from this, so that they cannot say different things.

use super::patterns;
use crate::identifier::IdentifierKind;
use crate::normalize::keeps_places;
use crate::{CodeTable, Dataset, Domain, Field, Format};

/// What bounds the text of a field.
#[derive(Debug, Default)]
pub(super) struct Shape<'f> {
    /// Fewest characters.
    pub least: Option<u32>,
    /// Most characters.
    pub most: Option<u32>,
    /// Regular expression, anchored.
    pub pattern: Option<String>,
    /// The only values; none of the other bounds is given then.
    pub codes: Option<Codes<'f>>,
    /// Characters of a platform's code without the number of a system behind it (least, most); none of the
    /// other bounds is given then.
    pub operator: Option<(u32, u32)>,
    /// A closed table decides, alone or in a pattern.
    pub closed: bool,
    /// Empty items of the list keep places.
    pub holes: bool,
}

/// The codes of a closed table that fit a format.
#[derive(Debug)]
pub(super) struct Codes<'f> {
    /// The table, and the format where it leaves some of the codes out.
    pub name: String,
    /// In order.
    pub codes: Vec<&'f str>,
}

impl<'f> Shape<'f> {
    /// The shape of the field at a place of a data set.
    pub(super) fn of(dataset: &Dataset, place: usize, field: &'f Field) -> Self {
        let mut shape = Shape::of_format(field);
        shape.holes = field.list && keeps_places(dataset, place);
        if field.list {
            let item = patterns::item(field.format);
            shape.pattern = Some(patterns::list_of(&item, shape.holes));
        }
        if let Domain::Codes(table) = &field.domain
            && table.is_closed()
        {
            let codes = fitting(table, field.format);
            if field.list {
                let item = patterns::one_of(&codes);
                shape.pattern = Some(patterns::list_of(&item, shape.holes));
            } else {
                let name = if codes.len() == table.values.len() {
                    table.id.clone()
                } else {
                    format!("{}.{}", table.id, field.format)
                };
                shape = Shape {
                    codes: Some(Codes { name, codes }),
                    ..Shape::default()
                };
            }
            shape.closed = true;
        }
        shape
    }

    fn of_format(field: &Field) -> Self {
        let (least, most) = match field.format {
            // the length is that of each item
            Format::Exact(_) if field.list => (Some(1), None),
            Format::Exact(n) => (Some(n), Some(n)),
            Format::UpTo(n) => (Some(1), Some(n)),
            Format::Unlimited => (Some(1), None),
            other => {
                return Shape {
                    pattern: patterns::of_format(other),
                    ..Shape::default()
                };
            }
        };
        if let (Domain::Identifier(IdentifierKind::OperatorCode), false, Some(most)) =
            (&field.domain, field.list, most)
        {
            let exact = matches!(field.format, Format::Exact(_));
            return Shape {
                operator: Some((if exact { most } else { 0 }, most)),
                ..Shape::default()
            };
        }
        Shape {
            least,
            most,
            ..Shape::default()
        }
    }
}

/// The codes of a closed table that fit a format, in order.
fn fitting(table: &CodeTable, format: Format) -> Vec<&str> {
    let mut codes: Vec<&str> = table
        .values
        .keys()
        .map(String::as_str)
        .filter(|code| {
            let length = code.chars().count() as u32;
            match format {
                Format::Exact(n) | Format::Digits(n) => length == n,
                Format::UpTo(n) => length <= n,
                Format::Number { digits, decimals } => length <= digits.saturating_sub(decimals),
                _ => true,
            }
        })
        .collect();
    codes.sort_unstable();
    codes
}
