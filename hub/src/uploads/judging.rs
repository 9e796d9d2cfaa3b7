//! The thread that makes submissions of whole uploads, and removes those whose time is over.
//!
//! An upload that is whole stays so until it has a receipt or is refused: after a crash it is taken up again, and the same
//! bytes meet their first receipt.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use adapters::{Hint, WireFormat};

use super::{About, Stage, disk};
use crate::app::App;
use crate::error::{Error, ErrorCode};
use crate::intake::ways::{HTTP, UPLOADS};
use crate::pipeline::large;
use crate::pipeline::{Incoming, Instant};

/// Longest time between two looks: for what expires, and for what could not be kept before.
const PAUSE: Duration = Duration::from_secs(5);

/// The running judge of uploads. Dropping it ends it after the upload that it is at.
pub struct Judge {
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Judge {
    /// Starts; uploads that were whole when the hub stopped are taken up at once.
    pub fn start(app: Arc<App>) -> std::io::Result<Judge> {
        app.ways.add(HTTP, UPLOADS, "");
        let (stop, mut stopped) = tokio::sync::oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let thread = std::thread::Builder::new()
            .name("uploads".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    loop {
                        match once(&app).await {
                            Ok(()) => app.ways.works(HTTP, UPLOADS),
                            Err(error) => app.ways.hampered(HTTP, UPLOADS, &error.to_string()),
                        }
                        let woken = app.uploads.whole.notified();
                        let next = tokio::time::timeout(PAUSE, woken);
                        tokio::select! {
                            _ = &mut stopped => return,
                            _ = next => {}
                        }
                    }
                });
            })?;
        Ok(Judge {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Judges everything that is whole, and removes everything that has expired.
async fn once(app: &Arc<App>) -> Result<(), Error> {
    let now = Instant::now();
    let mut held_up = None;
    for about in app.uploads.all()? {
        if about.stage == Stage::Whole {
            if let Err(error) = judge(app, about).await {
                held_up = Some(error);
            }
        } else if about.expires_at <= now.millis
            && let Ok(_held) = app.uploads.hold(&about.id)
        {
            app.uploads.remove(&about)?;
        }
    }
    held_up.map_or(Ok(()), Err)
}

/// Makes a submission of an upload; an error means that it is to be tried again.
async fn judge(app: &Arc<App>, mut about: About) -> Result<(), Error> {
    let path = app.uploads.bytes(&about);
    let (uploads, measured) = (app.uploads.clone(), about.clone());
    let document = tokio::task::spawn_blocking(move || uploads.document(&measured))
        .await
        .map_err(|error| Error::Internal(error.to_string()))?
        .map_err(disk(&path))?;
    about.stage = match large::receive(app, incoming(&about), document).await {
        Ok(receipt) => Stage::Receipted {
            receipt: receipt.id,
        },
        Err(error)
            if matches!(
                error.code(),
                ErrorCode::Busy | ErrorCode::Unavailable | ErrorCode::Internal
            ) =>
        {
            return Err(error);
        }
        Err(error) => refused(&error),
    };
    about.expires_at = app.uploads.expiry(Instant::now());
    app.uploads.keep(&about)?;
    // The bytes are in the store now, or of no use.
    std::fs::remove_file(&path).map_err(disk(&path))
}

fn incoming(about: &About) -> Incoming {
    Incoming {
        source: about.source.clone(),
        body: bytes::Bytes::new(),
        media_type: about.media_type.clone(),
        hint: Hint {
            wire: WireFormat::of_content_type(&about.media_type),
            dataset: about.dataset.clone(),
            file_name: about.file_name.clone(),
            ..Hint::default()
        },
        submission: about.submission.clone(),
        edition: about.edition.clone(),
        otherwise: None,
    }
}

fn refused(error: &Error) -> Stage {
    let detail = error.message();
    let place = match error {
        Error::Decode(decode) => decode.place(),
        _ => None,
    };
    Stage::Refused {
        code: error.code().row().0.to_owned(),
        detail: detail.zh.into_owned(),
        detail_en: detail.en.into_owned(),
        line: place.map(|(line, _)| line),
        column: place.map(|(_, column)| column),
    }
}
