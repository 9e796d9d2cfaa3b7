//! Figures for Prometheus. Labels are closed lists: source, data set, verdict, status code; never a value.

mod closes;
mod deliveries;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::State;
use crate::error::Error;
use crate::store::access::Role;

/// Figures since start that only the HTTP surface knows.
#[derive(Debug)]
pub struct Metrics {
    answers: Family<Answer, Counter>,
    seconds: Histogram,
    submissions: Family<Sender, Counter>,
    bytes: Family<Sender, Counter>,
    views: Family<View, Counter>,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answer {
    code: u16,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Sender {
    source: String,
}

/// A way in and a place of the configuration.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Way {
    way: String,
    place: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct View {
    role: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Alert {
    source: String,
    kind: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Judged {
    source: String,
    dataset: String,
    verdict: Word,
}

#[derive(Debug, Clone, Copy, Hash, PartialEq, Eq)]
struct Word(spec::Verdict);

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        super::found::verdict_name(self.0).encode(encoder)
    }
}

/// Upper bounds of the buckets of request times, in seconds.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

impl Default for Metrics {
    fn default() -> Self {
        Metrics {
            answers: Family::default(),
            seconds: Histogram::new(BUCKETS),
            submissions: Family::default(),
            bytes: Family::default(),
            views: Family::default(),
        }
    }
}

impl Metrics {
    /// Counts an answer.
    pub fn answered(&self, code: u16, took: Duration) {
        self.answers.get_or_create(&Answer { code }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Counts a file that was read.
    pub fn viewed(&self, role: Role) {
        let role = role.name().to_owned();
        self.views.get_or_create(&View { role }).inc();
    }

    /// Counts a submission that was kept.
    pub fn received(&self, source: &str, bytes: usize) {
        let sender = Sender {
            source: source.to_owned(),
        };
        self.submissions.get_or_create(&sender).inc();
        self.bytes.get_or_create(&sender).inc_by(bytes as u64);
    }
}

/// Shows all figures.
pub async fn show(state: Data<State>) -> Result<HttpResponse, Error> {
    let alerts = state
        .ask(|_, connection| Ok(crate::store::sequence::open_alerts(connection)?))
        .await
        .unwrap_or_default();
    let closed = state
        .ask(|_, connection| Ok(closes::read(connection)?))
        .await
        .unwrap_or_default();
    let waiting = state
        .ask(|_, connection| deliveries::waiting(connection))
        .await
        .unwrap_or_default();
    let text = write(&state, alerts, waiting, &closed)
        .map_err(|error| Error::Internal(format!("metrics: {error}")))?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text))
}

fn write(
    state: &State,
    alerts: Vec<(String, i32, i64)>,
    waiting: Vec<deliveries::Waiting>,
    closed: &closes::Closed,
) -> Result<String, std::fmt::Error> {
    let metrics = &state.metrics;
    let mut registry = Registry::with_prefix("hub");
    registry.register("requests", "Requests answered", metrics.answers.clone());
    registry.register_with_unit(
        "request",
        "Time to answer",
        Unit::Seconds,
        metrics.seconds.clone(),
    );
    registry.register(
        "submissions",
        "Submissions kept",
        metrics.submissions.clone(),
    );
    registry.register_with_unit(
        "body",
        "Bytes of submissions kept",
        Unit::Bytes,
        metrics.bytes.clone(),
    );

    registry.register(
        "attachment_views",
        "Files beside records that were read",
        metrics.views.clone(),
    );

    let open: Family<Alert, Gauge> = Family::default();
    for (source, kind, count) in alerts {
        let kind = crate::pipeline::sequence::word(kind).to_owned();
        open.get_or_create(&Alert { source, kind }).set(count);
    }
    registry.register(
        "sequence_alerts_open",
        "Counters of sources that went wrong and are not mended",
        open,
    );

    let records: Family<Judged, Counter> = Family::default();
    for ((source, dataset, verdict), count) in state.app.figures.lines() {
        records
            .get_or_create(&Judged {
                source,
                dataset,
                verdict: Word(verdict),
            })
            .inc_by(count);
    }
    registry.register("records", "Records judged", records);

    let clock: Gauge = Gauge::default();
    clock.set(i64::from(state.app.log.clock_back()));
    registry.register(
        "clock_back",
        "1 while the clock stands before the last checkpoint of the log",
        clock,
    );

    let writer = &state.app.writer.figures;
    let commits: Counter = Counter::default();
    commits.inc_by(writer.commits.load(Ordering::Relaxed));
    registry.register("commits", "Commits to the store", commits);
    let jobs: Counter = Counter::default();
    jobs.inc_by(writer.jobs.load(Ordering::Relaxed));
    registry.register("commit_jobs", "Jobs in those commits", jobs);

    let opinions = &state.app.opinion.figures;
    let asked: Counter = Counter::default();
    asked.inc_by(opinions.asked.load(Ordering::Relaxed));
    registry.register(
        "second_opinions",
        "Records held against the published schema too",
        asked,
    );
    let differing: Counter = Counter::default();
    differing.inc_by(opinions.disagreements.load(Ordering::Relaxed));
    registry.register(
        "second_opinion_disagreements",
        "Of these, those that the hub's judge sees differently",
        differing,
    );

    ways(state, &mut registry);
    closed.register(&mut registry);
    deliveries::register(state, waiting, &mut registry);

    let entries: Gauge = Gauge::default();
    entries.set(state.app.log.log().size() as i64);
    registry.register("log_entries", "Entries of the published log", entries);
    let healthy: Gauge = Gauge::default();
    healthy.set(i64::from(state.app.log.fault().is_none()));
    registry.register("log_healthy", "1 while the log is published", healthy);

    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(classic(&text))
}

/// How the ways in other than HTTP fare.
fn ways(state: &State, registry: &mut Registry) {
    let messages: Family<Way, Counter> = Family::default();
    let refused: Family<Way, Counter> = Family::default();
    let replies: Family<Way, Counter> = Family::default();
    let healthy: Family<Way, Gauge> = Family::default();
    let behind: Family<Way, Gauge> = Family::default();
    for found in state.app.ways.all() {
        let way = Way {
            way: found.way.to_owned(),
            place: found.place,
        };
        messages.get_or_create(&way).inc_by(found.taken);
        refused.get_or_create(&way).inc_by(found.refused);
        replies.get_or_create(&way).inc_by(found.replies);
        healthy
            .get_or_create(&way)
            .set(i64::from(found.fault.is_none()));
        if let Some(lag) = found.behind {
            behind.get_or_create(&way).set(lag);
        }
    }
    registry.register("way_messages", "Messages or pages taken in", messages);
    registry.register(
        "way_refused",
        "Of these, those that could not be read",
        refused,
    );
    registry.register("way_replies", "Replies that the broker has", replies);
    registry.register("way_healthy", "1 while the way in works", healthy);
    registry.register(
        "way_behind",
        "Messages that are there and not taken in yet",
        behind,
    );
}

/// From OpenMetrics to the older text format, in which the name of a counter's family ends in `_total` too.
fn classic(text: &str) -> String {
    let counters: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut out = String::with_capacity(text.len());
    for line in text
        .lines()
        .filter(|line| *line != "# EOF" && !line.starts_with("# UNIT "))
    {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(kind), Some(name), Some(rest)) if counters.contains(name) => {
                // Writing to a string cannot fail.
                let _ = writeln!(out, "# {kind} {name}_total {rest}");
            }
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_family_of_a_counter_is_named_like_its_samples() {
        let text = "# HELP hub_requests Requests answered.\n# TYPE hub_requests counter\n\
                    hub_requests_total{code=\"200\"} 1\n# TYPE hub_log_entries gauge\nhub_log_entries 3\n# EOF\n";
        assert_eq!(
            classic(text),
            "# HELP hub_requests_total Requests answered.\n# TYPE hub_requests_total counter\n\
             hub_requests_total{code=\"200\"} 1\n# TYPE hub_log_entries gauge\nhub_log_entries 3\n"
        );
    }
}
