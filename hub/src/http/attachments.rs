//! Files beside records: sent by their source, listed, given back. Nothing here shows a file: it leaves as a download
//! that a browser neither guesses about nor runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt as _;
use serde::Deserialize;
use spec::attachment::{FileType, Slot};
use spec::{Edition, Sensitivity};

use super::State;
use super::auth::Caller;
use super::openapi::{Param, param};
use crate::app::App;
use crate::attachment::Incoming;
use crate::attachment::incoming::{Stop, Whole};
use crate::attachment::inspect::{Refusal, declared, inspect};
use crate::attachment::objects::Stored;
use crate::error::{Error, ErrorCode};
use crate::leaf;
use crate::pipeline::attached::{self, File};
use crate::pipeline::writer::WriteError;
use crate::store::access::Role;
use crate::store::attachments::{self, AttachmentRow};
use crate::tlog::Hash;

/// Parameters of sending.
pub const SEND: &[Param] = &[
    param(
        "code",
        "what joins the file to its record: a value of the record's attachment field or, where it has none, the \
         business key with | between its parts",
    ),
    param("file", "name of the file, with its ending"),
    param(
        "sha256",
        "SHA-256 of the bytes, hexadecimal (or header Content-Digest, RFC 9530)",
    ),
    param("edition", "edition of the specification"),
];
/// Parameters of the list.
pub const LIST: &[Param] = &[
    param("code", "what joins the files to their record"),
    param("source", "only of this source"),
];
/// Parameters of getting one.
pub const GET: &[Param] = &[
    param("code", "what joins the file to its record"),
    param("source", "of this source (readers)"),
    param("sha256", "this very file; without it the newest"),
];

/// What the query of sending says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendQuery {
    code: String,
    file: String,
    sha256: Option<String>,
    edition: Option<String>,
}

