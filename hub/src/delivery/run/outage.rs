//! An hour without an answer, in simulated time: what goes out meanwhile and afterwards, and what waits for what. The
//! store and the coordinators are real; the clock and the destinations are not.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::atomic::AtomicU64;

use super::super::client::{Asking, Decision, RecordResult, Sending, Trouble};
use super::super::keeping::Keeping;
use super::super::packet::PacketError;
use super::super::present::Present;
use super::super::pushed::{self, Pushed, Taken};
use super::super::retry::{Allowance, Common};
use super::super::wire::{Packed, Stamp, Version};
use super::super::world::{Draft, Made, Tested, World, parent};
use super::*;
use crate::store::destinations::Registration;
use crate::store::replays::{self, Filter, Order};

/// Milliseconds of an hour.
const HOUR: u64 = 3_600_000;
/// How long a destination takes to answer, or to fail.
const TAKES: u64 = 50;

/// Time that passes only when it is told to.
struct Simulated {
    begin: Instant,
    passed: AtomicU64,
}

impl Simulated {
    fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }
}

impl Present for Simulated {
    fn instant(&self) -> Instant {
        self.begin + Duration::from_millis(self.passed())
    }

    fn millis(&self) -> i64 {
        1_795_300_000_000 + self.passed() as i64
    }
}

/// A destination that does not answer for a while, and remembers what it was asked.
struct Far {
    present: Arc<Simulated>,
    outage: Range<u64>,
    /// When which batch was sent.
    requests: Mutex<Vec<(u64, i64)>>,
    /// What it took over, in order: record versions.
    taken: Mutex<Vec<i64>>,
}

impl Wire for Far {
    fn pack(&self, _: Stamp, versions: Vec<Version>) -> Result<Packed, PacketError> {
        let members: Vec<Owed> = versions.into_iter().map(|version| version.owed).collect();
        let ids: Vec<i64> = members.iter().map(|member| member.record).collect();
        Ok(Packed {
            records: members.len(),
            ends: vec![0; members.len() + 1],
            packet: serde_json::to_vec(&ids).map_err(std::io::Error::from)?,
            members,
            ..Packed::default()
        })
    }

    fn send(&self, batch: i64, packet: &[u8]) -> Sending {
        let now = self.present.passed();
        lock(&self.requests).push((now, batch));
        if self.outage.contains(&now) {
            return Sending::Trouble(Trouble::sick("connection refused"));
        }
        let ids: Vec<i64> = serde_json::from_slice(packet).unwrap_or_default();
        lock(&self.taken).extend(ids);
        Sending::Taken("ok".to_owned())
    }

