//! The specification, as it judges: editions, data sets, code tables, rules, schemas.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Path};
use serde_json::{Value, json};
use spec::{CodeTable, Dataset, Domain, Edition, Field, Required, Rule};

use super::State;
use crate::error::{Error, ErrorCode};
use crate::published;

/// Lists the editions.
pub async fn editions(state: Data<State>) -> HttpResponse {
    let items: Vec<Value> = state
        .app
        .spec
        .editions
        .iter()
        .map(|edition| {
            let (specification, codes) = state.app.digests.of(edition);
            json!({
                "id": edition.id, "name": edition.name,
                "valid_from": edition.valid_from, "valid_to": edition.valid_to,
                "datasets": edition.datasets.len(), "code_tables": edition.codes.len(),
                "specification": specification, "codes": codes,
            })
        })
        .collect();
    HttpResponse::Ok().json(json!({ "items": items }))
}

/// Lists the data sets of an edition.
pub async fn datasets(state: Data<State>, id: Path<String>) -> Result<HttpResponse, Error> {
    let edition = edition(&state, &id)?;
    let items: Vec<Value> = edition.datasets.iter().map(summary).collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items })))
}

/// Shows a data set.
pub async fn dataset(
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let edition = edition(&state, &path.0)?;
    let dataset = find(edition, &path.1)?;
    let mut shown = summary(dataset);
    if let Some(members) = shown.as_object_mut() {
        let fields: Vec<Value> = dataset
            .fields
            .iter()
            .map(|one| field(edition, dataset, one))
            .collect();
        let rules: Vec<Value> = dataset.rules.iter().map(|one| rule(dataset, one)).collect();
        members.insert("fields".to_owned(), fields.into());
        members.insert("rules".to_owned(), rules.into());
        members.insert("attachments".to_owned(), json!(dataset.attachments));
    }
    Ok(HttpResponse::Ok().json(shown))
}

/// Lists the code tables of an edition.
pub async fn tables(state: Data<State>, id: Path<String>) -> Result<HttpResponse, Error> {
    let tables: BTreeMap<&str, &Arc<CodeTable>> = edition(&state, &id)?
        .codes
        .iter()
        .map(|(id, table)| (id.as_str(), table))
        .collect();
    let items: Vec<Value> = tables
        .iter()
        .map(|(id, table)| json!({ "id": id, "values": table.values.len(), "closed": table.is_closed() }))
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items })))
}

/// Shows the values of a code table.
pub async fn table(
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let table = edition(&state, &path.0)?
        .codes
        .get(&path.1)
        .ok_or_else(|| missing("代码集", "code table", &path.1))?;
    let values: BTreeMap<_, _> = table.values.iter().collect();
    let items: Vec<Value> = values
        .iter()
        .map(|(code, value)| {
            json!({
                "code": code, "name": value.name, "known": value.known,
                "valid_from": value.valid_from, "valid_to": value.valid_to,
                "successor": value.successor, "level": value.level, "parent": value.parent,
            })
        })
        .collect();
    Ok(HttpResponse::Ok()
        .json(json!({ "id": table.id, "closed": table.is_closed(), "items": items })))
}

/// Lists the rules of an edition.
pub async fn rules(state: Data<State>, id: Path<String>) -> Result<HttpResponse, Error> {
    let datasets = &edition(&state, &id)?.datasets;
    let items: Vec<Value> = datasets
        .iter()
        .flat_map(|dataset| dataset.rules.iter().map(|one| rule(dataset, one)))
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "items": items })))
}

/// Shows the JSON Schema of a data set: what the second judge uses.
pub async fn schema(
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let edition = edition(&state, &path.0)?;
    let dataset = find(edition, path.1.strip_suffix(".json").unwrap_or(&path.1))?;
    let schema = spec::export::json_schema(edition, dataset);
    Ok(HttpResponse::Ok()
        .content_type("application/schema+json")
        .body(schema.to_string()))
}

