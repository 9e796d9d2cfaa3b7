//! What a user of `delivery` sees, good and bad.

//! Forwarding against a real platform over real HTTP, with every fault that it knows.

#![expect(clippy::indexing_slicing, clippy::expect_used, reason = "tests")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::breaker::BreakerState;
use super::client::{Asking, Sending, Trouble};
use super::packet::PacketError;
use super::wire::{Packed, Stamp, Version, Wire};
use super::world::{Draft, Made, Tested, World, child, get, parent, post, until};
use crate::store::body::Body;
use crate::store::deliveries::State;
use crate::store::{forwarded, packet_bytes, records};

/// The records that the platform accepted, in order.
fn accepted(url: &str) -> Made<Vec<i64>> {
    let page = get(url, "/records?limit=10000")?;
    let records = page["records"].as_array().cloned().unwrap_or_default();
    Ok(records.iter().filter_map(|r| r["id"].as_i64()).collect())
}

/// A draft that follows a version: another one (action 0), its correction (1) or its withdrawal (2).
fn following(previous: i64, action: i32, draft: Draft) -> Draft {
    Draft {
        previous: Some(previous),
        action,
        ..draft
    }
}

/// Deals of a parent, two children and a second version of the parent, interleaved.
fn deals(number: i64) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for lane in 1..=number {
        drafts.push(parent(lane, &format!("P{lane}"), "first"));
    }
    for part in 0..2 {
        for lane in 1..=number {
            drafts.push(child(lane, &format!("C{lane}-{part}"), &format!("P{lane}")));
        }
    }
    for lane in 1..=number {
        let second = parent(lane, &format!("P{lane}"), "second");
        drafts.push(following(lane, 0, second));
    }
    drafts
}

#[test]
fn everything_arrives_once_and_in_order_whatever_goes_wrong_on_the_way() -> Tested {
    let world = World::new()?;
    let national = world.national(
        "5xx=0.08,429=0.02,hang=0.03,reset=0.05,drop_after_commit=0.1,garbage=0.08,lost_answer=0.1,hang_for=600ms,seed=11",
    )?;
    let drafts = deals(20);
    let lanes: Vec<i64> = drafts.iter().map(|draft| draft.lane).collect();
    let ids = world.owe("s1", drafts)?;
    let delivery = world.start(&national.url, World::settings())?;
    until("all acknowledged", || {
        Ok(world.count(State::Acknowledged)? == ids.len() as i64)
    })?;
    let taken = accepted(&national.url)?;
    assert_eq!(taken.len(), ids.len(), "each once");
    let lane_of: HashMap<i64, i64> = ids.iter().copied().zip(lanes).collect();
    let mut last: HashMap<i64, i64> = HashMap::new();
    for id in taken {
        let before = last.insert(lane_of[&id], id);
        assert!(before.is_none_or(|before| before < id), "order in the lane");
    }
    let status = delivery.status();
    assert!(status.retries > 0, "there was something to overcome");
    let summary = get(&national.url, "/summary")?;
    assert!(summary["repeats"].as_u64() > Some(0), "some came twice");
    assert_eq!(summary["refused"], json!(0));
    let batches = summary["packets"].as_u64();
    let attempts = world.leaves("delivery")?;
    let sent = attempts.iter().filter(|leaf| leaf["outcome"] == "sent");
    let answered = world.leaves("acknowledgement")?;
    assert_eq!(
        Some(sent.count() as u64),
        batches,
        "one leaf per batch sent"
    );
    assert!(
        attempts.len() as u64 > batches.unwrap_or(0),
        "what failed is logged too"
    );
    assert_eq!(Some(answered.len() as u64), batches, "one per answer");
    let per_source = forwarded::per_source(&mut *world.readers.take()?, "national")?;
    assert_eq!(per_source[0].source, "s1");
    assert_eq!(per_source[0].acknowledged, ids.len() as i64);
    assert_eq!(per_source[0].forwarded, per_source[0].owed);
    Ok(())
}

/// A packet reached the platform, and its sender fell before it heard of that; the platform is stopped.
fn sent_and_not_heard(world: &World) -> Tested {
    let national = world.national("drop_after_commit=1")?;
    let delivery = world.start(&national.url, World::settings())?;
    until("the packet is there", || {
        Ok(get(&national.url, "/summary")?["packets"] == json!(1))
    })?;
    drop(delivery);
    national.stop();
    Ok(())
}

