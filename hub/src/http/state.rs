//! What handlers share.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;

use super::auth::Keys;
use super::closes::Sets;
use super::limits::Gate;
use super::metrics::Metrics;
use super::space::Sandbox;
use crate::app::{self, App};
use crate::delivery::platform::PlatformKeys;
use crate::error::Error;
use crate::store::Database;
use crate::tlog::Storage;

/// What handlers share.
pub struct State {
    /// The hub.
    pub app: Arc<App>,
    /// Keys seen lately.
    pub keys: Keys,
    /// Places for submissions and checks.
    pub gate: Arc<Gate>,
    /// Places for bodies that are received to disk.
    pub spools: Arc<Semaphore>,
    /// Figures since start.
    pub metrics: Metrics,
    /// What belongs to sources that are not in production yet.
    pub sandbox: Sandbox,
    /// Records of closes that were asked about lately.
    pub closes: Sets,
    /// Keys that sign the answers of national platforms, by destination; read when the first answer comes.
    pub platforms: OnceLock<BTreeMap<String, PlatformKeys>>,
    /// What is published of the specification, by path; made when it is first asked for.
    pub contract: OnceLock<BTreeMap<String, bytes::Bytes>>,
    /// The published log, for reading: the writer's lock is not needed for what never changes.
    pub published: Storage,
}

impl State {
    /// Makes the state of a server.
    pub fn new(app: Arc<App>) -> State {
        let gate = Arc::new(Gate::new(app.config.limits.clone()));
        State::beside(app, gate)
    }

    /// Makes the state of another hub of the same server, behind the same gate.
    pub fn beside(app: Arc<App>, gate: Arc<Gate>) -> State {
        let published = Storage::new(app::log_folder(&app.config));
        let spools = Arc::new(Semaphore::new(app.config.limits.files));
        State {
            app,
            keys: Keys::default(),
            gate,
            spools,
            metrics: Metrics::default(),
            sandbox: Sandbox::default(),
            closes: Sets::default(),
            platforms: OnceLock::new(),
            contract: OnceLock::new(),
            published,
        }
    }

    /// Asks the store on a thread that may wait.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&App, &mut Database) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let app = Arc::clone(&self.app);
        actix_web::web::block(move || question(&app, &mut *app.readers.take()?))
            .await
            .map_err(|error| Error::Internal(error.to_string()))?
    }
}
