//! The published XML Schemas, held by `xmllint` against what is received and forwarded in XML.

mod check;
mod sarif;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use adapters::{Adapter, Decoded, Hint, Limits};
use hub::delivery::packet::{self, Head, Signer};
use hub::delivery::projection::{Projected, Projector, Source};
use hub::store::deliveries::Content;
use spec::validate::judge_alone;
use spec::{Context, Severity, Spec};

use super::harness::hub::Hub;
use super::harness::{Engine, root};

/// The source that speaks XML.
const SOURCE: &str = "320300";

/// Writes what is published into a folder.
fn publish(folder: &Path) -> &'static Spec {
    let spec: &'static Spec = Box::leak(Box::new(Spec::embedded().unwrap()));
    for (path, content) in spec::export::write_all(spec) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    spec
}

/// Which of the documents are valid, and what is said of the others.
pub fn xmllint(schema: &Path, documents: &[PathBuf]) -> (BTreeSet<PathBuf>, String) {
    let output = Command::new("xmllint")
        .arg("--noout")
        .arg("--schema")
        .arg(schema)
        .args(documents)
        .output()
        .expect("xmllint (Debian: libxml2-utils) is installed");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !said.contains("failed to compile"),
        "{}: {said}",
        schema.display()
    );
    let valid = said
        .lines()
        .filter_map(|line| line.strip_suffix(" validates"));
    (valid.map(PathBuf::from).collect(), said)
}

/// The messages in a file, each as a document of its own. No second byte of GB18030 is a bracket.
fn messages(bytes: &[u8]) -> Vec<Vec<u8>> {
    let find = |from: usize, what: &[u8]| {
        let rest = &bytes[from..];
        rest.windows(what.len())
            .position(|window| window == what)
            .map(|at| from + at)
    };
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(start) = find(from, b"<DES>") {
        let end = find(start, b"</DES>").expect("a message ends") + b"</DES>".len();
        let mut document = b"<?xml version=\"1.0\" encoding=\"GB18030\"?>\n".to_vec();
        document.extend_from_slice(&bytes[start..end]);
        all.push(document);
        from = end;
    }
    all
}

