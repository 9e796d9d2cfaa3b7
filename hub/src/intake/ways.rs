//! How the ways in fare: in memory for health and metrics, in the table `ways` for reports and alerts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::app::App;
use crate::pipeline::Instant;
use crate::store::ways;

/// Names of the ways, as profiles and tables have them.
pub const KAFKA: &str = "kafka";
/// Likewise.
pub const DATABASE: &str = "database";
/// Likewise.
pub const FOLDER: &str = "folder";
/// Likewise.
pub const HTTP: &str = "http";
/// The place of the uploads that are judged after they came.
pub const UPLOADS: &str = "uploads";

/// One way in at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the columns of the table")]
pub struct Way {
    /// `kafka`, `database`, `folder` or `http`.
    pub way: &'static str,
    /// Topic, query, folder of a source, or uploads.
    pub place: String,
    /// Whose records come this way.
    pub source: String,
    /// Why it does not work now.
    pub fault: Option<String>,
    /// Messages, pages or files taken in since start.
    pub taken: u64,
    /// Of these, those that could not be read.
    pub refused: u64,
    /// Replies that the broker has.
    pub replies: u64,
    /// What is there and not taken in yet; none while that is not known.
    pub behind: Option<i64>,
}

/// All ways in.
#[derive(Debug, Default)]
pub struct Ways(Mutex<BTreeMap<(&'static str, String), Way>>);

impl Ways {
    /// Every way in, in order.
    pub fn all(&self) -> Vec<Way> {
        let ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ways.values().cloned().collect()
    }

    /// Adds a way in of which nothing is known yet.
    pub fn add(&self, way: &'static str, place: &str, source: &str) {
        let fresh = Way {
            way,
            place: place.to_owned(),
            source: source.to_owned(),
            fault: None,
            taken: 0,
            refused: 0,
            replies: 0,
            behind: None,
        };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((way, place.to_owned()), fresh);
    }

    /// Changes what is known of a way in.
    pub fn note(&self, way: &'static str, place: &str, change: impl FnOnce(&mut Way)) {
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(way) = ways.get_mut(&(way, place.to_owned())) {
            change(way);
        }
    }

    /// A way in does not work now, and will again when somebody sees to it: a folder that is away, a full disk. Said
    /// once, until the reason changes.
    pub fn hampered(&self, way: &'static str, place: &str, why: &str) {
        self.note(way, place, |known| {
            if known.fault.as_deref() != Some(why) {
                tracing::error!(way, place, why, "a way in is hampered until it is seen to");
                known.fault = Some(why.to_owned());
            }
        });
    }

    /// A way in works.
    pub fn works(&self, way: &'static str, place: &str) {
        self.note(way, place, |way| {
            if way.fault.take().is_some() {
                tracing::info!(way = way.way, place = way.place, "a way in works again");
            }
        });
    }
}

/// A way in does not work: said once, until the reason changes or it works again. Whether that could be written to
/// the store too.
pub fn failed(app: &App, way: &'static str, place: &str, why: &str) -> bool {
    let mut source = None;
    app.ways.note(way, place, |known| {
        if known.fault.as_deref() != Some(why) {
            known.fault = Some(why.to_owned());
            source = Some(known.source.clone());
        }
    });
    let Some(source) = source else {
        return true;
    };
    tracing::warn!(way, place, why, "a way in does not work");
    // PostgreSQL takes no NUL in a text.
    let (place, why) = (place.to_owned(), why.replace('\0', " "));
    let written = app.writer.run(move |transaction| {
        let now = Instant::now().millis;
        ways::failed(transaction.connection, (way, &place), &source, &why, now)
    });
    written.is_ok()
}
