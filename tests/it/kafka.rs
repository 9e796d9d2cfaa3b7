//! Kafka as a way in, against a real broker: what is produced is stored, each once, whatever dies meanwhile; every
//! message gets its verdict; nothing blocks a partition.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::harness::hub::Hub;
use super::harness::kafka::{Broker, LONG, Read};
use super::harness::{Engine, records, within};

mod takeover;

/// Two hubs share the partitions.
const GROUP: &str = "group = \"hubs\"\noptions = { \"session.timeout.ms\" = \"6000\", \"heartbeat.interval.ms\" = \"500\" }\n";

/// Profiles of two sources that send through Kafka, and the configuration that reads them.
struct Setting {
    folder: tempfile::TempDir,
}

impl Setting {
    fn new(brokers: &str, more: &str) -> Setting {
        let folder = tempfile::Builder::new()
            .prefix("hub-kafka-set-")
            .tempdir()
            .expect("a folder");
        let sources = folder.path().join("sources");
        std::fs::create_dir_all(&sources).expect("a folder");
        for (id, wire) in [
            ("320100", "format = \"json\""),
            (
                "320800",
                "format = \"json\"\nshape = \"single\"\nreason_unstated = \"来源系统删除\"",
            ),
        ] {
            let text = format!(
                "version = 1\nid = \"{id}\"\nkind = \"city\"\nname = \"市\"\nenglish = \"City\"\nregion = \"{id}\"\n\
                 ways = [\"http\", \"kafka\"]\ndatasets = \"general\"\n[wire]\n{wire}\n"
            );
            std::fs::write(sources.join(format!("{id}.toml")), text).expect("a profile");
        }
        let text = format!(
            "[spec]\nmuted_rules = [\"all.timely_*\"]\nsources = \"{}\"\n[kafka]\nbrokers = \"{}\"\n\
             backoff_max_ms = 1000\ntopics = [\n{{ topic = \"batches\", source = \"320100\", reply = \"verdicts\" }},\n\
             {{ topic = \"records\", source = \"320800\", dataset = \"PROJECT\", keyed = true, reply = \"verdicts\" }},\n\
             ]\n{more}",
            sources.display(),
            brokers,
        );
        std::fs::write(folder.path().join("hub.toml"), text).expect("a configuration");
        Setting { folder }
    }

    fn start(&self, engine: Engine) -> Hub {
        let config = self.folder.path().join("hub.toml").display().to_string();
        Hub::start(engine, &["--config", &config])
    }
}

#[track_caller]
fn wait(what: &str, holds: impl FnMut() -> bool) {
    within(LONG, what, holds);
}

/// So many messages, each of which carried another project, became one submission each; the names of these.
#[track_caller]
fn each_became_one(hub: &Hub, reader: &str, messages: u32) -> Vec<String> {
    let names = listed(hub, reader);
    let kept: BTreeSet<&String> = names.iter().collect();
    assert_eq!(kept.len(), names.len(), "a message became two submissions");
    assert_eq!(names.len(), messages as usize);
    records::assert_one_version_each(hub, messages, reader);
    names
}

/// Every submission that the hub lists: the sender's number of it, as often as it is listed.
fn listed(hub: &Hub, key: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut after = String::new();
    loop {
        let page = hub
            .get(&format!("/v1/submissions?limit=1000{after}"), key)
            .json();
        let rows = page["items"].as_array().expect("a list");
        names.extend(
            rows.iter()
                .map(|row| row["submission"].as_str().expect("a name").to_owned()),
        );
        match &page["next"] {
            Value::Null => return names,
            next => after = format!("&after={}", next.as_str().expect("a number")),
        }
    }
}