/// Takes a file, and answers once it is kept and named.
pub async fn send(
    state: Data<State>,
    caller: Caller,
    request: HttpRequest,
    slot: Path<String>,
    query: Query<SendQuery>,
    payload: Payload,
) -> Result<HttpResponse, Error> {
    let _place = state.gate.enter(&caller.0.name, Instant::now())?;
    let app = &state.app;
    let query = query.into_inner();
    let text = |name: &str| {
        let value = request.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    sound("code", &query.code, 200)?;
    sound("file", &query.file, 200)?;
    let sha256 = promised(query.sha256.as_deref(), text("content-digest"))?;
    let edition = edition(app, query.edition.as_deref())?;
    let slot = known_slot(edition, &slot)?;
    let media_type = text(CONTENT_TYPE.as_str()).to_owned();
    let kind = declared(&edition.attachments, &slot, &media_type, &query.file);
    let kind = kind.map_err(refused)?.clone();
    if !matches!(text(CONTENT_ENCODING.as_str()), "" | "identity") {
        return Err(Error::request(
            ErrorCode::MediaType,
            (
                "附件不接收 Content-Encoding",
                "a file is sent without Content-Encoding",
            ),
        ));
    }
    let most = kind.most_bytes.min(app.config.attachments.most_bytes);
    let announced: Option<u64> = text(CONTENT_LENGTH.as_str()).parse().ok();
    if announced.is_some_and(|length| length > most) {
        return Err(refused(Refusal::large(most)));
    }
    let idle = Duration::from_millis(app.config.server.idle_ms);
    let whole = collect(app, payload, most, idle).await?;
    if whole.sha256 != sha256 {
        let (found, said) = (whole.sha256.to_hex(), sha256.to_hex());
        return Err(Error::request(
            ErrorCode::Digest,
            (
                format!("收到内容的 SHA-256 为 {found}，与声明的 {said} 不符，请重新上传"),
                format!(
                    "the bytes have the SHA-256 {found}, not {said} as declared: send them again"
                ),
            ),
        ));
    }
    let whole = looked_at(whole, kind.clone()).await?;
    let mut file = File {
        source: caller.0.name.clone(),
        code: query.code,
        slot: slot.id,
        file_name: query.file,
        media_type: kind.media_type,
        bytes: whole.bytes,
        sha256: whole.sha256,
        salt: salt()?,
        key: None,
    };
    let named_so = (&*file.source, &*file.code, &*file.slot);
    if !attached::is_kept(app, named_so, &file.sha256)? {
        file.key = Some(app.attachments.keep(whole, &app.masters).await?);
    }
    let receipt = named(app, file).await?;
    Ok(HttpResponse::Ok().json(receipt))
}

/// Text that hides the name of a file in the log.
pub(super) fn salt() -> Result<String, Error> {
    crate::keys::api::random_text().map_err(|error| Error::Internal(error.to_string()))
}

/// Names a kept file in the store.
pub(super) async fn named(app: &Arc<App>, file: File) -> Result<attached::FileReceipt, Error> {
    let (send, answer) = tokio::sync::oneshot::channel();
    let (specification, most) = (app.spec, app.config.attachments.most_files);
    let (now, under) = (crate::pipeline::Instant::now(), app.lookup.clone());
    app.writer.submit(
        move |transaction| attached::commit(transaction, &under, specification, file, most, now),
        move |result| drop(send.send(result)),
    );
    let (kept, seal) = match answer.await {
        Ok(Ok(kept)) => kept,
        Ok(Err(WriteError::Busy)) => {
            return Err(Error::request(
                ErrorCode::Busy,
                ("系统繁忙，请稍后再试", "the hub is busy, try again later"),
            ));
        }
        Ok(Err(WriteError::Failed(why))) => return Err(Error::NotKept(why)),
        Err(_) => return Err(Error::NotKept("the writer has stopped".to_owned())),
    };
    let kept = kept.map_err(|attached::Crowded(most)| {
        Error::request(
            ErrorCode::TooLarge,
            (
                format!("同一附件标识下最多 {most} 个附件"),
                format!("there are {most} files under this code already, which is the most"),
            ),
        )
    })?;
    Ok(attached::receipt(app.signs(), kept, Some(&seal)))
}

/// Writes the body beside as it comes.
async fn collect(
    app: &App,
    mut payload: Payload,
    most: u64,
    idle: Duration,
) -> Result<Whole, Error> {
    let kept = |error: &dyn std::fmt::Display| Error::NotKept(format!("attachment: {error}"));
    let folder = app.attachments.incoming.clone();
    let (send, mut pieces) = tokio::sync::mpsc::channel::<actix_web::web::Bytes>(8);
    let writing = actix_web::web::block(move || {
        let mut incoming = Incoming::begin(&folder, most)?;
        while let Some(piece) = pieces.blocking_recv() {
            incoming.take(&piece)?;
        }
        incoming.finish()
    });
    let reading = async move {
        loop {
            let Ok(next) = tokio::time::timeout(idle, payload.next()).await else {
                return Err(broken_off("idle"));
            };
            match next {
                None => return Ok(()),
                Some(Err(error)) => return Err(broken_off(&error.to_string())),
                // The writer has stopped: it says why.
                Some(Ok(piece)) => {
                    if send.send(piece).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    };
    let (written, read) = futures_util::future::join(writing, reading).await;
    read?;
    match written.map_err(|error| kept(&error))? {
        Ok(whole) => Ok(whole),
        Err(Stop::Full(most)) => Err(refused(Refusal::large(most))),
        Err(Stop::Broken(error)) => Err(kept(&error)),
    }
}

fn broken_off(why: &str) -> Error {
    Error::request(
        ErrorCode::Unreadable,
        (
            format!("附件传输中断（{why}），请重新上传"),
            format!("the file broke off ({why}): send it again"),
        ),
    )
}

async fn looked_at(whole: Whole, kind: FileType) -> Result<Whole, Error> {
    actix_web::web::block(move || {
        let file = whole
            .open()
            .map_err(|error| Error::NotKept(error.to_string()))?;
        inspect(&kind, file).map_err(refused)?;
        Ok(whole)
    })
    .await
    .map_err(|error| Error::Internal(error.to_string()))?
}

pub(super) fn refused(refusal: Refusal) -> Error {
    let code = if refusal.too_large {
        ErrorCode::TooLarge
    } else {
        ErrorCode::MediaType
    };
    Error::request(code, refusal.message)
}

pub(super) fn edition<'a>(app: &'a App, named: Option<&str>) -> Result<&'a Edition, Error> {
    let id = named.unwrap_or(&app.default_edition);
    app.spec.edition(id).map(AsRef::as_ref).ok_or_else(|| {
        Error::request(
            ErrorCode::Edition,
            (
                format!("没有规范版本“{id}”"),
                format!("edition `{id}` is not known here"),
            ),
        )
    })
}

pub(super) fn known_slot(edition: &Edition, slot: &str) -> Result<Slot, Error> {
    if edition.has_slot(slot) {
        return Ok(edition.attachments.slot(slot));
    }
    Err(Error::request(
        ErrorCode::NotFound,
        (
            format!("规范版本“{}”没有附件项“{slot}”", edition.id),
            format!("edition `{}` has no attachment `{slot}`", edition.id),
        ),
    ))
}

pub(super) fn sound(what: &'static str, text: &str, most: usize) -> Result<(), Error> {
    if !text.is_empty() && text.len() <= most && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::request(
        ErrorCode::Parameter,
        (
            format!("{what} 应为 1 至 {most} 字节、不含控制字符的文本"),
            format!("`{what}` must be 1 to {most} bytes of text without control characters"),
        ),
    ))
}

/// The digest that the sender declares: without it nobody knows that the bytes came whole.
fn promised(query: Option<&str>, header: &str) -> Result<Hash, Error> {
    let of_header = || {
        let mut parts = header.split(',').map(str::trim);
        let value = parts.find_map(|part| part.strip_prefix("sha-256=:")?.strip_suffix(':'))?;
        let bytes = BASE64_STANDARD.decode(value).ok()?;
        Some(Hash::new(bytes.try_into().ok()?))
    };
    let declared = match query {
        Some(text) => Hash::from_hex(text).ok(),
        None => of_header(),
    };
    declared.ok_or_else(|| {
        Error::request(
            ErrorCode::Parameter,
            (
                "请声明附件的 SHA-256：参数 sha256（64 位十六进制），或请求头 Content-Digest: sha-256=:…:",
                "declare the SHA-256 of the file: `sha256` (64 hexadecimal digits), or Content-Digest: sha-256=:…:",
            ),
        )
    })
}

/// What the query of the list, or of one file, says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindQuery {
    code: String,
    source: Option<String>,
    sha256: Option<String>,
}

