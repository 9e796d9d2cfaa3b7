//! Simple types that the records of an edition share: one per format, code table and kind of list.

use std::collections::BTreeMap;

use super::{put, restriction, schema};
use crate::export::patterns;
use crate::export::shape::{Codes, Shape};
use crate::{Domain, Edition, Field};

/// The types used so far: name and definition.
#[derive(Default)]
pub(super) struct Types(BTreeMap<String, String>);

impl Types {
    /// The type of a field; it is defined when it is used for the first time.
    pub(super) fn name(&mut self, field: &Field, shape: Shape<'_>) -> String {
        let name = name(field, &shape);
        if !self.0.contains_key(&name) {
            let definition = define(&name, shape);
            self.0.insert(name.clone(), definition);
        }
        name
    }

    /// The document of all types.
    pub(super) fn text(&self, edition: &Edition) -> String {
        let body: String = self.0.values().map(String::as_str).collect();
        schema(&format!("{} 表示格式与代码集", edition.name), &body)
    }
}

/// A name that stands for one shape only. A comma may not stand in it (`N..20.6`).
fn name(field: &Field, shape: &Shape<'_>) -> String {
    let format = field.format.to_string().replace(',', ".");
    let mut name = match (&shape.codes, &field.domain) {
        (Some(codes), _) => return codes.name.replace(',', "."),
        _ if shape.operator.is_some() => return format!("operator.{format}"),
        (None, Domain::Codes(table)) if shape.closed => format!("{}.{format}", table.id),
        _ => format,
    };
    if field.list {
        put(&mut name, ".list");
    }
    if shape.holes {
        put(&mut name, ".holes");
    }
    name
}

fn define(name: &str, shape: Shape<'_>) -> String {
    if let Some(codes) = shape.codes {
        return enumeration(name, &codes);
    }
    if let Some((least, most)) = shape.operator {
        let facets = [
            ("minLength", least.max(1).to_string()),
            ("maxLength", most.to_string()),
        ];
        let bare = format!("{name}.bare");
        let numbered = format!("{name}.numbered");
        let pattern = bare_pattern(&patterns::with_system_number(least, most));
        return restriction(&bare, &facets)
            + &restriction(&numbered, &[("pattern", pattern)])
            + &format!(
                "  <xs:simpleType name=\"{name}\"><xs:union memberTypes=\"{bare} {numbered}\"/></xs:simpleType>\n"
            );
    }
    let mut facets = Vec::new();
    match (shape.least, shape.most) {
        (Some(least), Some(most)) if least == most => facets.push(("length", most.to_string())),
        (least, most) => {
            facets.extend(least.map(|least| ("minLength", least.to_string())));
            facets.extend(most.map(|most| ("maxLength", most.to_string())));
        }
    }
    facets.extend(
        shape
            .pattern
            .map(|pattern| ("pattern", bare_pattern(&pattern))),
    );
    restriction(name, &facets)
}

fn enumeration(name: &str, codes: &Codes<'_>) -> String {
    let facets: Vec<_> = codes
        .codes
        .iter()
        .map(|code| ("enumeration", (*code).to_owned()))
        .collect();
    restriction(name, &facets)
}

/// A pattern of XSD speaks of the whole text, and has no anchors.
fn bare_pattern(pattern: &str) -> String {
    let bare = pattern.strip_prefix('^').unwrap_or(pattern);
    bare.strip_suffix('$').unwrap_or(bare).to_owned()
}
