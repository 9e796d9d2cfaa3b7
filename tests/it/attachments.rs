//! Files beside records, on both databases: what waits for them, what is refused, who gets them back.

use serde_json::{Value, json};

use super::harness::Engine;
use super::harness::chain::{self, Chain, DAYS};
use super::harness::hub::{self, Answer, Hub};

pub const PDF: &[u8] = b"%PDF-1.7\nan opinion\n%%EOF\n";

/// A data set whose records need a file, and what files may be.
pub const PAPERS: &str = r#"
code = 90
id = "PAPER"
name = "文书"
library = "price"
class = "类"
industry = "general"
key = ["CODE"]
attachments = ["M_A", "M_B"]
required_attachments = ["M_A"]
editions = ["2.0"]
fields = [
  { id = "CODE", name = "编号", format = "C..20", required = true },
  { id = "UP", name = "上级编号", format = "C..20" },
  { id = "FILES", name = "附件标识", format = "C..ul", list = true },
]
rules = [
  { id = "90.ref", check = "reference", fields = ["UP"], to = ["1.CODE"], wait = true, severity = "error", zh = "引用的上级须已报送", en = "the level above must have been sent" },
]
"#;

pub const FILES: &str = r#"
code_field = "FILES"
types = [
  { id = "pdf", name = "PDF", media_type = "application/pdf", endings = ["pdf"], most_bytes = 4096, begins = ["255044462d"], form = "pdf" },
]
slots = [
  { id = "M_A", name = "正文", types = ["pdf"], sensitivity = "government" },
  { id = "M_B", name = "公告", types = ["pdf"], sensitivity = "public" },
]
"#;

struct Desk {
    chain: Chain,
    hub: Hub,
    key: String,
    other: String,
    auditor: String,
    operator: String,
}

impl Desk {
    fn open(engine: Engine) -> Desk {
        let chain = Chain::new("");
        chain.write("spec/3.0/datasets/a/paper.toml", PAPERS);
        chain.write("spec/3.0/attachments.toml", FILES);
        let hub = Hub::start(engine, &["--config", &chain.config()]);
        Desk {
            key: hub.add_source("320100"),
            other: hub.add_source("320600"),
            auditor: hub.add_reader("auditor", "auditor"),
            operator: hub.add_reader("operator", "operator"),
            chain,
            hub,
        }
    }