/// Lists the files under a code.
pub async fn list(
    state: Data<State>,
    caller: Caller,
    query: Query<FindQuery>,
) -> Result<HttpResponse, Error> {
    let items = state
        .ask(move |app, connection| {
            let source = caller.only().map(str::to_owned).or(query.source.clone());
            let rows = attachments::listed(connection, source.as_deref(), &query.code)?;
            let mut items = Vec::new();
            for row in rows {
                let kept = attached::load(connection, row)?;
                items.push(attached::receipt(app.signs(), kept, None));
            }
            Ok(items)
        })
        .await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "items": items })))
}

/// Gives back the bytes of a file: to its source, the centre and auditors; what is public to every reader.
pub async fn get(
    state: Data<State>,
    caller: Caller,
    slot: Path<String>,
    query: Query<FindQuery>,
) -> Result<HttpResponse, Error> {
    let query = query.into_inner();
    let wanted = match &query.sha256 {
        Some(text) => Some(promised(Some(text), "")?),
        None => None,
    };
    let (slot, code) = (slot.into_inner(), query.code);
    let source = caller.only().map(str::to_owned).or(query.source);
    let role = caller.0.role;
    let (row, sensitivity) = state
        .ask(move |app, connection| {
            let mut rows = attachments::listed(connection, source.as_deref(), &code)?;
            rows.retain(|row| {
                row.slot == slot && wanted.is_none_or(|wanted| row.sha256 == wanted.as_bytes())
            });
            let several = rows
                .iter()
                .any(|row| Some(&row.source) != rows.first().map(|first| &first.source));
            if several {
                return Err(Error::request(
                    ErrorCode::Parameter,
                    (
                        "多个数据来源有此附件，请加参数 source",
                        "several sources have such a file: say `source`",
                    ),
                ));
            }
            let row = rows.pop().ok_or_else(|| missing(&slot, &code))?;
            let sensitivity = permitted(app, role, &row)?;
            Ok((row, sensitivity))
        })
        .await?;
    if sensitivity == Sensitivity::Personal && role != Role::Source {
        viewed(&state.app, &caller.0.name, role, &row).await?;
    }
    let hash: [u8; 32] =
        row.sha256.as_slice().try_into().map_err(|_| {
            Error::Internal(format!("attachment {}: sha256 is not 32 bytes", row.id))
        })?;
    if row.is_erased() {
        return Err(erased(&row));
    }
    let stream = state.app.attachments.stream(&Stored::of(&row)).await?;
    state.metrics.viewed(role);
    tracing::info!(attachment = row.id, reader = %caller.0.name, role = role.name(), "an attachment was read");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, row.media_type.as_str()))
        .insert_header((CONTENT_DISPOSITION, disposition(&row)))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((
            "Content-Digest",
            format!("sha-256=:{}:", BASE64_STANDARD.encode(hash)),
        ))
        .no_chunking(row.bytes.unsigned_abs())
        .streaming(stream))
}

