//! What a user of `national` sees, good and bad.

//! The platform by itself: what it refuses, remembers, and how it misbehaves.

#![expect(clippy::indexing_slicing, reason = "tests")]

mod dishonest;
mod store;

use serde_json::{Value, json};

use super::{National, Options};
use crate::delivery::packet::{Head, Signer, build};
use crate::delivery::projection::{Operation, Projected};
use crate::delivery::world::{Made, Tested, World, get, post, until};

fn record(
    id: i64,
    dataset: &'static str,
    operation: Operation,
    columns: &[(&'static str, &str)],
) -> Projected<'static> {
    let columns = columns.iter();
    Projected {
        id,
        dataset,
        operation,
        reason: None,
        columns: columns
            .map(|(name, value)| (*name, (*value).to_owned().into()))
            .collect(),
    }
}

fn parent(id: i64, code: &str) -> Projected<'static> {
    record(id, "PARENT", Operation::Add, &[("CODE", code)])
}

fn child(id: i64, code: &str, of: &str) -> Projected<'static> {
    let columns = [("CODE", code), ("PARENT_CODE", of)];
    record(id, "CHILD", Operation::Add, &columns)
}

fn packet(world: &World, batch: i64, records: &[Projected<'_>]) -> Made<Vec<u8>> {
    let head = Head {
        batch,
        sender: "320000".to_owned(),
        edition: "2.0".to_owned(),
        created_at: 1_700_000_000_000,
    };
    let signer = Signer::new("hub.test", world.key.clone());
    Ok(build(&head, records, &signer)?.0)
}

/// Sends a packet and waits for its answer: (result, code) per record.
fn judged(url: &str, batch: i64, packet: &[u8]) -> Made<Vec<(String, String)>> {
    let (status, receipt) = post(url, "/packets", packet)?;
    assert_eq!((status, &receipt["received"]), (200, &json!(true)));
    let path = format!("/packets/{batch}/answer");
    until("an answer", || Ok(get(url, &path)?["status"] == "done"))?;
    let answer = get(url, &path)?;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let records = answer["records"].as_array().cloned().unwrap_or_default();
    Ok(records
        .iter()
        .map(|record| (word(&record["result"]), word(&record["code"])))
        .collect())
}

fn outcome(result: &str, code: &str) -> (String, String) {
    (result.to_owned(), code.to_owned())
}

#[test]
fn the_packet_has_the_agreed_form() -> Tested {
    let world = World::new()?;
    let xml = String::from_utf8(packet(&world, 5, &[child(9, "C<1>", "P1")])?)?;
    assert!(xml.starts_with(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><PACKET><HEAD><BATCH>5</BATCH><SENDER>320000</SENDER>\
         <EDITION>2.0</EDITION><CREATED>2023-11-15T06:13:20+08:00</CREATED><COUNT>1</COUNT></HEAD><BODY xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <RECORD xsi:type=\"CHILD\" SEQ=\"1\" ID=\"9\" DATASET=\"CHILD\" OPERATION=\"1\"><CODE>C&lt;1&gt;</CODE>\
         <PARENT_CODE>P1</PARENT_CODE></RECORD></BODY><SIGNATURE ALGORITHM=\"Ed25519-SHA256\" KEY=\"hub.test\">"
    ), "{xml}");
    assert!(xml.ends_with("</SIGNATURE></PACKET>"));
    Ok(())
}

#[test]
fn a_changed_byte_breaks_the_signature_and_bad_xml_is_no_packet() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let good = String::from_utf8(packet(&world, 1, &[parent(1, "P1")])?)?;
    let forged = good.replace("<CODE>P1", "<CODE>P2");
    let (status, answer) = post(&national.url, "/packets", forged.as_bytes())?;
    assert_eq!((status, &answer["code"]), (401, &json!("signature")));
    let moved = good.replace("<HEAD>", "<HEAD >");
    assert_eq!(post(&national.url, "/packets", moved.as_bytes())?.0, 401);
    for bad in [
        good.replace("</BODY>", ""),
        good.replace("<PACKET>", "<!DOCTYPE PACKET [<!ENTITY a \"b\">]><PACKET>"),
        good.replace("<COUNT>1", "<COUNT>2"),
        good.replace("<BODY ", "<BODY><BODY "),
        good.replace("P1</CODE>", "&a;</CODE>"),
        String::new(),
    ] {
        let (status, answer) = post(&national.url, "/packets", bad.as_bytes())?;
        assert_eq!((status, &answer["code"]), (400, &json!("packet")), "{bad}");
    }
    assert_eq!(get(&national.url, "/summary")?["packets"], json!(0));
    Ok(())
}

#[test]
fn records_are_judged_by_schema_order_and_repetition() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let url = &national.url;
    let first = [
        child(1, "C1", "P1"),
        parent(2, "P1"),
        child(3, "C1", "P1"),
        record(
            4,
            "PARENT",
            Operation::Add,
            &[("CODE", "P2"), ("WHAT", "x")],
        ),
        child(5, "C2", "P2"),
        record(6, "NOBODY", Operation::Add, &[("CODE", "P2")]),
        record(7, "PARENT", Operation::Change, &[("CODE", "P9")]),
        parent(8, "P1"),
    ];
    let answers = judged(url, 1, &packet(&world, 1, &first)?)?;
    let wanted = [
        outcome("refused", "order"),
        outcome("accepted", ""),
        outcome("not_processed", "not_processed"),
        outcome("refused", "schema"),
        outcome("not_processed", "not_processed"),
        outcome("refused", "schema"),
        outcome("refused", "order"),
        outcome("refused", "exists"),
    ];
    assert_eq!(answers, wanted);
    let second = [parent(2, "P1"), child(3, "C1", "P1"), child(5, "C2", "P2")];
    let answers = judged(url, 2, &packet(&world, 2, &second)?)?;
    let wanted = [
        outcome("refused", "duplicate"),
        outcome("accepted", ""),
        outcome("refused", "order"),
    ];
    assert_eq!(answers, wanted);
    Ok(())
}

