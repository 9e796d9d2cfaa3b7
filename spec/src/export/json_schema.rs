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
use crate::validate::structure::PLACEHOLDERS;
use crate::{CodeTable, Dataset, Domain, Edition, Field, Format, Required};

/// Where a schema keeps its closed code tables and the words that are no values.
type Definitions = BTreeMap<String, Value>;

/// The schema of a data set's canonical records.
pub fn json_schema(edition: &Edition, dataset: &Dataset) -> Value {
    let mut definitions = Definitions::new();
    let mut properties = Map::new();
    for field in &dataset.fields {
        properties.insert(field.id.clone(), property(field, &mut definitions));
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
fn property(field: &Field, definitions: &mut Definitions) -> Value {
    let mut bounds = Bounds::of(field);
    let mut members = BTreeMap::new();
    if let Domain::Codes(table) = &field.domain {
        members.insert("x-codes", json!(table.id));
        if table.is_closed() {
            let codes = fitting(table, field.format);
            if field.list {
                bounds.pattern = Some(patterns::list_of(&codes));
            } else {
                let name = definition(table, field.format, &codes, definitions);
                members.insert("$ref", json!(format!("#/$defs/{name}")));
                bounds = Bounds::default();
            }
        }
    }
    if bounds.pattern.is_none() && !members.contains_key("$ref") {
        let free = matches!(field.domain, Domain::Free | Domain::Standard(_));
        let word = if free { "lost" } else { "no_value" };
        let lost = json!({"pattern": patterns::LOST});
        if !free {
            let words =
                json!({"anyOf": [{"enum": PLACEHOLDERS}, {"$ref": "#/$defs/lost"}]});
            definitions.insert("no_value".to_owned(), words);
        }
        definitions.insert("lost".to_owned(), lost);
        members.insert("not", json!({"$ref": format!("#/$defs/{word}")}));
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
}

impl Bounds {
    fn of(field: &Field) -> Self {
        let pattern = |pattern: String| Bounds {
            pattern: Some(pattern),
            ..Bounds::default()
        };
        let operator = matches!(
            field.domain,
            Domain::Identifier(IdentifierKind::OperatorCode)
        );
        match field.format {
            Format::Exact(n) if field.list => Bounds {
                least: Some(1),
                ..pattern(patterns::list_of_length(n))
            },
            Format::Exact(n) if operator => pattern(patterns::with_system_number(n, n)),
            Format::UpTo(n) if operator => pattern(patterns::with_system_number(1, n)),
            Format::Exact(n) => Bounds {
                least: Some(n),
                most: Some(n),
                pattern: None,
            },
            Format::UpTo(n) => Bounds {
                least: Some(1),
                most: Some(n),
                pattern: None,
            },
            Format::Unlimited => Bounds {
                least: Some(1),
                ..Bounds::default()
            },
            other => Bounds {
                pattern: patterns::of_format(other),
                ..Bounds::default()
            },
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