/// Files of the source, in order, with their names.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = root().join("fixtures/sources").join(SOURCE);
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "xml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn messages_pass_the_schema_of_their_data_set_and_planted_faults_of_structure_do_not() {
    let folder = tempfile::tempdir().unwrap();
    publish(folder.path());
    let expected = root()
        .join("fixtures/sources")
        .join(SOURCE)
        .join("expected.json");
    let expected: serde_json::Value =
        serde_json::from_slice(&std::fs::read(expected).unwrap()).unwrap();
    // (file, record) → whether the record must fail (Some), or may pass or fail (None)
    let mut planted = BTreeMap::new();
    for fault in expected["planted"].as_array().unwrap() {
        let place = (
            fault["file"].as_str().unwrap(),
            fault["record"].as_u64().unwrap(),
        );
        let structural = [
            "field.length",
            "field.format",
            "code.unknown",
            "field.unknown",
        ];
        let refused =
            fault["expect"] == "error" && structural.contains(&fault["code"].as_str().unwrap());
        if refused {
            planted.insert(place, true);
        } else if ["repaired", "warning", "error"].contains(&fault["expect"].as_str().unwrap()) {
            planted.entry(place).or_insert(false);
        }
    }
    let mut documents: BTreeMap<String, Vec<(PathBuf, Option<bool>)>> = BTreeMap::new();
    for (name, bytes) in files() {
        for (number, message) in (0_u64..).zip(messages(&bytes)) {
            let text = String::from_utf8_lossy(&message).into_owned();
            let dataset = text
                .split("<DATA_EN>")
                .nth(1)
                .and_then(|rest| rest.split('<').next());
            let path = folder.path().join(format!("{name}.{number}"));
            std::fs::write(&path, message).unwrap();
            let fault = planted.get(&(name.as_str(), number)).copied();
            documents
                .entry(dataset.unwrap().to_owned())
                .or_default()
                .push((path, fault));
        }
    }
    let (mut passed, mut refused, mut wrong) = (0, 0, Vec::new());
    for (dataset, documents) in documents {
        let schema = folder.path().join(format!("3.0/xsd/message/{dataset}.xsd"));
        if !schema.exists() {
            // planted: a data set that there is not
            assert!(
                documents.iter().all(|(_, fault)| fault.is_some()),
                "{dataset}"
            );
            continue;
        }
        let paths: Vec<PathBuf> = documents.iter().map(|(path, _)| path.clone()).collect();
        let (valid, said) = xmllint(&schema, &paths);
        for (path, fault) in documents {
            let accepted = valid.contains(&path);
            match fault {
                None if accepted => passed += 1,
                Some(true) if !accepted => refused += 1,
                Some(false) => {}
                None | Some(true) => wrong.push(format!("{} {fault:?} {said}", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{} documents: {}", wrong.len(), wrong[0]);
    assert!(
        passed > 400 && refused > 0,
        "{passed} passed, {refused} refused"
    );
}

#[test]
fn a_withdrawal_that_names_its_record_and_says_no_more_is_in_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let spec = publish(folder.path());
    let message = |kind: u8, context: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"GB18030\"?>\n<DES><TITLE><DATA_TYPE>{kind}</DATA_TYPE><DATA_NO>500</DATA_NO>\
             <DATA_EN>PROJECT</DATA_EN><DATA_KEY>k-1</DATA_KEY></TITLE>{context}</DES>"
        )
    };
    let key = "<CONTEXT><PROJECT_CODE>E3203000001000105</PROJECT_CODE></CONTEXT>";
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let title = write("title.xml", &message(3, ""));
    let named = write("named.xml", &message(3, key));
    let wrong = write("wrong.xml", &message(1, key));
    let files = [title.clone(), named.clone(), wrong];
    let (valid, said) = xmllint(&folder.path().join("3.0/xsd/withdrawal.xsd"), &files);
    assert_eq!(valid, BTreeSet::from([title, named.clone()]), "{said}");
    // The reader takes it as one, and finds nothing wrong with it by itself.
    let hub = Hub::start(Engine::Sqlite, &[]);
    let sender = hub.add_source(SOURCE);
    let answer = hub.post(
        "/v1/check",
        &sender,
        "application/xml",
        &std::fs::read(named).unwrap(),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let issues = answer.json()["records"][0]["issues"].clone();
    let codes: Vec<&str> = issues
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        ["reference.missing"],
        "only that there is none to take back: {issues}"
    );
    // The same in JSON: the schemas of all data sets, and what takes their records back.
    let edition = spec.edition("3.0").unwrap();
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(folder.path().join("3.0").join(name)).unwrap())
            .unwrap()
    };
    let published = edition
        .datasets
        .iter()
        .map(|dataset| format!("{}.json", dataset.id));
    let mut withdrawals = read("withdrawals.json");
    for name in published.chain(["codes.json".to_owned()]) {
        withdrawals["$defs"][&name] = read(&name);
    }
    withdrawals["$ref"] = "#/$defs/PROJECT".into();
    let validator = jsonschema::validator_for(&withdrawals).unwrap();
    let code = serde_json::json!({ "PROJECT_CODE": "E3203000001000105" });
    assert!(validator.is_valid(&code));
    assert!(
        validator.is_valid(&serde_json::json!({ "PROJECT_CODE": "E3203000001000105", "OTHER": 1 }))
    );
    assert!(!validator.is_valid(&serde_json::json!({ "PROJECT_NAME": "x" })));
}

#[test]
fn what_is_published_is_served_as_it_is_written() {
    let hub = Hub::start(Engine::Sqlite, &[]);
    let listed = hub.get("/v1/catalog/3.0/files", "").json();
    let listed = listed["items"].as_array().unwrap().clone();
    let folder = root().join("schemas/3.0");
    for path in [
        "xsd/types.xsd",
        "xsd/message/PROJECT.xsd",
        "xsd/withdrawal.xsd",
        "codes.json",
    ] {
        let written = std::fs::read(folder.join(path)).unwrap();
        let entry = listed.iter().find(|entry| entry["path"] == path);
        assert_eq!(
            entry.unwrap_or_else(|| panic!("{path}"))["bytes"],
            written.len()
        );
        let served = hub.get(&format!("/v1/catalog/3.0/files/{path}"), "");
        assert_eq!(
            (served.status, served.text.as_bytes()),
            (200, &*written),
            "{path}"
        );
    }
    // The rules of this hub, of which some are muted.
    for path in ["dictionary.md", "dictionary.xlsx"] {
        assert!(listed.iter().any(|entry| entry["path"] == path), "{path}");
    }
    assert_eq!(hub.get("/v1/catalog/3.0/files/no.xsd", "").status, 404);
    assert_eq!(
        hub.get("/v1/catalog/3.0/files/../2.0/codes.json", "")
            .status,
        404
    );
}

