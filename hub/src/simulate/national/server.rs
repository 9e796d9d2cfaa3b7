//! The HTTP side: routes, and how each fault looks on the wire.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

use super::super::cut::cut;
use super::book::Book;
use super::faults::{Fault, Faults, Plan};
use super::journal::Journal;
use super::judge::Judge;
use super::{NationalError, Options, Verifier, packet};
use crate::tlog::sha256;

/// Largest packet.
const PACKET: usize = 64 * 1024 * 1024;

/// The platform.
pub struct National {
    judge: Judge,
    verifier: Option<Verifier>,
    delay: Duration,
    book: Mutex<Book>,
    journal: Mutex<Option<Journal>>,
    faults: Mutex<Faults>,
    received: AtomicU64,
    repeats: AtomicU64,
}

/// A platform that runs on threads of its own. Dropping it stops it.
pub struct Running {
    /// Where it listens.
    pub url: String,
    handle: ServerHandle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl National {
    /// Starts the platform on threads of its own.
    pub fn start(options: Options) -> Result<Running, NationalError> {
        let listen = options.listen.clone();
        let platform = web::Data::new(National::open(options)?);
        let (send, receive) = sync_channel(1);
        let place = listen.clone();
        let thread = std::thread::Builder::new()
            .name("national".to_owned())
            .spawn(move || serve(platform, &listen, Signals::Ignored, &send))
            .map_err(|source| io(&place, source))?;
        match receive.recv() {
            Ok((address, handle)) => Ok(Running {
                url: format!("http://{address}"),
                handle,
                thread: Some(thread),
            }),
            Err(_) => Err(match thread.join() {
                Ok(Err(source)) => io(&place, source),
                _ => NationalError::Ended,
            }),
        }
    }

    /// Runs the platform until it is interrupted. `listening` is called with its URL when it is ready.
    pub fn run_until_ctrl_c(
        options: Options,
        listening: impl FnOnce(&str) + Send + 'static,
    ) -> Result<(), NationalError> {
        let listen = options.listen.clone();
        let platform = web::Data::new(National::open(options)?);
        let (send, receive) = sync_channel::<(SocketAddr, ServerHandle)>(1);
        let announcer = std::thread::spawn(move || {
            if let Ok((address, _)) = receive.recv() {
                listening(&format!("http://{address}"));
            }
        });
        let ended = serve(platform, &listen, Signals::Obeyed, &send);
        drop(send);
        drop(announcer.join());
        ended.map_err(|source| io(&listen, source))
    }

    fn open(options: Options) -> Result<Self, NationalError> {
        let judge = Judge::new(&options.schemas)?;
        let mut book = Book::new(options.links);
        let mut journal = None;
        if let Some(folder) = &options.data {
            let (opened, entries) = Journal::open(folder)?;
            for entry in &entries {
                book.restore(entry);
            }
            journal = Some(opened);
        }
        Ok(National {
            judge,
            verifier: options.verifier,
            delay: options.delay,
            book: Mutex::new(book),
            journal: Mutex::new(journal),
            faults: Mutex::new(Faults::new(options.plan)),
            received: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
        })
    }

    /// Takes a packet: status and answer.
    fn take(&self, bytes: &[u8]) -> (u16, Value) {
        let packet = match packet::read(bytes) {
            Ok(packet) => packet,
            Err(fault) => return (400, json!({"code": "packet", "reason": fault.to_string()})),
        };
        if let Some(verifier) = &self.verifier {
            let signed = bytes.get(packet.signed.clone()).unwrap_or_default();
            let good = packet.algorithm == "Ed25519"
                && <&[u8; 64]>::try_from(packet.signature.as_slice())
                    .is_ok_and(|signature| verifier(&packet.key, signed, signature));
            if !good {
                return (
                    401,
                    json!({"code": "signature", "reason": "the signature is wrong"}),
                );
            }
        }
        let batch = packet.batch;
        let digest = sha256(bytes).to_hex();
        let received = json!({"batch": batch, "received": true});
        let mut book = lock(&self.book);
        if let Some(before) = book.packets.get(&batch) {
            self.repeats.fetch_add(1, Ordering::Relaxed);
            if before.sha256 == digest {
                return (200, received);
            }
            let reason = "another packet came under this batch number";
            return (409, json!({"code": "batch", "reason": reason}));
        }
        let entry = book.enter(&self.judge, packet, digest, self.delay);
        if let Some(journal) = lock(&self.journal).as_mut()
            && let Err(error) = journal.add(&entry)
        {
            return (500, json!({"code": "journal", "reason": error.to_string()}));
        }
        (200, received)
    }
}

impl Running {
    /// Stops, and waits until the port is free.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.halt();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signals {
    Obeyed,
    Ignored,
}

fn serve(
    platform: web::Data<National>,
    listen: &str,
    signals: Signals,
    ready: &SyncSender<(SocketAddr, ServerHandle)>,
) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        let mut server =
            HttpServer::new(move || App::new().app_data(platform.clone()).configure(routes))
                .workers(2)
                .shutdown_timeout(1);
        if signals == Signals::Ignored {
            server = server.disable_signals();
        }
        let server = server.bind(listen)?;
        let address = server.addrs().first().copied();
        let running = server.run();
        if let Some(address) = address {
            drop(ready.send((address, running.handle())));
        }
        running.await
    })
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/packets", web::post().to(post_packet))
        .route("/packets/{batch}/answer", web::get().to(get_answer))
        .route("/summary", web::get().to(get_summary))
        .route("/records", web::get().to(get_records))
        .route("/faults", web::post().to(post_faults))
        .route("/healthz", web::get().to(get_health));
}

