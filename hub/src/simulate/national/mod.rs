//! A national platform to forward to: a real HTTP server that checks what it is sent and misbehaves on
//! request.
//!
//! It judges with the published JSON Schemas through the `jsonschema` crate, an engine other than the
//! hub's own, and keeps its own store ([`journal`]) and books ([`book`]), so that both sides can be compared. It never
//! looks into the hub's store.

pub mod answers;
mod book;
mod decide;
mod entry;
pub mod faults;
mod holdings;
mod journal;
mod judge;
mod links;
mod mark;
mod packet;
mod routes;
mod seal;
mod server;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use answers::Way;
pub use faults::{Plan, PlanError, help};
pub use links::Links;
pub use server::{National, Running};
pub use tls::TlsError;

/// Says whether a signature (key name, message, signature) is good.
pub type Verifier = Arc<dyn Fn(&str, &[u8], &[u8; 64]) -> bool + Send + Sync>;

/// How the platform behaves.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: String,
    /// Checks signatures. None: they are not checked, and the summary says so.
    pub verifier: Option<Verifier>,
    /// JSON Schema of a record, by column code of the data set. A data set without one is refused.
    pub schemas: HashMap<String, serde_json::Value>,
    /// What identifies records, and what must be there before what.
    pub links: Links,
    /// Edition of the packets; another one is turned away.
    pub edition: String,
    /// Folder of its store; none: in memory only.
    pub data: Option<PathBuf>,
    /// Whether it speaks TLS; then there must be a folder.
    pub tls: bool,
    /// How the business answer reaches the hub.
    pub way: Way,
    /// Where it is pushed.
    pub callback: Option<String>,
    /// How long the business answer takes.
    pub delay: Duration,
    /// How it misbehaves.
    pub plan: Plan,
}

impl Options {
    /// A platform that reads what edition `from` becomes in edition `to`: on a free port of this machine, in
    /// memory, without faults, not checking signatures.
    pub fn new(spec: &spec::Spec, from: &str, to: &str) -> Self {
        let schema = |edition: &spec::Edition, dataset: &spec::Dataset| {
            let schema = spec::export::json_schema(edition, dataset);
            (dataset.id.clone(), schema)
        };
        let schemas = spec.edition(to).map(|edition| {
            let datasets = edition.datasets.iter();
            datasets.map(|dataset| schema(edition, dataset)).collect()
        });
        Options {
            listen: "127.0.0.1:0".to_owned(),
            verifier: None,
            schemas: schemas.unwrap_or_default(),
            links: Links::from_spec(spec, from, to),
            edition: to.to_owned(),
            data: None,
            tls: false,
            way: Way::Polled,
            callback: None,
            delay: Duration::from_millis(100),
            plan: Plan::default(),
        }
    }
}

/// Accepts what one of these keys has signed under its name.
pub fn verifier(keys: Vec<crate::tlog::VerifierKey>) -> Verifier {
    Arc::new(move |name, message, signature| {
        keys.iter()
            .any(|key| key.name() == name && key.verifies(message, signature))
    })
}

/// The platform could not start.
#[derive(Debug, thiserror::Error)]
pub enum NationalError {
    /// Address or files.
    #[error("the national simulator cannot use {place}")]
    Io {
        /// Address or path.
        place: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A schema is not a JSON Schema.
    #[error("the JSON Schema of {dataset} is unusable: {why}")]
    Schema {
        /// Column code of the data set.
        dataset: String,
        /// What is wrong with it.
        why: String,
    },
    /// A line of the journal is unreadable.
    #[error("the journal is unreadable at line {line}")]
    Journal {
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        #[source]
        source: serde_json::Error,
    },
    /// Its key cannot be used.
    #[error("the key of the national simulator cannot be used")]
    Key(#[from] crate::keys::KeyError),
    /// A fault of pushing is planned where nothing is pushed.
    #[error(
        "double_answer 与 contradictory_answer 只在推送业务回执时发生，请用 --answers pushed 或 both / these faults \
         befall pushed answers only: say --answers pushed or both"
    )]
    NeedsPushing,
    /// TLS without a folder for its certificates.
    #[error(
        "--tls 需要 --data：证书与 ca.pem 存放于该目录 / --tls needs --data, where certificates and ca.pem are kept"
    )]
    NeedsFolder,
    /// It cannot speak TLS.
    #[error("the national simulator cannot speak TLS")]
    Tls(#[from] TlsError),
    /// The server's thread ended before it was listening.
    #[error("the server's thread ended early")]
    Ended,
}
