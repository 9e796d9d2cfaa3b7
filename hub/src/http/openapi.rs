//! The OpenAPI description, made from the route table.

use actix_web::HttpResponse;
use serde_json::{Map, Value, json};

use super::{Access, ROUTES};
use crate::error::ErrorCode;

/// One route.
pub struct Endpoint {
    /// Method.
    pub method: &'static str,
    /// Path, with its parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// Parameters of the query.
    pub query: &'static [Param],
    /// What it does, in English.
    pub what: &'static str,
    /// What it does, in Chinese.
    pub zh: &'static str,
    /// Makes its handler.
    pub handler: fn() -> actix_web::Route,
}

/// One parameter of a query.
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub what: &'static str,
}

/// Describes a parameter.
pub const fn param(name: &'static str, what: &'static str) -> Param {
    Param { name, what }
}

/// Shows the description.
pub async fn show() -> HttpResponse {
    HttpResponse::Ok().json(document())
}

/// Makes the description.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let entry = paths
            .entry(route.path.replace(":.*}", "}"))
            .or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(route.method.to_lowercase(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Exchange hub 公共资源交易数据交换枢纽",
            "version": "1",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
            "responses": { "problem": {
                "description": "Why the request was not carried out 请求未执行的原因 (RFC 9457)",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            } },
        },
    })
}

fn operation(route: &Endpoint) -> Value {
    let mut parameters = Vec::new();
    for part in route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    {
        let name = part.split(':').next().unwrap_or(part);
        parameters.push(
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }),
        );
    }
    for param in route.query {
        parameters.push(json!({
            "name": param.name, "in": "query", "description": param.what, "schema": { "type": "string" },
        }));
    }
    if route.query.iter().any(|param| param.name == "submission") && route.access == Access::Source
    {
        parameters.push(json!({
            "name": "X-Submission-Id", "in": "header", "schema": { "type": "string" },
            "description": "the sender's own number, as in `submission`",
        }));
    }
    let mut operation = json!({
        "operationId": name(route),
        "summary": route.what,
        "description": format!("{} · access: {}", route.zh, who(route.access)),
        "responses": { "200": { "description": route.what }, "default": { "$ref": "#/components/responses/problem" } },
    });
    if let Some(members) = operation.as_object_mut() {
        if !parameters.is_empty() {
            members.insert("parameters".to_owned(), parameters.into());
        }
        if route.access != Access::Public {
            members.insert("security".to_owned(), json!([{ "key": [] }]));
        }
        if route.path == "/v1/closes/{date}" && route.method == "POST" {
            members.insert("requestBody".to_owned(), manifest());
        }
        if matches!(route.path, "/v1/submissions" | "/v1/check") && route.method == "POST" {
            members.insert("requestBody".to_owned(), body());
            members.insert("responses".to_owned(), sent(route));
        }
    }
    operation
}

/// The body of a submission, in each form.
fn body() -> Value {
    let text = json!({ "schema": { "type": "string" } });
    let binary = json!({ "schema": { "type": "string", "format": "binary" } });
    json!({ "required": true, "content": {
        "application/json": { "schema": { "$ref": "#/components/schemas/Submission" } },
        "application/x-ndjson": text, "application/xml": text, "text/csv": text, "application/zip": binary,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": binary,
        "application/x-www-form-urlencoded": text,
        "multipart/form-data": { "schema": { "type": "object", "additionalProperties": { "type": "string", "format": "binary" } } },
    } })
}

/// What a source says about a day, in each form.
fn manifest() -> Value {
    json!({ "required": true, "content": {
        "application/json": { "schema": { "$ref": "#/components/schemas/Manifest" } },
        "application/x-ndjson": { "schema": { "type": "string", "description": "the whole list, an element a line" } },
    } })
}

/// The answers to a submission: those that a sender must act on differently.
fn sent(route: &Endpoint) -> Value {
    let mut answers = Map::new();
    answers.insert("200".to_owned(), json!({
        "description": route.what,
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Receipt" } } },
    }));
    for code in ErrorCode::ALL {
        let (name, status, _, _) = code.row();
        let of_uploads = matches!(
            code,
            ErrorCode::Offset | ErrorCode::TusVersion | ErrorCode::Locked | ErrorCode::Checksum
        );
        if !of_uploads && !matches!(code, ErrorCode::NotFound | ErrorCode::Method) {
            answers
                .entry(status.to_string())
                .and_modify(|answer| {
                    if let Some(Value::String(text)) = answer.get_mut("description") {
                        text.push_str(", ");
                        text.push_str(name);
                    }
                })
                .or_insert_with(|| json!({
                    "description": name,
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                }));
        }
    }
    Value::Object(answers)
}

