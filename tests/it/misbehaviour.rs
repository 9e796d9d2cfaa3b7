//! Each single thing that a national platform can do wrong, survived: at the end it holds exactly what was accepted, in
//! order, each once, and the hub knows it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ::hub::tlog::sha256;
use serde_json::{Value, json};

use super::contract::xmllint;
use super::forward::{National, settled};
use super::harness::hub::{self, Hub};
use super::harness::national::signs;
use super::harness::{Engine, records, root, until};

/// Headers of a request.
type Headers = Vec<(&'static str, String)>;

/// A plan that deals one fault, and its name in the summary.
const FAULTS: [(&str, &str); 17] = [
    ("5xx", "most = 4"),
    ("500", "numbers = \"2-3\""),
    ("429", "most = 2\nfor = \"200ms\""),
    ("maintenance", "until = \"1s\""),
    ("hang", "most = 2\nfor = \"900ms\""),
    ("reset", "most = 4"),
    ("hang_after_commit", "most = 1\nfor = \"900ms\""),
    ("reset_after_commit", "most = 2"),
    ("slow", "most = 2\nfor = \"900ms\""),
    ("garbage", "most = 4"),
    ("wrong_type", "most = 4"),
    ("lost_answer", "most = 3"),
    ("late_answer", "most = 2\nfor = \"600ms\""),
    ("double_answer", "most = 2"),
    ("contradictory_answer", "most = 1"),
    ("skew", "for = \"-5h\""),
    ("skew", "for = \"26h\""),
];

fn push(hub: &Hub, key: &str, name: &str, numbers: std::ops::RangeInclusive<u32>) {
    let element = |number: u32| {
        let mut data = records::project(number);
        data["PROJECT_NAME"] = format!("示例工程{number}之{name}").into();
        records::element("PROJECT", &data)
    };
    let elements: Vec<Value> = numbers.map(element).collect();
    let body = records::envelope(name, &elements);
    let answer = hub.post("/v1/submissions", key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["counts"]["rejected"], 0, "{}", answer.text);
}

fn each_fault_is_survived(engine: Engine) {
    let national = National::with(&["--data", "DATA", "--answers", "both", "--delay", "5"]);
    let settings = national.settings("batch = 4\nbreaker_failures = 3\n");
    let mut hub = Hub::start_with(engine, &settings);
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    national.push_to(&hub);
    for (round, (fault, how)) in FAULTS.iter().enumerate() {
        let before = national.get("/summary")["faults"][fault].as_u64();
        national.misbehave(&format!("[[fault]]\nkind = \"{fault}\"\n{how}\n"));
        // Two versions of each record: an order that can be broken.
        push(&hub, &key, &format!("{round}-{fault}-a"), 1..=12);
        push(&hub, &key, &format!("{round}-{fault}-b"), 1..=12);
        let row = settled(&hub, &reader);
        assert_eq!(row["acknowledged"], row["owed"], "{fault}: {row}");
        assert_eq!(row["owed"], (round + 1) * 24, "{fault}: {row}");
        let after = national.get("/summary")["faults"][fault].as_u64();
        assert!(after > before, "{fault} was never dealt");
        national.assert_holds_what_is_owed(&hub, &reader);
    }
    let pushes = || national.get("/summary")["answers"]["pushes"].clone();
    until("the contrary is refused", || {
        pushes()["contraries_refused"] == 1
    });
    assert_eq!(pushes()["contraries_believed"], 0);
    let summary = national.get("/summary");
    assert_eq!(summary["overtaken"], 0, "{summary}");
    assert_eq!(summary["answers"]["open"], 0, "{summary}");
    let shown = hub.get("/v1/destinations", &reader).json();
    let contradicted = &shown["items"][0]["contradicted_batches"];
    assert_eq!(contradicted.as_array().map(Vec::len), Some(1), "{shown}");
    assert!(
        hub.told().contains("contradicts its own answer"),
        "an operator is told"
    );
    hub.kill();
    hub.assert_log_verifies();
    assert_packets_fit_the_published_schema(&national);
}

/// Every packet that the platform took, as it keeps it, held against the published XML Schema.
fn assert_packets_fit_the_published_schema(national: &National) {
    let taken = national.get("/records?limit=10000");
    let taken = taken["records"].as_array().expect("records");
    let batches: BTreeSet<i64> = taken
        .iter()
        .filter_map(|one| one["batch"].as_i64())
        .collect();
    assert!(batches.len() >= FAULTS.len(), "{batches:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |batch: &i64| {
        let path = folder.path().join(format!("{batch}.xml"));
        let packet = hub::get(&format!("{}/packets/{batch}", national.url), "");
        assert_eq!(packet.status, 200, "{batch} is kept");
        std::fs::write(&path, packet.text).expect("a file");
        path
    };
    let packets: Vec<PathBuf> = batches.iter().map(write).collect();
    let schema = root().join("schemas/2.0/xsd/packet.xsd");
    let (valid, said) = xmllint(&schema, &packets);
    assert_eq!(valid.len(), packets.len(), "{said}");
}

#[test]
fn each_fault_is_survived_on_sqlite() {
    each_fault_is_survived(Engine::Sqlite);
}

#[test]
fn each_fault_is_survived_on_postgres() {
    each_fault_is_survived(Engine::Postgres);
}

/// What a platform says that speaks TLS under an authority of its own.
fn over_tls(national: &National, path: &str) -> Value {
    let pem = std::fs::read(national.data().join("ca.pem")).expect("the authority");
    let authority = ureq::tls::Certificate::from_pem(&pem).expect("a certificate");
    let roots = ureq::tls::RootCerts::new_with_certs(&[authority]);
    let tls = ureq::tls::TlsConfig::builder().root_certs(roots).build();
    let config = ureq::Agent::config_builder().tls_config(tls).build();
    let answer = ureq::Agent::new_with_config(config)
        .get(format!("{}{path}", national.url))
        .call();
    let text = answer.expect("an answer").body_mut().read_to_string();
    serde_json::from_str(&text.expect("a body")).unwrap_or_default()
}

#[test]
fn nothing_is_sent_to_a_platform_whose_certificate_nobody_vouches_for() {
    let national = National::with(&["--data", "DATA", "--tls"]);
    assert!(national.url.starts_with("https://"));
    let settings = |ca: &str| {
        format!(
            "[national]\nurl = \"{}\"\nca = \"{ca}\"\npoll_ms = 20\nbackoff_base_ms = 20\nbackoff_max_ms = 100\n\
             breaker_failures = 1\nbreaker_ms = 50\n",
            national.url
        )
    };
    let ca = national.data().join("ca.pem").display().to_string();
    let mut hub = Hub::start_with(Engine::Sqlite, &settings(""));
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    push(&hub, &key, "one", 1..=3);
    until("the operator is told", || {
        hub.told().contains("证书不受信任")
    });
    assert_eq!(
        over_tls(&national, "/summary")["requests"],
        0,
        "nothing was sent"
    );
    let listed = hub.get("/v1/deliveries?state=pending", &reader).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(3));
    hub.kill();
    hub.restart_set(&settings(&ca));
    let row = settled(&hub, &reader);
    assert_eq!(row["acknowledged"], 3, "{row}");
}

