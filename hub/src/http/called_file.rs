//! The attachment call of older systems: one file in base64 in a form, kept like one that is uploaded, answered in the
//! call's own form.
//!
//! The call has an MD5, which finds a file that was cut or mangled on its way, and proves nothing: the hub's own
//! SHA-256 is what is logged. The address that the form may name is not followed.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Instant;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use adapters::{CallAnswer, CalledFile};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::attachments::{edition, known_slot, named, refused, sound};
use super::auth::Caller;
use super::call::{answered, now};
use super::submissions::{self, SendQuery};
use super::{State, attachments};
use crate::app::App;
use crate::attachment::inspect::{self, Refusal};
use crate::error::{Error, ErrorCode};
use crate::pipeline::attached::{self, File, FileReceipt};
use crate::tlog::hash::hex;
use crate::tlog::sha256;

/// Takes one file by a call.
pub async fn receive(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let _place = state.gate.enter(&caller.0.name, Instant::now())?;
    let query = SendQuery::default();
    let taken = match submissions::incoming(&state, &caller, &request, query, payload).await {
        Ok(incoming) => keep(&state.app, &caller.0.name, incoming.body).await,
        Err(error) => Err(error),
    };
    let taken = taken.map(|receipt| {
        let answer = CallAnswer {
            success: true,
            code: String::new(),
            message: String::new(),
            taken: 1,
            at: now(),
        };
        (answer, ("X-Attachment-Sha256", receipt.sha256))
    });
    answered(&state, &caller, taken)
}

async fn keep(app: &Arc<App>, source: &str, body: Bytes) -> Result<FileReceipt, Error> {
    let (shared, name) = (Arc::clone(app), source.to_owned());
    let (mut file, bytes) = actix_web::web::block(move || read(&shared, &name, &body))
        .await
        .map_err(|error| Error::Internal(error.to_string()))??;
    let kept = (&*file.source, &*file.code, &*file.slot);
    if !attached::is_kept(app, kept, &file.sha256)? {
        let kept = app
            .attachments
            .keep_bytes(&file.sha256, bytes, &app.masters);
        file.key = Some(kept.await?);
    }
    named(app, file).await
}

/// The file of a call, looked at, and its bytes.
fn read(app: &App, source: &str, body: &[u8]) -> Result<(File, Bytes), Error> {
    let called = CalledFile::read(body).map_err(Error::Decode)?;
    sound("ATTACHMENTSETCODE", &called.code, 200)?;
    sound("FILENAME", &called.file_name, 200)?;
    let edition = edition(app, None)?;
    let profile = app.sources.get(source).map(|source| &source.profile);
    let slot = profile.map_or(called.kind.as_str(), |profile| profile.slot(&called.kind));
    let slot = known_slot(edition, slot)?;
    let bytes = BASE64_STANDARD
        .decode(called.content.trim_ascii())
        .map_err(|error| {
            Error::request(
                ErrorCode::Unreadable,
                (
                    format!("CONTENT 不是 base64（{error}），请重新编码后发送"),
                    format!("CONTENT is no base64: {error}"),
                ),
            )
        })?;
    let found = hex(&Md5::digest(&bytes));
    if !found.eq_ignore_ascii_case(&called.md5) {
        let said = called.md5;
        return Err(Error::request(
            ErrorCode::Digest,
            (
                format!("收到内容的 MD5 为 {found}，与声明的 {said} 不符，请重新发送"),
                format!("the bytes have the MD5 {found}, not {said} as declared: send them again"),
            ),
        ));
    }
    let kind = inspect::by_name(&edition.attachments, &slot, &called.file_name).map_err(refused)?;
    let most = kind.most_bytes.min(app.config.attachments.most_bytes);
    if bytes.len() as u64 > most {
        return Err(refused(Refusal::large(most)));
    }
    inspect::inspect(kind, Cursor::new(&bytes)).map_err(refused)?;
    let file = File {
        source: source.to_owned(),
        code: called.code,
        slot: slot.id,
        file_name: called.file_name,
        media_type: kind.media_type.clone(),
        bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
        salt: attachments::salt()?,
        key: None,
    };
    Ok((file, bytes.into()))
}
