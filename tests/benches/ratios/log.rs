//! The log: what appending costs beside hashing and beside the plain insert of the same rows, and what verifying costs.
//!
//! Leaves are as long as those of submissions. Bare hashing is SHA-256 over the same bytes, once. Verifying and hashing
//! are measured in processor time, the best of three, because other programs and a cold disk are not ours; appending and
//! inserting wait for the disk alike, so by the clock. Memory is the peak of a process that does nothing but verify.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use hub::keys::SigningKey;
use hub::store::{self, transaction::begin};
use hub::tlog::{Entry, Log, VerifierKey, sha256, verify_folder};

use super::Figure;

const ORIGIN: &str = "log.example";
/// Leaves of one step of the sequencer.
const BATCH: u64 = 1_000;

fn body(number: u64) -> Vec<u8> {
    let mut body =
        format!("{{\"kind\":\"submission\",\"number\":{number},\"more\":\"").into_bytes();
    body.resize(700, b'x');
    body
}

fn seconds(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

/// Processor time of this thread so far, in seconds.
fn processor() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    let nanos = told
        .split(' ')
        .next()
        .and_then(|word| word.parse::<f64>().ok());
    nanos.expect("nanoseconds") / 1e9
}

/// Processor seconds of some work, the best of three.
fn worked(mut work: impl FnMut()) -> f64 {
    let once = |_| {
        let started = processor();
        work();
        processor() - started
    };
    (0..3).map(once).fold(f64::INFINITY, f64::min)
}

/// Word by which this program is asked to verify a log and tell its peak memory.
pub const VERIFY: &str = "verify-log";

/// Verifies the log of a folder by a key; prints the peak of memory in KB.
pub fn verify_alone(folder: &str, key: &str) {
    let key: VerifierKey = key.parse().expect("a key");
    verify_folder(Path::new(folder), &key).expect("sound");
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.expect("a peak").trim().trim_end_matches(" kB"));
}

/// Peak memory in MB of a process that verifies a log.
fn peak(folder: &Path, key: &VerifierKey) -> f64 {
    let output = std::process::Command::new(std::env::current_exe().expect("this program"))
        .arg(VERIFY)
        .arg(folder)
        .arg(key.to_string())
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout);
    told.trim().parse::<f64>().expect("KB") / 1024.0
}

/// Seconds to hash all bodies of a log once, one body in memory.
fn hashing(leaves: u64) -> f64 {
    let bodies: Vec<Vec<u8>> = (0..BATCH).map(body).collect();
    worked(|| {
        for number in 0..leaves {
            black_box(sha256(black_box(&bodies[(number % BATCH) as usize])));
        }
    })
}

/// Writes a log; seconds for hashing its leaves, integrating and signing.
fn append(folder: &Path, leaves: u64) -> (f64, VerifierKey) {
    let key = SigningKey::generate().expect("a key");
    let signer = key.note_signer(ORIGIN).expect("a signer");
    let public = signer.verifier().clone();
    let mut log = Log::open(folder, ORIGIN, signer).expect("a log");
    let mut total = 0.0;
    while log.size() < leaves {
        let first = log.size();
        let bodies: Vec<Vec<u8>> = (first..(first + BATCH).min(leaves)).map(body).collect();
        total += seconds(|| {
            let entries: Vec<Entry> = bodies.into_iter().map(Entry::from).collect();
            log.integrate(first, &entries).expect("integrated");
        });
    }
    (total, public)
}

/// Seconds to insert the same rows into the table of leaves, as the writer does.
fn insert(folder: &Path, leaves: u64) -> f64 {
    let path = folder.join("plain.db").display().to_string();
    let mut connection = store::connect(&path).expect("a database");
    store::migrate(&mut connection).expect("tables");
    let mut total = 0.0;
    for first in (0..leaves).step_by(BATCH as usize) {
        let bodies: Vec<Vec<u8>> = (first..(first + BATCH).min(leaves)).map(body).collect();
        total += seconds(|| {
            let mut transaction = begin(&mut connection).expect("begun");
            for body in bodies {
                transaction.append_leaf(body).expect("inserted");
            }
            transaction.commit().expect("committed");
        });
    }
    total
}

/// Runs the comparison.
pub fn run() -> Vec<Figure> {
    let folder = tempfile::tempdir().expect("a folder");
    let (small, large) = (100_000, 1_000_000);
    println!("log: {large} leaves of 700 bytes, {BATCH} a step");
    let plain = insert(folder.path(), small);
    let (appended, small_key) = append(&folder.path().join("small"), small);
    let hashed = hashing(small);
    println!(
        "  {small}: hashing {hashed:.3} s, insert {plain:.3} s, append + integrate + sign {appended:.3} s"
    );
    let (_, large_key) = append(&folder.path().join("large"), large);
    let verify = |name: &str, key: &VerifierKey| {
        worked(|| drop(verify_folder(&folder.path().join(name), key).expect("sound")))
    };
    let memory = |name: &str, key: &VerifierKey| peak(&folder.path().join(name), key);
    let (one, ten) = (verify("small", &small_key), verify("large", &large_key));
    let bare = hashing(large);
    println!("  verify {small}: {one:.3} s, {large}: {ten:.3} s; hashing {large}: {bare:.3} s");
    let (little, much) = (memory("small", &small_key), memory("large", &large_key));
    println!("  peak memory: {little:.1} MB, {much:.1} MB");
    let figure = |what: &str, measured: f64, bound: f64| Figure {
        what: what.to_owned(),
        measured,
        bound,
        at_most: true,
    };
    vec![
        figure(
            "append + integrate + sign, in units of the plain insert of the same rows",
            appended / plain,
            2.5,
        ),
        figure(
            "append + integrate + sign, in units of bare SHA-256",
            appended / hashed,
            25.0,
        ),
        figure(
            "verification of 1,000,000 leaves, in units of bare SHA-256",
            ten / bare,
            3.0,
        ),
        figure(
            "verification of a log ten times as large, in units of the small one",
            ten / one,
            12.0,
        ),
        figure(
            "peak memory of verifying a log ten times as large, in units of the small one",
            much / little,
            1.2,
        ),
    ]
}
