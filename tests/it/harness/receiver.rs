//! A subscriber as a real HTTP server: checks signatures as Standard Webhooks says, keeps what it was told, and can be
//! told to misbehave.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hub::keys::webhook::verifies;
use serde_json::Value;

/// A message that was taken.
#[derive(Debug, Clone)]
pub struct Told {
    /// When it was here.
    pub at: Instant,
    /// Its events.
    pub events: Vec<Value>,
    /// Whether a secret that is known had signed it; none: no secret is known here.
    pub signed: Option<bool>,
}

#[derive(Default)]
struct Shared {
    told: Mutex<Vec<Told>>,
    secret: Mutex<Option<String>>,
    status: AtomicU16,
}

/// The subscriber.
pub struct Receiver {
    /// Its address.
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Starts one that takes everything.
    pub fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared::default());
        shared.status.store(204, Ordering::Relaxed);
        let kept = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&kept);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Receiver { url, shared }
    }

    /// Answers with this status from now on, and takes nothing unless it is a 2xx.
    pub fn answer(&self, status: u16) {
        self.shared.status.store(status, Ordering::Relaxed);
    }

    /// Checks signatures with this secret from now on.
    pub fn trust(&self, secret: &str) {
        *self.shared.secret.lock().expect("a lock") = Some(secret.to_owned());
    }

    /// What it was told so far.
    pub fn told(&self) -> Vec<Told> {
        self.shared.told.lock().expect("a lock").clone()
    }

    /// All events so far, in the order in which they came.
    pub fn events(&self) -> Vec<Value> {
        self.told()
            .into_iter()
            .flat_map(|told| told.events)
            .collect()
    }

    /// Waits until it was told so many events.
    #[track_caller]
    pub fn wait_for(&self, events: usize) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let told = self.events();
            if told.len() >= events {
                return told;
            }
            assert!(
                started.elapsed() < Duration::from_mins(2),
                "told {} of {events} events",
                told.len()
            );
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut out = stream;
    loop {
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim().to_owned();
            if line.is_empty() {
                break;
            }
            headers.push(line);
        }
        let header = |name: &str| {
            headers
                .iter()
                .filter_map(|line| line.split_once(':'))
                .find(|(found, _)| found.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().to_owned())
                .unwrap_or_default()
        };
        let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let status = shared.status.load(Ordering::Relaxed);
        if (200..300).contains(&status) {
            let id = header("webhook-id");
            let secret = shared.secret.lock().expect("a lock").clone();
            let signed = secret.map(|secret| {
                let signature = header("webhook-signature");
                verifies(
                    &secret,
                    &id,
                    &header("webhook-timestamp"),
                    &body,
                    &signature,
                )
            });
            let message: Value = serde_json::from_slice(&body).expect("JSON");
            let events = message["data"]["events"]
                .as_array()
                .expect("events")
                .clone();
            shared.told.lock().expect("a lock").push(Told {
                at: Instant::now(),
                events,
                signed,
            });
        }
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
        if out.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