fn schemas() -> Value {
    let codes: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.row().0).collect();
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer", "minimum": 0 });
    let verdicts = [
        "accepted",
        "accepted_with_warnings",
        "parked",
        "duplicate",
        "rejected",
    ];
    let mut counts = Map::new();
    for name in verdicts.iter().chain(&["records"]) {
        counts.insert((*name).to_owned(), number.clone());
    }
    json!({
        "Submission": { "type": "object", "required": ["records"], "properties": {
            "edition": text, "source": text, "submission": text, "sequence": number,
            "records": { "type": "array", "items": { "type": "object", "required": ["dataset", "data"], "properties": {
                "dataset": text, "action": { "enum": ["upsert", "correct", "withdraw"] },
                "reason": { "type": "string", "minLength": 1, "maxLength": 200, "description": "required of correct and withdraw" },
                "data": { "type": "object" }, "flex": {},
            } } },
        } },
        "Issue": { "type": "object", "required": ["code", "severity", "path", "found", "expected", "message"], "properties": {
            "code": text, "rule": text, "severity": { "enum": ["warning", "error"] }, "path": text,
            "part": text, "line": number, "column": number, "found": text, "expected": text, "expected_en": text, "clause": text,
            "message": { "$ref": "#/components/schemas/Message" }, "help": { "$ref": "#/components/schemas/Message" },
            "related": { "type": "array", "items": { "$ref": "#/components/schemas/Related" } },
            "patch": { "type": "array", "items": { "type": "object", "required": ["op", "path"], "properties": {
                "op": { "enum": ["add", "move", "remove", "replace"] }, "path": text, "from": text, "value": text,
            } } },
        } },
        "Message": { "type": "object", "required": ["zh", "en"], "properties": { "zh": text, "en": text } },
        "Related": { "type": "object", "required": ["dataset", "key"], "properties": {
            "dataset": text, "key": text, "path": text, "found": text, "receipt": text, "record": number,
        } },
        "Receipt": { "type": "object", "properties": {
            "id": text, "submission": text, "source": text, "received_at": text, "edition": text,
            "counts": { "type": "object", "properties": counts },
            "records": { "type": "array", "items": { "type": "object", "properties": {
                "index": number, "dataset": text, "key": { "type": ["string", "null"] },
                "verdict": { "enum": verdicts }, "digest": text,
                "issues": { "type": "array", "items": { "$ref": "#/components/schemas/Issue" } },
            } } },
            "parts": { "type": "array", "items": text, "description": "of a large submission, in place of records: the root over the outcomes of each 1,024 records, which are read at /v1/submissions/{id}/outcomes" },
            "evidence": { "type": "object" }, "signature": text, "proof": text,
        } },
        "Manifest": { "type": "object", "properties": {
            "manifest": { "type": "string", "description": "signed note: exchange-hub/manifest/v1, log, source, date, number and SHA-256 of the close, records, root, a line each" },
            "records": number, "root": text,
            "nodes": { "type": "array", "items": { "type": "object" }, "description": "nodes of the prefixes in `ask` of the last answer" },
            "list": { "type": "array", "items": { "type": "object", "properties": {
                "submission": text, "index": number, "dataset": text, "verdict": { "enum": verdicts }, "digest": text,
                "id": text, "content": text,
            } } },
        } },
        "Problem": { "type": "object", "required": ["type", "title", "status", "code", "trace_id"], "properties": {
            "type": text, "title": text, "title_en": text, "status": number, "code": { "enum": codes },
            "detail": text, "detail_en": text, "line": number, "column": number, "member": text, "trace_id": text,
        } },
    })
}

fn name(route: &Endpoint) -> String {
    let words: Vec<&str> = route
        .path
        .split(['/', '{', '}', '.', ':', '*'])
        .filter(|word| !word.is_empty() && *word != "v1")
        .collect();
    format!("{}_{}", route.method.to_lowercase(), words.join("_"))
}

const fn who(access: Access) -> &'static str {
    match access {
        Access::Public => "everybody, without a key",
        Access::Source => "sources",
        Access::Member => "any key; a source gets only what is its own",
        Access::Reader => "centre, auditor, operator",
        Access::Centre => "centre",
        Access::Operator => "operator",
        Access::Subscriber => "the destination itself, and readers",
        Access::Anyone => "any key",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests: a panic is a failure")]

    use super::*;

    #[test]
    fn every_route_is_described_once_under_its_own_name() {
        let document = document();
        let mut names = Vec::new();
        for route in ROUTES {
            let path = route.path.replace(":.*}", "}");
            let operation = &document["paths"][&path][route.method.to_lowercase()];
            let name = operation["operationId"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert!(
                !name.is_empty() && !names.contains(&name),
                "{} {path}: `{name}`",
                route.method
            );
            assert_eq!(
                operation.get("security").is_some(),
                route.access != Access::Public,
                "{path}"
            );
            names.push(name);
        }
    }

    #[test]
    fn a_sender_finds_every_status_it_must_act_on() {
        let document = document();
        let answers = &document["paths"]["/v1/submissions"]["post"]["responses"];
        for status in [
            "200", "400", "401", "403", "409", "413", "415", "422", "429", "503",
        ] {
            assert!(answers.get(status).is_some(), "{status}");
        }
        assert_eq!(answers["422"]["description"], "envelope, time, edition");
    }
}
