//! What the log says of itself, forged by somebody who can write leaves: cosignatures, keys, daily lists.

use hub::absence::commit::root;
use hub::leaf::{Commitment, Kind, Witness, encode};
use hub::store::commitments::{Row, add};
use hub::store::transaction::begin;
use hub::tlog::{Hash, Keyring, Storage, prove, sha256};

use super::harness::hub::{self as process, Hub};

/// Appends a leaf as the hub would, and lets the hub publish it; its place.
fn appended<K: Kind>(hub: &mut Hub, leaf: &K, row: Option<Row>) -> i64 {
    let database = hub.data.join("hub.db").display().to_string();
    let mut connection = ::hub::store::connect(&database).expect("the database");
    let mut transaction = begin(&mut connection).expect("begun");
    let leaf = encode(leaf).expect("a leaf");
    let index = transaction.append_leaf(leaf).expect("appended");
    if let Some(row) = row {
        let row = Row {
            leaf_index: index,
            ..row
        };
        add(transaction.connection, &row).expect("a row");
    }
    transaction.commit().expect("committed");
    // At its start a hub publishes what was committed.
    hub.restart();
    hub.kill();
    index
}

fn verified(hub: &Hub) -> (bool, String) {
    let output = hub.command(&["log", "verify"]);
    (output.status.success(), process::stdout(&output))
}

fn root_at(hub: &Hub, size: u64) -> String {
    let storage = Storage::new(hub.data.join("log"));
    let root = prove::root_from_tiles(size, &|tile| storage.read_tile(tile));
    root.expect("a root").to_string()
}

/// The cosignature of a witness over a checkpoint of the log.
fn cosigned(origin: &str, size: u64, root: &str) -> Witness {
    use base64::Engine as _;

    let key = ::hub::keys::SigningKey::from_seed(&[7; 32]).expect("a key");
    let signer = key.cosigner("w.example").expect("a signer");
    let text = format!("{origin}\n{size}\n{root}\n");
    let line = ::hub::tlog::cosignature::cosign(&signer, &text, 1_700_000_000).expect("signed");
    Witness {
        witness: signer.verifier().to_string(),
        size,
        root: root.to_owned(),
        cosignature: base64::prelude::BASE64_STANDARD.encode(&line.bytes),
        at: "2026-11-22T09:00:00.000+08:00".to_owned(),
    }
}

#[test]
fn a_cosignature_in_the_log_is_of_a_checkpoint_that_it_had() {
    let mut hub = Hub::stopped_with(3, 2);
    let public = std::fs::read_to_string(hub.data.join("log.pub")).expect("log.pub");
    let keys: Keyring = public.parse().expect("keys");
    let origin = keys.terms()[0].key.name().to_owned();
    let sound = cosigned(&origin, 5, &root_at(&hub, 5));
    appended(&mut hub, &sound, None);
    let (good, told) = verified(&hub);
    assert!(good, "{told}");
    let other = sha256(b"another log").to_string();
    for forged in [
        // A log that was forked then; a signature of something else; more leaves than there were.
        cosigned(&origin, 5, &other),
        Witness {
            root: root_at(&hub, 4),
            size: 4,
            ..sound.clone()
        },
        cosigned(&origin, 9_999, &other),
    ] {
        let copy = hub.data.with_extension("copy");
        let saved = std::process::Command::new("cp")
            .arg("-a")
            .args([&hub.data, &copy])
            .status();
        assert!(saved.expect("cp runs").success());
        let index = appended(&mut hub, &forged, None);
        let (good, told) = verified(&hub);
        assert!(!good, "{forged:?}");
        let place = format!("leaf_index {index} (witness)");
        assert!(told.contains(&place), "{told}");
        std::fs::remove_dir_all(&hub.data).expect("removed");
        std::fs::rename(&copy, &hub.data).expect("put back");
    }
}

#[test]
fn the_list_of_keys_is_the_one_that_the_log_announced() {
    let mut hub = Hub::stopped_with(3, 2);
    let changed = hub.command(&["keys", "rotate"]);
    assert!(changed.status.success(), "{}", process::stdout(&changed));
    hub.restart();
    let key = hub.add_source("320200");
    assert!(!key.is_empty());
    hub.kill();
    hub.restart();
    hub.kill();
    let (good, told) = verified(&hub);
    assert!(good, "{told}");
    let path = hub.data.join("log.pub");
    let listed = std::fs::read_to_string(&path).expect("log.pub");
    let keys: Keyring = listed.parse().expect("keys");
    let [first, second] = keys.terms() else {
        panic!("two keys: {listed}");
    };
    let from = second.from;
    for (forged, place) in [
        // As if the second had begun before it was announced.
        (
            format!("{} 0-1\n{} 1-\n", first.key, second.key),
            second.key.to_string(),
        ),
        // As if both had always been in force: the first would never have gone.
        (
            format!("{} 0-{}\n{} {from}-\n", first.key, from + 1, second.key),
            second.key.to_string(),
        ),
    ] {
        std::fs::write(&path, &forged).expect("written");
        let (good, told) = verified(&hub);
        assert!(!good, "{forged}");
        assert!(
            told.contains("log.pub") && told.contains(&place),
            "{forged}: {told}"
        );
    }
}

#[test]
fn a_daily_list_holds_what_was_held() {
    let mut hub = Hub::stopped_with(3, 4);
    let raw = ::hub::pipeline::RawStore::open(&hub.data.join("raw")).expect("raw bytes");
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let nothing = sha256(b"");
    let archived = runtime
        .expect("a runtime")
        .block_on(raw.archive(&nothing, b""));
    archived.expect("archived");
    let until = ::hub::pipeline::Instant::now();
    let salt = vec![1_u8; 32];
    let none: [Hash; 0] = [];
    let leaf = Commitment {
        until: until.text(),
        boundary: 9,
        salt_sha256: sha256(&salt).to_hex(),
        records: 0,
        records_root: root(&none).to_hex(),
        submissions: 0,
        submissions_root: root(&none).to_hex(),
        at: until.text(),
    };
    let row = Row {
        leaf_index: 0,
        until: until.millis,
        salt,
        records_list: nothing.as_bytes().to_vec(),
        submissions_list: nothing.as_bytes().to_vec(),
    };
    let index = appended(&mut hub, &leaf, Some(row));
    let (good, told) = verified(&hub);
    assert!(!good, "a list that leaves out what was held: {told}");
    let place = format!("commitments, leaf_index {index}, records_list");
    assert!(told.contains(&place), "{told}");
}
