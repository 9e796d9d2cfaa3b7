//! Remembers the last message of a source that could not be taken at all, for those who look why it is silent.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use foldhash::HashMap;

use crate::app::App;
use crate::error::{Error, ErrorCode};
use crate::store::trouble::{self, Trouble};

/// A source whose messages all fail is written down so often at most: it must not cost others their place.
const PAUSE: Duration = Duration::from_secs(1);

/// When each source was written down last.
#[derive(Debug, Default)]
pub struct Noted {
    last: Mutex<HashMap<String, Instant>>,
}

impl Noted {
    /// Whether a source's trouble may be written down again.
    fn may(&self, source: &str, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = last
            .get(source)
            .is_some_and(|at| now.saturating_duration_since(*at) < PAUSE);
        if !recent {
            last.insert(source.to_owned(), now);
        }
        !recent
    }
}

/// Writes down, in its own time, that a message of a known source was not taken. What is the hub's own fault, or only
/// too much at once, is not the source's trouble.
pub fn note(app: &App, source: &str, way: &'static str, error: &Error) {
    let code = error.code();
    let own = matches!(
        code,
        ErrorCode::Busy | ErrorCode::Unavailable | ErrorCode::Internal
    );
    if own || app.sources.get(source).is_none() || !app.noted.may(source, Instant::now()) {
        return;
    }
    let message = error.message();
    let cut = |text: &str| text.chars().take(300).collect::<String>();
    let row = Trouble {
        source: source.to_owned(),
        at: super::Instant::now().millis,
        way: way.to_owned(),
        code: code.row().0.to_owned(),
        zh: cut(&message.zh),
        en: cut(&message.en),
    };
    app.writer.submit(
        move |transaction| trouble::note(transaction.connection, &row),
        |_| (),
    );
}
