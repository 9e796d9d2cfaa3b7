//! The end that somebody asks for: at SIGTERM the demo ends its servers before itself, so that none of them is left over.
//! Ctrl-C reaches them all by itself, and here too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

/// Whether the end was asked for.
#[derive(Clone)]
pub struct Ending(Arc<AtomicBool>);

impl Ending {
    /// Listens from now on.
    pub fn listen() -> anyhow::Result<Ending> {
        let asked = Arc::new(AtomicBool::new(false));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let (mut terminate, mut interrupt) = {
            let _inside = runtime.enter();
            (
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
            )
        };
        let told = Arc::clone(&asked);
        std::thread::Builder::new()
            .name("ending".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = terminate.recv() => {}
                        _ = interrupt.recv() => {}
                    }
                });
                told.store(true, Ordering::Relaxed);
            })?;
        Ok(Ending(asked))
    }

    /// Whether it was asked for by now.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
