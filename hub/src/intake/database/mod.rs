//! Exchange databases of sources as a way in: rows are read in the order of a watermark, judged like any submission,
//! and the place reached is written in the transaction of the records. The database of the source is never written.

mod cycle;
mod document;
mod position;
mod query;
mod seen;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::wait::jittered;
use super::ways::{DATABASE, failed};
use super::{Backoff, IntakeError, Stop, permitted};
use crate::app::App;
use crate::config::PullDatabase;
use cycle::{Cycle, Ended};
use query::Query;

/// Starts reading every database that is configured, each on a thread of its own, its tables one after the other: a
/// source's database is asked by one connection at a time.
pub fn start(app: &Arc<App>, stop: &Stop) -> Result<Vec<JoinHandle<()>>, IntakeError> {
    let mut threads = Vec::new();
    for database in &app.config.pull.databases {
        let place = format!("database of `{}`", database.source);
        permitted(app, DATABASE, &place, &database.source)?;
        let profile = app.sources.get(&database.source).map(|one| &one.profile);
        let queries: Vec<Query> = profile.map_or_else(Vec::new, |profile| query::of(profile));
        if queries.is_empty() {
            return Err(IntakeError::Source {
                place,
                source_id: database.source.clone(),
                why: "but its profile names no table: add [[pull]] there".to_owned(),
            });
        }
        for query in &queries {
            app.ways.add(DATABASE, &query.name, &query.source);
        }
        let url = address(database)?;
        let (shared, asked) = (Arc::clone(app), stop.clone());
        threads.push(
            std::thread::Builder::new()
                .name("pull".to_owned())
                .spawn(move || serve(&shared, &queries, &url, &asked))?,
        );
    }
    Ok(threads)
}

fn address(database: &PullDatabase) -> Result<String, IntakeError> {
    if database.url_file.is_empty() {
        return Ok(database.url.clone());
    }
    let text = std::fs::read_to_string(&database.url_file);
    let text = text.map_err(|source| IntakeError::Secret {
        file: database.url_file.clone(),
        source,
    })?;
    Ok(text.trim().to_owned())
}

/// A table, and when it is looked at next.
struct Turn<'q> {
    query: &'q Query,
    cycle: Cycle<'q>,
    backoff: Backoff,
    due: Instant,
}

fn serve(app: &Arc<App>, queries: &[Query], url: &str, stop: &Stop) {
    let settings = &app.config.pull;
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for query in queries {
        match Cycle::new(app, query, url) {
            Ok(cycle) => turns.push(Turn {
                query,
                cycle,
                backoff: Backoff::new(
                    Duration::from_millis(settings.backoff_base_ms),
                    Duration::from_millis(settings.backoff_max_ms),
                ),
                due: Instant::now(),
            }),
            Err(error) => {
                failed(app, DATABASE, &query.name, &error.to_string());
            }
        }
    }
    while let Some(turn) = turns.iter_mut().min_by_key(|turn| turn.due) {
        stop.wait(turn.due.saturating_duration_since(Instant::now()));
        if stop.asked() {
            return;
        }
        let pause = match turn.cycle.run(stop) {
            // Hubs that share a PostgreSQL may meet here; what the other has read need not be read again.
            Ok(()) | Err(Ended::Elsewhere) => {
                turn.backoff.reset();
                app.ways.works(DATABASE, &turn.query.name);
                jittered(Duration::from_millis(settings.interval_ms).mul_f64(1.25))
            }
            Err(error) => {
                failed(app, DATABASE, &turn.query.name, &error.to_string());
                turn.backoff.failed()
            }
        };
        turn.due = Instant::now() + pause;
    }
}
