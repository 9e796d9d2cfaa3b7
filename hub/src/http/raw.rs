//! The bytes of a submission as they were received. Who reads those of another in full, where they may hold personal
//! values, is written into the log first.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path};

use super::State;
use super::auth::Caller;
use super::submissions::{line, missing};
use crate::erase;
use crate::error::Error;
use crate::leaf;
use crate::pipeline::Instant;
use crate::pipeline::raw::Stored;
use crate::store::access::Principal;
use crate::store::submissions;

/// The leaf that says that somebody reads the raw bytes of another, which may hold personal values.
fn viewed(reader: &Principal, number: &str, raw_sha256: &[u8]) -> Result<Vec<u8>, Error> {
    let facts = [
        ("role", reader.role.name().to_owned()),
        ("sha256", crate::tlog::hash::hex(raw_sha256)),
    ];
    leaf::encode(&leaf::Operator {
        action: leaf::operator::Action::PersonalDataViewed,
        by: reader.name.clone(),
        about: format!("raw bytes of {number}"),
        facts: facts.map(|(name, value)| (name.to_owned(), value)).into(),
        at: Instant::now().text(),
    })
    .map_err(|error| Error::Internal(error.to_string()))
}

/// Most erased records that a header names.
const NAMED: usize = 100;

/// Gives back the bytes as received; records that were erased since are blanked, and named in `Erased-Records` with their
/// first byte and the one after their last.
pub async fn one(
    state: Data<State>,
    caller: Caller,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let name = id.clone();
    let reader = caller.0.clone();
    let (row, blanks) = state
        .ask(move |_, connection| {
            let line = line(connection, &caller, &id)?;
            let row = submissions::by_id(connection, line.id)?.ok_or_else(|| missing(&id))?;
            let blanks = erase::blanks(connection, &row)?;
            Ok((row, blanks))
        })
        .await?;
    let stored = Stored::of(&row);
    // What its own source sent is its own; who else reads personal values in full is written down first.
    if stored.key.is_some() && !stored.is_destroyed() && reader.name != row.source {
        let leaf = viewed(&reader, &name, &row.raw_sha256)?;
        state
            .write(move |transaction| transaction.append_leaf(leaf))
            .await?;
    }
    let mut pieces = state.app.raw.pieces(stored);
    // What is wrong at the start is answered; what is wrong later breaks the answer off.
    let first = match pieces.recv().await {
        Some(Err(error)) => return Err(error),
        first => first,
    };
    let body = futures_util::stream::unfold((first, pieces), |(first, mut pieces)| async move {
        let piece = match first {
            Some(piece) => piece,
            None => pieces.recv().await?,
        };
        Some((piece, (None, pieces)))
    });
    let media_type = if row.media_type.is_empty() {
        "application/octet-stream"
    } else {
        &row.media_type
    };
    let mut answer = HttpResponse::Ok();
    if !blanks.is_empty() {
        // Whoever takes these bytes for those that were received must not.
        let span = |blank: &erase::Blank| format!("{}:{}-{}", blank.record, blank.from, blank.to);
        let spans: Vec<String> = blanks.iter().take(NAMED).map(span).collect();
        answer.insert_header(("Erased-Records", spans.join(", ")));
    }
    Ok(answer
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.raw\""),
        ))
        .streaming(body))
}