    fn ask(&self, _: i64) -> Asking {
        Asking::Unknown
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A destination and whoever serves it.
struct Side {
    run: Run,
    worker: Worker,
    tasks: Receiver<Task>,
    far: Arc<Far>,
    /// What will have come of requests, and when.
    to_come: BTreeMap<(u64, i64), Event>,
}

/// A hub and its destinations.
struct Simulation {
    world: World,
    present: Arc<Simulated>,
    common: Common,
    sides: Vec<Side>,
}

impl Simulation {
    fn new(common: Allowance) -> Made<Self> {
        let present = Arc::new(Simulated {
            begin: Instant::now(),
            passed: AtomicU64::new(0),
        });
        Ok(Simulation {
            world: World::new()?,
            common: Common::new(common, present.instant()),
            present,
            sides: Vec::new(),
        })
    }

    fn add(&mut self, settings: Settings, outage: Range<u64>) -> Tested {
        let registration = Registration {
            name: settings.destination.clone(),
            kind: "webhook".to_owned(),
            owes: "{}".to_owned(),
            after: None,
            now: 0,
        };
        self.world.writer.run(move |transaction| {
            destinations::register(transaction.connection, &registration)
        })?;
        let far = Arc::new(Far {
            present: Arc::clone(&self.present),
            outage,
            requests: Mutex::default(),
            taken: Mutex::default(),
        });
        let present: Arc<dyn Present> = self.present.clone();
        let wire: Arc<dyn Wire> = far.clone();
        let place = self.world.place(self.common.clone(), present);
        let keeping = Keeping::new(place.raw.clone(), Arc::clone(&place.masters))?;
        let (run, worker, tasks) = Run::new(Parts {
            place,
            keeping,
            settings,
            wire,
            events: channel().0,
            rung: Arc::default(),
            stopped: Arc::default(),
            status: Arc::new(Mutex::new(Status::default())),
        });
        self.sides.push(Side {
            run,
            worker,
            tasks,
            far,
            to_come: BTreeMap::new(),
        });
        Ok(())
    }

    /// Lets time pass until an instant, or until something holds.
    fn pass(&mut self, until: u64, mut holds: impl FnMut(&Simulation) -> bool) -> Tested {
        while self.present.passed() < until && !holds(self) {
            let now = self.present.passed();
            let mut next = until;
            for side in &mut self.sides {
                while let Some(entry) = side.to_come.first_entry()
                    && entry.key().0 <= now
                {
                    side.run.take_in(entry.remove());
                }
                side.run.step()?;
                while let Ok(task) = side.tasks.try_recv() {
                    let event = side.worker.work(task);
                    // Requests take their time; a batch is made at once.
                    let at = match event {
                        Event::Outcome(batch, _) => (now + TAKES, batch),
                        Event::Made(batch, _) => (now, batch),
                        Event::Wake => continue,
                    };
                    side.to_come.insert(at, event);
                }
                let rest = side.run.rest().as_millis() as u64;
                let first = side.to_come.keys().next().map(|(at, _)| *at);
                next = next.min(now + rest.max(1)).min(first.unwrap_or(until));
            }
            self.present
                .passed
                .store(next.max(now + 1), Ordering::SeqCst);
        }
        Ok(())
    }
}

fn settings(name: &str) -> Settings {
    Settings {
        batch: 2,
        poll: Duration::from_secs(5),
        ..Settings::new(name)
    }
}

/// Deals of one record each, numbered as the records will be.
fn singles(first: i64, count: i64) -> Vec<Draft> {
    let numbers = first..first + count;
    numbers
        .map(|number| parent(number, &format!("P{number}"), "n"))
        .collect()
}

#[test]
fn all_destinations_come_back_from_an_hour_at_once_without_a_storm() -> Tested {
    let common = Allowance {
        share: 0.2,
        floor: 0.2,
        saved: 5.0,
    };
    let mut simulation = Simulation::new(common)?;
    let names = ["a", "b", "c", "d", "e", "f"];
    for (place, name) in (0..).zip(names) {
        let own = Allowance {
            share: 1.0,
            floor: 100.0,
            saved: 100.0,
        };
        simulation.add(
            Settings {
                retries: own,
                ..settings(name)
            },
            0..HOUR,
        )?;
        let drafts = singles(1 + 40 * place, 40);
        simulation.world.owe_to(name, "s1", drafts)?;
    }
    simulation.pass(HOUR, |_| false)?;
    let all = |simulation: &Simulation| {
        let mut all: Vec<(u64, bool)> = Vec::new();
        for side in &simulation.sides {
            let mut known = HashSet::new();
            let requests = lock(&side.far.requests);
            all.extend(
                requests
                    .iter()
                    .map(|(at, batch)| (*at, known.insert(*batch))),
            );
        }
        all.sort_unstable();
        all
    };
    let meanwhile = all(&simulation).len();
    assert!(meanwhile > 100, "it goes on trying: {meanwhile}");
    simulation.pass(2 * HOUR, |simulation| {
        let taken = simulation
            .sides
            .iter()
            .map(|side| lock(&side.far.taken).len());
        taken.sum::<usize>() == 240
    })?;
    for side in &simulation.sides {
        let mut taken = lock(&side.far.taken).clone();
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(
            (taken.len(), lock(&side.far.taken).len()),
            (40, 40),
            "each once"
        );
    }
    // However one looks at it, in the hour and after it: never more retries than the budget of all allows.
    let requests = all(&simulation);
    let retried = requests.iter().filter(|(_, first)| !first).count();
    assert!(retried > 500, "there was something to bound: {retried}");
    for seconds in [1, 30, 300] {
        for (place, (from, _)) in requests.iter().enumerate() {
            let until = from + seconds * 1000;
            let span = requests
                .iter()
                .skip(place)
                .take_while(|(at, _)| *at < until);
            let (mut first, mut again) = (0.0, 0.0);
            for (_, is_first) in span {
                *(if *is_first { &mut first } else { &mut again }) += 1.0;
            }
            let most = common.saved + common.floor * seconds as f64 + common.share * first;
            assert!(
                again <= most + 1.0,
                "{again} retries in {seconds} s from {from} ms on, {first} first attempts"
            );
        }
    }
    Ok(())
}

#[test]
fn what_is_new_after_an_outage_does_not_wait_for_all_that_is_old() -> Tested {
    let (old, new) = (4000, 200);
    let mut simulation = Simulation::new(Allowance {
        share: 0.2,
        floor: 10.0,
        saved: 100.0,
    })?;
    let pace = Settings {
        batch: 50,
        ..settings("a")
    };
    simulation.add(pace, 0..HOUR)?;
    simulation.world.owe_to("a", "s1", singles(1, old))?;
    simulation.pass(HOUR + 2000, |_| false)?;
    let before = |simulation: &Simulation| {
        let taken = simulation
            .sides
            .iter()
            .map(|side| lock(&side.far.taken).len());
        taken.sum::<usize>() as i64
    };
    let begun = before(&simulation);
    let drafts = singles(old + 1, new);
    let ids = simulation.world.owe_to("a", "s1", drafts)?;
    assert_eq!(ids.first(), Some(&(old + 1)), "numbered as expected");
    let newest = |simulation: &Simulation| -> i64 {
        let taken = simulation.sides.iter().map(|side| {
            let taken = lock(&side.far.taken);
            taken.iter().filter(|id| **id > old).count()
        });
        taken.sum::<usize>() as i64
    };
    simulation.pass(2 * HOUR, |simulation| newest(simulation) == new)?;
    let meanwhile = before(&simulation) - begun - new;
    assert!(
        meanwhile <= 3 * new && begun + meanwhile < old,
        "{meanwhile} old ones went before the last of {new} new ones, {begun} before the first"
    );
    simulation.pass(3 * HOUR, |simulation| before(simulation) == old + new)?;
    assert_eq!(before(&simulation), old + new, "and the old ones follow");
    Ok(())
}

#[test]
fn what_an_operator_has_sent_again_goes_again_and_nothing_else_does() -> Tested {
    let mut simulation = Simulation::new(Allowance {
        share: 0.2,
        floor: 10.0,
        saved: 100.0,
    })?;
    let pace = Settings {
        batch: 100,
        ..settings("a")
    };
    simulation.add(pace, 0..0)?;
    simulation.world.owe_to("a", "s1", singles(1, 1500))?;
    let taken = |simulation: &Simulation| -> Vec<i64> {
        let sides = simulation.sides.iter();
        sides
            .flat_map(|side| lock(&side.far.taken).clone())
            .collect()
    };
    simulation.pass(HOUR, |simulation| taken(simulation).len() == 1500)?;
    let order = Order {
        destination: "a".to_owned(),
        filter: Filter {
            states: vec!["acknowledged".to_owned()],
            ..Filter::default()
        },
        per_second: 300,
        operator: "op".to_owned(),
        reason: "lost".to_owned(),
    };
    let now = simulation.present.millis();
    simulation.world.writer.run(move |transaction| {
        let id = replays::begin(transaction.connection, &order, 1500, now)?;
        replays::step(transaction.connection, id, now)
    })?;
    // New ones come meanwhile.
    simulation.world.owe_to("a", "s1", singles(1501, 50))?;
    simulation.pass(2 * HOUR, |simulation| taken(simulation).len() >= 1850)?;
    simulation.pass(simulation.present.passed() + 60_000, |_| false)?;
    let mut all = taken(&simulation);
    all.sort_unstable();
    let wanted: Vec<i64> = (1..=300)
        .flat_map(|id| [id, id])
        .chain(301..=1550)
        .collect();
    assert_eq!(all, wanted, "one step of 300, each once more");
    let known = destinations::by_name(&mut *simulation.world.readers.take()?, "a")?;
    assert_eq!(
        known.and_then(|known| known.revived()),
        None,
        "it was noted"
    );
    Ok(())
}

#[test]
fn an_answer_that_is_pushed_while_its_packet_goes_again_holds_up_nobody() -> Tested {
    let mut simulation = Simulation::new(Allowance {
        share: 0.2,
        floor: 10.0,
        saved: 100.0,
    })?;
    simulation.add(settings("a"), 0..60_000)?;
    simulation.world.owe_to("a", "s1", singles(1, 20))?;
    // The one request that decides whether the others may go on, while it is under way.
    let deciding = |simulation: &Simulation| {
        let now = simulation.present.instant();
        let side = simulation.sides.first()?;
        let half = side.run.breaker.state(now) == BreakerState::HalfOpen;
        let (_, batch) = side.to_come.keys().next().filter(|_| half)?;
        let flight = side.run.flights.get(batch)?;
        let records: Vec<i64> = flight.members.iter().map(|owed| owed.record).collect();
        Some((*batch, records))
    };
    simulation.pass(60_000, |simulation| deciding(simulation).is_some())?;
    let (batch, records) = deciding(&simulation).ok_or("no request decided")?;
    let results = records.iter().map(|id| RecordResult {
        id: *id,
        result: Decision::Accepted,
        code: None,
        reason: None,
    });
    let pushed = Pushed {
        batch,
        packet: None,
        at: None,
        records: results.collect(),
    };
    let now = simulation.present.millis();
    let taken = simulation
        .world
        .writer
        .run(move |transaction| pushed::take(transaction, "a", &pushed, "said", now))?;
    assert!(matches!(taken, Taken::Settled(_)), "{taken:?}");
    let all: Vec<i64> = (1..=20).filter(|id| !records.contains(id)).collect();
    let arrived = |simulation: &Simulation| {
        let taken = simulation.sides.iter().map(|side| {
            let mut taken = lock(&side.far.taken).clone();
            taken.sort_unstable();
            taken
        });
        taken.flatten().collect::<Vec<i64>>()
    };
    simulation.pass(HOUR, |simulation| arrived(simulation) == all)?;
    assert_eq!(arrived(&simulation), all, "the others follow, each once");
    Ok(())
}
