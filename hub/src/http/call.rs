//! The `receiveInfo` call of older systems: the same pipeline and the same receipt, answered in the call's own form.
//!
//! The answer says whether the record was taken, and only after the commit; the signed receipt stays to be fetched. Who
//! calls is settled by the key in the header, as everywhere: `USERID` and `KEY` of the form are not looked at.

use std::time::Instant;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use adapters::{CallAnswer, WireFormat};
use spec::{Severity, Verdict};

use super::State;
use super::auth::Caller;
use super::submissions::{self, SendQuery};
use crate::error::{Error, ErrorCode};
use crate::pipeline::receipt::Receipt;
use crate::pipeline::{self, Instant as Moment};

/// Takes one record by a call.
pub async fn receive_info(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let _place = state.gate.enter(&caller.0.name, Instant::now())?;
    let query = SendQuery::default();
    let taken = match submissions::incoming(&state, &caller, &request, query, payload).await {
        Ok(mut incoming) => {
            incoming.hint.wire = Some(WireFormat::Call);
            let bytes = incoming.body.len();
            let received = pipeline::receive(&state.app, incoming).await;
            if let Ok(receipt) = &received {
                state.metrics.received(&receipt.source, bytes);
            }
            received
        }
        Err(error) => Err(error),
    };
    let taken = taken.map(|receipt| (of_receipt(&receipt), ("X-Receipt-Id", receipt.id)));
    answered(&state, &caller, taken)
}

/// Answers a call in the form that its sender understands. What may be tried again says so as everywhere.
pub(super) fn answered(
    state: &State,
    caller: &Caller,
    taken: Result<(CallAnswer, (&'static str, String)), Error>,
) -> Result<HttpResponse, Error> {
    let source = state.app.sources.get(&caller.0.name);
    let form = source.map(|source| source.profile.wire.answer);
    let (mut response, answer) = match taken {
        Ok((answer, header)) => {
            let mut response = HttpResponse::Ok();
            response.insert_header(header);
            (response, answer)
        }
        Err(error) if error.status_code().is_server_error() || error.code() == ErrorCode::Busy => {
            return Err(error);
        }
        Err(error) => (HttpResponse::build(error.status_code()), of_error(&error)),
    };
    Ok(response
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(answer.write(form.unwrap_or_default())))
}

/// The time as the call writes it.
pub(super) fn now() -> String {
    let civil = Moment::now().civil;
    civil.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Taken are records that were kept, wait, or were known already.
fn of_receipt(receipt: &Receipt) -> CallAnswer {
    let mut code = String::new();
    let mut messages = Vec::new();
    let mut taken = 0;
    for outcome in &receipt.records {
        if outcome.verdict != Verdict::Rejected {
            taken += 1;
            continue;
        }
        let errors = outcome.issues.iter();
        for issue in errors.filter(|issue| issue.severity == Severity::Error) {
            if code.is_empty() {
                issue.code.name().clone_into(&mut code);
            }
            let place = issue.path.trim_start_matches('/');
            messages.push(match place {
                "" => issue.message.zh.to_string(),
                place => format!("{place}：{}", issue.message.zh),
            });
        }
    }
    CallAnswer {
        success: code.is_empty() && taken > 0,
        code,
        message: messages.join("；"),
        taken,
        at: now(),
    }
}

fn of_error(error: &Error) -> CallAnswer {
    let (code, ..) = error.code().row();
    CallAnswer {
        success: false,
        code: code.to_owned(),
        message: error.message().zh.into_owned(),
        taken: 0,
        at: now(),
    }
}