#[test]
fn a_batch_goes_out_again_with_the_same_bytes_after_a_crash() -> Tested {
    let world = World::new()?;
    let ids = world.owe("s1", deals(1))?;
    // The platform starts anew as well, and remembers.
    sent_and_not_heard(&world)?;
    assert_eq!(world.count(State::Acknowledged)?, 0);
    let national = world.national("")?;
    let _delivery = world.start(&national.url, World::settings())?;
    until("all acknowledged", || {
        Ok(world.count(State::Acknowledged)? == ids.len() as i64)
    })?;
    let summary = get(&national.url, "/summary")?;
    assert_eq!(summary["packets"], json!(1), "no second batch");
    assert!(summary["repeats"].as_u64() >= Some(1));
    let attempts = world.leaves("delivery")?;
    let sent = attempts.iter().filter(|leaf| leaf["outcome"] == "sent");
    assert_eq!(sent.count(), 1);
    let packets: std::collections::HashSet<_> = attempts
        .iter()
        .map(|leaf| &leaf["packet_sha256"])
        .map(Value::to_string)
        .collect();
    assert_eq!(packets.len(), 1, "the same bytes each time: {attempts:?}");
    Ok(())
}

#[test]
fn a_packet_that_an_earlier_key_signed_is_replaced_when_it_is_refused() -> Tested {
    let mut world = World::new()?;
    let ids = world.owe("s1", vec![parent(1, "P1", "n")])?;
    sent_and_not_heard(&world)?;
    // The platform knows the new key only. It holds the record already, and says so.
    world.key = crate::keys::SigningKey::generate()?;
    let national = world.national("")?;
    let _delivery = world.start(&national.url, World::settings())?;
    until("acknowledged", || {
        Ok(world.count(State::Acknowledged)? == ids.len() as i64)
    })?;
    assert_eq!(accepted(&national.url)?, ids, "held once");
    assert_eq!(get(&national.url, "/summary")?["codes"]["duplicate"], 1);
    Ok(())
}

#[test]
fn what_was_kept_is_sent_again_whatever_would_be_made_of_it_now() -> Tested {
    let world = World::new()?;
    let ids = world.owe("s1", deals(1))?;
    sent_and_not_heard(&world)?;
    let national = world.national("")?;
    let settings = World::settings();
    // As another version, or another configuration, would make it: other bytes.
    let mut wire = world.wire(&national.url, &settings);
    wire.sender = "330000".to_owned();
    let _delivery = world.start_through(Arc::new(wire), settings)?;
    until("all acknowledged", || {
        Ok(world.count(State::Acknowledged)? == ids.len() as i64)
    })?;
    let summary = get(&national.url, "/summary")?;
    assert_eq!(summary["packets"], json!(1), "no second batch: {summary}");
    assert!(summary["repeats"].as_u64() >= Some(1));
    Ok(())
}

/// A destination that is down until it is told otherwise, and shows what it was sent.
struct Down {
    wire: super::national::National,
    down: AtomicBool,
    packets: Mutex<Vec<(i64, String)>>,
}

impl Wire for Down {
    fn pack(&self, stamp: Stamp, versions: Vec<Version>) -> Result<Packed, PacketError> {
        self.wire.pack(stamp, versions)
    }

    fn send(&self, batch: i64, packet: &[u8]) -> Sending {
        let text = String::from_utf8_lossy(packet).into_owned();
        self.packets.lock().expect("a lock").push((batch, text));
        if self.down.load(Ordering::SeqCst) {
            return Sending::Trouble(Trouble::sick("down"));
        }
        Sending::Taken("taken".to_owned())
    }

    fn ask(&self, _: i64) -> Asking {
        Asking::Unknown
    }
}

