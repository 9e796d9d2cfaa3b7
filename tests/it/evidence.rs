//! Evidence bundles: made by a hub, checked with nothing but the public key, on the command line and in a browser.

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::forward::National;
use super::harness::browser::browse;
use super::harness::hub::{self, Hub};
use super::harness::{Engine, records};

const JSON: &str = "application/json";

struct Filled {
    hub: Hub,
    reader: String,
    auditor: String,
    ids: Vec<String>,
    _national: National,
}

/// A hub with a forwarded record, a refused one, and one that holds personal values.
fn filled(engine: Engine) -> Filled {
    let national = National::start("");
    let hub = Hub::start(engine, &["--national", &national.url]);
    let key = hub.add_source("320100");
    let (reader, auditor) = (
        hub.add_reader("desk", "centre"),
        hub.add_reader("court", "auditor"),
    );
    let mut bad = records::project(2);
    bad["REGION_CODE"] = json!("999999");
    let mut mobile = records::project(3);
    mobile["CONTACT_INFORMATION"] = json!("13800138000");
    let mut ids = Vec::new();
    for (name, elements) in [
        (
            "plain",
            vec![
                records::element("PROJECT", &records::project(1)),
                records::element("PROJECT", &bad),
            ],
        ),
        (
            "again",
            vec![records::element("PROJECT", &records::project(1))],
        ),
        ("mobile", vec![records::element("PROJECT", &mobile)]),
    ] {
        let answer = hub.post(
            "/v1/submissions",
            &key,
            JSON,
            &records::envelope(name, &elements),
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
        ids.push(answer.json()["id"].as_str().expect("a number").to_owned());
    }
    let path = format!("/v1/receipts/{}/proof?wait_ms=10000", ids[2]);
    assert_eq!(hub.get(&path, &key).status, 200);
    let started = Instant::now();
    while hub.get("/v1/deliveries?state=acknowledged", &reader).json()["items"]
        .as_array()
        .is_none_or(|items| items.len() < 2)
    {
        assert!(
            started.elapsed() < Duration::from_mins(1),
            "nothing was acknowledged"
        );
        std::thread::park_timeout(Duration::from_millis(100));
    }
    // What was answered is published a moment later: then the bundle of the first proves its delivery.
    let (shown, started) = (hub.data.join("settled.zip"), Instant::now());
    loop {
        make(&hub, &ids[0], "settled.zip", &[]);
        let (_, told) = check(&shown, &hub.data.join("log.pub"));
        if told["checked"]["deliveries_not_proven"] == 0 {
            break;
        }
        assert!(started.elapsed() < Duration::from_mins(1), "{told:#}");
        std::thread::park_timeout(Duration::from_millis(100));
    }
    Filled {
        hub,
        reader,
        auditor,
        ids,
        _national: national,
    }
}

#[track_caller]
fn make(hub: &Hub, about: &str, name: &str, more: &[&str]) -> PathBuf {
    let path = hub.data.join(name);
    let shown = path.display().to_string();
    let arguments: Vec<&str> = ["evidence", about, "-o", &shown]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let output = hub.command(&arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    path
}

fn check(file: &Path, key: &Path) -> (bool, Value) {
    let output = hub::run(&[
        "evidence",
        "verify",
        &file.display().to_string(),
        "--key",
        &key.display().to_string(),
        "--format",
        "json",
    ]);
    let told = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.success(), told)
}

/// The members of a bundle, the manifest first.
pub fn members(file: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(file).expect("a bundle");
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP");
    let mut found = Vec::new();
    for place in 0..zip.len() {
        let mut member = zip.by_index(place).expect("a member");
        let name = member.name().expect("a name").into_owned();
        let mut content = Vec::new();
        member.read_to_end(&mut content).expect("its bytes");
        found.push((name, content));
    }
    found
}

/// Writes a bundle whose manifest agrees with its members: what a forger would do.
pub fn forge(members: &[(String, Vec<u8>)], path: &Path) {
    let mut manifest: Value = serde_json::from_slice(&members[0].1).expect("a manifest");
    for entry in manifest["members"].as_array_mut().expect("members") {
        let (_, content) = members
            .iter()
            .find(|(name, _)| *name == entry["path"])
            .expect("a member");
        entry["sha256"] = json!(::hub::tlog::sha256(content).to_hex());
        entry["bytes"] = json!(content.len());
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("manifest.json", options).expect("written");
    zip.write_all(&serde_json::to_vec(&manifest).expect("JSON"))
        .expect("written");
    for (name, content) in &members[1..] {
        zip.start_file(name, options).expect("written");
        zip.write_all(content).expect("written");
    }
    std::fs::write(path, zip.finish().expect("a ZIP").into_inner()).expect("written");
}

fn a_bundle_is_whole(engine: Engine) {
    let Filled {
        hub,
        reader,
        auditor,
        ids,
        _national,
    } = filled(engine);
    let key = hub.data.join("log.pub");
    let record = format!("PROJECT/{}", records::project_code(1));
    for (about, submissions) in [
        (ids[0].as_str(), 1),
        (ids[2].as_str(), 1),
        (record.as_str(), 1),
    ] {
        let file = make(&hub, about, "one.zip", &[]);
        let (good, told) = check(&file, &key);
        assert!(good, "{about}: {told:#}");
        assert_eq!(told["checked"]["submissions"], submissions, "{about}");
        // The same state, the same bytes; what was delivered meanwhile is in the log, so the checkpoint must be the same.
        let state = || hub.get("/checkpoint", "").text;
        let made = || {
            let before = state();
            let bytes = ["one.zip", "two.zip"]
                .map(|name| std::fs::read(make(&hub, about, name, &[])).expect("a bundle"));
            (state() == before).then_some(bytes)
        };
        let [one, two] = (0..50).find_map(|_| made()).expect("a log that rests");
        assert!(one == two, "{about}: the same state gave other bytes");
    }
    let file = make(&hub, &ids[0], "plain.zip", &[]);
    let (_, told) = check(&file, &key);
    assert_eq!(told["checked"]["deliveries"], 1, "{told:#}");
    assert_eq!(told["checked"]["deliveries_not_proven"], 0, "{told:#}");
    assert_eq!(told["checked"]["packets"], 1, "{told:#}");
    assert_eq!(told["checked"]["outcomes"], 2);
    let names: Vec<String> = members(&file).into_iter().map(|(name, _)| name).collect();
    for name in ["cover.html", "verify.html", "checkpoint", "log.pub"] {
        assert!(names.iter().any(|there| there == name), "{names:?}");
    }

    // Without being asked for, no personal value stands anywhere in it.
    let holds = |file: &Path, value: &str| {
        members(file)
            .iter()
            .any(|(_, content)| String::from_utf8_lossy(content).contains(value))
    };
    let masked = make(&hub, &ids[2], "masked.zip", &[]);
    assert!(!holds(&masked, "13800138000"));
    let manifest: Value = serde_json::from_slice(&members(&masked)[0].1).expect("JSON");
    assert_eq!(
        manifest["withheld"].as_array().map_or(0, Vec::len),
        3,
        "raw bytes, the record, and the packet that carried it"
    );
    let open = make(&hub, &ids[2], "open.zip", &["--personal"]);
    assert!(holds(&open, "13800138000"));
    assert!(check(&open, &key).0);

    // Over HTTP, for those who may.
    let path = format!("/v1/evidence/submissions/{}", ids[2]);
    assert_eq!(hub.get(&path, &reader).status, 200);
    assert_eq!(
        hub.get(&format!("{path}?personal=true"), &reader).status,
        403
    );
    assert_eq!(
        hub.get(&format!("{path}?personal=true"), &auditor).status,
        200
    );
    assert_eq!(
        hub.get(&format!("/v1/evidence/records/{record}"), &auditor)
            .status,
        200
    );
    assert_eq!(
        hub.get("/v1/evidence/submissions/S000000009999", &auditor)
            .status,
        404
    );
    assert_eq!(hub.get("/v1/evidence/deals/unknown", &auditor).status, 404);
}

#[test]
fn a_bundle_is_whole_on_sqlite() {
    a_bundle_is_whole(Engine::Sqlite);
}

#[test]
fn a_bundle_is_whole_on_postgres() {
    a_bundle_is_whole(Engine::Postgres);
}

/// Changes of every member that is proven, with the manifest made to fit; what must be named.
#[test]
fn a_forged_bundle_is_refused_here_and_in_a_browser() {
    let Filled { hub, ids, .. } = filled(Engine::Sqlite);
    let key = hub.data.join("log.pub");
    let file = make(&hub, &ids[0], "good.zip", &["--personal"]);
    let good = members(&file);
    let vkey = std::fs::read_to_string(&key).expect("the key");
    let seen = browse(&good, &file, &vkey);
    assert!(seen.contains("有效 good"), "{seen}");
    let folder = format!("submissions/{}", ids[0]);
    let packet = good
        .iter()
        .find_map(|(name, _)| name.strip_suffix("/packet.json"))
        .expect("a packet");
    let attacks: [(String, &str, &str); 11] = [
        (format!("{packet}/packet"), "第1期", "第9期"),
        (format!("{packet}/answer"), "1", "2"),
        (
            format!("{packet}/members.json"),
            "\"held\":false",
            "\"held\":true",
        ),
        (
            format!("{folder}/deliveries.json"),
            "\"acknowledged\"",
            "\"exhausted\"",
        ),
        (format!("{folder}/raw"), "第1期", "第9期"),
        (
            format!("{folder}/outcomes.json"),
            "\"accepted\"",
            "\"rejected\"",
        ),
        (
            format!("{folder}/receipt.json"),
            "\"accepted\": 1",
            "\"accepted\": 2",
        ),
        (format!("{folder}/records/00000.json"), "第1期", "第9期"),
        (format!("{folder}/records.json"), "第1期", "第9期"),
        (format!("{folder}/leaf.json"), "320100", "320300"),
        ("checkpoint".to_owned(), "\n\n", "\nmore\n\n"),
    ];
    let forged = hub.data.join("forged.zip");
    for (path, from, to) in &attacks {
        let mut changed = good.clone();
        let (_, content) = changed
            .iter_mut()
            .find(|(name, _)| name == path)
            .expect(path);
        let text = String::from_utf8(content.clone()).expect("text");
        assert!(text.contains(from), "{path} holds no {from}: {text}");
        *content = text.replacen(from, to, 1).into_bytes();
        forge(&changed, &forged);
        let (sound, told) = check(&forged, &key);
        assert!(!sound, "{path} was changed, and not seen");
        let place = told["place"].as_str().expect("a place").to_owned();
        assert!(place.starts_with(path.as_str()), "{path}: {told}");
        let seen = browse(&changed, &forged, &vkey);
        assert!(
            seen.contains("NOT good") && seen.contains(path.as_str()),
            "{path}: {seen}"
        );
    }
    // The basis, the cover page, a member that the manifest does not list, another key.
    for (beginning, place) in [
        ("basis/specification-", "basis/specification-"),
        ("cover.html", "cover.html"),
    ] {
        let mut changed = good.clone();
        let (_, content) = changed
            .iter_mut()
            .find(|(name, _)| name.starts_with(beginning))
            .expect(beginning);
        content.push(b' ');
        forge(&changed, &forged);
        let (sound, told) = check(&forged, &key);
        assert!(
            !sound
                && told["place"]
                    .as_str()
                    .is_some_and(|told| told.starts_with(place)),
            "{told}"
        );
    }
    let mut more = good.clone();
    more.push(("more".to_owned(), b"x".to_vec()));
    forge(&more, &forged);
    assert_eq!(check(&forged, &key).1["place"], "more");
    let other = Hub::start(Engine::Sqlite, &[]);
    let (sound, told) = check(&file, &other.data.join("log.pub"));
    assert!(!sound);
    assert_eq!(told["place"], "checkpoint");
}

/// What was made before a key went is as good as before; a second seal does not hide the first.
#[test]
fn bundles_verify_over_changes_of_keys_and_with_a_second_seal() {
    let mut filled = filled(Engine::Sqlite);
    let id = filled.ids[0].clone();
    let old = make(&filled.hub, &id, "old.zip", &["--personal"]);
    let key = filled.hub.data.join("log.pub");
    let first = filled.hub.data.join("first.pub");
    std::fs::copy(&key, &first).expect("copied");
    filled.hub.kill();
    for algorithm in ["ed25519", "sm2"] {
        let changed = filled
            .hub
            .command(&["keys", "rotate", "--algorithm", algorithm]);
        assert!(changed.status.success(), "{}", hub::stdout(&changed));
    }
    filled.hub.restart();
    let new = make(&filled.hub, &id, "new.zip", &["--personal"]);
    for bundle in [&old, &new] {
        let (good, told) = check(bundle, &key);
        assert!(good, "{told:#}");
        assert_eq!(told["checked"]["packets"], 1, "{told:#}");
        assert_eq!(told["checked"]["deliveries"], 1, "{told:#}");
        // The packet was signed by the first key, and kept as it was sent.
        let packet = |(name, _): &(String, Vec<u8>)| name.ends_with("/packet");
        assert!(members(bundle).iter().any(packet));
    }
    let vkeys = std::fs::read_to_string(&key).expect("the keys");
    assert_eq!(vkeys.lines().count(), 3, "{vkeys}");
    let seen = browse(&members(&new), &new, &vkeys);
    assert!(seen.contains("有效 good") && seen.contains("SM2"), "{seen}");
    let (good, told) = check(&new, &first);
    assert!(!good, "the first key signs no more: {told:#}");
    assert!(check(&old, &first).0);
}

/// One bit of any member changed, with the manifest made to fit.
#[test]
fn no_bit_of_a_bundle_can_be_changed_unseen() {
    let Filled { hub, ids, .. } = filled(Engine::Sqlite);
    let file = make(&hub, &ids[0], "good.zip", &["--personal"]);
    let good = members(&file);
    let key: ::hub::tlog::Keyring = std::fs::read_to_string(hub.data.join("log.pub"))
        .expect("the key")
        .parse()
        .expect("a key");
    let forged = hub.data.join("forged.zip");
    let whole =
        |path: &Path| ::hub::evidence::check::check(&std::fs::read(path).expect("a bundle"), &key);
    assert!(whole(&file).is_ok());
    let kinds = [
        "/packet",
        "/answer",
        "/members.json",
        "/packet.json",
        "/raw",
        "/outcomes.json",
        "/deliveries.json",
    ];
    for kind in kinds {
        assert!(
            good.iter().any(|(name, _)| name.ends_with(kind)),
            "no {kind}"
        );
    }
    for (at, (name, content)) in good.iter().enumerate().skip(1) {
        for step in 0..6 {
            let mut changed = good.clone();
            let Some(byte) = changed[at].1.get_mut(content.len() * step / 6) else {
                continue;
            };
            *byte ^= 1;
            forge(&changed, &forged);
            let fault = whole(&forged).expect_err(&format!("{name}, byte {step}/6"));
            // A leaf and its proof stand or fall together; so do what people read and what it is read from.
            let folder = name
                .rsplit_once('/')
                .map_or(name.as_str(), |(folder, _)| folder);
            let read = fault.place == "cover.html";
            let proof = name.ends_with("/leaf.json") && fault.place.contains(folder);
            assert!(
                fault.place.contains(name.as_str()) || read || proof,
                "{name}, byte {step}/6: {} {}",
                fault.place,
                fault.what
            );
        }
    }
}
