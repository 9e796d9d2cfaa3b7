//! What is, or was at an instant, known about one subject of trading 交易主体, by its unified social credit code.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use spec::{Library, Lookup};

use super::State;
use super::auth::Caller;
use super::found;
use super::moment::AtQuery;
use crate::error::{Error, ErrorCode};

/// Shows the records about a subject.
pub async fn one(
    state: Data<State>,
    caller: Caller,
    uscc: Path<String>,
    query: Query<AtQuery>,
) -> Result<HttpResponse, Error> {
    let at = query.at()?;
    let name = uscc.clone();
    let items = state
        .ask(move |app, connection| {
            let mut lookups = Vec::new();
            let datasets = app
                .spec
                .editions
                .iter()
                .flat_map(|edition| &edition.datasets);
            for dataset in datasets.filter(|dataset| dataset.library == Library::Subject) {
                let fields = dataset
                    .key
                    .iter()
                    .chain(&dataset.indexed)
                    .map(|&field| Some(field));
                for field in fields.chain([None]) {
                    lookups.push(Lookup {
                        dataset: dataset.code,
                        field,
                        value: uscc.clone(),
                    });
                }
            }
            let mut items = Vec::new();
            for version in found::known(app, connection, &lookups, at)? {
                items.extend(found::show(app, connection, &caller, &version)?);
            }
            Ok(items)
        })
        .await?;
    if items.is_empty() {
        return Err(Error::request(
            ErrorCode::NotFound,
            (
                format!("未找到主体“{name}”"),
                format!("nothing is known of subject `{name}`"),
            ),
        ));
    }
    Ok(HttpResponse::Ok().json(serde_json::json!({ "subject": name, "items": items })))
}
