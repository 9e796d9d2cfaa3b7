//! Files that come with their records, in the message or beside it in the package: kept with them, judged with them,
//! refused without harm to them. On both databases, and through more than one way in.

mod ways;

use std::io::{Cursor, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::attachments::{FILES, PAPERS, PDF};
use super::harness::Engine;
use super::harness::chain::Chain;
use super::harness::hub::{self, Answer, Hub};

/// MD5 of [`PDF`].
const PDF_MD5: &str = "1acc807be6d4132b0794c629b1c7ab47";

/// A profile of messages and packages.
fn profile(id: &str, wire: &str) -> String {
    format!(
        "version = 1\nid = \"{id}\"\nkind = \"city\"\nname = \"市\"\nenglish = \"City\"\nregion = \"{id}\"\n\
         ways = [\"http\", \"folder\"]\ndatasets = \"price\"\n[wire]\n{wire}\n"
    )
}

fn desk(engine: Engine, settings: &str) -> (Hub, Chain, String, String) {
    let chain = Chain::new(settings);
    chain.write("spec/3.0/datasets/a/paper.toml", PAPERS);
    chain.write("spec/3.0/attachments.toml", FILES);
    let packages = "format = \"message\"\nalso = [\"zip\"]\n[attachments]\nZW = \"M_A\"";
    chain.write("sources/320300.toml", &profile("320300", packages));
    let inline = "format = \"message\"\nbinary_content = \"base64\"";
    chain.write("sources/320400.toml", &profile("320400", inline));
    let hub = Hub::start(engine, &["--config", &chain.config()]);
    let (key, inline) = (hub.add_source("320300"), hub.add_source("320400"));
    (hub, chain, key, inline)
}

/// A message about a paper; `files` are slot, name and what stands for the bytes.
fn message(code: &str, files: &[(&str, &str, &str)]) -> String {
    let files: String = files
        .iter()
        .map(|(slot, name, content)| {
            format!(
                "<SOURCE><FILE_EN_NAME>{slot}</FILE_EN_NAME><FILE_NAME>{name}</FILE_NAME>\
                 <BINARY_CONTENT>{content}</BINARY_CONTENT><IS_DELETE>0</IS_DELETE></SOURCE>"
            )
        })
        .collect();
    format!(
        "<DES><TITLE><DATA_TYPE>1</DATA_TYPE><DATA_NO>90</DATA_NO><DATA_EN>PAPER</DATA_EN>\
         <DATA_KEY>k-{code}</DATA_KEY></TITLE><CONTEXT><CODE>{code}</CODE><FILES>f-{code}</FILES></CONTEXT>\
         <FILECONTEXT>{files}</FILECONTEXT></DES>"
    )
}

fn package(messages: &[String], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let text = format!("<DESLIST>{}</DESLIST>", messages.concat());
    for (name, bytes) in [("m.xml", text.as_bytes())].iter().chain(files) {
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(bytes).expect("written");
    }
    writer.finish().expect("an archive").into_inner()
}

#[track_caller]
fn receipt(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn codes(record: &Value) -> Vec<&str> {
    let issues = record["issues"].as_array().expect("issues");
    issues
        .iter()
        .map(|issue| issue["code"].as_str().expect("a code"))
        .collect()
}

fn files_in_a_package_are_kept_with_their_records(engine: Engine) {
    let (mut hub, chain, key, _) = desk(engine, "");
    let post = |hub: &Hub, path: &str, body: &[u8]| hub.post(path, &key, "application/zip", body);
    // Waits since before for the file that comes with another record's package.
    let waits = receipt(&post(
        &hub,
        "/v1/submissions",
        &package(&[message("early", &[])], &[]),
    ));
    assert_eq!(waits["records"][0]["verdict"], "parked", "{waits}");

    let mut running = PDF.to_vec();
    running.extend_from_slice(b" /S /JavaScript");
    let body = package(
        &[
            message(
                "a",
                &[
                    ("ZW", "正文.pdf", "2026/11/a.pdf"),
                    ("M_B", "b.pdf", "b.pdf"),
                ],
            ),
            message("b", &[("M_A", "b.pdf", "2026\\11\\bad.pdf")]),
            message("c", &[("M_X", "c.pdf", "c.pdf"), ("M_A", "c.exe", "d.exe")]),
            message("early", &[("M_A", "e.pdf", "e.pdf")]),
        ],
        &[
            ("2026/11/a.pdf", PDF),
            ("b.pdf", b"%PDF-1.4 another"),
            ("2026/11/bad.pdf", &running),
            ("c.pdf", PDF),
            ("d.exe", b"MZ"),
            ("e.pdf", PDF),
            ("nobody.pdf", PDF),
        ],
    );
    let checked = receipt(&post(&hub, "/v1/check", &body));
    let kept = receipt(&post(&hub, "/v1/submissions", &body));
    let of = |receipt: &Value, place: usize| receipt["records"][place].clone();
    // The one that waited is there by then.
    for place in 0..3 {
        assert_eq!(
            of(&checked, place),
            of(&kept, place),
            "check tells the same"
        );
    }
    let first = of(&kept, 0);
    assert_eq!(first["verdict"], "accepted_with_warnings", "{first}");
    assert_eq!(codes(&first), ["attachment.refused"], "{first}");
    assert_eq!(first["issues"][0]["part"], "nobody.pdf", "{first}");
    let digest = |bytes: &[u8]| ::hub::tlog::sha256(bytes).to_hex();
    let named = first["attachments"].as_array().expect("files");
    for (slot, bytes) in [("M_A", PDF), ("M_B", b"%PDF-1.4 another".as_slice())] {
        let wanted = json!({ "slot": slot, "sha256": digest(bytes) });
        assert!(named.contains(&wanted), "{first}");
    }
    // What is refused is a finding on its record; the record waits, because the file was required.
    let second = of(&kept, 1);
    assert_eq!(second["verdict"], "parked", "{second}");
    assert_eq!(
        codes(&second),
        ["attachment.refused", "attachment.missing"],
        "{second}"
    );
    assert!(second["issues"][0]["line"].is_u64(), "{second}");
    let told = second["issues"][0]["message"]["zh"]
        .as_str()
        .expect("words");
    assert!(told.contains("b.pdf") && told.contains("可执行"), "{told}");
    let third = of(&kept, 2);
    assert_eq!(
        codes(&third),
        [
            "attachment.refused",
            "attachment.refused",
            "attachment.missing"
        ],
        "{third}"
    );
    let told = third["issues"].to_string();
    assert!(told.contains("M_X") && told.contains("扩展名"), "{told}");
    assert_eq!(third["verdict"], "parked", "{third}");
    let early = waits["id"].as_str().expect("a number");
    let change = hub.get(&format!("/v1/submissions/{early}"), &key).json();
    assert_eq!(change["changes"][0]["change"], "released", "{change}");

    // The same again is the same; nothing is named twice.
    assert_eq!(
        receipt(&post(&hub, "/v1/submissions", &body))["id"],
        kept["id"]
    );
    let list = hub.get("/v1/attachments?code=f-a", &key).json();
    assert_eq!(list["items"].as_array().expect("items").len(), 2, "{list}");
    hub.kill();
    hub.restart();
    let back = hub.get("/v1/attachments/M_A?code=f-a", &key);
    assert_eq!(back.text.as_bytes(), PDF, "kept through a crash");
    hub.stop();
    hub.assert_log_verifies();
    let config = chain.config();
    assert_comes_out_again(&hub, &config, "50");
}

/// A sample of so many submissions is judged again to the same bytes.
fn assert_comes_out_again(hub: &Hub, config: &str, sample: &str) {
    let again = hub.command(&[
        "reperform",
        "--sample",
        sample,
        "--format",
        "json",
        "--config",
        config,
    ]);
    assert!(again.status.success(), "{}", hub::stdout(&again));
}

#[test]
fn files_in_a_package_are_kept_with_their_records_on_sqlite() {
    files_in_a_package_are_kept_with_their_records(Engine::Sqlite);
}

#[test]
fn files_in_a_package_are_kept_with_their_records_on_postgres() {
    files_in_a_package_are_kept_with_their_records(Engine::Postgres);
}

#[test]
fn a_file_may_stand_in_the_message_itself() {
    let (hub, _chain, _, key) = desk(Engine::Sqlite, "");
    let inline = BASE64_STANDARD.encode(PDF);
    let (head, tail) = inline.split_at(20);
    let body = message("i", &[("M_A", "i.pdf", &format!("{head}\n  {tail}"))]);
    let kept = hub.post("/v1/submissions", &key, "application/xml", body.as_bytes());
    assert_eq!(
        receipt(&kept)["records"][0]["verdict"],
        "accepted",
        "{}",
        kept.text
    );
    let back = hub.get("/v1/attachments/M_A?code=f-i", &key);
    assert_eq!(back.text.as_bytes(), PDF);
    let body = message("j", &[("M_A", "j.pdf", "no base64!")]);
    let kept = receipt(&hub.post("/v1/submissions", &key, "application/xml", body.as_bytes()));
    let record = &kept["records"][0];
    assert_eq!(
        codes(record),
        ["attachment.refused", "attachment.missing"],
        "{kept}"
    );
}

#[test]
fn a_package_that_is_too_large_for_memory_keeps_its_files_too() {
    let settings = "[limits]\nmemory_bytes = 16384\n[folders]\npoll_ms = 5\nbase = ";
    let base = tempfile::tempdir().expect("a folder");
    let settings = format!("{settings}\"{}\"", base.path().display());
    let (hub, _chain, key, _) = desk(Engine::Sqlite, &settings);
    // Noise that does not pack.
    let noise = |number: u32| {
        (0..4096_u32)
            .map(move |place| (place.wrapping_mul(2_654_435_761).rotate_left(number) >> 21) as u8)
    };
    let files: Vec<(String, Vec<u8>)> = (0..8_u32)
        .map(|number| {
            let bytes = b"%PDF-1.7\n".iter().copied().chain(noise(number));
            (format!("{number}.pdf"), bytes.take(4096).collect())
        })
        .collect();
    let messages: Vec<String> = files
        .iter()
        .map(|(name, _)| message(name, &[("M_A", name, name)]))
        .collect();
    let named: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let body = package(&messages, &named);
    assert!(body.len() > 16_384, "{}", body.len());
    // Through the folder of the front-end machine.
    let inbox = base.path().join("320300/inbox");
    let until = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !inbox.is_dir() {
        assert!(std::time::Instant::now() < until, "no inbox");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::fs::write(inbox.join(".p.zip"), &body).expect("written");
    std::fs::rename(inbox.join(".p.zip"), inbox.join("p.zip")).expect("moved");
    let beside = base.path().join("320300/done/p.zip.receipt.json");
    let until = std::time::Instant::now() + std::time::Duration::from_mins(2);
    while !beside.exists() {
        assert!(std::time::Instant::now() < until, "no receipt");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(beside).expect("read")).expect("JSON");
    assert_eq!(kept["counts"]["accepted"], 8, "{kept}");
    for (name, _) in &files {
        let list = hub
            .get(&format!("/v1/attachments?code=f-{name}"), &key)
            .json();
        assert_eq!(list["items"].as_array().expect("items").len(), 1, "{list}");
    }
    hub.assert_log_verifies();
}

#[test]
fn the_attachment_call_keeps_a_file_for_a_record_that_waits() {
    let (hub, _chain, key, _) = desk(Engine::Sqlite, "");
    let waits = package(&[message("w", &[])], &[]);
    let waits = receipt(&hub.post("/v1/submissions", &key, "application/zip", &waits));
    assert_eq!(waits["records"][0]["verdict"], "parked");
    let form = "application/x-www-form-urlencoded";
    let content = BASE64_STANDARD
        .encode(PDF)
        .replace('+', "%2B")
        .replace('/', "%2F");
    let call = |md5: &str, name: &str| {
        let body = format!(
            "USERID=u&KEY=&SERIALNUMBER=1&PLATID=p&ATTACHMENTSETCODE=f-w&ATTACHMENTCODE=1&NAME=x&TYPE=ZW&MD5={md5}\
             &FILENAME={name}&URL=&CONTENT={content}"
        );
        hub.post("/v1/receiveAttachment", &key, form, body.as_bytes())
    };
    let cut = call("0123456789abcdef0123456789abcdef", "x.pdf");
    assert_eq!(
        (cut.status, &cut.json()["errorCode"]),
        (400, &json!("digest")),
        "{}",
        cut.text
    );
    let unfit = call(PDF_MD5, "x.exe");
    assert_eq!(
        (unfit.status, &unfit.json()["success"]),
        (415, &json!(false)),
        "{}",
        unfit.text
    );
    let taken = call(PDF_MD5, "x.pdf");
    assert_eq!(
        (taken.status, &taken.json()["success"]),
        (200, &json!(true)),
        "{}",
        taken.text
    );
    assert_eq!(
        call(PDF_MD5, "x.pdf").json()["success"],
        true,
        "again is the same file"
    );
    let id = waits["id"].as_str().expect("a number");
    let change = hub.get(&format!("/v1/submissions/{id}"), &key).json();
    assert_eq!(change["changes"][0]["verdict"], "accepted", "{change}");
    let list = hub.get("/v1/attachments?code=f-w", &key).json();
    assert_eq!(list["items"].as_array().expect("items").len(), 1, "{list}");
}

#[test]
fn as_many_files_as_a_code_may_have_and_no_more() {
    let (hub, chain, key, _) = desk(Engine::Sqlite, "[attachments]\nmost_files = 2");
    let files: Vec<(String, Vec<u8>)> = (0..3)
        .map(|number| {
            (
                format!("{number}.pdf"),
                format!("%PDF-1.7 {number}").into_bytes(),
            )
        })
        .collect();
    let told: Vec<(&str, &str, &str)> = files
        .iter()
        .map(|(name, _)| ("M_B", name.as_str(), name.as_str()))
        .collect();
    let named: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let body = package(&[message("m", &told)], &named);
    let post = |path: &str| receipt(&hub.post(path, &key, "application/zip", &body));
    let (checked, kept) = (post("/v1/check"), post("/v1/submissions"));
    assert_eq!(checked["records"], kept["records"], "check tells the same");
    let record = &kept["records"][0];
    assert_eq!(
        codes(record),
        ["attachment.refused", "attachment.missing"],
        "{kept}"
    );
    assert_eq!(
        record["attachments"].as_array().expect("files").len(),
        2,
        "{kept}"
    );
    let config = chain.config();
    assert_comes_out_again(&hub, &config, "5");
}

#[test]
fn the_packets_of_the_cities_bring_their_files() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sources");
    for source in ["320200", "320300"] {
        let key = hub.add_source(source);
        let mut names: Vec<String> = std::fs::read_dir(folder.join(source))
            .expect("fixtures")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("a name")
            })
            .filter(|name| {
                Path::new(name)
                    .extension()
                    .is_some_and(|ending| ending == "zip")
            })
            .collect();
        names.sort();
        let (mut brought, mut kept, mut refused) = (0, 0, 0);
        for name in names {
            let bytes = std::fs::read(folder.join(source).join(&name)).expect("read");
            let archive = zip::ZipArchive::new(Cursor::new(&bytes)).expect("an archive");
            brought += archive.len() - 1;
            let path = format!("/v1/submissions?filename={name}");
            let receipt = receipt(&hub.post(&path, &key, "application/zip", &bytes));
            for record in receipt["records"].as_array().expect("records") {
                kept += record["attachments"].as_array().map_or(0, Vec::len);
                let issues = record["issues"].as_array().map_or(&[][..], Vec::as_slice);
                refused += issues
                    .iter()
                    .filter(|issue| issue["code"] == "attachment.refused")
                    .count();
            }
        }
        assert!(brought > 3, "{source}: {brought}");
        assert!(
            kept > 3 && kept + refused >= brought,
            "{source}: {brought} brought, {kept} kept, {refused} refused"
        );
    }
}