/// A figure of the hub, added up over its labels.
fn figure(hub: &Hub, name: &str, place: &str) -> u64 {
    let text = hub.get("/metrics", "").text;
    let wanted = format!("place=\"{place}\"");
    text.lines()
        .filter(|line| line.starts_with(name) && line.contains(&wanted))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

fn json_of(read: &Read) -> Value {
    serde_json::from_slice(&read.body).expect("a reply is JSON")
}

#[test]
fn every_message_gets_its_verdict_and_none_blocks_the_next() {
    let broker = Broker::start();
    for topic in ["batches", "records", "verdicts"] {
        broker.topic(topic, 1);
    }
    let setting = Setting::new(&broker.address(), "");
    let mut hub = setting.start(Engine::Sqlite);
    let reader = hub.add_reader("audit", "auditor");

    let batch = records::envelope(
        "from-the-sender",
        &[
            records::element("PROJECT", &records::project(1)),
            records::element("PROJECT", &records::project(2)),
        ],
    );
    let unnamed =
        json!({ "records": [records::element("PROJECT", &records::project(3))] }).to_string();
    broker.produce(
        "batches",
        &[
            ("", Some(b"{\"records\": [")),
            ("k", Some(&batch)),
            ("", None),
            ("", Some(unnamed.as_bytes())),
            // Sent twice by its sender, and once more with other bytes under the same number.
            ("", Some(&batch)),
            ("", Some(&records::envelope("from-the-sender", &[]))),
        ],
    );
    let one = records::project(4).to_string();
    broker.produce(
        "records",
        &[
            ("deal-4", Some(one.as_bytes())),
            ("deal-4", None),
            ("deal-5", None),
        ],
    );

    let replies = broker.read("verdicts", |read| {
        read.iter()
            .map(|one| &one.id)
            .collect::<BTreeSet<_>>()
            .len()
            == 9
    });
    let keys: BTreeMap<&str, &str> = replies
        .iter()
        .map(|read| (read.id.as_str(), read.key.as_str()))
        .collect();
    assert_eq!((keys["records/0/1"], keys["batches/0/0"]), ("deal-4", ""));
    let replies: BTreeMap<&str, Value> = replies
        .iter()
        .map(|read| (read.id.as_str(), json_of(read)))
        .collect();
    for (id, reply) in &replies {
        assert_eq!(reply["id"], *id);
    }
    let accepted = |id: &str| &replies[id]["receipt"]["counts"]["accepted"];
    let problem = |id: &str| &replies[id]["problem"]["code"];
    assert_eq!(problem("batches/0/0"), "unreadable");
    assert_eq!(replies["batches/0/0"]["problem"]["line"], 1);
    assert_eq!(accepted("batches/0/1"), 2);
    assert_eq!(
        replies["batches/0/1"]["receipt"]["submission"],
        "from-the-sender"
    );
    assert_eq!(problem("batches/0/2"), "unreadable");
    assert_eq!(accepted("batches/0/3"), 1);
    assert_eq!(
        replies["batches/0/3"]["receipt"]["submission"],
        "kafka:batches/0/3"
    );
    assert_eq!(
        replies["batches/0/4"]["receipt"]["id"],
        replies["batches/0/1"]["receipt"]["id"]
    );
    assert_eq!(problem("batches/0/5"), "conflict");
    assert_eq!(accepted("records/0/0"), 1);
    assert_eq!(accepted("records/0/1"), 1, "{}", replies["records/0/1"]);
    assert_eq!(replies["records/0/2"]["receipt"]["counts"]["rejected"], 1);

    // Taken back by its key, and named in full.
    let path = format!("/v1/records/PROJECT/{}/versions", records::project_code(4));
    let versions = hub.get(&path, &reader).json();
    let actions: Vec<&Value> = versions["items"]
        .as_array()
        .expect("versions")
        .iter()
        .map(|one| &one["action"])
        .collect();
    assert_eq!(actions, ["withdraw", "upsert"], "{versions}");

    assert_eq!(figure(&hub, "hub_way_messages_total", "batches"), 6);
    assert_eq!(figure(&hub, "hub_way_refused_total", "batches"), 3);
    wait("the replies are counted", || {
        figure(&hub, "hub_way_replies_total", "batches") == 6
    });
    assert_eq!(figure(&hub, "hub_way_healthy", "batches"), 1);
    let ready = hub.get("/readyz", "").json();
    let ways = ready["ways"].as_array().expect("ways");
    let own = ways.iter().find(|way| way["way"] == "kafka");
    assert_eq!(own.expect("the topic")["check"], "ok", "{ready}");
    let refused = hub.get("/v1/reports/refused", &reader).json();
    let rows = refused["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 3, "{refused}");
    let told = |row: &Value| row["way"] == "kafka" && row["detail"].as_str() != Some("");
    assert!(rows.iter().all(told), "{refused}");

    // A receipt that came through Kafka is one like any other.
    let receipt = hub.data.join("receipt.json");
    std::fs::write(&receipt, replies["batches/0/1"]["receipt"].to_string()).expect("a file");
    let key = hub.data.join("log.pub").display().to_string();
    let verified = super::harness::hub::run(&[
        "receipt",
        "verify",
        &receipt.display().to_string(),
        "--key",
        &key,
    ]);
    assert!(
        verified.status.success(),
        "{}",
        super::harness::hub::stdout(&verified)
    );

    // Begun again, it reads nothing twice.
    hub.kill();
    hub.restart();
    let next =
        json!({ "records": [records::element("PROJECT", &records::project(6))] }).to_string();
    broker.produce("batches", &[("", Some(next.as_bytes()))]);
    wait("the next message is taken", || {
        figure(&hub, "hub_way_messages_total", "batches") == 1
    });
    assert_eq!(listed(&hub, &reader).len(), 6);
}

/// Produces messages, a few at a time, to a hub that is killed at any moment; in the end each is stored once.
fn killed(engine: Engine, kills: u32, more: &str) {
    const EACH: u32 = 20;
    let broker = Broker::start();
    broker.topic("batches", 3);
    broker.topic("records", 1);
    broker.topic("verdicts", 1);
    let setting = Setting::new(&broker.address(), more);
    let mut hub = setting.start(engine);
    let reader = hub.add_reader("audit", "auditor");
    let mut random = 0x9e37_79b9_u64;
    for round in 0..kills {
        let bodies: Vec<(String, String)> = (0..EACH)
            .map(|n| {
                let number = round * EACH + n + 1;
                let record = records::element("PROJECT", &records::project(number));
                (
                    format!("deal-{number}"),
                    json!({ "records": [record] }).to_string(),
                )
            })
            .collect();
        let messages: Vec<(&str, Option<&[u8]>)> = bodies
            .iter()
            .map(|(key, body)| (key.as_str(), Some(body.as_bytes())))
            .collect();
        broker.produce("batches", &messages);
        // Anywhere from before the first message to after the last.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let until = Instant::now() + Duration::from_millis((random >> 33) % 250);
        while Instant::now() < until
            && figure(&hub, "hub_way_messages_total", "batches") < u64::from(EACH)
        {}
        hub.kill();
        hub.restart();
    }
    let produced = kills * EACH;
    wait("everything is stored", || {
        listed(&hub, &reader).len() >= produced as usize
    });
    let names = each_became_one(&hub, &reader, produced);
    assert!(names.iter().all(|name| name.starts_with("kafka:batches/")));
    // Every message has its reply, with the place of the message as its name; some came twice.
    let replies = broker.read("verdicts", |read| {
        read.iter()
            .map(|one| &one.id)
            .collect::<BTreeSet<_>>()
            .len()
            == produced as usize
    });
    let told: BTreeSet<String> = replies
        .iter()
        .map(|read| format!("kafka:{}", read.id))
        .collect();
    assert_eq!(told, names.into_iter().collect());
    hub.kill();
    hub.assert_log_verifies();
}

#[test]
fn killed_at_any_moment_a_hub_stores_what_was_produced_once_on_sqlite() {
    killed(Engine::Sqlite, 60, "batch = 4\n");
}

#[test]
fn killed_at_any_moment_a_hub_stores_what_was_produced_once_on_postgres() {
    killed(Engine::Postgres, 40, "batch = 4\n");
}

#[test]
fn a_broker_that_goes_away_is_shown_and_read_on_when_it_is_back() {
    let mut broker = Broker::start();
    for topic in ["batches", "records", "verdicts"] {
        broker.topic(topic, 1);
    }
    let setting = Setting::new(&broker.address(), "");
    let hub = setting.start(Engine::Sqlite);
    let send = |broker: &Broker, number: u32| {
        let body = json!({ "records": [records::element("PROJECT", &records::project(number))] })
            .to_string();
        broker.produce("batches", &[("", Some(body.as_bytes()))]);
    };
    send(&broker, 1);
    wait("the first message is taken", || {
        figure(&hub, "hub_way_messages_total", "batches") == 1
    });
    broker.kill();
    wait("the fault is shown", || {
        let ready = hub.get("/readyz", "");
        let ways = ready.json()["ways"].as_array().expect("ways").clone();
        let mut own = ways.iter().filter(|way| way["way"] == "kafka");
        ready.status == 200 && own.all(|way| way["check"] == "failed")
    });
    assert_eq!(figure(&hub, "hub_way_healthy", "batches"), 0);
    broker.restart();
    send(&broker, 2);
    wait("the second message is taken", || {
        figure(&hub, "hub_way_messages_total", "batches") == 2
    });
    wait("the way is well again", || {
        figure(&hub, "hub_way_healthy", "batches") == 1
    });
}

#[test]
fn two_hubs_of_one_group_share_the_partitions_and_one_takes_over_from_the_other() {
    let broker = Broker::start();
    broker.topic("batches", 4);
    broker.topic("records", 1);
    broker.topic("verdicts", 1);
    let setting = Setting::new(&broker.address(), GROUP);
    let mut one = setting.start(Engine::Postgres);
    let other = one.start_beside();
    let reader = one.add_reader("audit", "auditor");
    let mut sent = 0;
    let mut send_more = |count: u32| {
        for _ in 0..count {
            sent += 1;
            let body = json!({ "records": [records::element("PROJECT", &records::project(sent))] })
                .to_string();
            broker.produce(
                "batches",
                &[(&format!("deal-{sent}"), Some(body.as_bytes()))],
            );
        }
        sent
    };
    // Both have partitions when both have taken messages.
    let mut total = 0;
    wait("both read", || {
        total = send_more(8);
        figure(&one, "hub_way_messages_total", "batches") > 0
            && figure(&other, "hub_way_messages_total", "batches") > 0
    });
    one.stop();
    let total = total.max(send_more(40));
    wait("the other has taken over", || {
        listed(&other, &reader).len() >= total as usize
    });
    let names = listed(&other, &reader);
    let kept: BTreeSet<&String> = names.iter().collect();
    assert_eq!(kept.len(), names.len(), "a message became two submissions");
    assert_eq!(names.len(), total as usize);
}

#[test]
fn a_slip_in_the_configuration_is_named_at_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let refused = |kafka: &str| {
        let file = folder.path().join("hub.toml");
        std::fs::write(
            &file,
            format!("[kafka]\nbrokers = \"127.0.0.1:1\"\n{kafka}\n"),
        )
        .expect("a file");
        let output = super::harness::hub::run(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            &data.display().to_string(),
            "--config",
            &file.display().to_string(),
        ]);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let topics = "topics = [{ topic = \"t\", source = \"320100\" }]";
    let said = refused(topics);
    assert!(
        said.contains("does not name `kafka` among its ways"),
        "{said}"
    );
    let said = refused("topics = [{ topic = \"t\", source = \"nobody\" }]");
    assert!(said.contains("that source has no profile"), "{said}");
    let said = refused("");
    assert!(said.contains("at least one topic"), "{said}");
    let said = refused(&format!(
        "{topics}\noptions = {{ \"enable.auto.commit\" = \"true\" }}"
    ));
    assert!(
        said.contains("options that the hub does not set itself"),
        "{said}"
    );
    for (name, value) in [
        ("security.protocol", "SASL_SSL"),
        ("ssl.ca.location", "ca.pem"),
        ("sasl.mechanism", "SCRAM-SHA-256"),
    ] {
        let said = refused(&format!(
            "{topics}\noptions = {{ \"{name}\" = \"{value}\" }}"
        ));
        assert!(
            said.contains("without OpenSSL") && said.contains("TLS 隧道"),
            "{said}"
        );
    }
    let said = refused("topics = [{ topic = \"t\", source = \"320100\", datset = \"X\" }]");
    assert!(said.contains("datset"), "{said}");
}
