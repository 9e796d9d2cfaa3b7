//! What the platform holds survives its end, and can be compared.

use std::io::Write as _;

use serde_json::{Value, json};

use super::{child, judged, packet, parent, record};
use crate::close::entry::{of_packet, signed_holdings};
use crate::close::tree::{Entry, Tree};
use crate::delivery::holding::Holding;
use crate::delivery::platform::{PlatformKeys, signed_answer};
use crate::delivery::projection::Operation;
use crate::delivery::world::{Made, Tested, World, get, post};

/// An answer with the headers that sign it: body, key, signature.
fn signed(url: &str, question: &str) -> Made<(String, String, String)> {
    let mut answer = ureq::get(format!("{url}{question}")).call()?;
    let header = |name: &str| {
        let value = answer.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let (key, signature) = (header("platform-key"), header("platform-signature"));
    Ok((answer.body_mut().read_to_string()?, key, signature))
}

fn root(entries: &[Entry]) -> String {
    let tree: Tree = entries.iter().copied().collect();
    tree.root().digest.to_hex()
}

/// The entry of a record that is held.
fn held(version: i64, deleted: bool, code: &str) -> Entry {
    of_packet(&Holding::new("PARENT", version, deleted, [("CODE", code)]))
}

#[test]
fn a_second_start_goes_on_where_the_first_stopped() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let first = packet(&world, 1, &[parent(1, "P1"), child(2, "C1", "P1")])?;
    judged(&national.url, 1, &first)?;
    judged(
        &national.url,
        2,
        &packet(&world, 2, &[child(3, "C9", "P9")])?,
    )?;
    post(&national.url, "/packets", b"<PACKET/>")?;
    let before = get(&national.url, "/summary")?;
    let held = get(&national.url, "/holdings/2026-11-22")?;
    let key = national.key.clone();
    national.stop();
    // A crash in the middle of writing: half a line, and half a packet.
    let folder = world.options()?.data.ok_or("no folder")?;
    for name in ["journal.ndjson", "packets.zst"] {
        let mut file = std::fs::File::options()
            .append(true)
            .open(folder.join(name))?;
        file.write_all(b"{\"packet\":{\"batch\":3,")?;
    }
    let national = world.national("")?;
    assert_eq!(national.key, key);
    let after = get(&national.url, "/summary")?;
    for member in [
        "packets",
        "accepted",
        "versions",
        "deals",
        "held",
        "refused",
        "by_dataset",
        "codes",
        "turned_away",
    ] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(
        (&after["turned_away"]["packet"], &after["answers"]["open"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(get(&national.url, "/holdings/2026-11-22")?, held);
    let mut kept = ureq::get(format!("{}/packets/1", national.url)).call()?;
    assert_eq!(kept.body_mut().read_to_vec()?, first);
    judged(
        &national.url,
        3,
        &packet(&world, 3, &[child(4, "C2", "P1")])?,
    )?;
    let taken = get(&national.url, "/records")?;
    let ids: Vec<&Value> = taken["records"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|taken| &taken["id"])
        .collect();
    assert_eq!(ids, [&json!(1), &json!(2), &json!(4)]);
    Ok(())
}

#[test]
fn what_is_held_can_be_walked_and_answers_are_signed() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let records: Vec<_> = (1..=200).map(|id| parent(id, &format!("P{id}"))).collect();
    judged(&national.url, 1, &packet(&world, 1, &records)?)?;
    let gone = record(300, "PARENT", Operation::Delete, &[("CODE", "P7")]);
    judged(&national.url, 2, &packet(&world, 2, &[gone])?)?;
    let entry = |id: i64| {
        let code = format!("P{id}");
        held(id, false, &code)
    };
    let mut all: Vec<Entry> = (1..=200).map(entry).collect();
    all.push(held(300, true, "P7"));
    let keys = PlatformKeys::parse(std::slice::from_ref(&national.key))?;
    let question = "/holdings/2026-11-22?from=1&until=1000";
    let (body, key, signature) = signed(&national.url, question)?;
    keys.check(
        Some(&key),
        Some(&signature),
        &signed_holdings(question, &body),
    )?;
    let said: Value = serde_json::from_str(&body)?;
    assert_eq!(
        said,
        json!({"date": "2026-11-22", "records": 201, "root": root(&all)})
    );
    let some = get(&national.url, "/holdings/2026-11-22?from=5&until=8")?;
    assert_eq!(some["root"], json!(root(&[entry(5), entry(6), entry(7)])));
    let node = get(
        &national.url,
        "/holdings/2026-11-22/nodes?prefix=&from=5&until=6",
    )?;
    let listed = &node["entries"][0];
    assert_eq!(
        (&listed["data_set"], &listed["version"]),
        (&json!("PARENT"), &json!(5))
    );
    assert_eq!(listed["id"], json!(entry(5).id.to_hex()));
    assert_eq!(
        get(&national.url, "/holdings/2026-11-22/nodes")?["children"]
            .as_array()
            .map(Vec::len),
        Some(16)
    );
    for wrong in ["/holdings/yesterday", "/holdings/2026-11-22/nodes?prefix=G"] {
        let status = ureq::get(format!("{}{wrong}", national.url)).call();
        assert!(matches!(status, Err(ureq::Error::StatusCode(400))));
    }
    // The business answer is signed too, and names its packet.
    let (body, key, signature) = signed(&national.url, "/packets/2/answer")?;
    keys.check(Some(&key), Some(&signature), &signed_answer(2, &body))?;
    assert!(
        keys.check(Some(&key), Some(&signature), &signed_answer(1, &body))
            .is_err()
    );
    Ok(())
}

#[test]
fn differences_are_planted_where_the_script_says_and_survive_a_restart() -> Tested {
    let world = World::new()?;
    let script = "[[fault]]\nkind = \"forget\"\nnumbers = \"1\"\n[[fault]]\nkind = \"alter\"\nnumbers = \"2\"\n\
                  [[fault]]\nkind = \"invent\"\nnumbers = \"3\"\n[[fault]]\nkind = \"hold_twice\"\nnumbers = \"4\"\n";
    let national = world.national(script)?;
    let records: Vec<_> = (1..=5).map(|id| parent(id, &format!("P{id}"))).collect();
    let answers = judged(&national.url, 1, &packet(&world, 1, &records)?)?;
    assert!(answers.iter().all(|(result, _)| result == "accepted"));
    let looked = |url: &str| -> Made<(Value, Value, usize)> {
        let node = get(url, "/holdings/2026-11-22/nodes")?;
        let entries = node["entries"].as_array().cloned().unwrap_or_default();
        let altered = held(2, false, "P2").content.to_hex();
        assert!(
            entries
                .iter()
                .all(|entry| entry["content"] != json!(altered))
        );
        Ok((get(url, "/planted")?, node, entries.len()))
    };
    let (planted, node, count) = looked(&national.url)?;
    assert_eq!(count, 6, "one less, one more, one twice");
    let named: Vec<(&str, i64)> = planted
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| Some((one["fault"].as_str()?, one["version"].as_i64()?)))
        .collect();
    let expected = [
        ("forget", 1),
        ("alter", 2),
        ("invent", 3),
        ("hold_twice", 4),
    ];
    assert_eq!(named, expected);
    national.stop();
    let national = world.national("")?;
    assert_eq!(looked(&national.url)?, (planted.clone(), node, count));
    // What was forgotten is judged against all the same: a child of it is taken.
    let later = packet(&world, 2, &[child(9, "C1", "P1")])?;
    assert_eq!(judged(&national.url, 2, &later)?[0].0, "accepted");
    Ok(())
}
