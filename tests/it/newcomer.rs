//! What a newcomer gets wrong at first, and what he is told: what it was, and what to do, in Chinese first.

use super::harness::hub::{self, Hub};
use super::harness::{Engine, records, root};

/// What a command said of its failure, and its exit code.
fn refused(output: &std::process::Output) -> (Option<i32>, String) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[test]
fn a_body_whose_form_or_data_set_is_not_said_is_refused_with_what_to_say() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let json = hub.add_source("320100");
    // As curl sends it when nobody says otherwise.
    let form = "application/x-www-form-urlencoded";
    for path in ["/v1/submissions", "/v1/check"] {
        let answer = hub.post(path, &json, form, &records::one_project(1));
        assert_eq!(answer.status, 415, "{path}: {}", answer.text);
        let told = answer.json();
        for (member, words) in [
            ("detail", "-H 'Content-Type: application/json'"),
            ("detail", "自动加上的"),
            ("detail_en", "-H 'Content-Type: application/json'"),
        ] {
            let said = told[member].as_str().expect("a text");
            assert!(said.contains(words), "{words}: {said}");
        }
    }

    let csv = hub.add_source("320600");
    let folder = root().join("fixtures/sources/320600");
    let body = std::fs::read(folder.join("500_项目_20261120.csv")).expect("a fixture");
    let answer = hub.post("/v1/submissions", &csv, "text/csv", &body);
    assert_eq!(answer.status, 422, "{}", answer.text);
    let told = answer.json();
    assert_eq!(told["member"], "dataset");
    let said = told["detail"].as_str().expect("a text");
    let example = said.split_once("?dataset=").expect("an example").1;
    let example: String = example.chars().take_while(char::is_ascii_digit).collect();
    assert!(!example.is_empty(), "{said}");
    // What the example shows is understood.
    let path = "/v1/submissions?dataset=500&submission=a";
    let answer = hub.post(path, &csv, "text/csv", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);

    // The same file, saved once more in the other character set by whoever looked into it.
    let text = String::from_utf8(body.clone()).map_err(|_| ());
    assert_eq!(text, Err(()), "the fixture is in GB18030");
    let (text, _, _) = encoding_rs::GB18030.decode(&body);
    let path = "/v1/submissions?dataset=500&submission=b";
    let answer = hub.post(path, &csv, "text/csv", text.as_bytes());
    assert_eq!(answer.status, 400, "{}", answer.text);
    let said = answer.json()["detail"].as_str().expect("a text").to_owned();
    assert!(
        said.contains("表头看来是 utf-8 编码，应为 gb18030"),
        "{said}"
    );
}

#[test]
fn a_port_that_is_taken_is_told_with_what_to_do() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let address = hub.url.strip_prefix("http://").expect("an address");
    let (code, said) = refused(&hub::run(&["serve", "--data", &data, "--listen", address]));
    assert_eq!(code, Some(2));
    let fault = said.lines().find(|line| line.starts_with("hub: "));
    let fault = fault.expect("a fault");
    assert!(
        fault.starts_with(&format!("hub: 无法监听 {address}：该端口已被别的程序占用")),
        "{said}"
    );
    assert!(
        fault.contains("--listen") && fault.contains("cannot be listened on"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_proven_is_told_with_what_to_do() {
    let mut hub = Hub::start(Engine::Sqlite, &[]);
    let key = hub.add_source("320100");
    let body = records::one_project(1);
    let answer = hub.post("/v1/submissions", &key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let code = records::project_code(2);
    let ask = ["prove-absence", "PROJECT", &code, "--date", "2020-01-01"];
    let (exit, said) = refused(&hub.command(&ask));
    assert_eq!(exit, Some(2), "{said}");
    assert!(
        said.starts_with("hub: ")
            && said.contains("没有每日清单")
            && said.contains("hub prove-absence commit --data"),
        "{said}"
    );

    // A receipt under the key of another log.
    let other = Hub::start(Engine::Sqlite, &[]);
    let receipt = hub.data.join("receipt.json").display().to_string();
    std::fs::write(&receipt, &answer.text).expect("written");
    let verify = |of: &Hub| {
        let key = of.data.join("log.pub").display().to_string();
        hub::run(&["receipt", "verify", &receipt, "--key", &key])
    };
    let told = hub::stdout(&verify(&other));
    let sound = hub::stdout(&verify(&hub));
    assert!(told.contains(": 无效 / NOT good · "), "{told}");
    assert!(
        told.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)),
        "{told}"
    );
    assert!(
        sound.contains(": 有效 / good · ") && sound.contains("南京市（320100）"),
        "{sound}"
    );

    // The cover of a bundle says who the source is, and its check holds that against what judged.
    let id = answer.json()["id"].as_str().expect("a number").to_owned();
    let until = hub.get(&format!("/v1/receipts/{id}/proof?wait_ms=20000"), &key);
    assert_eq!(until.status, 200, "{}", until.text);
    hub.stop();
    let bundle = hub.data.join("bundle.zip").display().to_string();
    let made = hub.command(&["evidence", &id, "-o", &bundle]);
    assert!(made.status.success(), "{}", refused(&made).1);
    let bytes = std::fs::File::open(&bundle).expect("a bundle");
    let mut archive = zip::ZipArchive::new(bytes).expect("an archive");
    let mut cover = archive.by_name("cover.html").expect("a cover");
    let mut page = String::new();
    std::io::Read::read_to_string(&mut cover, &mut page).expect("text");
    assert!(page.contains("<td>南京市（320100）</td>"), "{page}");
    let key = hub.data.join("log.pub").display().to_string();
    let checked = hub::run(&["evidence", "verify", &bundle, "--key", &key]);
    assert!(checked.status.success(), "{}", hub::stdout(&checked));
}
