//! Takes the steps of replays, as long as there are any.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::clock;
use crate::pipeline::writer::Writer;
use crate::store::{Readers, StoreError, replays};

/// Time between two steps.
const STEP: Duration = Duration::from_millis(250);

/// The thread that takes the steps. Dropping it stops it.
pub struct Replayer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Replayer {
    /// Starts it.
    pub fn start(readers: Readers, writer: Writer) -> Result<Self, StoreError> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("replayer".to_owned())
            .spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(STEP) {
                    if let Err(error) = steps(&readers, &writer) {
                        tracing::error!(%error, "a replay cannot go on; trying again");
                    }
                }
            })
            .map_err(|error| StoreError::Connect(Box::new(error)))?;
        Ok(Replayer {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

fn steps(readers: &Readers, writer: &Writer) -> anyhow::Result<()> {
    let running = replays::running(&mut *readers.take()?)?;
    for id in running {
        writer.run(move |transaction| replays::step(transaction.connection, id, clock()))?;
    }
    Ok(())
}

impl Drop for Replayer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
