//! How forwarding fares, destination by destination: what waits and since when, what became of records, how the
//! destination is, and what is left of the budgets of retries.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::super::State;
use crate::delivery::Status;
use crate::delivery::breaker::BreakerState;
use crate::error::Error;
use crate::pipeline::Instant;
use crate::store::{Database, backlog, destinations};

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Destination {
    destination: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Fate {
    destination: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Breaker {
    destination: String,
    state: &'static str,
}

/// What waits for one destination.
pub(super) struct Waiting {
    destination: String,
    open: i64,
    /// Seconds since the oldest of it was received.
    age: i64,
}

/// Asks the store what waits for each destination.
pub(super) fn waiting(connection: &mut Database) -> Result<Vec<Waiting>, Error> {
    let now = Instant::now().millis;
    let mut all = Vec::new();
    for known in destinations::all(connection)? {
        let open = backlog::open(connection, &known.name)?;
        let oldest = backlog::oldest(connection, &known.name)?;
        all.push(Waiting {
            destination: known.name,
            open,
            age: oldest.map_or(0, |received| (now - received).max(0) / 1000),
        });
    }
    Ok(all)
}

/// Enters the figures.
pub(super) fn register(state: &State, waiting: Vec<Waiting>, registry: &mut Registry) {
    let open: Family<Destination, Gauge> = Family::default();
    let age: Family<Destination, Gauge> = Family::default();
    for one in waiting {
        let destination = Destination {
            destination: one.destination,
        };
        open.get_or_create(&destination).set(one.open);
        age.get_or_create(&destination).set(one.age);
    }
    registry.register(
        "delivery_open",
        "Records owed to a destination that have no final answer, counted up to 100000",
        open,
    );
    registry.register_with_unit(
        "delivery_oldest",
        "Time since the oldest of them was received, 0 when there is none",
        Unit::Seconds,
        age,
    );
    served(&state.app.deliveries.all(), registry);
    if let Some(left) = state.app.deliveries.retry_budget() {
        let budget: Gauge = Gauge::default();
        budget.set(i64::from(left));
        registry.register(
            "retry_budget",
            "Retries that all destinations together may make now",
            budget,
        );
    }
}

/// What this hub does itself; with several hubs on one database, another one may serve a destination.
fn served(all: &[(String, Status)], registry: &mut Registry) {
    let records: Family<Fate, Counter> = Family::default();
    let requests: Family<Destination, Counter> = Family::default();
    let retries: Family<Destination, Counter> = Family::default();
    let opened: Family<Destination, Counter> = Family::default();
    let leads: Family<Destination, Gauge> = Family::default();
    let breaker: Family<Breaker, Gauge> = Family::default();
    let batches: Family<Destination, Gauge> = Family::default();
    let budget: Family<Destination, Gauge> = Family::default();
    for (name, status) in all {
        let destination = Destination {
            destination: name.clone(),
        };
        let tally = status.tally;
        let outcomes = [
            ("sent", tally.sent),
            ("acknowledged", tally.acknowledged),
            ("refused", tally.refused),
            ("exhausted", tally.exhausted),
            ("again", tally.again),
        ];
        for (outcome, count) in outcomes {
            let destination = name.clone();
            let fate = Fate {
                destination,
                outcome,
            };
            records.get_or_create(&fate).inc_by(count);
        }
        requests.get_or_create(&destination).inc_by(status.requests);
        retries.get_or_create(&destination).inc_by(status.retries);
        opened.get_or_create(&destination).inc_by(status.opened);
        leads
            .get_or_create(&destination)
            .set(i64::from(status.reigns));
        let states = [
            ("closed", BreakerState::Closed),
            ("half_open", BreakerState::HalfOpen),
            ("open", BreakerState::Open),
        ];
        for (state, which) in states {
            let destination = name.clone();
            breaker
                .get_or_create(&Breaker { destination, state })
                .set(i64::from(status.breaker == which));
        }
        batches
            .get_or_create(&destination)
            .set(status.in_flight as i64);
        budget
            .get_or_create(&destination)
            .set(i64::from(status.retry_budget));
    }
    registry.register(
        "delivery_records",
        "What became of records since the start",
        records,
    );
    registry.register(
        "delivery_requests",
        "Requests made to a destination",
        requests,
    );
    registry.register("delivery_retries", "Of these, repetitions", retries);
    registry.register(
        "delivery_breaker_opened",
        "Times that the breaker opened",
        opened,
    );
    registry.register(
        "delivery_leads",
        "1 while this hub serves the destination",
        leads,
    );
    registry.register(
        "delivery_breaker",
        "1 for the state in which the breaker is",
        breaker,
    );
    registry.register("delivery_batches", "Batches that are not settled", batches);
    registry.register(
        "delivery_retry_budget",
        "Retries that the destination's own budget allows now",
        budget,
    );
}