    #[track_caller]
    fn send(&self, path: &str, submission: &str, records: &[Value]) -> Value {
        let body = chain::envelope("320100", submission, records);
        let answer = self.hub.post(path, &self.key, "application/json", &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    fn upload(&self, key: &str, slot: &str, code: &str, file: &str, bytes: &[u8]) -> Answer {
        let sha256 = ::hub::tlog::sha256(bytes).to_hex();
        let path = format!("/v1/attachments/{slot}?code={code}&file={file}&sha256={sha256}");
        self.hub.put(&path, key, "application/pdf", bytes)
    }

    fn parked(&self) -> Vec<Value> {
        let report = self.hub.get("/v1/reports/parked", &self.auditor).json();
        report["rows"].as_array().expect("rows").clone()
    }

    /// How the wait of the only record of a submission ended.
    #[track_caller]
    fn change(&self, receipt: &Value) -> Value {
        let id = receipt["id"].as_str().expect("a number");
        let path = format!("/v1/submissions/{id}");
        self.hub.get(&path, &self.auditor).json()["changes"][0].clone()
    }
}

fn paper(code: &str, files: &str) -> Value {
    json!({ "dataset": "PAPER", "action": "upsert", "data": { "CODE": code, "FILES": files } })
}

fn problem(answer: &Answer) -> (u16, String) {
    let code = answer.json()["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (answer.status, code)
}

fn a_record_waits_for_its_file_and_goes_on_when_it_comes(engine: Engine) {
    let mut desk = Desk::open(engine);
    let records = [paper("p-1", "f-1")];
    let checked = desk.send("/v1/check", "w", &records);
    let receipt = desk.send("/v1/submissions", "w", &records);
    assert_eq!(
        checked["records"], receipt["records"],
        "check tells the same"
    );
    let outcome = &receipt["records"][0];
    assert_eq!(outcome["verdict"], "parked", "{receipt}");
    let issue = &outcome["issues"][0];
    assert_eq!(issue["code"], "attachment.missing", "{receipt}");
    assert_eq!(issue["path"], "/FILES");
    let told = issue["help"]["zh"].as_str().expect("what to do");
    assert!(told.contains("/v1/attachments/M_A?code=f-1"), "{told}");

    let rows = desk.parked();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["awaited_field"], "M_A");
    assert_eq!(rows[0]["awaited_name"], "正文");
    assert_eq!(rows[0]["awaited_value"], "f-1");
    assert_eq!(rows[0]["expected_source"], "320100");

    // Neither another slot nor another source's file is what it waits for.
    assert_eq!(
        desk.upload(&desk.key, "M_B", "f-1", "b.pdf", PDF).status,
        200
    );
    assert_eq!(
        desk.upload(&desk.other, "M_A", "f-1", "a.pdf", PDF).status,
        200
    );
    assert_eq!(desk.parked().len(), 1);

    let answer = desk.upload(&desk.key, "M_A", "f-1", "a.pdf", PDF);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let kept = answer.json();
    assert_eq!(kept["sha256"], ::hub::tlog::sha256(PDF).to_hex());
    assert_eq!(desk.parked(), Vec::<Value>::new());
    let change = desk.change(&receipt);
    assert_eq!(change["change"], "released", "{change}");
    assert_eq!(change["verdict"], "accepted", "{change}");

    // The same bytes again are the same file.
    let again = desk.upload(&desk.key, "M_A", "f-1", "a.pdf", PDF).json();
    assert_eq!(again, kept);

    // A record that comes after its file does not wait, and its outcome names the digest.
    let newer = desk.send("/v1/submissions", "n", &[paper("p-2", "f-1")]);
    let outcome = &newer["records"][0];
    assert_eq!(outcome["verdict"], "accepted", "{newer}");
    let named: Vec<&Value> = outcome["attachments"]
        .as_array()
        .expect("files")
        .iter()
        .collect();
    assert!(
        named.contains(&&json!({ "slot": "M_A", "sha256": kept["sha256"] })),
        "{newer}"
    );
    let file = desk.hub.data.join("receipt.json").display().to_string();
    let public = desk.hub.data.join("log.pub").display().to_string();
    std::fs::write(&file, newer.to_string()).expect("written");
    let verified = hub::run(&["receipt", "verify", &file, "--key", &public]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));

    desk.hub.kill();
    desk.hub.restart();
    let back = desk.hub.get("/v1/attachments/M_A?code=f-1", &desk.key);
    assert_eq!(back.text.as_bytes(), PDF, "kept through a crash");
    desk.hub.kill();
    let verified = desk.hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));

    // Other bytes in the store are seen.
    let hex = ::hub::tlog::sha256(PDF).to_hex();
    let folder = desk.hub.data.join("attachments/kept").join(&hex[..2]);
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        std::fs::write(path, b"%PDF-1.7\nanother\n").expect("changed");
    }
    let verified = desk.hub.command(&["log", "verify"]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(
        hub::stdout(&verified).contains("attachments"),
        "{}",
        hub::stdout(&verified)
    );
}

#[test]
fn a_record_waits_for_its_file_and_goes_on_when_it_comes_on_sqlite() {
    a_record_waits_for_its_file_and_goes_on_when_it_comes(Engine::Sqlite);
}

#[test]
fn a_record_waits_for_its_file_and_goes_on_when_it_comes_on_postgres() {
    a_record_waits_for_its_file_and_goes_on_when_it_comes(Engine::Postgres);
}

#[test]
fn a_record_waits_for_both_its_parent_and_its_file_in_either_order() {
    let desk = Desk::open(Engine::Sqlite);
    let both = |code: &str, up: &str| {
        let mut record = paper(code, code);
        record["data"]["UP"] = json!(up);
        record
    };
    let parent = |name: &str| chain::element(1, "upsert", &chain::record(name, 1));
    let first = desk.send("/v1/submissions", "a", &[both("a", "a-1")]);
    desk.send("/v1/submissions", "a-up", &[parent("a")]);
    assert_eq!(desk.parked().len(), 1, "the file is still missing");
    assert_eq!(desk.parked()[0]["awaited_field"], "M_A");
    assert_eq!(desk.upload(&desk.key, "M_A", "a", "a.pdf", PDF).status, 200);
    assert_eq!(desk.change(&first)["verdict"], "accepted");

    let second = desk.send("/v1/submissions", "b", &[both("b", "b-1")]);
    assert_eq!(desk.upload(&desk.key, "M_A", "b", "b.pdf", PDF).status, 200);
    assert_eq!(desk.parked().len(), 1, "the parent is still missing");
    assert_eq!(desk.parked()[0]["awaited_field"], "CODE");
    desk.send("/v1/submissions", "b-up", &[parent("b")]);
    assert_eq!(desk.change(&second)["verdict"], "accepted");
}

