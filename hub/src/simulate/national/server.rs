//! The platform: what it keeps at hand, how it takes a packet, and how it is started.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use serde_json::{Value, json};

use super::answers::{self, Push, Pushes, Said, Way, push_all};
use super::book::Book;
use super::decide::Decider;
use super::entry::{Answered, Entry, Line, TurnedAway};
use super::faults::{Fault, Faults, Point, Strike};
use super::journal::Journal;
use super::seal::{self, Seal};
use super::{NationalError, Options, Verifier, packet, routes, tls};
use crate::delivery::packet::{ALGORITHM, signed_packet};
use crate::delivery::platform::signed_answer;
use crate::tlog::sha256;

/// The platform.
pub struct National {
    pub(super) book: Mutex<Book>,
    pub(super) faults: Mutex<Faults>,
    pub(super) seal: Seal,
    pub(super) pushes: Pushes,
    pub(super) received: AtomicU64,
    decider: Decider,
    verifier: Option<Verifier>,
    edition: String,
    delay: Duration,
    way: Way,
    journal: Mutex<Option<Journal>>,
    /// The journal could not be written: the books are ahead of it until the next start.
    broken: AtomicBool,
    repeats: AtomicU64,
}

/// A platform that runs on threads of its own. Dropping it stops it.
pub struct Running {
    /// Where it listens.
    pub url: String,
    /// Its public key (C2SP vkey).
    pub key: String,
    handle: ServerHandle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl National {
    /// Starts the platform on threads of its own.
    pub fn start(options: Options) -> Result<Running, NationalError> {
        let listen = options.listen.clone();
        let (platform, tls) = National::open_with_tls(options)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let key = platform.seal.vkey().to_owned();
        let (send, receive) = sync_channel(1);
        let place = listen.clone();
        let thread = std::thread::Builder::new()
            .name("national".to_owned())
            .spawn(move || serve(platform, &listen, tls, Signals::Ignored, &send))
            .map_err(|source| io(&place, source))?;
        match receive.recv() {
            Ok((address, handle)) => Ok(Running {
                url: format!("{scheme}://{address}"),
                key,
                handle,
                thread: Some(thread),
            }),
            Err(_) => Err(match thread.join() {
                Ok(Err(source)) => io(&place, source),
                _ => NationalError::Ended,
            }),
        }
    }

    /// Runs the platform until it is interrupted. `listening` is called with its URL when it is ready; the summary is
    /// given at the end.
    pub fn run_until_ctrl_c(
        options: Options,
        listening: impl FnOnce(&str) + Send + 'static,
    ) -> Result<Value, NationalError> {
        let listen = options.listen.clone();
        let (platform, tls) = National::open_with_tls(options)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (send, receive) = sync_channel::<(SocketAddr, ServerHandle)>(1);
        let announcer = std::thread::spawn(move || {
            if let Ok((address, _)) = receive.recv() {
                listening(&format!("{scheme}://{address}"));
            }
        });
        let ended = serve(Arc::clone(&platform), &listen, tls, Signals::Obeyed, &send);
        drop(send);
        drop(announcer.join());
        ended.map_err(|source| io(&listen, source))?;
        Ok(platform.summary())
    }

    fn open_with_tls(
        options: Options,
    ) -> Result<(Arc<Self>, Option<rustls::ServerConfig>), NationalError> {
        let folder = options.data.clone();
        let wanted = options.tls;
        let platform = National::open(options)?;
        let tls = match (wanted, folder) {
            (false, _) => None,
            (true, None) => return Err(NationalError::NeedsFolder),
            (true, Some(folder)) => Some(tls::configuration(&folder, &platform)?),
        };
        Ok((platform, tls))
    }

    fn open(options: Options) -> Result<Arc<Self>, NationalError> {
        let need_a_push = [Fault::DoubleAnswer, Fault::ContradictoryAnswer];
        if options.way == Way::Polled && need_a_push.iter().any(|fault| options.plan.brings(*fault))
        {
            return Err(NationalError::NeedsPushing);
        }
        let mut book = Book::default();
        let journal = match &options.data {
            Some(folder) => Some(Journal::open(folder, |line| {
                book.restore(line, options.way == Way::Pushed);
            })?),
            None => None,
        };
        let (pushes, queue) = Pushes::new(options.callback);
        let platform = Arc::new(National {
            decider: Decider::new(&options.schemas, options.links)?,
            verifier: options.verifier,
            edition: options.edition,
            delay: options.delay,
            way: options.way,
            seal: Seal::open(options.data.as_deref())?,
            journal: Mutex::new(journal),
            broken: AtomicBool::new(false),
            book: Mutex::new(book),
            faults: Mutex::new(Faults::new(options.plan)),
            pushes,
            received: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
        });
        if options.way != Way::Polled {
            let book = lock(&platform.book);
            for (&batch, _) in book.packets.iter().filter(|(_, filed)| !filed.answered) {
                platform.push(batch, Duration::ZERO, (false, false));
            }
            drop(book);
            let weak = Arc::downgrade(&platform);
            std::thread::Builder::new()
                .name("national-push".to_owned())
                .spawn(move || push_all(&weak, &queue))
                .map_err(|source| io("a thread", source))?;
        }
        Ok(platform)
    }

    /// Takes a packet: status and answer.
    pub(super) fn take(&self, bytes: &[u8]) -> (u16, Value) {
        let digest = sha256(bytes).to_hex();
        let away = |status, code, reason: &str| self.turn_away(&digest, status, code, reason);
        let packet = match packet::read(bytes) {
            Ok(packet) => packet,
            Err(fault) => return away(400, "packet", &fault.to_string()),
        };
        if let Some(verifier) = &self.verifier {
            let signed = signed_packet(&sha256(bytes.get(..packet.signed).unwrap_or_default()));
            let good = packet.algorithm == ALGORITHM
                && <&[u8; 64]>::try_from(packet.signature.as_slice())
                    .is_ok_and(|signature| verifier(&packet.key, &signed, signature));
            if !good {
                return away(401, "signature", "报文签名不正确或签名密钥未登记");
            }
        }
        if packet.edition != self.edition {
            return away(400, "edition", "报文所用规范版本不是本平台现行版本");
        }
        let batch = packet.batch;
        let received = json!({"batch": batch, "received": true});
        let mut book = lock(&self.book);
        if let Some(before) = book.packets.get(&batch) {
            let same = before.sha256 == digest;
            drop(book);
            self.repeats.fetch_add(1, Ordering::Relaxed);
            if same {
                return (200, received);
            }
            return away(409, "batch", "同一报文编号此前已接收，但两次内容不一致");
        }
        let lost = || {
            let reason = "平台存储故障，暂不能接收报文";
            (500, json!({"code": "journal", "reason": reason}))
        };
        if self.broken.load(Ordering::Acquire) {
            return lost();
        }
        let mut faults = lock(&self.faults);
        let records = self.decider.enter(&mut book, &packet, &mut faults);
        let strike = faults.strike(Point::Answer);
        drop(faults);
        let mut entry = Entry {
            batch,
            sha256: digest,
            at: seal::text(seal::now(0)),
            frame: None,
            records,
        };
        if let Some(journal) = lock(&self.journal).as_mut() {
            match journal.take(&entry, bytes) {
                Ok(frame) => entry.frame = Some(frame),
                Err(error) => {
                    self.broken.store(true, Ordering::Release);
                    tracing::error!(error = %error, "the journal cannot be written; nothing is taken until the next start");
                    return lost();
                }
            }
        }
        self.file(&mut book, &entry, strike);
        (200, received)
    }

    /// Files a packet that is on disk, and plans its answer.
    fn file(&self, book: &mut Book, entry: &Entry, strike: Strike) {
        let late = match strike.fault {
            Fault::LateAnswer => strike.span(),
            _ => Duration::ZERO,
        };
        let delay = self.delay + late;
        let pushed = self.way != Way::Polled && strike.fault != Fault::LostAnswer;
        book.file(entry, delay, pushed && self.way == Way::Pushed);
        if pushed {
            let then = (
                strike.fault == Fault::DoubleAnswer,
                strike.fault == Fault::ContradictoryAnswer,
            );
            self.push(entry.batch, delay, then);
        }
    }

    fn push(&self, batch: i64, delay: Duration, then: (bool, bool)) {
        self.pushes.add(Push {
            batch,
            said: Said::Truth,
            then,
            due: Instant::now() + delay,
            attempts: 0,
        });
    }

    fn turn_away(&self, digest: &str, status: u16, code: &str, reason: &str) -> (u16, Value) {
        lock(&self.book).turn_away(code);
        self.note(&Line::TurnedAway(TurnedAway {
            code: code.to_owned(),
            sha256: digest.to_owned(),
            at: seal::text(seal::now(0)),
        }));
        (status, json!({"code": code, "reason": reason}))
    }

    /// Writes down what nobody waits for.
    fn note(&self, line: &Line) {
        if let Some(journal) = lock(&self.journal).as_mut()
            && let Err(error) = journal.add(line)
        {
            self.broken.store(true, Ordering::Release);
            tracing::error!(error = %error, "the journal cannot be written; nothing is taken until the next start");
        }
    }

    /// An answer arrived, as far as can be told.
    pub(super) fn arrived(&self, batch: i64, pushed: bool) {
        if lock(&self.book).answered(batch, pushed) {
            self.note(&Line::Answered(Answered {
                batch,
                pushed,
                at: seal::text(seal::now(0)),
            }));
        }
    }

    /// An answer that could not be pushed may be asked for.
    pub(super) fn release(&self, batch: i64) {
        if let Some(filed) = lock(&self.book).packets.get_mut(&batch) {
            filed.withheld = false;
        }
    }

    /// How far the clock is off for the next thing that is said, in milliseconds.
    pub(super) fn skew(&self) -> i64 {
        lock(&self.faults).strike(Point::Clock).lasts
    }

    /// What is pushed about a batch.
    pub(super) fn pushed_body(&self, batch: i64, said: Said) -> Option<String> {
        let at = seal::text(seal::now(self.skew()));
        let book = lock(&self.book);
        let mut body = answers::body(batch, book.packets.get(&batch)?, said);
        drop(book);
        if let Some(members) = body.as_object_mut() {
            members.insert("at".to_owned(), at.into());
        }
        Some(body.to_string())
    }

    /// The headers of an answer about a batch.
    pub(super) fn answer_headers(&self, batch: i64, body: &str) -> [(&'static str, String); 2] {
        self.seal.headers(&signed_answer(batch, body))
    }

    /// The bytes of a packet as they came, when they were kept.
    pub(super) fn packet(&self, batch: i64) -> Option<std::io::Result<Vec<u8>>> {
        let book = lock(&self.book);
        let filed = book.packets.get(&batch)?;
        let (frame, digest) = (filed.frame?, filed.sha256.clone());
        drop(book);
        let journal = lock(&self.journal);
        journal.as_ref().map(|one| one.packet(frame, &digest))
    }

    /// What the platform holds and did.
    pub(super) fn summary(&self) -> Value {
        let book = lock(&self.book);
        let faults = lock(&self.faults);
        let sum =
            |of: fn(&super::book::Counts) -> u64| book.by_dataset.values().map(of).sum::<u64>();
        let codes = |name: &str| book.codes.get(name).copied().unwrap_or_default();
        let mut planted: BTreeMap<&str, u64> = BTreeMap::new();
        for one in &book.planted {
            *planted.entry(&one.fault).or_default() += 1;
        }
        json!({
            "packets": book.packets.len(),
            "requests": self.received.load(Ordering::Relaxed),
            "repeats": self.repeats.load(Ordering::Relaxed),
            "accepted": sum(|counts| counts.accepted),
            "versions": book.versions(),
            "deals": book.deals(),
            "held": book.holdings.count(),
            "refused": sum(|counts| counts.refused),
            "duplicates": codes("duplicate"),
            "not_processed": sum(|counts| counts.not_processed),
            "by_dataset": book.by_dataset,
            "codes": book.codes,
            "turned_away": book.turned_away,
            "overtaken": book.overtaken,
            "answers": {
                "asked_for": book.answered.0,
                "pushed": book.answered.1,
                "open": book.packets.values().filter(|filed| !filed.answered).count(),
                "pushes": *lock(&self.pushes.figures),
            },
            "faults": faults.dealt(),
            "planted": planted,
            "signatures": if self.verifier.is_some() { "checked" } else { "not checked" },
        })
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
    platform: Arc<National>,
    listen: &str,
    tls: Option<rustls::ServerConfig>,
    signals: Signals,
    ready: &SyncSender<(SocketAddr, ServerHandle)>,
) -> std::io::Result<()> {
    let platform = web::Data::from(platform);
    actix_web::rt::System::new().block_on(async move {
        let mut server = HttpServer::new(move || {
            App::new()
                .app_data(platform.clone())
                .configure(routes::routes)
        })
        .workers(2)
        .shutdown_timeout(1);
        if signals == Signals::Ignored {
            server = server.disable_signals();
        }
        let server = match tls {
            None => server.bind(listen)?,
            Some(tls) => server.bind_rustls_0_23(listen, tls)?,
        };
        let address = server.addrs().first().copied();
        let running = server.run();
        if let Some(address) = address {
            drop(ready.send((address, running.handle())));
        }
        running.await
    })
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn io(place: &str, source: std::io::Error) -> NationalError {
    NationalError::Io {
        place: place.to_owned(),
        source,
    }
}
