//! Everything known under one unified deal code, now or at an instant 统一交易标识码.

use std::collections::HashSet;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use spec::Lookup;

use super::State;
use super::auth::Caller;
use super::moment::AtQuery;
use super::{found, whole};
use crate::error::{Error, ErrorCode};
use crate::pipeline::Instant;

/// Shows the records that name a deal, and what they lack together.
pub async fn one(
    state: Data<State>,
    caller: Caller,
    code: Path<String>,
    query: Query<AtQuery>,
) -> Result<HttpResponse, Error> {
    let at = query.at()?;
    let name = code.clone();
    let (items, lacks) = state
        .ask(move |app, connection| {
            let mut lookups = Vec::new();
            for dataset in app
                .spec
                .editions
                .iter()
                .flat_map(|edition| &edition.datasets)
            {
                let Some(field) = dataset.deal else { continue };
                lookups.push(Lookup {
                    dataset: dataset.code,
                    field: Some(field),
                    value: code.clone(),
                });
                if dataset.key == [field] {
                    lookups.push(Lookup {
                        dataset: dataset.code,
                        field: None,
                        value: code.clone(),
                    });
                }
            }
            let mut items = Vec::new();
            for version in found::known(app, connection, &lookups, at)? {
                items.extend(found::show(app, connection, &caller, &version)?);
            }
            // What a deal lacks is a matter of now.
            let mut lacks = match at {
                None => whole::lacks(app, connection, &lookups, Instant::now())?,
                Some(_) => Vec::new(),
            };
            let shown: HashSet<i64> = items.iter().map(|item: &found::Shown| item.id).collect();
            lacks.retain(|lack| shown.contains(&lack.record));
            Ok((items, lacks))
        })
        .await?;
    if items.is_empty() {
        return Err(Error::request(
            ErrorCode::NotFound,
            (
                format!("未找到交易“{name}”"),
                format!("nothing is known of deal `{name}`"),
            ),
        ));
    }
    Ok(HttpResponse::Ok()
        .json(serde_json::json!({ "deal": name, "items": items, "issues": lacks })))
}