#[test]
fn a_pushed_answer_must_be_signed_by_the_platform_and_name_the_packet() {
    let national = National::with(&["--data", "DATA", "--delay", "3600000"]);
    let hub = Hub::start_with(Engine::Sqlite, &national.settings(""));
    let (key, reader) = (hub.add_source("320100"), hub.add_reader("desk", "centre"));
    push(&hub, &key, "one", 1..=1);
    let sent = || hub.get("/v1/deliveries?state=sent", &reader).json()["items"].clone();
    until("it is sent", || {
        sent().as_array().is_some_and(|items| items.len() == 1)
    });
    let path = format!("{}/v1/destinations/national/acknowledgements", hub.url);
    let say = |path: &str, body: &Value, sign: &dyn Fn(&[u8]) -> Headers| {
        let text = body.to_string();
        let batch = body["batch"].as_i64().unwrap_or_default();
        let message = format!("exchange-hub/answer/v1\n{batch}\n{text}");
        let headers = sign(message.as_bytes());
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        hub::post(path, "", &headers, text.as_bytes()).expect("an answer")
    };
    let own = signs(&national.data().join("national.key"));
    let other = signs(&national.data().join("other.key"));
    let items = sent();
    let batch = &items[0]["batch"];
    let packet = hub::get(&format!("{}/packets/{batch}", national.url), "").text;
    let digest = sha256(packet.as_bytes()).to_hex();
    let answer = |packet: &str| json!({"batch": batch, "packet": packet, "records": [{"id": items[0]["record"], "result": "accepted"}]});
    let right = answer(&digest);
    assert_eq!(say(&path, &right, &|_| Vec::new()).status, 401, "unsigned");
    assert_eq!(
        say(&path, &right, &|text| other(text)).status,
        401,
        "by a stranger"
    );
    assert_eq!(
        say(&path, &right, &|_| own(b"something else")).status,
        401,
        "of another text"
    );
    let strange = path.replace("/national/", "/elsewhere/");
    assert_eq!(say(&strange, &right, &|text| own(text)).status, 401);
    let wrong = answer(&sha256(b"another packet").to_hex());
    assert_eq!(
        say(&path, &wrong, &|text| own(text)).status,
        409,
        "another packet"
    );
    assert_eq!(
        sent().as_array().map(Vec::len),
        Some(1),
        "nothing has changed"
    );
    let taken = say(&path, &right, &|text| own(text));
    assert_eq!(
        (taken.status, taken.json()["accepted"].clone()),
        (200, json!(1))
    );
    assert_eq!(
        say(&path, &right, &|text| own(text)).json()["repeated"],
        true
    );
}
