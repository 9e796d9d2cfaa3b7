//! Eight ways to tamper with a log, a hundred random places each: every one is seen, and its place is named.
//!
//! Done to copies of the tiles, and to copies of the database. Drawn from a fixed seed, so that a failure comes again.

use std::path::{Path, PathBuf};

use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use hub::keys::SigningKey;
use hub::tlog::{Entry, Log, Storage, VerifierKey, mirror, verify_folder};

use super::harness::Engine;
use super::harness::hub::{self as process, Hub};

const ORIGIN: &str = "log.example";
const LEAVES: u64 = 700;
const TIMES: u64 = 100;

/// A generator of numbers that needs no crate: xorshift, from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn entries(range: std::ops::Range<u64>, of: &str) -> Vec<Entry> {
    let body = |number| format!("{of} {number}").into_bytes();
    range.map(|number| Entry::from(body(number))).collect()
}

/// Writes a log of some entries; cheap enough to be written anew for each attack.
fn written(folder: &Path, key: &SigningKey, entries: &[Entry]) -> VerifierKey {
    let signer = key.note_signer(ORIGIN).expect("a signer");
    let public = signer.verifier().clone();
    let mut log = Log::open(folder, ORIGIN, signer).expect("a log");
    log.integrate(0, entries).expect("integrated");
    public
}

fn bundle_of(index: u64) -> String {
    match index / 256 {
        2 => "tile/entries/002.p/188".to_owned(),
        number => format!("tile/entries/{number:03}"),
    }
}

/// Cuts a bundle into its entries, lets them be changed, and joins them again.
fn rewrite(folder: &Path, bundle: &str, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let path = folder.join(bundle);
    let bytes = std::fs::read(&path).expect("a bundle");
    let mut cut = Vec::new();
    let mut rest = bytes.as_slice();
    while let [high, low, body @ ..] = rest {
        let (entry, after) = body.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        cut.push(entry.to_vec());
        rest = after;
    }
    change(&mut cut);
    let joined: Vec<u8> = cut
        .iter()
        .flat_map(|entry| {
            (entry.len() as u16)
                .to_be_bytes()
                .into_iter()
                .chain(entry.iter().copied())
        })
        .collect();
    std::fs::write(path, joined).expect("written");
}

#[test]
fn tampered_tiles_are_seen_each_time() {
    let key = SigningKey::generate().expect("a key");
    let stranger = SigningKey::generate().expect("a key");
    let honest = entries(0..LEAVES, "entry");
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for class in [
        "edit",
        "delete",
        "insert",
        "reorder",
        "truncate",
        "fork",
        "roll back",
        "swap key",
    ] {
        for _ in 0..TIMES {
            let folder = tempfile::tempdir().expect("a folder");
            let log = folder.path().join("log");
            let index = dice.below(LEAVES - 1);
            let (bundle, place) = (bundle_of(index), (index % 256) as usize);
            let mut named = bundle.clone();
            let public = key
                .note_signer(ORIGIN)
                .expect("a signer")
                .verifier()
                .clone();
            if matches!(class, "edit" | "delete" | "insert" | "reorder" | "truncate") {
                written(&log, &key, &honest);
            }
            match class {
                "edit" => rewrite(&log, &bundle, |all| {
                    let length = all[place].len() as u64;
                    all[place][dice.below(length) as usize] ^= 1 << dice.below(8);
                }),
                "delete" => rewrite(&log, &bundle, |all| drop(all.remove(place))),
                "insert" => rewrite(&log, &bundle, |all| all.insert(place, b"more".to_vec())),
                "reorder" => rewrite(&log, &bundle, |all| {
                    let other = (place + 1 + dice.below(all.len() as u64 - 1) as usize) % all.len();
                    all.swap(place, other);
                }),
                "truncate" => {
                    let path = log.join(&bundle);
                    let bytes = std::fs::read(&path).expect("a bundle");
                    let kept = dice.below(bytes.len() as u64) as usize;
                    std::fs::write(path, &bytes[..kept]).expect("written");
                }
                // What follows shows only against what was seen before: a mirror or a witness has it.
                "fork" | "roll back" | "swap key" => {
                    let seen = folder.path().join("mirror");
                    let source = folder.path().join("source");
                    written(&source, &key, &honest);
                    let source = Storage::new(source);
                    mirror::follow(&seen, &public, &|path| source.read(path)).expect("followed");
                    let size = 1 + dice.below(LEAVES - 1);
                    let other = match class {
                        "fork" => entries(0..size, "entry")
                            .into_iter()
                            .chain(entries(size..LEAVES + size, "other"))
                            .collect(),
                        "roll back" => entries(0..size, "entry"),
                        _ => entries(0..LEAVES + size, "entry"),
                    };
                    let signer = if class == "swap key" { &stranger } else { &key };
                    written(&log, signer, &other);
                    let shown = Storage::new(&log);
                    let fault = mirror::follow(&seen, &public, &|path| shown.read(path))
                        .expect_err("another history was followed");
                    assert_eq!(fault.place, "checkpoint", "{class}: {fault}");
                    assert!(
                        verify_folder(&seen, &public).is_ok(),
                        "the mirror is as it was"
                    );
                    if class != "swap key" {
                        continue;
                    }
                    "checkpoint".clone_into(&mut named);
                }
                other => panic!("{other}"),
            }
            let fault = verify_folder(&log, &public).expect_err(class);
            let named = named.trim_end_matches("/188").trim_end_matches(".p");
            assert!(
                fault.place.contains(named),
                "{class} at {index}: {fault}, not {named}"
            );
        }
    }
}