#[test]
fn a_packet_with_a_record_that_was_erased_is_not_sent_again() -> Tested {
    let world = World::new()?;
    let drafts = vec![parent(1, "P1", "somebody"), parent(2, "P2", "stays")];
    let ids = world.owe("s1", drafts)?;
    let wire = Arc::new(Down {
        wire: world.wire("http://127.0.0.1:1", &World::settings()),
        down: AtomicBool::new(true),
        packets: Mutex::default(),
    });
    let seen = Arc::clone(&wire);
    let _delivery = world.start_through(wire, World::settings())?;
    let packets = || seen.packets.lock().expect("a lock").clone();
    until("it was tried twice", || Ok(packets().len() > 1))?;
    let first = packets()[0].clone();
    assert!(first.1.contains("somebody") && first.1.contains("stays"));
    assert!(
        packets().iter().all(|packet| *packet == first),
        "the very same"
    );
    let (record, batch) = (ids[0], first.0);
    world.writer.run(move |transaction| {
        let connection = &mut *transaction.connection;
        let row = records::by_id(connection, record)?.expect("a record");
        let left = Body::erased(row.body.leaf_hash(), row.body.digest());
        records::rewrite(connection, record, &left)?;
        packet_bytes::destroy(connection, batch, 0)
    })?;
    let before = packets().len();
    // The old one is given up before it could be taken.
    until("another packet is tried", || {
        Ok(packets().iter().any(|packet| packet.0 != batch))
    })?;
    seen.down.store(false, Ordering::SeqCst);
    until("the other is acknowledged", || {
        Ok(world.count(State::Acknowledged)? == 1 && world.count(State::Refused)? == 1)
    })?;
    let after = packets().split_off(before);
    // One attempt may have been under way.
    let old = after.iter().filter(|packet| packet.0 == batch);
    assert!(old.count() <= 1, "{after:?}");
    let new: Vec<&String> = after
        .iter()
        .filter(|one| one.0 != batch)
        .map(|one| &one.1)
        .collect();
    assert!(!new.is_empty());
    assert!(
        new.iter()
            .all(|packet| packet.contains("stays") && !packet.contains("somebody"))
    );
    Ok(())
}

#[test]
fn a_refused_record_keeps_its_reason_and_blocks_no_other_deal() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let mut drafts = vec![parent(1, "P1", &"x".repeat(41)), child(1, "C1", "P1")];
    drafts.extend([parent(2, "P2", "good"), child(2, "C2", "P2")]);
    drafts.push(Draft {
        dataset: 3,
        ..parent(3, "L1", "not forwarded")
    });
    let ids = world.owe("s1", drafts)?;
    let mut settings = World::settings();
    settings.record_attempts = 3;
    let _delivery = world.start(&national.url, settings)?;
    until("all settled", || {
        Ok(world.count(State::Acknowledged)? == 2 && world.count(State::Refused)? == 3)
    })?;
    let (_, reason) = world.fate(ids[0])?;
    assert!(reason.starts_with("schema: /NAME"), "{reason}");
    assert!(
        !reason.contains("xxxxx"),
        "no value in the reason: {reason}"
    );
    let (_, reason) = world.fate(ids[1])?;
    assert!(reason.starts_with("order: "), "{reason}");
    let (_, reason) = world.fate(ids[4])?;
    assert!(reason.starts_with("hub.projection: "), "{reason}");
    // The corrected version is an addition there, for the first was never taken over.
    let mended = world.owe("s1", vec![following(ids[0], 0, parent(1, "P1", "short"))])?;
    until("the corrected version is acknowledged", || {
        Ok(world.fate(mended[0])?.0 == 2)
    })
}

#[test]
fn versions_are_added_changed_and_deleted() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let first = parent(1, "P1", "a");
    let second = following(1, 1, parent(1, "P1", "b"));
    let gone = following(2, 2, second.clone());
    let again = following(3, 0, parent(1, "P1", "c"));
    world.owe("s1", vec![first, second, gone, again])?;
    let _delivery = world.start(&national.url, World::settings())?;
    until("all acknowledged", || {
        Ok(world.count(State::Acknowledged)? == 4)
    })?;
    let page = get(&national.url, "/records")?;
    let operations: Vec<Option<i64>> = page["records"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|record| record["operation"].as_i64())
        .collect();
    assert_eq!(operations, [Some(1), Some(2), Some(3), Some(1)]);
    Ok(())
}

/// Keeps what goes over the wire.
struct Kept {
    wire: super::national::National,
    packets: Mutex<Vec<String>>,
}

impl Wire for Kept {
    fn pack(&self, stamp: Stamp, versions: Vec<Version>) -> Result<Packed, PacketError> {
        self.wire.pack(stamp, versions)
    }

    fn asks_what_is_held(&self) -> bool {
        true
    }

    fn send(&self, batch: i64, packet: &[u8]) -> Sending {
        let text = String::from_utf8_lossy(packet).into_owned();
        self.packets.lock().expect("a lock").push(text);
        self.wire.send(batch, packet)
    }

