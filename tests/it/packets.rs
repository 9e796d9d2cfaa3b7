//! Packets are kept as they were sent: shown by the part of one record, without the others; gone when a record in them is
//! erased, by an order that the log holds.

use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::erasure::{PHONE, holds, kept, project, send, succeeds, tamper};
use super::harness::hub::{self, Hub};
use super::harness::national::National;
use super::harness::{Engine, log_size, within};

/// Two submissions of three projects, one of them with a personal value, which travelled in one packet.
struct Sent {
    hub: Hub,
    ids: [String; 2],
    number: i64,
    _national: National,
}

fn sent(engine: Engine) -> Sent {
    let national = National::start("");
    let hub = Hub::start(engine, &["--national", &national.url]);
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    succeeds(
        &hub,
        &["deliveries", "stop", "national", "--reason", "test"],
    );
    let own = send(&hub, &key, "own", &[project(1, "02500000000")]);
    let others = [project(2, "02511111111"), project(3, PHONE)];
    let others = send(&hub, &key, "others", &others);
    let ids = [own, others].map(|receipt| receipt["id"].as_str().expect("a number").to_owned());
    succeeds(
        &hub,
        &["deliveries", "start", "national", "--reason", "test"],
    );
    let acknowledged = || {
        let all = hub.get("/v1/deliveries?state=acknowledged", &reader).json();
        all["items"].as_array().expect("items").clone()
    };
    until("all are acknowledged", || acknowledged().len() == 3);
    let batches: Vec<i64> = acknowledged()
        .iter()
        .map(|one| one["batch"].as_i64().expect("a batch"))
        .collect();
    assert!(batches.iter().all(|one| *one == batches[0]), "{batches:?}");
    // What was answered is published a moment later.
    until("the answer is proven", || {
        let bundle = bundle(&hub, &ids[0], "first.zip", &[]);
        checked(&hub, &bundle)["deliveries_not_proven"] == 0
    });
    Sent {
        hub,
        ids,
        number: batches[0],
        _national: national,
    }
}

#[track_caller]
fn until(what: &str, holds: impl FnMut() -> bool) {
    within(Duration::from_mins(1), what, holds);
}

#[track_caller]
fn bundle(hub: &Hub, about: &str, name: &str, more: &[&str]) -> PathBuf {
    let path = hub.data.join(name);
    let shown = path.display().to_string();
    let mut arguments = vec!["evidence", about, "-o", &shown];
    arguments.extend(more);
    succeeds(hub, &arguments);
    path
}

/// What a check that must be good has told.
#[track_caller]
fn checked(hub: &Hub, bundle: &Path) -> Value {
    let (bundle, key) = (bundle.display().to_string(), hub.data.join("log.pub"));
    let key = key.display().to_string();
    let output = hub::run(&[
        "evidence", "verify", &bundle, "--key", &key, "--format", "json",
    ]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["good"], true, "{told}");
    told["checked"].clone()
}

fn members(bundle: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(bundle).expect("a bundle");
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP");
    (0..zip.len())
        .map(|place| {
            let mut member = zip.by_index(place).expect("a member");
            let name = member.name().expect("a name").into_owned();
            let mut content = Vec::new();
            member.read_to_end(&mut content).expect("its bytes");
            (name, content)
        })
        .collect()
}

#[track_caller]
fn member(bundle: &Path, name: &str) -> Option<String> {
    let found = members(bundle).into_iter().find(|(path, _)| path == name);
    found.map(|(_, content)| String::from_utf8(content).expect("text"))
}

fn says(bundle: &Path, text: &str) -> bool {
    members(bundle)
        .iter()
        .any(|(_, content)| String::from_utf8_lossy(content).contains(text))
}

fn a_bundle_shows_its_own_part_of_a_packet(engine: Engine) {
    let Sent {
        hub,
        ids,
        number,
        _national,
    } = sent(engine);
    let folder = format!("packets/{number}");
    // Also when personal values are asked for: those of others are not meant.
    for more in [&[] as &[&str], &["--personal"]] {
        let own = bundle(&hub, &ids[0], "own.zip", more);
        assert_eq!(checked(&hub, &own)["packets"], 1);
        // A project bears a telephone: without being asked for, what was sent of it is withheld, and that is said.
        let part = member(&own, &format!("{folder}/parts/00001"));
        let manifest = member(&own, "manifest.json").expect("a manifest");
        let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
        let mut withheld = manifest["withheld"].as_array().expect("a list").iter();
        let withheld = withheld.any(|path| *path == format!("{folder}/parts/00001"));
        assert_eq!(part.is_none(), more.is_empty(), "{part:?}");
        assert_eq!(withheld, more.is_empty(), "{manifest}");
        if let Some(part) = part {
            assert!(
                part.contains("第1期") && part.starts_with("<RECORD "),
                "{part}"
            );
        }
        let head = member(&own, &format!("{folder}/parts/00000")).expect("the head");
        assert!(head.contains("<COUNT>3</COUNT>"), "{head}");
        let end = member(&own, &format!("{folder}/parts/00004")).expect("the end");
        assert!(end.contains("<SIGNATURE"), "{end}");
        for other in ["第2期", "第3期", PHONE, "02511111111"] {
            assert!(
                !says(&own, other),
                "{other} stands in the bundle of another, {more:?}"
            );
        }
        assert_eq!(member(&own, &format!("{folder}/packet")), None);
    }
    // Who is shown with personal values is shown what was sent of it.
    let masked = bundle(&hub, &ids[1], "others.zip", &[]);
    checked(&hub, &masked);
    assert!(!says(&masked, PHONE));
    assert!(says(&masked, "第2期"));
    let open = bundle(&hub, &ids[1], "others.zip", &["--personal"]);
    checked(&hub, &open);
    let part = member(&open, &format!("{folder}/parts/00003")).expect("its part");
    assert!(part.contains(PHONE) && part.contains("第3期"), "{part}");
    succeeds(&hub, &["log", "verify"]);
}

