//! One name for one request, from the first byte to the log: the caller's W3C trace id, or a new one.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::State;

tokio::task_local! {
    static TRACE: String;
}

/// Trace id of the request that is being answered; empty outside one.
pub fn current() -> String {
    TRACE.try_with(Clone::clone).unwrap_or_default()
}

/// Gives each request its trace id, and counts its answer.
pub async fn middleware(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id = given(request.headers()).unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string());
    let header = HeaderValue::from_str(&id);
    let state = request.app_data::<Data<State>>().cloned();
    let started = std::time::Instant::now();
    let mut response = TRACE.scope(id, next.call(request)).await?;
    if let Ok(header) = header {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-trace-id"), header);
    }
    if let Some(state) = state {
        state
            .metrics
            .answered(response.status().as_u16(), started.elapsed());
    }
    Ok(response)
}

/// The trace id of a `traceparent` header (W3C Trace Context), if there is a sound one.
fn given(headers: &HeaderMap) -> Option<String> {
    let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
    let (_, id) = (parts.next()?, parts.next()?);
    let sound = id.len() == 32
        && id
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        && id.bytes().any(|byte| byte != b'0');
    sound.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("traceparent"),
            HeaderValue::from_static(value),
        );
        given(&headers)
    }

    #[test]
    fn only_a_sound_trace_id_is_taken_over() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(
            of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").as_deref(),
            Some(id)
        );
        assert_eq!(
            of("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
            None
        );
        assert_eq!(of("00-<script>-1-1"), None);
        assert_eq!(of(""), None);
    }
}
