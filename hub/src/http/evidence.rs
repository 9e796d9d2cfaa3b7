//! Evidence bundles for auditors.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::State;
use super::auth::Caller;
use super::openapi::{Param, param};
use crate::app::{self, App};
use crate::error::{Error, ErrorCode};
use crate::evidence::gather::{self, GatherError};
use crate::store::Database;
use crate::store::access::Role;

/// Parameters.
pub const QUERY: &[Param] = &[param(
    "personal",
    "true: with personal values, raw bytes and canonical records; auditors only, and written into the log",
)];

/// What the query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceQuery {
    #[serde(default)]
    personal: bool,
}

/// A bundle about a submission.
pub async fn submission(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
    query: Query<EvidenceQuery>,
) -> Result<HttpResponse, Error> {
    bundle(state, caller, id.into_inner(), query.personal).await
}

/// A bundle about a record with all its versions.
pub async fn record(
    state: Data<State>,
    caller: Caller,
    path: Path<(String, String)>,
    query: Query<EvidenceQuery>,
) -> Result<HttpResponse, Error> {
    let (dataset, key) = path.into_inner();
    bundle(state, caller, format!("{dataset}/{key}"), query.personal).await
}

/// A bundle about everything under a unified deal code.
pub async fn deal(
    state: Data<State>,
    caller: Caller,
    code: Path<String>,
    query: Query<EvidenceQuery>,
) -> Result<HttpResponse, Error> {
    bundle(state, caller, code.into_inner(), query.personal).await
}

async fn bundle(
    state: Data<State>,
    caller: Caller,
    about: String,
    personal: bool,
) -> Result<HttpResponse, Error> {
    if personal && caller.0.role != Role::Auditor {
        return Err(Error::request(
            ErrorCode::Forbidden,
            (
                "含个人信息的证据包只提供给审计角色，去掉 personal=true 可得到脱敏的证据包",
                "bundles with personal values are for auditors; without `personal=true` you get one without them",
            ),
        ));
    }
    let bytes = state
        .ask(move |app, connection| {
            if personal {
                let by = format!("auditor {}", caller.0.name);
                let leaf = gather::view_leaf(&about, &by).map_err(internal)?;
                app.writer
                    .run(move |transaction| transaction.append_leaf(leaf))
                    .map_err(|error| Error::NotKept(error.to_string()))?;
            }
            make(app, connection, &about, personal)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"evidence.zip\""))
        .body(bytes))
}

fn make(
    app: &App,
    connection: &mut Database,
    about: &str,
    personal: bool,
) -> Result<Vec<u8>, Error> {
    let keys = crate::keychange::published(&app.config.data)
        .map_err(|error| Error::Internal(format!("{error:#}")))?;
    let sources = gather::Sources {
        specification: app.spec,
        raw: app.raw.clone(),
        log: &app::log_folder(&app.config),
        signs: app.signs(),
        keys: &keys,
        personal,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(internal)?;
    runtime
        .block_on(gather::bundle(sources, connection, about))
        .map_err(|error| match error {
            GatherError::Missing(about) => Error::request(
                ErrorCode::NotFound,
                (
                    format!("未找到“{about}”，请核对编号、数据集与业务主键"),
                    format!("nothing is known of `{about}`"),
                ),
            ),
            GatherError::TooMuch { submissions, .. } => Error::request(
                ErrorCode::TooLarge,
                (
                    format!(
                        "涉及 {submissions} 个批次，超过一个证据包的上限，请按记录或批次分别获取"
                    ),
                    error.to_string(),
                ),
            ),
            other => internal(other),
        })
}

fn internal(error: impl std::error::Error) -> Error {
    let cause = error
        .source()
        .map_or_else(String::new, |cause| format!(": {cause}"));
    Error::Internal(format!("{error}{cause}"))
}