fn owned(projected: Projected<'_>) -> Projected<'static> {
    let columns = projected.columns.into_iter();
    Projected {
        id: projected.id,
        dataset: projected.dataset,
        operation: projected.operation,
        reason: None,
        columns: columns
            .map(|(name, text)| (name, text.into_owned().into()))
            .collect(),
    }
}

/// The records of the fixtures as the national platform gets them, without those that the hub refuses.
fn projected(spec: &'static Spec) -> Vec<Projected<'static>> {
    let edition = spec.edition("3.0").unwrap();
    let profiles = adapters::embedded().unwrap();
    let profile = profiles
        .into_iter()
        .find(|profile| profile.id == SOURCE)
        .unwrap();
    let adapter = Adapter::new(Arc::new(profile), Arc::clone(edition)).unwrap();
    let context = Context {
        edition,
        received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    };
    let projector = Projector::new(spec, "3.0", "2.0");
    let mut all = Vec::new();
    for (name, bytes) in files() {
        let hint = Hint {
            file_name: Some(name),
            ..Hint::default()
        };
        let mut sink = |decoded: Decoded<'_, '_>| {
            if let Decoded::Record { record, .. } = decoded {
                let action = record.action;
                let mut record = spec::normalize(&context, record);
                let report = judge_alone(&context, &mut record);
                let withdrawn = action == spec::Action::Withdraw;
                if withdrawn
                    || report
                        .issues
                        .iter()
                        .all(|issue| issue.severity != Severity::Error)
                {
                    let mut body = Vec::new();
                    record.canonical(&mut body);
                    let kept = Content {
                        id: all.len() as i64 + 1,
                        dataset: i32::from(record.dataset.code),
                        action: i32::from(withdrawn) * 2,
                        previous: None,
                        body: hub::store::body::Body::Clear(body),
                        verdict: 0,
                        submission: 1,
                        place: 0,
                        source: String::new(),
                        edition: "3.0".to_owned(),
                        reason: None,
                    };
                    // what names nothing is not forwarded
                    let source = Source::of(&kept);
                    let projected = projector.project(&source, false);
                    all.extend(projected.into_iter().flatten().map(owned));
                }
            }
            ControlFlow::Continue(())
        };
        adapter
            .decode(&bytes, &hint, &Limits::default(), &mut sink)
            .unwrap();
    }
    all
}

#[test]
fn packets_of_mixed_records_pass_the_schema_and_damaged_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let spec = publish(folder.path());
    let schema = folder.path().join("2.0/xsd/packet.xsd");
    let signer = Signer {
        key_id: "test".to_owned(),
        sign: Arc::new(|_| [7; 64]),
    };
    let head = Head {
        batch: 1,
        sender: "320000".to_owned(),
        edition: "2.0".to_owned(),
        created_at: 1_763_600_000_000,
    };
    let mut records = projected(spec);
    records[0].reason = Some("金额 < 合同价，\n\t\"更正\"");
    let mut withdrawn = records[0].clone();
    withdrawn.operation = hub::delivery::projection::Operation::Delete;
    withdrawn.columns.truncate(1);
    records.push(withdrawn);
    assert!(records.len() > 400, "{} records", records.len());
    let whole = String::from_utf8(packet::build(&head, &records, &signer).unwrap().0).unwrap();
    let (one, digest) = packet::build(&head, &records[..1], &signer).unwrap();
    assert_eq!(digest, hub::tlog::sha256(&one));
    let one = String::from_utf8(one).unwrap();
    let (first, _) = &records[0].columns[0];
    let damaged = [
        (
            "an unknown element",
            one.replacen(first, "NO_SUCH_FIELD", 2),
        ),
        (
            "no record",
            one.replace("<RECORD", "<RECORDS")
                .replace("</RECORD", "</RECORDS"),
        ),
        (
            "another data set",
            one.replacen(records[0].dataset, "NO_SUCH_SET", 1),
        ),
        ("no type", one.replacen("xsi:type", "OTHER", 1)),
        (
            "an empty value",
            one.replacen(&*records[0].columns[0].1, "", 1),
        ),
        (
            "an unknown operation",
            one.replacen("OPERATION=\"1\"", "OPERATION=\"7\"", 1),
        ),
    ];
    let mut paths = vec![
        folder.path().join("whole.xml"),
        folder.path().join("one.xml"),
    ];
    std::fs::write(&paths[0], &whole).unwrap();
    std::fs::write(&paths[1], &one).unwrap();
    for (number, (_, text)) in damaged.iter().enumerate() {
        assert_ne!(*text, one);
        let path = folder.path().join(format!("damaged{number}.xml"));
        std::fs::write(&path, text).unwrap();
        paths.push(path);
    }
    let (valid, said) = xmllint(&schema, &paths);
    let expected: BTreeSet<PathBuf> = paths[..2].iter().cloned().collect();
    assert_eq!(valid, expected, "{said}");
}

#[test]
fn every_published_xml_schema_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let spec = publish(folder.path());
    let document = folder.path().join("other.xml");
    std::fs::write(&document, "<OTHER/>").unwrap();
    for edition in &spec.editions {
        for dataset in &edition.datasets {
            let schema = format!("{}/xsd/message/{}.xsd", edition.id, dataset.id);
            let (valid, _) = xmllint(&folder.path().join(schema), std::slice::from_ref(&document));
            assert!(valid.is_empty(), "{} says nothing", dataset.id);
        }
    }
}