#[test]
fn the_same_batch_gets_the_same_answer_also_after_a_restart() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let sent = packet(&world, 1, &[parent(1, "P1")])?;
    let first = judged(&national.url, 1, &sent)?;
    national.stop();
    let national = world.national("")?;
    assert_eq!(judged(&national.url, 1, &sent)?, first);
    let other = packet(&world, 1, &[parent(2, "P2")])?;
    assert_eq!(post(&national.url, "/packets", &other)?.0, 409);
    assert_eq!(get(&national.url, "/records")?["total"], json!(1));
    let later = judged(
        &national.url,
        2,
        &packet(&world, 2, &[child(3, "C1", "P1")])?,
    )?;
    assert_eq!(
        later,
        [outcome("accepted", "")],
        "what it refers to is remembered"
    );
    Ok(())
}

#[test]
fn versions_come_in_order_and_say_one_thing_only() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let url = &national.url;
    let change = |id: i64, name: &str| {
        let columns = [("CODE", "P1"), ("NAME", name)];
        record(id, "PARENT", Operation::Change, &columns)
    };
    let gone = |id: i64| record(id, "PARENT", Operation::Delete, &[("CODE", "P1")]);
    let accepted = outcome("accepted", "");
    let mut batch = 0;
    let mut judge = |records: &[Projected<'_>]| {
        batch += 1;
        judged(url, batch, &packet(&world, batch, records)?)
    };
    assert_eq!(
        judge(&[parent(1, "P1"), change(5, "b")])?,
        [accepted.clone(), accepted.clone()]
    );
    assert_eq!(judge(&[change(3, "late")])?, [outcome("refused", "stale")]);
    assert_eq!(judge(&[change(5, "b")])?, [outcome("refused", "duplicate")]);
    assert_eq!(
        judge(&[change(5, "other")])?,
        [outcome("refused", "conflict")]
    );
    assert_eq!(judge(&[gone(6)])?, std::slice::from_ref(&accepted));
    assert_eq!(judge(&[gone(7)])?, [outcome("refused", "order")]);
    assert_eq!(judge(&[change(8, "c")])?, [outcome("refused", "order")]);
    assert_eq!(judge(&[parent(9, "P1")])?, [accepted]);
    let summary = get(url, "/summary")?;
    assert_eq!(
        (&summary["accepted"], &summary["duplicates"]),
        (&json!(4), &json!(1))
    );
    Ok(())
}

#[test]
fn reasons_are_said_in_chinese_and_name_no_value() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let long = "x".repeat(41);
    let records = [
        record(
            1,
            "PARENT",
            Operation::Add,
            &[("NAME", &long), ("WHAT", "secret")],
        ),
        child(2, "C1", "P9"),
    ];
    let sent = packet(&world, 1, &records)?;
    judged(&national.url, 1, &sent)?;
    let answer = get(&national.url, "/packets/1/answer")?;
    let reason = |place: usize| {
        answer["records"][place]["reason"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    for part in [
        "/CODE：必填项缺失",
        "/NAME：长度超过 40 个字符",
        "/WHAT：不是本数据集的数据项",
    ] {
        assert!(reason(0).contains(part), "{part} in {}", reason(0));
    }
    assert!(!reason(0).contains("secret") && !reason(0).contains("xxxx"));
    assert!(
        reason(1).contains("/PARENT_CODE 引用的记录尚未报送"),
        "{}",
        reason(1)
    );
    Ok(())
}

#[test]
fn a_packet_of_another_edition_is_turned_away() -> Tested {
    let world = World::new()?;
    let mut options = world.options()?;
    options.edition = "1.0".to_owned();
    let national = National::start(options)?;
    let sent = packet(&world, 1, &[parent(1, "P1")])?;
    let (status, answer) = post(&national.url, "/packets", &sent)?;
    assert_eq!((status, &answer["code"]), (400, &json!("edition")));
    assert_eq!(get(&national.url, "/summary")?["turned_away"]["edition"], 1);
    Ok(())
}

#[test]
fn the_platform_of_the_embedded_specification_knows_every_forwarded_data_set() -> Tested {
    let spec = spec::Spec::embedded()?;
    let options = Options::new(&spec, "3.0", "2.0");
    let edition = spec.edition("2.0").ok_or("no edition 2.0")?;
    for dataset in &edition.datasets {
        let linked = options.links.dataset(&dataset.id).ok_or("not linked")?;
        assert!(options.schemas.contains_key(&dataset.id), "{}", dataset.id);
        assert!(!linked.key.is_empty(), "{} has no key", dataset.id);
    }
    assert!(options.links.referred().len() > 3, "some are referred to");
    National::start(options)?.stop();
    Ok(())
}

#[test]
fn an_address_in_use_is_an_error() -> Tested {
    let world = World::new()?;
    let national = world.national("")?;
    let mut options = world.options()?;
    options.listen = national.url.replace("http://", "");
    options.data = None;
    assert!(National::start(options).is_err());
    Ok(())
}