#[test]
fn a_record_whose_file_does_not_come_is_rejected_at_its_deadline() {
    let desk = Desk::open(Engine::Sqlite);
    desk.send("/v1/submissions", "late", &[paper("late", "f-late")]);
    let at = jiff::Timestamp::now() + jiff::Span::new().hours(24 * (DAYS + 1));
    let config = desk.chain.config();
    let swept = desk.hub.command(&[
        "waiting",
        "sweep",
        "--at",
        &at.to_string(),
        "--format",
        "json",
        "--config",
        &config,
    ]);
    let swept: Value = serde_json::from_str(&hub::stdout(&swept)).expect("JSON");
    let issue = &swept["expired"][0]["issues"][0];
    assert_eq!(issue["code"], "attachment.missing", "{swept}");
    assert_eq!(issue["severity"], "error");
    let nameless = desk.send("/v1/submissions", "nameless", &[paper("nameless", "")]);
    assert_eq!(nameless["records"][0]["verdict"], "parked", "{nameless}");
    let key = desk.upload(&desk.key, "M_A", "nameless", "a.pdf", PDF);
    assert_eq!(key.status, 200, "{}", key.text);
    let change = desk.change(&nameless);
    assert_eq!(
        change["verdict"], "accepted",
        "by its business key: {change}"
    );
}

#[test]
fn what_is_not_what_it_says_is_refused() {
    let desk = Desk::open(Engine::Sqlite);
    let refused = |slot: &str, file: &str, bytes: &[u8]| {
        problem(&desk.upload(&desk.key, slot, "f", file, bytes))
    };
    let media_type = (415, "media_type".to_owned());
    assert_eq!(refused("M_A", "a.pdf", b"MZ\x90\0"), media_type);
    assert_eq!(refused("M_A", "a.exe", PDF), media_type);
    assert_eq!(
        refused("M_A", "a.pdf", b"%PDF-1.7 /S /JavaScript"),
        media_type
    );
    assert_eq!(
        refused("M_A", "a.pdf", &[PDF, &[b' '; 5000]].concat()),
        (413, "too_large".to_owned())
    );
    assert_eq!(refused("M_X", "a.pdf", PDF), (404, "not_found".to_owned()));
    let other = ::hub::tlog::sha256(b"other").to_hex();
    let path = format!("/v1/attachments/M_A?code=f&file=a.pdf&sha256={other}");
    let wrong = desk.hub.put(&path, &desk.key, "application/pdf", PDF);
    assert_eq!(problem(&wrong), (400, "digest".to_owned()));
    let undeclared = desk.hub.put(
        "/v1/attachments/M_A?code=f&file=a.pdf",
        &desk.key,
        "application/pdf",
        PDF,
    );
    assert_eq!(problem(&undeclared), (400, "parameter".to_owned()));
    let list = desk.hub.get("/v1/attachments?code=f", &desk.auditor).json();
    assert_eq!(list["items"], json!([]), "nothing of it was kept");
    let left = std::fs::read_dir(desk.hub.data.join("attachments/incoming")).expect("a folder");
    assert_eq!(left.count(), 0, "nor left on the way");
}

#[test]
fn files_go_to_their_source_and_to_those_who_may_read_and_only_as_downloads() {
    let desk = Desk::open(Engine::Sqlite);
    for slot in ["M_A", "M_B"] {
        assert_eq!(desk.upload(&desk.key, slot, "f", "a.pdf", PDF).status, 200);
    }
    let get = |slot: &str, key: &str| desk.hub.get(&format!("/v1/attachments/{slot}?code=f"), key);
    assert_eq!(
        get("M_A", &desk.other).status,
        404,
        "another's is as absent as none"
    );
    assert_eq!(get("M_A", &desk.operator).status, 403);
    assert_eq!(get("M_B", &desk.operator).status, 200, "what is public");
    let answer = get("M_A", &desk.auditor);
    assert_eq!((answer.status, answer.text.as_bytes()), (200, PDF));
    let header = |name: &str| {
        let mut found = answer.headers.iter().filter(|(header, _)| header == name);
        found
            .next()
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    assert!(header("content-disposition").starts_with("attachment;"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").starts_with("sandbox"));
    let metrics = desk.hub.get("/metrics", "").text;
    assert!(
        metrics.contains("hub_attachment_views_total{role=\"auditor\"} 1"),
        "{metrics}"
    );
}
