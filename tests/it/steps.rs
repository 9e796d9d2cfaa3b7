//! Every step that appending and publishing take at the database: another process is killed there, once for each; or the
//! statement fails and the process goes on: on PostgreSQL because its session is ended, on SQLite because it is
//! interrupted, or because the disk is full for as long as it runs. Likewise every call that changes a file ([`calls`]).
//! Afterwards the log is whole, and what was receipted stands in it.
//!
//! The other process is this program again: the test [`another_process`], told by its environment where to break.

mod calls;
mod failing;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
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
/// Where to break: `kill`, `end`, `fail` or `full`, or `whole` for nowhere; the number of the statement, the database,
/// the folder of the log, the leaves of a transaction.
const TOLD: [&str; 5] = [
    "STEPS_HOW",
    "STEPS_AT",
    "STEPS_DATABASE",
    "STEPS_LOG",
    "STEPS_LEAVES",
];
const NAME: &str = "steps::another_process";

type Tried = Result<(), Box<dyn std::error::Error>>;

fn seals() -> Seals {
    let key = SigningKey::from_seed(&[3; 32]).expect("a key");
    key.note_signer(ORIGIN).expect("a signer").into()
}

/// Opens the log, then twice: leaves are committed, receipted, and published.
fn work(database: &str, log: &Path, leaves: usize) -> Tried {
    let readers = Readers::open(database, 1)?;
    let (handle, _woken) = LogHandle::open(log, ORIGIN, seals(), readers)?;
    for _ in 0..2 {
        let mut connection = store::connect(database)?;
        let mut transaction = begin(&mut connection)?;
        let mut receipts = String::new();
        for _ in 0..leaves {
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

/// What happens there.
static HOW: Mutex<String> = Mutex::new(String::new());

fn strike() {
    let how = HOW.lock().expect("nobody panicked").clone();
    match how.as_str() {
        "whole" => return,
        "fail" => return failing::begin(),
        "full" => return failing::fill(),
        _ => {}
    }
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
    let [Some(how), Some(at), Some(database), Some(log), Some(leaves)] = told else {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("hub.db").display().to_string();
        store::migrate(&mut store::connect(&database).expect("a database")).expect("tables");
        work(&database, &folder.path().join("log"), 2).expect("the work is done");
        return;
    };
    if how == "end" {
        let own = PgConnection::establish(&database).expect("a session of its own");
        *ENDS.lock().expect("nobody panicked") = Some(own);
    }
    if how == "fail" {
        failing::watch();
    }
    AT.store(at.parse().expect("a number"), Ordering::SeqCst);
    *HOW.lock().expect("nobody panicked") = how;
    let set = set_default_instrumentation(|| {
        Some(Box::new(|event: InstrumentationEvent<'_>| match event {
            InstrumentationEvent::StartQuery { .. }
                if BEGUN.fetch_add(1, Ordering::SeqCst) == AT.load(Ordering::SeqCst) =>
            {
                strike();
            }
            InstrumentationEvent::FinishQuery { .. } => failing::end(),
            _ => {}
        }))
    });
    set.expect("set");
    let leaves = leaves.parse().expect("a number");
    // What failed is tried again, as the sequencer of a hub does.
    for _ in 0..10 {
        match work(&database, Path::new(&log), leaves) {
            Ok(()) => return,
            Err(error) => println!("\nfailed: {error}"),
        }
    }
    panic!("the work was never done");
}

/// A log, its database, and what was receipted of it by processes that were broken.
struct Broken {
    folder: tempfile::TempDir,
    database: String,
    log: PathBuf,
    receipts: BTreeMap<i64, String>,
    leaves: usize,
}

impl Broken {
    /// A fresh one; so many leaves are in a transaction.
    fn new(engine: Engine, leaves: usize) -> Broken {
        let folder = tempfile::tempdir().expect("a folder");
        let embedded = folder.path().join("hub.db").display().to_string();
        let database = engine.fresh().unwrap_or(embedded);
        store::migrate(&mut store::connect(&database).expect("a database")).expect("tables");
        Broken {
            log: folder.path().join("log"),
            database,
            folder,
            receipts: BTreeMap::new(),
            leaves,
        }
    }

    /// Runs another process, by way of a command that is given its program and arguments; what it said. Afterwards
    /// everything that was ever receipted stands in the log.
    fn run(&mut self, mut by: Command, how: &str, step: usize) -> (Output, String) {
        let (step_text, log) = (step.to_string(), self.log.display().to_string());
        let leaves = self.leaves.to_string();
        let told = [how, &step_text, &self.database, &log, &leaves];
        let output = by
            .arg(std::env::current_exe().expect("this program"))
            .args(["--exact", NAME, "--nocapture"])
            .envs(TOLD.into_iter().zip(told))
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
            let index = index.parse().expect("an index");
            let before = self.receipts.insert(index, hash.to_owned());
            assert_eq!(
                before, None,
                "place {index} was given twice, at step {step}"
            );
        }
        honoured(&self.database, &self.log, &self.receipts, step);
        (output, told)
    }
}

/// Breaks another process at every statement, one after the other, on one log.
fn every_step(engine: Engine, how: &str) {
    let mut broken = Broken::new(engine, 2);
    let (mut step, mut hits) = (0, 0);
    loop {
        // Where files may not grow, the write fails, not the process.
        let mut by = Command::new("bash");
        by.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
        let (output, told) = broken.run(by, how, step);
        // A statement that fails may have been done before; one without a step cannot be interrupted.
        let (struck, hit) = match how {
            "kill" => (!output.status.success(), !output.status.success()),
            "end" => (told.contains("struck"), told.contains("struck")),
            _ => (told.contains("reached"), told.contains("struck")),
        };
        hits += usize::from(hit);
        if how != "kill" {
            assert!(output.status.success(), "step {step}: {told}");
        }
        if !struck {
            break;
        }
        step += 1;
    }
    // Opening, two transactions, two steps of publishing.
    assert!(hits > 30, "only {hits} of {step} statements were hit");
    assert!(
        broken.receipts.len() > step,
        "{} receipts",
        broken.receipts.len()
    );
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
fn with_every_statement_interrupted_the_log_is_whole_on_sqlite() {
    every_step(Engine::Sqlite, "fail");
}

#[test]
fn with_a_full_disk_at_every_statement_the_log_is_whole_on_sqlite() {
    every_step(Engine::Sqlite, "full");
}

#[test]
fn with_its_session_ended_at_every_statement_the_log_is_whole_on_postgres() {
    every_step(Engine::Postgres, "end");
}
