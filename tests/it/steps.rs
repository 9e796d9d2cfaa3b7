//! Every step that appending and publishing take at the database: another process is killed there, once for each; on
//! PostgreSQL also the session is ended under it. Afterwards the log is whole, and what was receipted stands in it.
//!
//! The other process is this program again: the test [`another_process`], told by its environment where to break.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use diesel::{Connection as _, PgConnection, RunQueryDsl as _};
use hub::keys::SigningKey;
use hub::sequencer::LogHandle;
use hub::store::transaction::begin;
use hub::store::{self, Readers, submissions};
use hub::tlog::{Hash, Seals, leaf_hash, verify_folder};

use super::harness::Engine;

const ORIGIN: &str = "steps.example";
/// Where to break: `kill` or `end`, the number of the statement, the database, the folder of the log.
const TOLD: [&str; 4] = ["STEPS_HOW", "STEPS_AT", "STEPS_DATABASE", "STEPS_LOG"];
const NAME: &str = "steps::another_process";

type Tried = Result<(), Box<dyn std::error::Error>>;

fn seals() -> Seals {
    let key = SigningKey::from_seed(&[3; 32]).expect("a key");
    key.note_signer(ORIGIN).expect("a signer").into()
}

/// Opens the log, then twice: two leaves are committed, receipted, and published.
fn work(database: &str, log: &Path) -> Tried {
    let readers = Readers::open(database, 1)?;
    let (handle, _woken) = LogHandle::open(log, ORIGIN, seals(), readers)?;
    for _ in 0..2 {
        let mut connection = store::connect(database)?;
        let mut transaction = begin(&mut connection)?;
        let mut receipts = String::new();
        for _ in 0..2 {
            let body = format!("leaf {}", transaction.numbers.leaf).into_bytes();
            let hash = leaf_hash(&body).to_hex();
            let index = transaction.append_leaf(body)?;
            receipts.push_str(&format!("\nreceipted {index} {hash}\n"));
        }
        let (first, entries) = transaction.commit()?;
        let mut out = std::io::stdout().lock();
        out.write_all(receipts.as_bytes())?;
        out.flush()?;
        drop(out);
        handle.committed(first as u64, entries);
        handle.catch_up()?;
    }
    Ok(())
}

/// Statements begun so far, and the one at which something happens.
static BEGUN: AtomicUsize = AtomicUsize::new(0);
static AT: AtomicUsize = AtomicUsize::new(usize::MAX);
/// Ends the sessions of all others; none: the process ends.
static ENDS: Mutex<Option<PgConnection>> = Mutex::new(None);

fn strike() {
    let mut ends = ENDS.lock().expect("nobody panicked");
    let Some(connection) = ends.as_mut() else {
        // As a kill: nothing is flushed, dropped or rolled back.
        std::process::abort();
    };
    println!("\nstruck");
    diesel::sql_query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(connection)
    .expect("the sessions end");
}

/// In a run of all tests it does the same work without a fault.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a process of this very binary is told by its environment what to do"
)]
fn another_process() {
    let told = TOLD.map(|name| std::env::var(name).ok());
    let [Some(how), Some(at), Some(database), Some(log)] = told else {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("hub.db").display().to_string();
        store::migrate(&mut store::connect(&database).expect("a database")).expect("tables");
        work(&database, &folder.path().join("log")).expect("the work is done");
        return;
    };
    if how == "end" {
        let own = PgConnection::establish(&database).expect("a session of its own");
        *ENDS.lock().expect("nobody panicked") = Some(own);
    }
    AT.store(at.parse().expect("a number"), Ordering::SeqCst);
    let set = set_default_instrumentation(|| {
        Some(Box::new(|event: InstrumentationEvent<'_>| {
            let begun = matches!(event, InstrumentationEvent::StartQuery { .. });
            if begun && BEGUN.fetch_add(1, Ordering::SeqCst) == AT.load(Ordering::SeqCst) {
                strike();
            }
        }))
    });
    set.expect("set");
    // What failed is tried again, as the sequencer of a hub does.
    for _ in 0..10 {
        match work(&database, Path::new(&log)) {
            Ok(()) => return,
            Err(error) => println!("\nfailed: {error}"),
        }
    }
    panic!("the work was never done");
}

/// Breaks another process at every statement, one after the other, on one log.
fn every_step(engine: Engine, how: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let embedded = folder.path().join("hub.db").display().to_string();
    let database = engine.fresh().unwrap_or(embedded);
    store::migrate(&mut store::connect(&database).expect("a database")).expect("tables");
    let mut receipts: BTreeMap<i64, String> = BTreeMap::new();
    let program = std::env::current_exe().expect("this program");
    let mut broken = 0;
    loop {
        let output = Command::new(&program)
            .args(["--exact", NAME, "--nocapture"])
            .envs(TOLD.into_iter().zip([
                how,
                &broken.to_string(),
                &database,
                &log.display().to_string(),
            ]))
            .output()
            .expect("it runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        for line in told.lines() {
            let Some((index, hash)) = line
                .strip_prefix("receipted ")
                .and_then(|rest| rest.split_once(' '))
            else {
                continue;
            };
            let before = receipts.insert(index.parse().expect("an index"), hash.to_owned());
            assert_eq!(
                before, None,
                "place {index} was given twice, at step {broken}"
            );
        }
        let struck = match how {
            "kill" => !output.status.success(),
            _ => told.contains("struck"),
        };
        if how != "kill" {
            assert!(output.status.success(), "step {broken}: {told}");
        }
        honoured(&database, &log, &receipts, broken);
        if !struck {
            break;
        }
        broken += 1;
    }
    // Opening, two transactions, two steps of publishing.
    assert!(broken > 30, "only {broken} statements were seen");
    assert!(receipts.len() > broken, "{} receipts", receipts.len());
}

/// After a restart the log is whole, is what the database holds, and has every receipted leaf at its place.
fn honoured(database: &str, log: &Path, receipts: &BTreeMap<i64, String>, step: usize) {
    let readers = Readers::open(database, 1).expect("readers");
    let opened = LogHandle::open(log, ORIGIN, seals(), readers);
    let (handle, _woken) = opened.unwrap_or_else(|error| panic!("step {step}: {error:?}"));
    handle.catch_up().expect("published");
    drop(handle);
    let verified = verify_folder(log, seals().ring());
    let verified = verified.unwrap_or_else(|fault| panic!("step {step}: {fault}"));
    let mut connection = store::connect(database).expect("the database");
    let leaves = submissions::leaves_from(&mut connection, 0, 100_000).expect("leaves");
    assert_eq!(leaves.len() as u64, verified.size, "step {step}");
    let hashes: Vec<Hash> = leaves.iter().map(|(_, body)| leaf_hash(body)).collect();
    let root = hub::tlog::merkle_root(&hashes);
    assert_eq!(root, verified.root, "step {step}");
    for (index, hash) in receipts {
        let found = hashes.get(usize::try_from(*index).expect("an index"));
        let found = found.map(|hash| hash.to_hex());
        assert_eq!(found.as_ref(), Some(hash), "leaf {index}, step {step}");
    }
}

#[test]
fn killed_at_every_statement_the_log_is_whole_on_sqlite() {
    every_step(Engine::Sqlite, "kill");
}

#[test]
fn killed_at_every_statement_the_log_is_whole_on_postgres() {
    every_step(Engine::Postgres, "kill");
}

#[test]
fn with_its_session_ended_at_every_statement_the_log_is_whole_on_postgres() {
    every_step(Engine::Postgres, "end");
}
