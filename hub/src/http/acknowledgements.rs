//! Business answers that a national platform pushes under its signature, which is its key: no other one is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::State;
use super::destinations::settle;
use crate::delivery::client::ANSWER;
use crate::delivery::pushed::Pushed;
use crate::delivery::{platform, service};
use crate::error::{Error, ErrorCode};

/// Reads a pushed answer: what it says, and how it came.
pub async fn read(payload: Payload) -> Result<(Pushed, String), Error> {
    let Ok(Ok(bytes)) = payload.to_bytes_limited(ANSWER).await else {
        return Err(Error::request(
            ErrorCode::TooLarge,
            (
                format!("业务回执超过 {ANSWER} 字节或未完整送达"),
                format!("the answer exceeds {ANSWER} bytes, or broke off"),
            ),
        ));
    };
    let text = String::from_utf8(bytes.to_vec()).map_err(|error| unreadable(&error))?;
    let body = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
    Ok((body, text))
}

fn unreadable(error: &dyn std::fmt::Display) -> Error {
    Error::request(
        ErrorCode::Unreadable,
        (
            format!("业务回执无法读取：{error}"),
            format!("the answer cannot be read: {error}"),
        ),
    )
}

/// Takes an answer.
pub async fn take(
    state: Data<State>,
    request: HttpRequest,
    name: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let refused = |message: (String, String)| Error::request(ErrorCode::Unauthenticated, message);
    let app = Arc::clone(&state.app);
    let keys = state.platforms.get_or_init(|| {
        service::platform_keys(&app).unwrap_or_else(|error| {
            tracing::error!(error = ?error, "the keys of platforms cannot be read: no pushed answer is taken");
            BTreeMap::new()
        })
    });
    let Some(keys) = keys.get(name.as_str()) else {
        return Err(refused((
            format!("目的地“{name}”没有登记验签公钥（national.keys），不接受推送的业务回执"),
            format!(
                "no public key of the destination `{name}` is configured (national.keys): it cannot push answers"
            ),
        )));
    };
    let (body, text) = read(payload).await?;
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let message = platform::signed_answer(body.batch, &text);
    keys.check(header(platform::KEY), header(platform::SIGNATURE), &message)
        .map_err(|why| refused((why.to_string(), why.to_string())))?;
    if body.packet.is_none() {
        return Err(unreadable(&"packet (SHA-256 of the packet 报文摘要)"));
    }
    settle(&state, name.into_inner(), body, text).await
}
