//! A connection that breaks off without an answer.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream;

/// Closes the connection without an answer: the server drops a connection whose response fails before its
/// first bytes are flushed.
pub fn cut() -> HttpResponse {
    let broken: Result<Bytes, std::io::Error> = Err(std::io::ErrorKind::ConnectionReset.into());
    HttpResponse::Ok().streaming(stream::iter([broken]))
}
