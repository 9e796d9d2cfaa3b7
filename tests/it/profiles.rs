//! Profiles as whoever connects a source meets them: every mistake told, and what they make of a file shown.

use std::path::PathBuf;

use serde_json::Value;

use super::harness::{hub, root};

/// A profile of the project with some words changed, in a folder of its own.
fn changed(profile: &str, changes: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut text = std::fs::read_to_string(root().join("adapters").join(profile)).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{profile} holds {from}");
        text = text.replace(from, to);
    }
    let path = folder.path().join("changed.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn lint_tells_every_mistake_of_a_profile_with_its_place() {
    let (_folder, path) = changed(
        "cities/nantong.toml",
        &[
            ("kind    = \"city\"", "kind    = \"town\""),
            ("action_column", "acton_column"),
            ("\"序号\" = \"\"", "\"序号\" = \"REGION_COD\""),
        ],
    );
    let path = path.display().to_string();
    let output = hub::run(&["sources", "lint", &path]);
    assert_eq!(output.status.code(), Some(1));
    let told = hub::stdout(&output);
    for words in [
        "“kind”不能是“town”",
        "`kind` cannot be `town`",
        "acton_column",
        "near it: action_column",
        "near it: REGION_CODE",
        "^^^^^^^^^^^^",
        "3 errors",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let lines: Vec<&str> = told.lines().filter(|line| line.contains("-->")).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains(&path)), "{lines:?}");
}

#[test]
fn lint_of_a_folder_finds_two_profiles_of_one_source() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read(root().join("adapters/cities/nanjing.toml")).unwrap();
    for name in ["a.toml", "b.toml"] {
        std::fs::write(folder.path().join(name), &text).unwrap();
    }
    let place = folder.path().display().to_string();
    let output = hub::run(&["sources", "lint", &place, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["errors"], 1);
    let remark = &told["profiles"][1]["remarks"][0];
    assert_eq!(remark["code"], "id.repeated");
    assert!(remark["message"]["en"].as_str().unwrap().contains("a.toml"));
    assert_eq!(hub::run(&["sources", "lint"]).status.code(), Some(0));
}

#[test]
fn try_shows_a_value_as_sent_as_mapped_and_as_normalized() {
    let (folder, path) = changed(
        "cities/nanjing.toml",
        &[(
            "charset = \"utf-8\"",
            "charset = \"utf-8\"\n[dates]\nDATA_TIMESTAMP = \"epoch_seconds\"\n[codes.TENDER_MODE]\n\"公\" = \"1\"",
        )],
    );
    let file = folder.path().join("batch.json");
    std::fs::write(
        &file,
        r#"{"records":[{"dataset":"TENDER_PROJECT","data":{
            "TENDER_PROJECT_CODE":" E3201000001000123001 ","TENDER_MODE":"公",
            "DATA_TIMESTAMP":"1709164799","REPORT_DUTY_X":"张三","REGION_CODE":"99"}}]}"#,
    )
    .unwrap();
    let (path, file) = (path.display().to_string(), file.display().to_string());
    let output = hub::run(&["sources", "try", &path, &file, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let trial: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(trial["verdict"], "rejected");
    let field = |name: &str| {
        let fields = trial["fields"].as_array().unwrap();
        fields.iter().find(|field| field["field"] == name).unwrap()
    };
    let mode = field("TENDER_MODE");
    assert_eq!((&mode["raw"], &mode["mapped"]), (&"公".into(), &"1".into()));
    let time = field("DATA_TIMESTAMP");
    assert_eq!(time["raw"], "1709164799");
    assert_eq!(time["mapped"], "20240229075959");
    let code = field("TENDER_PROJECT_CODE");
    assert_eq!(code["sent_as"], "TENDER_PROJECT_CODE");
    assert_eq!(code["mapped"], " E3201000001000123001 ");
    assert_eq!(code["normalized"], "E3201000001000123001");
    assert_eq!(field("REGION_CODE")["issues"][0], "code.unknown");
    assert!(
        !output
            .stdout
            .windows(6)
            .any(|bytes| bytes == "张三".as_bytes()),
        "masked"
    );

    let text = hub::stdout(&hub::run(&["sources", "try", &path, &file]));
    for words in [
        "原值 raw",
        "规范化 normalized",
        "20240229075959",
        "field.unknown",
        "退回",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn try_names_each_value_as_its_table_does() {
    let root = root();
    let place = |path: &str| root.join(path).display().to_string();
    for (profile, file, name, field) in [
        (
            "adapters/cities/nantong.toml",
            "fixtures/sources/320600/500_项目_20261120.csv",
            "项目编号",
            "PROJECT_CODE",
        ),
        (
            "adapters/cities/lianyungang.toml",
            "fixtures/sources/320700/01-clean.xlsx",
            "项目名称",
            "PROJECT_NAME",
        ),
    ] {
        let output = hub::run(&[
            "sources",
            "try",
            &place(profile),
            &place(file),
            "--format",
            "json",
        ]);
        let told = hub::stdout(&output);
        let first: Value = serde_json::from_str(told.lines().next().expect("a record")).unwrap();
        let fields = first["fields"].as_array().expect("fields");
        let own = fields.iter().find(|one| one["field"] == field);
        assert_eq!(own.expect(field)["sent_as"], name, "{file}: {first:#}");
        // What was sent has a name; what the profile adds was not sent.
        let nameless = |one: &&Value| one["sent_as"].is_null() && !one["raw"].is_null();
        assert_eq!(fields.iter().find(nameless), None, "{file}");
    }
}

#[test]
fn try_refuses_a_profile_with_mistakes_and_a_file_that_cannot_be_read() {
    let (_folder, path) = changed("cities/nanjing.toml", &[("\"ndjson\"", "\"ndjsom\"")]);
    let path = path.display().to_string();
    let fixture = root()
        .join("fixtures/hostile/truncated.json")
        .display()
        .to_string();
    let output = hub::run(&["sources", "try", &path, &fixture]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("ndjsom") && told.contains("sources lint"),
        "{told}"
    );

    let sound = root()
        .join("adapters/cities/nanjing.toml")
        .display()
        .to_string();
    let output = hub::run(&["sources", "try", &sound, &fixture]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        hub::stdout(&output).contains("无法读取"),
        "{}",
        hub::stdout(&output)
    );
}
