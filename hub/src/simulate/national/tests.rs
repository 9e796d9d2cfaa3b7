//! What a user of `national` sees, good and bad.

//! The platform by itself: what it refuses, remembers, and how it misbehaves.

#![expect(clippy::indexing_slicing, reason = "tests")]

use serde_json::{Value, json};

use super::{National, Options, Plan};
use crate::delivery::packet::{Head, Signer, build};
use crate::delivery::projection::{Operation, Projected};
use crate::delivery::world::{Made, Tested, World, get, post, until};

fn record(id: i64, dataset: &str, operation: Operation, columns: &[(&str, &str)]) -> Projected {
    let columns = columns.iter();
    Projected {
        id,
        dataset: dataset.to_owned(),
        operation,
        reason: None,
        columns: columns
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

fn parent(id: i64, code: &str) -> Projected {
    record(id, "PARENT", Operation::Add, &[("CODE", code)])
}

fn child(id: i64, code: &str, of: &str) -> Projected {
    let columns = [("CODE", code), ("PARENT_CODE", of)];
    record(id, "CHILD", Operation::Add, &columns)
}

fn packet(world: &World, batch: i64, records: &[Projected]) -> Made<Vec<u8>> {
    let head = Head {
        batch,
        sender: "320000".to_owned(),
        edition: "2.0".to_owned(),
        created_at: 1_700_000_000_000,
    };
    Ok(build(
        &head,
        records,
        &Signer::new("hub.test", world.key.clone()),
    )?)
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
         <PARENT_CODE>P1</PARENT_CODE></RECORD></BODY><SIGNATURE ALGORITHM=\"Ed25519\" KEY=\"hub.test\">"
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
fn faults_come_in_the_order_of_the_script() -> Tested {
    let world = World::new()?;
    let national = world.national("script=[500,429,garbage,reset,drop,ok],hang_for=1ms")?;
    let sent = packet(&world, 1, &[parent(1, "P1")])?;
    let push = || post(&national.url, "/packets", &sent);
    assert_eq!(push()?.0, 503);
    assert_eq!(push()?.0, 429);
    assert_eq!(push()?, (200, Value::Null));
    assert!(push().is_err());
    let packets =
        || Ok::<_, Box<dyn std::error::Error>>(get(&national.url, "/summary")?["packets"].clone());
    assert_eq!(packets()?, json!(0));
    assert!(push().is_err());
    assert_eq!(packets()?, json!(1), "dropped after it was taken");
    assert_eq!(push()?.0, 200);
    let (status, _) = post(
        &national.url,
        "/faults",
        b"{\"5xx\": 1, \"script\": [\"ok\"]}",
    )?;
    assert_eq!(status, 200);
    assert_eq!((push()?.0, push()?.0), (200, 503));
    assert_eq!(post(&national.url, "/faults", b"nonsense=1")?.0, 400);
    Ok(())
}

#[test]
fn plans_are_read_strictly() -> Tested {
    let plan: Plan = "5xx=0.1,script=[500,hang,drop,ok],outage=5s,seed=3,hang_for=20ms".parse()?;
    assert_ne!(plan, Plan::default());
    for wrong in ["5xx=2", "5xx", "script=[what]", "script=500", "outage=long"] {
        let error = wrong.parse::<Plan>().err().ok_or(wrong)?;
        assert!(error.to_string().contains(wrong), "{error}");
    }
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
