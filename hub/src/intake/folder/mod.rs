//! The watched folder of a front-end machine 前置机: a file put into `inbox` is judged, kept and receipted.
//!
//! Each source has `inbox → work → done | rejected`, and a thread of its own, so that one folder that hangs keeps nobody
//! else waiting. Files move by rename only. What stands in `work` was begun and not ended: it is taken up again at the
//! next start, and meets its first receipt, because its number is made from source, name and content.

mod places;
mod report;
mod settle;
mod take;

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::ways::FOLDER;
use crate::app::App;
use crate::config::Folders;
use places::Places;
use settle::Settling;
use take::{Taken, Taker};

/// Files of a source between two looks at whether to stop.
const AT_ONCE: usize = 16;
/// Longest pause after what could not be kept.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Running watchers. Dropping them ends each after the file that it is at.
pub struct Watchers {
    stops: Vec<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
    _lock: File,
}

impl Watchers {
    /// Starts a watcher for every source whose profile says `folder`; none when no base folder is set.
    pub fn start(app: &Arc<App>) -> anyhow::Result<Option<Watchers>> {
        let settings = &app.config.folders;
        if settings.base.is_empty() {
            return Ok(None);
        }
        let base = Path::new(&settings.base);
        let mut watchers = Watchers {
            stops: Vec::new(),
            threads: Vec::new(),
            _lock: lock(base)?,
        };
        for source in app.sources.all() {
            if source.profile.ways.iter().any(|way| way == "folder") {
                let (stop, stopped) = channel();
                let id = source.profile.id.clone();
                app.ways.add(FOLDER, &id, &id);
                let watcher = Watcher {
                    places: Places::new(base, &id),
                    source: id.clone(),
                    settling: Settling::new(settings),
                    taker: Taker::new(Arc::clone(app), &source.profile)?,
                };
                let thread = std::thread::Builder::new()
                    .name(format!("folder {id}"))
                    .spawn(move || watcher.run(&stopped))?;
                watchers.stops.push(stop);
                watchers.threads.push(thread);
            }
        }
        Ok(Some(watchers))
    }
}

impl Drop for Watchers {
    fn drop(&mut self) {
        self.stops.clear();
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

/// Makes the base folder, and takes it for this process alone.
fn lock(base: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(base)
        .with_context(|| format!("making the folder {}", base.display()))?;
    let path = base.join(".hub.lock");
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            anyhow::bail!("another hub watches {}", base.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Watches the folders of one source.
struct Watcher {
    places: Places,
    source: String,
    settling: Settling,
    taker: Taker,
}

impl Watcher {
    fn run(mut self, stopped: &Receiver<()>) {
        let app = Arc::clone(&self.taker.app);
        let usual = Duration::from_millis(app.config.folders.poll_ms.max(1));
        let mut pause = usual;
        loop {
            match self.pass() {
                Ok(more) => {
                    app.ways.works(FOLDER, &self.source);
                    pause = if more { Duration::ZERO } else { usual };
                }
                Err(why) => {
                    app.ways.hampered(FOLDER, &self.source, &why);
                    pause = (pause.max(usual) * 2).min(LONGEST_PAUSE.max(usual));
                }
            }
            match stopped.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// One look: what was begun is ended first, then what lies ready is taken. Says whether there is more at once.
    fn pass(&mut self) -> Result<bool, String> {
        self.places.ensure()?;
        for name in self.places.list_work()? {
            self.settling.forget(&self.places, &name)?;
            self.end(&name)?;
        }
        let ready = self.settling.ready(&self.places, Instant::now())?;
        let more = ready.len() > AT_ONCE;
        for seen in ready.into_iter().take(AT_ONCE) {
            if self.places.begin(&seen.name)? {
                self.settling.forget(&self.places, &seen.name)?;
                if self.places.is_as_seen(&seen)? {
                    self.end(&seen.name)?;
                } else {
                    // Somebody was still writing: back, as if it had not been touched.
                    self.places.put_back(&seen.name)?;
                }
            }
        }
        Ok(more)
    }

    fn end(&self, name: &OsString) -> Result<(), String> {
        let mut refused = 0;
        match self.taker.take(&self.places, name)? {
            Taken::Done { receipt } => {
                tracing::info!(folder = self.source, receipt, "a file was receipted");
            }
            Taken::Rejected { code } => {
                refused = 1;
                tracing::info!(folder = self.source, code, "a file was rejected");
            }
        }
        self.taker.app.ways.note(FOLDER, &self.source, |way| {
            way.taken += 1;
            way.refused += refused;
        });
        Ok(())
    }
}

impl Settling {
    fn new(settings: &Folders) -> Self {
        Settling::of(
            Duration::from_millis(settings.settle_ms),
            settings.marker.clone(),
        )
    }
}
