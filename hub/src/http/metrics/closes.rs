//! Figures of the daily closes of the last days: what is alarming about them.

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::store::closes::{self, Line};
use crate::store::{Database, StoreError, contradictions, days};

/// Days that are looked at.
const DAYS: i64 = 31;

/// What the closes of the last days say.
#[derive(Debug, Default)]
pub struct Closed {
    lines: Vec<Line>,
    overdue: i64,
    contradicted: i64,
}

/// Reads the latest closes of the last days.
pub fn read(connection: &mut Database) -> Result<Closed, StoreError> {
    let today = days::today();
    let past = days::before(connection, &today, DAYS)?;
    let from = past.last().cloned().unwrap_or_else(|| today.clone());
    let lines = closes::short_lines(connection, &from)?;
    let closed = |date: &String| lines.iter().any(|line| line.date == *date);
    let overdue = past.iter().filter(|date| !closed(date)).count() as i64;
    let contradicted = match past.last() {
        Some(first) => days::span(connection, first)?.map_or(0, |span| span.from.record),
        None => 0,
    };
    let contradicted = contradictions::count_from(connection, contradicted)?;
    Ok(Closed {
        lines,
        overdue,
        contradicted,
    })
}

impl Closed {
    /// Registers the figures.
    pub fn register(&self, registry: &mut Registry) {
        let count = |holds: fn(&&Line) -> bool| self.lines.iter().filter(holds).count() as i64;
        let hub = self.lines.iter().filter(|line| line.party == "hub");
        let figures = [
            (
                "closes_unbalanced",
                "Closes of the last 31 days whose equations do not hold",
                count(|line| line.balanced == 0),
            ),
            (
                "closes_disagreed",
                "Closes of the last 31 days to which the national platform does not agree",
                count(|line| line.agreed == Some(0)),
            ),
            (
                "closes_open",
                "Records of the closes of the last 31 days that wait or are on their way",
                hub.map(|line| line.open).sum(),
            ),
            (
                "closes_overdue",
                "Days of the last 31 that have ended and are not closed",
                self.overdue,
            ),
            (
                "closes_contradicted",
                "Records of the last 31 days about which a destination contradicted its own answer",
                self.contradicted,
            ),
        ];
        for (name, help, value) in figures {
            let gauge: Gauge = Gauge::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        }
    }
}