#[test]
fn a_bundle_shows_its_own_part_of_a_packet_sqlite() {
    a_bundle_shows_its_own_part_of_a_packet(Engine::Sqlite);
}

#[test]
fn a_bundle_shows_its_own_part_of_a_packet_postgres() {
    a_bundle_shows_its_own_part_of_a_packet(Engine::Postgres);
}

fn a_packet_goes_with_a_record_that_is_erased(engine: Engine) {
    let Sent {
        hub,
        ids,
        number,
        _national,
    } = sent(engine);
    let dry = [
        "erase",
        "PROJECT/E3201000001000003",
        "--reason",
        "x",
        "--dry-run",
        "--format",
        "json",
    ];
    let would: Value = serde_json::from_str(&succeeds(&hub, &dry)).expect("JSON");
    assert_eq!(would["would"]["packets"], json!([number]), "{would}");
    let order = [
        "erase",
        "PROJECT/E3201000001000003",
        "--reason",
        "order 9",
        "--format",
        "json",
    ];
    let done: Value = serde_json::from_str(&succeeds(&hub, &order)).expect("JSON");
    assert_eq!(done["erased"]["packets"], json!([number]), "{done}");
    let leaf = done["erased"]["leaf_index"].as_u64().expect("a leaf");
    until("the erasure is published", || log_size(&hub) > leaf);
    let path = bundle(&hub, &ids[0], "after.zip", &["--personal"]);
    assert_eq!(checked(&hub, &path)["packets"], 1);
    let told = member(&path, &format!("packets/{number}/packet.json")).expect("told");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(
        (&told["packet"], &told["erased"]),
        (&json!("erased"), &json!(leaf))
    );
    assert!(member(&path, &format!("erasures/{leaf}/proof.txt")).is_some());
    assert!(!holds(&kept(&hub), PHONE));
    succeeds(&hub, &["log", "verify"]);
}

#[test]
fn a_packet_goes_with_a_record_that_is_erased_sqlite() {
    a_packet_goes_with_a_record_that_is_erased(Engine::Sqlite);
}

#[test]
fn a_packet_goes_with_a_record_that_is_erased_postgres() {
    a_packet_goes_with_a_record_that_is_erased(Engine::Postgres);
}

/// What was sent outlives the keys: the master key is changed, the key of the log too.
#[test]
fn a_packet_is_shown_after_every_key_was_changed() {
    let Sent {
        mut hub,
        ids,
        number,
        _national,
    } = sent(Engine::Sqlite);
    let name = format!("packets/{number}/parts/00001");
    let before = member(&bundle(&hub, &ids[0], "before.zip", &["--personal"]), &name);
    assert!(before.is_some());
    hub.kill();
    succeeds(&hub, &["keys", "master", "rotate"]);
    succeeds(&hub, &["keys", "rotate"]);
    hub.restart();
    let path = bundle(&hub, &ids[0], "after.zip", &["--personal"]);
    checked(&hub, &path);
    assert_eq!(member(&path, &name), before);
    succeeds(&hub, &["log", "verify"]);
}

/// Nobody changes, cuts otherwise, or makes vanish what was sent.
#[test]
fn a_packet_that_was_tampered_with_is_named() {
    let Sent {
        mut hub,
        number,
        _national,
        ..
    } = sent(Engine::Sqlite);
    hub.kill();
    let whole = format!("SELECT * FROM packets WHERE batch_id = {number}");
    tamper(&hub, &format!("CREATE TABLE aside AS {whole}"));
    for change in [
        "wrapped = x'00', bytes = x''",
        "wrapped = NULL",
        "bytes = substr(bytes, 1, length(bytes) - 1)",
        "ends = replace(ends, ',', ', 1')",
        "ends = '[]'",
    ] {
        let changed = format!("UPDATE packets SET {change} WHERE batch_id = {number}");
        assert_eq!(tamper(&hub, &changed), 1);
        let seen = hub.command(&["log", "verify"]);
        let told = hub::stdout(&seen);
        assert_eq!(seen.status.code(), Some(1), "{change}: {told}");
        assert!(
            told.contains(&format!("packets, batch_id {number}")),
            "{change}: {told}"
        );
        let back =
            "UPDATE packets SET (ends, bytes, wrapped) = (SELECT ends, bytes, wrapped FROM aside)";
        tamper(&hub, &format!("{back} WHERE batch_id = {number}"));
    }
    succeeds(&hub, &["log", "verify"]);
}
