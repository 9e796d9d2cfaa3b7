//! JSON Schema 2020-12 of a canonical record: an object of strings.
//!
//! It says what the engine calls structure: required and unknown fields, types, lengths, forms of
//! numbers and dates, closed code tables. Rules and conditional requirements are not in it, nor are
//! check characters of identifiers. The engine and the schema must never disagree on structure.
//!
//! Code tables stand in one document per edition, which the schemas of its data sets refer to. A schema
//! for one engine carries the tables that it needs within itself, under the same name.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde_json::{Map, Value, json};

use super::patterns;
use super::shape::Shape;
use crate::validate::structure::PLACEHOLDERS;
use crate::{Dataset, Domain, Edition, Field, Required};

/// What a schema refers to, by name.
type Definitions = BTreeMap<String, Value>;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a data set's canonical records, complete in itself.
pub fn json_schema(edition: &Edition, dataset: &Dataset) -> Value {
    let mut tables = Definitions::new();
    let mut schema = published(edition, dataset, &mut tables);
    let definitions = schema.get_mut("$defs").and_then(Value::as_object_mut);
    if let (Some(definitions), false) = (definitions, tables.is_empty()) {
        let embedded = json!({"$id": codes_id(edition), "$defs": tables});
        definitions.insert("codes".to_owned(), embedded);
    }
    schema
}

/// The schema as it is published: its code tables are elsewhere ([`codes`]), and put into `tables`.
pub(super) fn published(edition: &Edition, dataset: &Dataset, tables: &mut Definitions) -> Value {
    let mut definitions = Definitions::new();
    let mut properties = Map::new();
    for (place, field) in dataset.fields.iter().enumerate() {
        let shape = Shape::of(dataset, place, field);
        let property = property(edition, field, shape, &mut definitions, tables);
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
        "$schema": DIALECT,
        "additionalProperties": false,
        "properties": properties,
        "required": required,
        "title": dataset.name,
        "type": "object",
    })
}

/// The document of the code tables that schemas of an edition refer to, one line per table.
pub(super) fn codes(edition: &Edition, tables: &Definitions) -> String {
    let tables = tables.iter().map(|(name, value)| entry(name, value));
    let mut text = String::from("{\n");
    let title = json!(format!("{} 代码集", edition.name));
    let id = json!(codes_id(edition));
    put(
        &mut text,
        format_args!("  \"$schema\": \"{DIALECT}\",\n  \"$id\": {id},\n  \"title\": {title},\n"),
    );
    let tables = block(&tables.collect::<Vec<_>>());
    put(&mut text, format_args!("  \"$defs\": {tables}\n}}\n"));
    text
}

/// The document of what takes records back, one line per data set: only what names the record is judged, by the schema
/// of its own; whatever else is sent is passed over.
pub(super) fn withdrawals(edition: &Edition) -> String {
    let lines = edition.datasets.iter().map(|dataset| {
        let key = dataset.key.iter().filter_map(|&place| dataset.field(place));
        let names: Vec<&str> = key.map(|field| field.id.as_str()).collect();
        let place = |name: &&str| {
            let place = format!(
                "urn:exchange-hub:{}:{}#/properties/{name}",
                edition.id, dataset.id
            );
            ((*name).to_owned(), json!({ "$ref": place }))
        };
        let properties: BTreeMap<String, Value> = names.iter().map(place).collect();
        let schema = json!({ "properties": properties, "required": names, "type": "object" });
        entry(&dataset.id, &schema)
    });
    let mut text = String::from("{\n");
    let title = json!(format!("{} 撤回", edition.name));
    let id = json!(format!("urn:exchange-hub:{}:withdrawals", edition.id));
    put(
        &mut text,
        format_args!("  \"$schema\": \"{DIALECT}\",\n  \"$id\": {id},\n  \"title\": {title},\n"),
    );
    let schemas = block(&lines.collect::<Vec<_>>());
    put(&mut text, format_args!("  \"$defs\": {schemas}\n}}\n"));
    text
}

fn codes_id(edition: &Edition) -> String {
    format!("urn:exchange-hub:{}:codes", edition.id)
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
    let fields = dataset.fields.iter().filter_map(|field| {
        let property = schema.get("properties")?.get(&field.id)?;
        Some(entry(&field.id, property))
    });
    put(
        &mut text,
        format_args!(
            "  \"properties\": {},\n",
            block(&fields.collect::<Vec<_>>())
        ),
    );
    let definitions = schema.get("$defs").and_then(Value::as_object);
    let definitions = definitions
        .into_iter()
        .flatten()
        .map(|(name, value)| entry(name, value));
    put(
        &mut text,
        format_args!(
            "  \"$defs\": {}\n}}\n",
            block(&definitions.collect::<Vec<_>>())
        ),
    );
    text
}

fn put(text: &mut String, part: fmt::Arguments<'_>) {
    // writing to a string cannot fail
    let _ = text.write_fmt(part);
}

fn entry(name: &str, value: &Value) -> String {
    format!("{}: {value}", json!(name))
}

fn block(entries: &[String]) -> String {
    if entries.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{\n    {}\n  }}", entries.join(",\n    "))
    }
}

/// Members are put in in alphabetical order, so that the text is the same however maps are kept.
fn property(
    edition: &Edition,
    field: &Field,
    shape: Shape<'_>,
    definitions: &mut Definitions,
    tables: &mut Definitions,
) -> Value {
    let mut members = BTreeMap::new();
    if let Domain::Codes(table) = &field.domain {
        members.insert("x-codes", json!(table.id));
    }
    // other formats and closed tables leave no room for such words
    if !shape.closed && patterns::of_format(field.format).is_none() {
        members.insert("not", no_value(field, definitions));
    }
    if let Some(codes) = shape.codes {
        let place = format!("{}#/$defs/{}", codes_id(edition), codes.name);
        members.insert("$ref", json!(place));
        tables.insert(codes.name, json!({"enum": codes.codes}));
    }
    if let Some((least, most)) = shape.operator {
        members.insert("anyOf", operator(least, most));
    }
    if let Some(least) = shape.least {
        members.insert("minLength", json!(least));
    }
    if let Some(most) = shape.most {
        members.insert("maxLength", json!(most));
    }
    if let Some(pattern) = shape.pattern {
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

/// A platform's code is measured without the number of a system behind it.
fn operator(least: u32, most: u32) -> Value {
    let numbered = json!({"pattern": patterns::with_system_number(least, most)});
    let bare = json!({
        "maxLength": most,
        "minLength": least.max(1),
        "not": {"pattern": patterns::WITH_SYSTEM_NUMBER},
    });
    json!([bare, numbered])
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