    fn ask(&self, batch: i64) -> Asking {
        self.wire.ask(batch)
    }
}

#[test]
fn the_platform_is_told_why_a_record_is_corrected_or_taken_back() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let first = parent(1, "P1", "a");
    let second = Draft {
        reason: Some("金额 < 合同价\n\"更正\"".to_owned()),
        ..following(1, 1, parent(1, "P1", "b"))
    };
    let gone = Draft {
        reason: Some("项目取消".to_owned()),
        ..following(2, 2, second.clone())
    };
    world.owe("s1", vec![first, second, gone])?;
    let wire = Arc::new(Kept {
        wire: world.wire(&national.url, &World::settings()),
        packets: Mutex::default(),
    });
    let _delivery = world.start_through(wire.clone(), World::settings())?;
    until("all acknowledged", || {
        Ok(world.count(State::Acknowledged)? == 3)
    })?;
    let packet = wire.packets.lock().expect("a lock")[0].clone();
    let parts: Vec<&str> = packet.split("<RECORD ").skip(1).collect();
    assert!(!parts[0].contains("REASON="), "{packet}");
    let why = "REASON=\"金额 &lt; 合同价&#10;&quot;更正&quot;\"";
    assert!(parts[1].contains(why), "{packet}");
    assert!(parts[2].contains("REASON=\"项目取消\""), "{packet}");
    Ok(())
}

#[test]
fn the_breaker_opens_on_failures_and_closes_when_the_platform_is_well() -> Tested {
    let world = World::new()?;
    let national = world.national("5xx=1")?;
    let ids = world.owe("s1", deals(3))?;
    let delivery = world.start(&national.url, World::settings())?;
    until("it opened", || Ok(delivery.status().opened >= 2))?;
    assert_eq!(world.count(State::Acknowledged)?, 0);
    assert_eq!(post(&national.url, "/faults", b"{}")?.0, 200);
    until("all acknowledged", || {
        Ok(world.count(State::Acknowledged)? == ids.len() as i64)
    })?;
    until("it closed", || {
        Ok(delivery.status().breaker == BreakerState::Closed)
    })
}

#[test]
fn a_batch_beyond_its_attempts_waits_for_an_operator() -> Tested {
    let world = World::new()?;
    let national = world.national("reset=1")?;
    let ids = world.owe("s1", vec![parent(1, "P1", "a")])?;
    let mut settings = World::settings();
    settings.attempts = 3;
    let _delivery = world.start(&national.url, settings)?;
    until("given up", || Ok(world.count(State::Exhausted)? == 1))?;
    let (_, reason) = world.fate(ids[0])?;
    assert!(reason.starts_with("given up: "), "{reason}");
    assert_eq!(get(&national.url, "/summary")?["requests"], json!(3));
    Ok(())
}

#[test]
fn a_packet_with_a_forged_signature_is_refused_as_a_whole() -> Tested {
    let mut world = World::new()?;
    let national = world.national("")?;
    world.key = crate::keys::SigningKey::generate()?;
    let ids = world.owe("s1", vec![parent(1, "P1", "a")])?;
    let _delivery = world.start(&national.url, World::settings())?;
    until("refused", || Ok(world.count(State::Refused)? == 1))?;
    let (_, reason) = world.fate(ids[0])?;
    assert!(reason.starts_with("401: "), "{reason}");
    assert_eq!(accepted(&national.url)?, Vec::<i64>::new());
    assert_eq!(world.leaves("acknowledgement")?[0]["refused"], json!("1"));
    Ok(())
}

#[test]
fn a_receipt_is_not_an_acknowledgement() -> Tested {
    let world = World::new()?;
    let mut options = world.options()?;
    options.delay = std::time::Duration::from_hours(1);
    let national = crate::simulate::national::National::start(options)?;
    world.owe("s1", vec![parent(1, "P1", "a")])?;
    let delivery = world.start(&national.url, World::settings())?;
    until("sent", || Ok(world.count(State::Sent)? == 1))?;
    drop(delivery);
    let mut settings = World::settings();
    settings.answer_within = std::time::Duration::ZERO;
    let _delivery = world.start(&national.url, settings)?;
    until("given up", || Ok(world.count(State::Exhausted)? == 1))?;
    let requests = get(&national.url, "/summary")?["requests"].clone();
    assert_eq!(
        requests,
        Value::from(1),
        "a confirmed packet is not sent again"
    );
    Ok(())
}
