//! JSON Schema 2020-12 of a canonical record: an object of strings.
//!
//! It says what the engine calls structure: required and unknown fields, types, lengths, forms of
//! numbers and dates, closed code tables. Rules and conditional requirements are not in it, nor are
//! check characters of identifiers. The engine and the schema must never disagree on structure.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde_json::{Map, Value, json};

use super::patterns;
use crate::identifier::IdentifierKind;
use crate::normalize::keeps_places;
use crate::validate::structure::PLACEHOLDERS;
use crate::{CodeTable, Dataset, Domain, Edition, Field, Format, Required};

/// Where a schema keeps its closed code tables and the words that are no values.
type Definitions = BTreeMap<String, Value>;

/// The schema of a data set's canonical records.
pub fn json_schema(edition: &Edition, dataset: &Dataset) -> Value {
    let mut definitions = Definitions::new();
    let mut properties = Map::new();
    for (place, field) in dataset.fields.iter().enumerate() {
        let holes = field.list && keeps_places(dataset, place);
        let property = property(field, holes, &mut definitions);
        properties.insert(field.id.clone(), property);
    }
    let required: Vec<&str> = dataset
        .fields
        .iter()
        .filter(|field| field.required == Required::Always)
        .map(|field| field.id.as_str())
        .collect();
    json!({
        "$defs": definitions,
        "$id": format!("urn:exchange-hub:{}:{}", edition.id, dataset.id),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "additionalProperties": false,
        "properties": properties,
        "required": required,
        "title": dataset.name,
        "type": "object",
    })
}

/// The schema as a file: one line per field and per code table.
pub(super) fn text(dataset: &Dataset, schema: &Value) -> String {
    let line = |value: &Value| value.to_string();
    let member = |name: &str| schema.get(name).map(line).unwrap_or_default();
    let mut text = String::from("{\n");
    for name in [
        "$schema",
        "$id",
        "title",
        "type",
        "additionalProperties",
        "required",
    ] {
        put(&mut text, format_args!("  \"{name}\": {},\n", member(name)));
    }
    let block = |entries: Vec<String>| {
        if entries.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{\n    {}\n  }}", entries.join(",\n    "))
        }
    };
    let entry = |name: &str, value: &Value| format!("{}: {value}", json!(name));
    let fields = dataset.fields.iter().filter_map(|field| {
        let property = schema.get("properties")?.get(&field.id)?;
        Some(entry(&field.id, property))
    });
    put(
        &mut text,
        format_args!("  \"properties\": {},\n", block(fields.collect())),
    );
    let definitions = schema.get("$defs").and_then(Value::as_object);
    let definitions = definitions
        .into_iter()
        .flatten()
        .map(|(name, value)| entry(name, value));
    put(
        &mut text,
        format_args!("  \"$defs\": {}\n}}\n", block(definitions.collect())),
    );
    text
}

fn put(text: &mut String, part: fmt::Arguments<'_>) {
    // writing to a string cannot fail
    let _ = text.write_fmt(part);
}

/// Members are put in in alphabetical order, so that the text is the same however maps are kept.
/// `holes`: empty items of the list keep places.
fn property(field: &Field, holes: bool, definitions: &mut Definitions) -> Value {
    let mut bounds = Bounds::of(field);
    let mut members = BTreeMap::new();
    if field.list {
        let item = patterns::item(field.format);
        bounds.pattern = Some(patterns::list_of(&item, holes));
    }
    let mut closed = false;
    if let Domain::Codes(table) = &field.domain {
        members.insert("x-codes", json!(table.id));
        closed = table.is_closed();
        if closed {
            let codes = fitting(table, field.format);
            if field.list {
                let item = patterns::one_of(&codes);
                bounds.pattern = Some(patterns::list_of(&item, holes));
            } else {
                let name = definition(table, field.format, &codes, definitions);
                members.insert("$ref", json!(format!("#/$defs/{name}")));
                bounds = Bounds::default();
            }
        }
    }
    // other formats and closed tables leave no room for such words
    if !closed && patterns::of_format(field.format).is_none() {
        members.insert("not", no_value(field, definitions));
    }
    if let Some(choice) = bounds.choice {
        members.insert("anyOf", choice);
    }
    if let Some(least) = bounds.least {
        members.insert("minLength", json!(least));
    }
    if let Some(most) = bounds.most {
        members.insert("maxLength", json!(most));
    }
    if let Some(pattern) = bounds.pattern {
        members.insert("pattern", json!(pattern));
    }
    if let Domain::Standard(standard) = &field.domain {
        members.insert("x-standard", json!(standard));
    }
    members.insert("title", json!(field.name));
    members.insert("type", json!("string"));
    members.insert("x-format", json!(field.format.to_string()));
    if field.list {
        members.insert("x-list", json!(true));
    }
    json!(members)
}

/// What bounds a text.
#[derive(Default)]
struct Bounds {
    least: Option<u32>,
    most: Option<u32>,
    pattern: Option<String>,
    choice: Option<Value>,
}

impl Bounds {
    fn of(field: &Field) -> Self {
        let (least, most) = match field.format {
            // the length is that of each item
            Format::Exact(_) if field.list => (Some(1), None),
            Format::Exact(n) => (Some(n), Some(n)),
            Format::UpTo(n) => (Some(1), Some(n)),
            Format::Unlimited => (Some(1), None),
            other => {
                return Bounds {
                    pattern: patterns::of_format(other),
                    ..Bounds::default()
                };
            }
        };
        if let (Domain::Identifier(IdentifierKind::OperatorCode), false, Some(most)) =
            (&field.domain, field.list, most)
        {
            return Bounds::operator(field.format, most);
        }
        Bounds {
            least,
            most,
            ..Bounds::default()
        }
    }

    /// A platform's code is measured without the number of a system behind it.
    fn operator(format: Format, most: u32) -> Self {
        let least = if matches!(format, Format::Exact(_)) {
            most
        } else {
            0
        };
        let numbered = json!({"pattern": patterns::with_system_number(least, most)});
        let bare = json!({
            "maxLength": most,
            "minLength": least.max(1),
            "not": {"pattern": patterns::WITH_SYSTEM_NUMBER},
        });
        Bounds {
            choice: Some(json!([bare, numbered])),
            ..Bounds::default()
        }
    }
}

/// What a text must not be: rounded by a spreadsheet, or, in a code or an identifier, a word for no value.
fn no_value(field: &Field, definitions: &mut Definitions) -> Value {
    let (lost, word, pattern) = if field.list {
        ("lost_item", "no_value_item", patterns::LOST_ITEM)
    } else {
        ("lost", "no_value", patterns::LOST)
    };
    definitions.insert(lost.to_owned(), json!({"pattern": pattern}));
    let lost = json!({"$ref": format!("#/$defs/{lost}")});
    if matches!(field.domain, Domain::Free | Domain::Standard(_)) {
        return lost;
    }
    let words = json!({"anyOf": [{"enum": PLACEHOLDERS}, lost]});
    definitions.insert(word.to_owned(), words);
    json!({"$ref": format!("#/$defs/{word}")})
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

/// Puts a table into the definitions; its name there. A table that fields use at several lengths
/// stands there once per length.
fn definition(
    table: &CodeTable,
    format: Format,
    codes: &[&str],
    definitions: &mut Definitions,
) -> String {
    let values = json!({"enum": codes});
    match definitions.get(&table.id) {
        Some(held) if *held != values => {
            let name = format!("{}.{format}", table.id);
            definitions.insert(name.clone(), values);
            name
        }
        _ => {
            definitions.insert(table.id.clone(), values);
            table.id.clone()
        }
    }
}
