//! Every call by which the process changes a file, the log's and SQLite's: it is killed before the call, once for each; or
//! the call fails and the process goes on. strace does both from outside, so that nothing of the hub knows of it.

use std::collections::BTreeMap;
use std::process::Command;

use super::super::harness::Engine;
use super::Broken;

/// What changes a file, or makes a change durable.
const CALLS: [&str; 10] = [
    "mkdir",
    "rename",
    "unlink",
    "unlinkat",
    "rmdir",
    "ftruncate",
    "fsync",
    "fdatasync",
    "write",
    "pwrite64",
];

/// Breaks another process at every call, one after the other, on one log; how often each was struck.
fn every_call(engine: Engine, fault: &str) -> BTreeMap<&'static str, usize> {
    // So many that a tile is filled every time, and what was there of it goes.
    let mut broken = Broken::new(engine, 130);
    let trace = broken.folder.path().join("trace");
    let mut struck = BTreeMap::new();
    for call in CALLS {
        for number in 1.. {
            let mut by = Command::new("strace");
            by.args(["--follow-forks", "--quiet=all", "--output"])
                .arg(&trace)
                .args(["--trace", call, "--inject"])
                .arg(format!("{call}:{fault}:when={number}"));
            let (output, _) = broken.run(by, "whole", number);
            let seen = std::fs::read_to_string(&trace).expect("what strace saw");
            if output.status.success() && !seen.contains("(INJECTED)") {
                break;
            }
            struck.insert(call, number);
        }
    }
    let all: usize = struck.values().sum();
    let receipts = broken.receipts.len();
    assert!(receipts > all, "{receipts} receipts of {all} runs");
    struck
}

/// Each of these was struck, and so often altogether.
#[track_caller]
fn assert_struck(struck: &BTreeMap<&str, usize>, calls: &[&str], least: usize) {
    for call in calls {
        assert!(struck.contains_key(call), "{call} never came: {struck:?}");
    }
    assert!(struck.values().sum::<usize>() >= least, "{struck:?}");
}

const OF_THE_LOG: [&str; 5] = ["fsync", "mkdir", "rename", "unlinkat", "write"];

#[test]
fn killed_before_every_change_of_a_file_the_log_is_whole_on_sqlite() {
    let struck = every_call(Engine::Sqlite, "signal=SIGKILL");
    assert_struck(&struck, &OF_THE_LOG, 80);
    assert_struck(&struck, &["pwrite64"], 80);
}

#[test]
fn killed_before_every_change_of_a_file_the_log_is_whole_on_postgres() {
    let struck = every_call(Engine::Postgres, "signal=SIGKILL");
    assert_struck(&struck, &OF_THE_LOG, 50);
}

#[test]
fn with_every_change_of_a_file_failing_the_log_is_whole_on_sqlite() {
    let struck = every_call(Engine::Sqlite, "error=EIO");
    assert_struck(&struck, &OF_THE_LOG, 80);
    assert_struck(&struck, &["pwrite64"], 80);
}

#[test]
fn with_every_change_of_a_file_failing_the_log_is_whole_on_postgres() {
    let struck = every_call(Engine::Postgres, "error=ENOSPC");
    assert_struck(&struck, &OF_THE_LOG, 50);
}