static SPEC: std::sync::LazyLock<spec::Spec> =
    std::sync::LazyLock::new(|| spec::Spec::embedded().expect("the specification"));

/// Runs the audit in this process: what `hub log verify` prints.
fn audited(data: &Path) -> Result<(), String> {
    let public = std::fs::read_to_string(data.join("log.pub")).expect("log.pub");
    let keys: hub::tlog::Keyring = public.parse().expect("keys");
    let mut database =
        hub::store::connect(&data.join("hub.db").display().to_string()).expect("a database");
    let masters = hub::keys::Masters::load(&data.join("keys/master.key"));
    masters
        .expect("the master key")
        .expect("there is one")
        .admit();
    let raw = hub::pipeline::RawStore::open(&data.join("raw")).expect("raw bytes");
    let files = hub::attachment::Objects::open(&data.join("attachments")).expect("files");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let audited = runtime.block_on(hub::audit::verify(
        &data.join("log"),
        &keys,
        &mut database,
        &raw,
        &files,
        &hub::audit::Against {
            specification: &SPEC,
            every_commitment: true,
        },
    ));
    audited.map(|_| ()).map_err(|fault| fault.to_string())
}

/// The lowest place in the log of a submission.
#[derive(diesel::QueryableByName)]
struct First {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    place: i64,
}

#[test]
fn a_tampered_database_is_seen_each_time() {
    let hub = Hub::stopped_with(40, 5);
    let sound = audited(&hub.data);
    assert!(sound.is_ok(), "{sound:?}");
    let copy = format!("VACUUM INTO '{}'", copy_of(&hub).display());
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let database = hub.data.join("hub.db").display().to_string();
    let mut connection = SqliteConnection::establish(&database).expect("the database");
    diesel::sql_query(&copy)
        .execute(&mut connection)
        .expect("copied");
    let first: First = diesel::sql_query("SELECT min(leaf_index) AS place FROM submissions")
        .get_result(&mut connection)
        .expect("the first submission");
    let first = first.place.unsigned_abs();
    for class in [
        "edit",
        "delete",
        "insert",
        "reorder",
        "truncate",
        "fork",
        "roll back",
        "swap key",
    ] {
        for _ in 0..TIMES {
            // Before the forty submissions stand the key, the rules and what operators did.
            let sent = 1 + dice.below(39);
            let leaf = first + sent - 1;
            let (submission, record) = (1 + dice.below(40), 1 + dice.below(200));
            let statements = match class {
                "edit" => match dice.below(3) {
                    0 => vec![format!("UPDATE leaves SET body = CAST(replace(CAST(body AS TEXT), '320100', '320300') AS BLOB) WHERE leaf_index = {leaf}")],
                    1 => vec![format!("UPDATE records SET body = substr(body, 1, length(body) - 1) WHERE id = {record}")],
                    _ => vec![format!("UPDATE submissions SET received_at = received_at + 1 WHERE id = {submission}")],
                },
                "delete" => match dice.below(3) {
                    0 => vec![format!("DELETE FROM leaves WHERE leaf_index = {leaf}")],
                    1 => vec![format!("DELETE FROM records WHERE id = {record}")],
                    _ => vec![format!("DELETE FROM submissions WHERE id = {submission}")],
                },
                "insert" => vec![format!("INSERT INTO records SELECT 1000 + id, submission_id, record_index, dataset, action, verdict, lane, previous, body FROM records WHERE id = {record}")],
                "reorder" => vec![
                    format!("UPDATE leaves SET leaf_index = 1000 WHERE leaf_index = {leaf}"),
                    format!("UPDATE leaves SET leaf_index = {leaf} WHERE leaf_index = {}", leaf + 1),
                    format!("UPDATE leaves SET leaf_index = {} WHERE leaf_index = 1000", leaf + 1),
                ],
                "truncate" => vec![format!("DELETE FROM leaves WHERE leaf_index >= {leaf}")],
                "fork" => vec![format!("UPDATE leaves SET body = CAST(replace(CAST(body AS TEXT), 'submission', 'submissiom') AS BLOB) WHERE leaf_index >= {leaf}")],
                "roll back" => vec![
                    format!("DELETE FROM leaves WHERE leaf_index >= {leaf}"),
                    format!("DELETE FROM records WHERE submission_id >= {sent}"),
                    format!("DELETE FROM submissions WHERE id >= {sent}"),
                ],
                // Another key in the first leaf: the history of keys is in the log too.
                _ => vec!["UPDATE leaves SET body = CAST(replace(CAST(body AS TEXT), '+A', '+B') AS BLOB) WHERE leaf_index = 0".to_owned()],
            };
            let seen = connection.transaction::<_, diesel::result::Error, _>(|connection| {
                for statement in &statements {
                    let changed = diesel::sql_query(statement).execute(connection)?;
                    assert!(changed > 0, "{statement} changed nothing");
                }
                Ok(())
            });
            seen.expect("tampered");
            let told = audited(&hub.data).expect_err(class);
            let place = ["leaves, leaf_index", "records", "submissions, id"];
            assert!(
                place.iter().any(|place| told.contains(place)),
                "{class}: {told}"
            );
            restore(&hub, &mut connection);
        }
    }
}