/// Lists the published files of an edition.
pub async fn files(state: Data<State>, id: Path<String>) -> Result<HttpResponse, Error> {
    let begins = format!("{}/", edition(&state, &id)?.id);
    let items = published_files(&state, move |files| {
        let own = files.iter().filter_map(|(name, content)| {
            let path = name.strip_prefix(&begins)?;
            Some(json!({ "path": path, "bytes": content.len(), "media_type": published::media_type(path) }))
        });
        own.collect::<Vec<Value>>()
    });
    Ok(HttpResponse::Ok().json(json!({ "items": items.await? })))
}

/// Shows a published file.
pub async fn file(state: Data<State>, path: Path<(String, String)>) -> Result<HttpResponse, Error> {
    let name = format!("{}/{}", edition(&state, &path.0)?.id, path.1);
    let content = published_files(&state, move |files| files.get(&name).cloned());
    let content = content
        .await?
        .ok_or_else(|| missing("发布文件", "published file", &path.1))?;
    Ok(HttpResponse::Ok()
        .content_type(published::media_type(&path.1))
        .body(content))
}

/// Reads among the published files, which take a moment to make when they are first asked for.
async fn published_files<T: Send + 'static>(
    state: &Data<State>,
    read: impl FnOnce(&BTreeMap<String, Bytes>) -> T + Send + 'static,
) -> Result<T, Error> {
    let state = Data::clone(state);
    let read = actix_web::web::block(move || {
        if let Some(files) = state.contract.get() {
            return Ok(read(files));
        }
        let made = published::files(state.app.spec);
        let made = made.map_err(|error| Error::Internal(format!("published files: {error}")))?;
        let own = |(name, content): (String, Vec<u8>)| (name, Bytes::from(content));
        let made = made.into_iter().map(own).collect();
        Ok(read(state.contract.get_or_init(|| made)))
    });
    read.await
        .map_err(|error| Error::Internal(error.to_string()))?
}

fn edition<'s>(state: &'s State, id: &str) -> Result<&'s Arc<Edition>, Error> {
    state
        .app
        .spec
        .edition(id)
        .ok_or_else(|| missing("规范版本", "edition", id))
}

fn find<'e>(edition: &'e Edition, name: &str) -> Result<&'e Dataset, Error> {
    edition
        .dataset(name)
        .ok_or_else(|| missing("数据集", "data set", name))
}

fn missing(zh: &str, en: &str, name: &str) -> Error {
    let detail = (
        format!("没有{zh}“{name}”"),
        format!("there is no {en} `{name}`"),
    );
    Error::request(ErrorCode::NotFound, detail)
}

fn names(dataset: &Dataset, places: &[spec::FieldIndex]) -> Vec<String> {
    places
        .iter()
        .filter_map(|&place| Some(dataset.field(place)?.id.clone()))
        .collect()
}

fn summary(dataset: &Dataset) -> Value {
    json!({
        "code": dataset.code, "id": dataset.id, "name": dataset.name, "class": dataset.class,
        "library": dataset.library, "industry": dataset.industry, "key": names(dataset, &dataset.key),
        "field_count": dataset.fields.len(), "rule_count": dataset.rules.len(),
    })
}

fn field(edition: &Edition, dataset: &Dataset, field: &Field) -> Value {
    let required = match field.required {
        Required::Always => "always",
        Required::ByRule => "by_rule",
        Required::Optional => "optional",
    };
    let (codes, identifier, standard) = match &field.domain {
        Domain::Free => (None, None, None),
        Domain::Codes(table) => (
            edition
                .codes
                .contains_key(&table.id)
                .then_some(table.id.as_str()),
            None,
            None,
        ),
        Domain::Identifier(kind) => (None, Some(format!("{kind:?}")), None),
        Domain::Standard(name) => (None, None, Some(name)),
    };
    let is_key = dataset
        .field_index(&field.id)
        .is_some_and(|place| dataset.key.contains(&place));
    json!({
        "id": field.id, "name": field.name, "format": field.format.to_string(), "required": required,
        "key": is_key, "codes": codes, "identifier": identifier, "standard": standard, "list": field.list,
        "sensitivity": field.sensitivity, "aliases": field.aliases,
    })
}

fn rule(dataset: &Dataset, rule: &Rule) -> Value {
    json!({
        "id": &*rule.id, "dataset": dataset.id, "severity": rule.severity, "clause": rule.clause,
        "message": { "zh": rule.zh, "en": rule.en },
    })
}
