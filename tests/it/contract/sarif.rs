//! The findings of a check as SARIF 2.1.0: what the OASIS schema asks of the objects that are written, for all that the
//! sources send.
//!
//! The constraints are written down here for those objects only; nothing else may stand in them. The whole schema is
//! large, and is not part of this project.

use serde_json::{Value, json};

use crate::harness::{hub, root};

/// An object with these members, of which the first `needed` must be there, and no others.
fn object(needed: usize, members: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = members.iter().take(needed).map(|member| member.0).collect();
    let properties: serde_json::Map<String, Value> = members
        .iter()
        .map(|(name, shape)| ((*name).to_owned(), shape.clone()))
        .collect();
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn list(least: u32, of: &Value) -> Value {
    json!({ "type": "array", "minItems": least, "items": of })
}

/// Sections 3.13 to 3.57 of the standard, as far as they are used.
fn schema() -> Value {
    let text = json!({ "type": "string" });
    let from = |least: i32| json!({ "type": "integer", "minimum": least });
    let bag = json!({ "type": "object" });
    let level = json!({ "enum": ["none", "note", "warning", "error"] });
    let message = object(1, &[("text", text.clone())]);
    let region = object(
        0,
        &[
            ("startLine", from(1)),
            ("startColumn", from(1)),
            ("endColumn", from(1)),
            ("byteOffset", from(0)),
            ("byteLength", from(0)),
            ("snippet", object(1, &[("text", text.clone())])),
        ],
    );
    let uri = json!({ "type": "string", "pattern": "^([A-Za-z0-9/._~-]|%[0-9A-F]{2})+$" });
    let artifact = object(1, &[("uri", uri)]);
    let physical = object(
        1,
        &[
            ("artifactLocation", artifact.clone()),
            ("region", region.clone()),
        ],
    );
    let replacement = object(
        1,
        &[
            ("deletedRegion", region),
            ("insertedContent", message.clone()),
        ],
    );
    let change = object(
        2,
        &[
            ("artifactLocation", artifact),
            ("replacements", list(1, &replacement)),
        ],
    );
    let fix = object(
        1,
        &[
            ("artifactChanges", list(1, &change)),
            ("description", message.clone()),
        ],
    );
    let result = object(
        1,
        &[
            ("message", message.clone()),
            ("ruleId", text.clone()),
            ("level", level.clone()),
            (
                "locations",
                list(1, &object(0, &[("physicalLocation", physical)])),
            ),
            ("fixes", list(1, &fix)),
            ("properties", bag.clone()),
        ],
    );
    let rule = object(
        1,
        &[
            ("id", text.clone()),
            ("shortDescription", message.clone()),
            ("fullDescription", message.clone()),
            ("help", message),
            ("defaultConfiguration", object(0, &[("level", level)])),
        ],
    );
    let driver = object(
        1,
        &[
            ("name", text.clone()),
            ("version", text.clone()),
            ("rules", list(0, &rule)),
            ("properties", bag.clone()),
        ],
    );
    let run = object(
        1,
        &[
            ("tool", object(1, &[("driver", driver)])),
            ("results", list(0, &result)),
            (
                "columnKind",
                json!({ "enum": ["utf16CodeUnits", "unicodeCodePoints"] }),
            ),
            ("properties", bag),
        ],
    );
    object(
        2,
        &[
            ("version", json!({ "const": "2.1.0" })),
            ("runs", list(1, &run)),
            ("$schema", text),
        ],
    )
}

#[test]
fn what_a_check_finds_is_sarif_for_all_that_the_sources_send() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let (mut results, mut fixes) = (0, 0);
    for entry in std::fs::read_dir(root().join("fixtures/sources")).unwrap() {
        let folder = entry.unwrap().path();
        let source = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let expected = std::fs::read(folder.join("expected.json")).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let listed = expected["files"].as_array().unwrap().iter();
        let paths: Vec<String> = listed
            .map(|file| folder.join(file["file"].as_str().unwrap()))
            .map(|file| file.to_str().unwrap().to_owned())
            .collect();
        let mut arguments = vec![
            "check", "--source", &source, "--format", "sarif", "--lang", "en",
        ];
        arguments.extend(paths.iter().map(String::as_str));
        let output = hub::run(&arguments);
        let log: Value = serde_json::from_slice(&output.stdout).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&log)
            .take(3)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{source}: {faults:#?}");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let mut told: Vec<&Value> = rules.iter().map(|rule| &rule["id"]).collect();
        told.dedup();
        assert_eq!(told.len(), rules.len(), "{source}: a rule is told once");
        for result in run["results"].as_array().unwrap() {
            assert!(told.contains(&&result["ruleId"]), "{source}: {result}");
            let region = &result["locations"][0]["physicalLocation"]["region"];
            if let (Some(from), Some(to)) =
                (region["startColumn"].as_u64(), region["endColumn"].as_u64())
            {
                assert!(from <= to, "{source}: {result}");
            }
            fixes += usize::from(result.get("fixes").is_some());
            results += 1;
        }
    }
    assert!(
        results > 300 && fixes > 5,
        "{results} results, {fixes} fixes"
    );
}