/// Puts the database back from a copy that was made before the first attack.
fn restore(hub: &Hub, connection: &mut SqliteConnection) {
    let copy = copy_of(hub);
    for statement in [
        format!("ATTACH '{}' AS sound", copy.display()),
        "BEGIN".to_owned(),
        "DELETE FROM leaves".to_owned(),
        "INSERT INTO leaves SELECT * FROM sound.leaves".to_owned(),
        "DELETE FROM records".to_owned(),
        "INSERT INTO records SELECT * FROM sound.records".to_owned(),
        "DELETE FROM submissions".to_owned(),
        "INSERT INTO submissions SELECT * FROM sound.submissions".to_owned(),
        "COMMIT".to_owned(),
        "DETACH sound".to_owned(),
    ] {
        diesel::sql_query(&statement)
            .execute(connection)
            .expect(&statement);
    }
}

fn copy_of(hub: &Hub) -> PathBuf {
    hub.data.join("sound.db")
}

#[test]
fn what_was_delivered_is_guarded_too() {
    let national = super::forward::National::start("");
    let mut hub = Hub::start(Engine::Sqlite, &["--national", &national.url]);
    let key = hub.add_source("320100");
    let reader = hub.add_reader("centre", "centre");
    super::forward::push(&hub, &key, 1, 40);
    super::forward::settled(&hub, &reader);
    hub.kill();
    let verify = || {
        let output = hub.command(&["log", "verify"]);
        (output.status.success(), process::stdout(&output))
    };
    let (sound, told) = verify();
    assert!(sound && told.contains("deliveries: 40"), "{told}");
    let database = hub.data.join("hub.db").display().to_string();
    let mut connection = SqliteConnection::establish(&database).expect("the database");
    for (attack, repair, place) in [
        (
            "UPDATE deliveries SET state = 3 WHERE id = 7",
            "UPDATE deliveries SET state = 2 WHERE id = 7",
            "deliveries",
        ),
        (
            "UPDATE deliveries SET state = 0 WHERE id = 9",
            "UPDATE deliveries SET state = 2 WHERE id = 9",
            "deliveries, id 9, state",
        ),
        (
            "UPDATE batches SET answer = answer || ' ' WHERE id = 1",
            "UPDATE batches SET answer = rtrim(answer) WHERE id = 1",
            "batches, id 1, answer",
        ),
        (
            "UPDATE batches SET destination = 'nobody' WHERE id = 1",
            "UPDATE batches SET destination = 'national' WHERE id = 1",
            "batches, id 1, destination",
        ),
    ] {
        assert_eq!(
            diesel::sql_query(attack)
                .execute(&mut connection)
                .expect(attack),
            1
        );
        let (sound, told) = verify();
        assert!(!sound, "{attack} was not seen");
        assert!(told.contains(place), "{place} is not named: {told}");
        diesel::sql_query(repair)
            .execute(&mut connection)
            .expect(repair);
    }
    assert!(verify().0);
}