/// What is said of a file that was erased.
fn erased(row: &AttachmentRow) -> Error {
    let sha256 = crate::tlog::hash::hex(&row.sha256);
    Error::request(
        ErrorCode::Gone,
        (
            format!(
                "该附件已随其记录依法删除（SHA-256 {sha256}），其回执与日志条目 {} 仍然有效",
                row.leaf_index
            ),
            format!(
                "the file was erased with its record (SHA-256 {sha256}); its receipt and leaf {} of the log still hold",
                row.leaf_index
            ),
        ),
    )
}

/// Enters into the log that a reader sees personal data: before anything is shown.
async fn viewed(app: &App, reader: &str, role: Role, row: &AttachmentRow) -> Result<(), Error> {
    let facts = [
        ("role", role.name().to_owned()),
        ("sha256", crate::tlog::hash::hex(&row.sha256)),
    ];
    let leaf = leaf::encode(&leaf::Operator {
        action: leaf::operator::Action::PersonalDataViewed,
        by: reader.to_owned(),
        about: format!("attachment {}", row.id),
        facts: facts.map(|(name, value)| (name.to_owned(), value)).into(),
        at: crate::pipeline::Instant::now().text(),
    })
    .map_err(|error| Error::Internal(error.to_string()))?;
    let (send, answer) = tokio::sync::oneshot::channel();
    app.writer.submit(
        move |transaction| transaction.append_leaf(leaf),
        move |result| drop(send.send(result.map(|_| ()))),
    );
    match answer.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Error::NotKept(error.to_string())),
        Err(_) => Err(Error::NotKept("the writer has stopped".to_owned())),
    }
}

/// A name that a browser can only save under: the digest, with the ending of the type.
fn disposition(row: &AttachmentRow) -> String {
    let ending = row
        .file_name
        .rsplit_once('.')
        .map_or("bin", |(_, ending)| ending);
    let ending: String = ending.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = crate::tlog::hash::hex(row.sha256.get(..8).unwrap_or_default());
    format!("attachment; filename=\"{name}.{ending}\"")
}

/// Operators keep the hub running; what is not public is not theirs to read.
fn permitted(app: &App, role: Role, row: &AttachmentRow) -> Result<Sensitivity, Error> {
    let editions = app.spec.editions.iter();
    let narrowest = editions
        .filter(|edition| edition.has_slot(&row.slot))
        .map(|edition| edition.attachments.slot(&row.slot).sensitivity)
        .max()
        .unwrap_or(Sensitivity::Personal);
    if role != Role::Operator || narrowest == Sensitivity::Public {
        return Ok(narrowest);
    }
    Err(Error::request(
        ErrorCode::Forbidden,
        (
            "运维密钥不能读取非公开附件，请用中心或审计密钥",
            "a key of role `operator` may not read files that are not public: use one of centre or auditor",
        ),
    ))
}

/// What is another's is as absent as what is not there.
fn missing(slot: &str, code: &str) -> Error {
    Error::request(
        ErrorCode::NotFound,
        (
            format!("附件标识“{code}”下没有附件“{slot}”"),
            format!("there is no file {slot} under `{code}`"),
        ),
    )
}
