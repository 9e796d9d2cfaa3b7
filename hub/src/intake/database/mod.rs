//! Exchange databases of sources as a way in: rows are read in the order of a watermark, judged like any submission,
//! and the place reached is written in the transaction of the records. The database of the source is never written.

mod cycle;
mod document;
mod position;
mod seen;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::wait::jittered;
use super::ways::{DATABASE, failed};
use super::{Backoff, IntakeError, Stop, permitted};
use crate::app::App;
use crate::config::PullQuery;
use cycle::Cycle;

/// Starts reading every query that is configured, each on a thread of its own.
pub fn start(app: &Arc<App>, stop: &Stop) -> Result<Vec<JoinHandle<()>>, IntakeError> {
    let mut threads = Vec::new();
    for query in &app.config.pull.queries {
        let place = format!("query `{}`", query.name);
        permitted(app, DATABASE, &place, &query.source)?;
        app.ways.add(DATABASE, &query.name, &query.source);
        let url = address(query)?;
        let (shared, asked, query) = (Arc::clone(app), stop.clone(), query.clone());
        threads.push(
            std::thread::Builder::new()
                .name("pull".to_owned())
                .spawn(move || serve(&shared, &query, &url, &asked))?,
        );
    }
    Ok(threads)
}

fn address(query: &PullQuery) -> Result<String, IntakeError> {
    if query.url_file.is_empty() {
        return Ok(query.url.clone());
    }
    let text = std::fs::read_to_string(&query.url_file);
    let text = text.map_err(|source| IntakeError::Secret {
        file: query.url_file.clone(),
        source,
    })?;
    Ok(text.trim().to_owned())
}

fn serve(app: &Arc<App>, query: &PullQuery, url: &str, stop: &Stop) {
    let settings = &app.config.pull;
    let mut backoff = Backoff::new(
        Duration::from_millis(settings.backoff_base_ms),
        Duration::from_millis(settings.backoff_max_ms),
    );
    let mut cycle = match Cycle::new(app, query, url) {
        Ok(cycle) => cycle,
        Err(error) => {
            failed(app, DATABASE, &query.name, &error.to_string());
            return;
        }
    };
    while !stop.asked() {
        let pause = match cycle.run(stop) {
            Ok(()) => {
                backoff.reset();
                app.ways.works(DATABASE, &query.name);
                jittered(Duration::from_millis(settings.interval_ms).mul_f64(1.25))
            }
            Err(error) => {
                failed(app, DATABASE, &query.name, &error.to_string());
                backoff.next()
            }
        };
        stop.wait(pause);
    }
}
