//! Personal data erased at the centre's order, and what is said of a record that was erased.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::State;
use super::auth::Caller;
use super::destinations::reason;
use super::openapi::{Param, param};
use crate::erase::{self, Class, Desk, Order};
use crate::error::{Error, ErrorCode};
use crate::evidence::Subject;
use crate::pipeline::Instant;
use crate::store::erasures::Erasure;

/// Parameters.
pub const QUERY: &[Param] = &[
    param("reason", "why; required, and kept in the log"),
    param(
        "class",
        "what kind of reason it is, told to subscribers that hold the record: request, law, retention, mistake, other",
    ),
];

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureQuery {
    reason: Option<String>,
    #[serde(default)]
    class: Class,
}

/// Erases all versions of a record.
pub async fn erase(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    query: Query<ErasureQuery>,
) -> Result<HttpResponse, Error> {
    let (dataset, key) = path.into_inner();
    let query = query.into_inner();
    let order = Order {
        by: format!("centre {}", caller.0.name),
        reason: reason(query.reason)?,
        class: query.class,
    };
    let specification = state.app.spec;
    let subject = Subject::Record(dataset, key);
    let app = std::sync::Arc::clone(&state.app);
    let ready = actix_web::web::block(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        let desk = Desk {
            raw: &app.raw,
            masters: &app.masters,
            specification,
        };
        let mut connection = app.readers.take()?;
        runtime.block_on(erase::ready(&desk, &mut connection, &subject))
    })
    .await
    .map_err(|error| Error::Internal(error.to_string()))??;
    let ready = ready.ok_or_else(|| {
        Error::request(
            ErrorCode::NotFound,
            ("未找到该记录", "there is no such record"),
        )
    })?;
    let erased = state
        .write(move |transaction| {
            erase::erase(transaction, specification, ready, &order, Instant::now())
        })
        .await?;
    let app = std::sync::Arc::clone(&state.app);
    let (shown, scrubbed) = actix_web::web::block(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        let mut connection = app.readers.take()?;
        let scrubbed = runtime.block_on(erase::scrub(
            (&app.raw, &app.attachments),
            &mut connection,
            &erased,
        ))?;
        Ok::<_, Error>((erased, scrubbed))
    })
    .await
    .map_err(|error| Error::Internal(error.to_string()))??;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "erased": shown, "scrubbed": scrubbed })))
}

/// What is said of a record that was erased: when, why, and which leaf of the log shows it.
pub fn gone(erasure: &Erasure) -> Error {
    let at = Instant::from_millis(erasure.at).text();
    let (leaf, reason) = (erasure.leaf_index, &erasure.reason);
    Error::request(
        ErrorCode::Gone,
        (
            format!("该记录的个人信息已于 {at} 依法删除，原因：{reason}；日志条目 {leaf}"),
            format!(
                "its personal data was erased at {at}, because: {reason}; leaf {leaf} of the log"
            ),
        ),
    )
}