async fn post_packet(platform: web::Data<National>, payload: web::Payload) -> HttpResponse {
    platform.received.fetch_add(1, Ordering::Relaxed);
    let fault = lock(&platform.faults).packet();
    if !matches!(
        fault,
        Fault::Behave | Fault::DropAfterCommit | Fault::LostAnswer
    ) {
        return misbehave(&platform, fault).await;
    }
    let Ok(Ok(bytes)) = payload.to_bytes_limited(PACKET).await else {
        return HttpResponse::PayloadTooLarge().finish();
    };
    let keeper = platform.clone();
    let Ok((status, answer)) = web::block(move || keeper.take(&bytes)).await else {
        return HttpResponse::InternalServerError().finish();
    };
    if fault == Fault::Behave {
        return reply(status, &answer);
    }
    misbehave(&platform, fault).await
}

async fn get_answer(platform: web::Data<National>, batch: web::Path<i64>) -> HttpResponse {
    let fault = lock(&platform.faults).question();
    if fault != Fault::Behave {
        return misbehave(&platform, fault).await;
    }
    let book = lock(&platform.book);
    let Some(packet) = book.packets.get(&batch) else {
        return reply(404, &json!({"code": "batch", "reason": "unknown batch"}));
    };
    if Instant::now() < packet.ready {
        return reply(200, &json!({"batch": *batch, "status": "pending"}));
    }
    let answer = json!({"batch": *batch, "status": "done", "records": packet.answers});
    reply(200, &answer)
}

async fn get_summary(platform: web::Data<National>) -> HttpResponse {
    let book = lock(&platform.book);
    let sum = |of: fn(&super::book::Counts) -> u64| book.by_dataset.values().map(of).sum::<u64>();
    reply(
        200,
        &json!({
            "packets": book.packets.len(),
            "requests": platform.received.load(Ordering::Relaxed),
            "repeats": platform.repeats.load(Ordering::Relaxed),
            "accepted": sum(|counts| counts.accepted),
            "versions": book.versions(),
            "refused": sum(|counts| counts.refused),
            "not_processed": sum(|counts| counts.not_processed),
            "by_dataset": book.by_dataset,
            "codes": book.codes,
            "signatures": if platform.verifier.is_some() { "checked" } else { "not checked" },
        }),
    )
}

#[derive(serde::Deserialize)]
struct Page {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

async fn get_records(platform: web::Data<National>, page: web::Query<Page>) -> HttpResponse {
    let book = lock(&platform.book);
    let start = usize::try_from(page.after).unwrap_or(usize::MAX);
    let limit = page.limit.unwrap_or(1000).min(10_000);
    let records: Vec<_> = book.taken.iter().skip(start).take(limit).collect();
    reply(200, &json!({"records": records, "total": book.taken.len()}))
}

async fn post_faults(platform: web::Data<National>, body: String) -> HttpResponse {
    let plan = match serde_json::from_str::<Value>(&body) {
        Ok(value) => Plan::from_json(&value),
        Err(_) => body.parse(),
    };
    match plan {
        Ok(plan) => {
            *lock(&platform.faults) = Faults::new(plan);
            reply(200, &json!({"set": true}))
        }
        Err(error) => reply(400, &json!({"code": "plan", "reason": error.to_string()})),
    }
}

async fn get_health() -> HttpResponse {
    HttpResponse::Ok().body("ok")
}

fn reply(status: u16, body: &Value) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status)
        .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(body)
}

async fn misbehave(platform: &National, fault: Fault) -> HttpResponse {
    match fault {
        Fault::Unavailable => HttpResponse::ServiceUnavailable().body("out of order"),
        Fault::TooMany => HttpResponse::TooManyRequests()
            .insert_header((header::RETRY_AFTER, "1"))
            .finish(),
        Fault::Garbage => HttpResponse::Ok()
            .content_type("application/json")
            .body("{\"batch\": 1, \"received\": tr"),
        Fault::Hang => {
            let wait = lock(&platform.faults).hang_for();
            actix_web::rt::time::sleep(wait).await;
            cut()
        }
        Fault::Behave | Fault::Reset | Fault::DropAfterCommit | Fault::LostAnswer => cut(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn io(place: &str, source: std::io::Error) -> NationalError {
    NationalError::Io {
        place: place.to_owned(),
        source,
    }
}
