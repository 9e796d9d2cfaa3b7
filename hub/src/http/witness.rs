//! A witness over HTTP (C2SP tlog-witness): a server of its own, apart from any hub.

use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpResponse, HttpServer};

use crate::tlog::witness::{Refusal, Witness};

/// Most bytes of a request: a proof of 63 lines and a checkpoint with many signatures.
const LONGEST: usize = 64 * 1024;

/// Serves until stopped; `ready` is told the address.
pub fn serve(witness: Witness, listen: &str, ready: impl FnOnce(String)) -> std::io::Result<()> {
    let key = Data::new(witness.key().to_string());
    let witness = Data::new(Mutex::new(witness));
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::clone(&witness))
                .app_data(Data::clone(&key))
                .app_data(PayloadConfig::new(LONGEST))
                .route("/add-checkpoint", web::post().to(add_checkpoint))
                .route("/key", web::get().to(public_key))
        })
        .workers(1)
        .bind(listen)?;
        if let Some(address) = server.addrs().first() {
            ready(format!("http://{address}"));
        }
        server.run().await
    })
}

async fn public_key(key: Data<String>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(format!("{}\n", key.as_str()))
}

async fn add_checkpoint(witness: Data<Mutex<Witness>>, body: Bytes) -> HttpResponse {
    let time = jiff::Timestamp::now().as_second().unsigned_abs();
    let outcome = web::block(move || {
        let request = String::from_utf8_lossy(&body);
        // One at a time: what was seen last is compared and kept in one step.
        let mut witness = witness.lock().unwrap_or_else(PoisonError::into_inner);
        witness.add_checkpoint(&request, time)
    })
    .await;
    match outcome {
        Ok(Ok(line)) => HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body(line),
        Ok(Err(Refusal::OtherSize(size))) => HttpResponse::Conflict()
            .content_type("text/x.tlog.size")
            .body(format!("{size}\n")),
        Ok(Err(refusal)) => {
            tracing::warn!(%refusal, "not cosigned");
            let status = StatusCode::from_u16(refusal.status());
            HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
                .content_type("text/plain; charset=utf-8")
                .body(format!("{refusal}\n"))
        }
        Err(error) => HttpResponse::InternalServerError().body(format!("{error}\n")),
    }
}
