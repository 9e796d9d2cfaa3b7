//! The rules of ARCHITECTURE.md that a compiler does not hold: direction, confinement, size, words.

use std::path::{Path, PathBuf};

use super::harness::root;

/// Source files of the project, with their text.
fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with(".git") {
                    walk(&path, found);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder} holds no Rust");
    found
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(root())
                .expect("inside")
                .display()
                .to_string();
            (name, std::fs::read_to_string(&path).expect("readable"))
        })
        .collect()
}

/// Lines of a file that are code of the product: no comments, nothing after the tests begin.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number + 1, line))
}

/// Names of modules that are compiled for tests only.
fn test_modules(sources: &[(String, String)]) -> Vec<String> {
    let mut names = Vec::new();
    for (_, text) in sources {
        for (attribute, line) in text.lines().zip(text.lines().skip(1)) {
            if attribute.trim() == "#[cfg(test)]"
                && let Some((_, name)) = line.split_once("mod ")
            {
                names.push(name.trim_end_matches(';').to_owned());
            }
        }
    }
    names
}

fn is_test(name: &str, tests: &[String]) -> bool {
    Path::new(name).iter().any(|part| {
        let part = part.to_string_lossy();
        tests
            .iter()
            .any(|test| part.strip_suffix(".rs").unwrap_or(&part) == test)
    })
}

/// Whether a word stands in a line by itself, not as the end of a longer one (`String::` is not `ring::`).
fn says(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            || !word.starts_with(char::is_alphanumeric)
    })
}

fn forbid(folder: &str, words: &[&str], permitted: &[&str], why: &str) {
    let mut faults = Vec::new();
    let sources = sources(folder);
    let tests = test_modules(&sources);
    for (name, text) in sources {
        if permitted.iter().any(|place| name.starts_with(place)) || is_test(&name, &tests) {
            continue;
        }
        for (number, line) in code(&text) {
            for word in words {
                if says(line, word) {
                    faults.push(format!("{name}:{number}: `{word}`: {why}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn dependencies_point_one_way() {
    let manifest = |name: &str| {
        std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest")
    };
    let depends = |text: &str, on: &str| {
        text.lines()
            .any(|line| line.starts_with(&format!("{on}.workspace")))
    };
    let (spec, adapters, hub) = (manifest("spec"), manifest("adapters"), manifest("hub"));
    for later in ["adapters", "hub", "tests"] {
        assert!(!depends(&spec, later), "spec depends on {later}");
    }
    for later in ["hub", "tests"] {
        assert!(!depends(&adapters, later), "adapters depends on {later}");
    }
    assert!(!depends(&hub, "tests"), "hub depends on tests");
    for framework in ["tokio", "actix-web", "diesel", "rdkafka", "ring", "ureq"] {
        assert!(
            !depends(&spec, framework) && !depends(&adapters, framework),
            "the pure core knows {framework}"
        );
    }
}

#[test]
fn the_core_is_pure() {
    let io = [
        "std::fs",
        "std::net",
        "std::env",
        "std::time",
        "SystemTime",
        "Timestamp::now",
        "static mut",
    ];
    forbid(
        "spec/src",
        &io,
        &["spec/src/load"],
        "spec does no IO and reads no clock outside load",
    );
    forbid(
        "adapters/src",
        &io,
        &[],
        "adapters does no IO and reads no clock",
    );
}

#[test]
fn frameworks_stay_where_they_belong() {
    let in_hub = |words: &[&str], permitted: &[&str]| {
        forbid("hub/src", words, permitted, "belongs elsewhere");
    };
    in_hub(
        &["actix_web", "actix_rt"],
        &["hub/src/http", "hub/src/console", "hub/src/simulate"],
    );
    in_hub(&["diesel::", "use diesel"], &["hub/src/store"]);
    in_hub(&["rdkafka::"], &["hub/src/intake", "hub/src/delivery"]);
    in_hub(&["ring::"], &["hub/src/tlog", "hub/src/keys"]);
    in_hub(&["std::env::var"], &["hub/src/config"]);
    forbid(
        "hub/src/tlog",
        &[
            "crate::store",
            "crate::pipeline",
            "crate::http",
            "crate::app",
            "crate::config",
            "crate::keys",
        ],
        &[],
        "tlog imports nothing else of hub",
    );
    forbid(
        "hub/src/store",
        &["crate::pipeline", "crate::http", "crate::cli", "crate::app"],
        &[],
        "the store does not look up",
    );
    forbid(
        "hub/src/pipeline",
        &["crate::http", "crate::cli"],
        &[],
        "the pipeline does not look up",
    );
}

#[test]
fn no_rust_names_a_city_a_data_set_or_a_field() {
    let edition = spec::Spec::embedded().expect("the embedded specification loads");
    let edition = edition.edition("3.0").expect("edition 3.0");
    let names: Vec<String> = edition
        .datasets
        .iter()
        .map(|dataset| format!("\"{}\"", dataset.id))
        .collect();
    let cities = [
        "\"320100\"",
        "\"320300\"",
        "\"320600\"",
        "nanjing",
        "xuzhou",
        "nantong",
    ];
    for folder in ["spec/src", "adapters/src", "hub/src"] {
        let words: Vec<&str> = names.iter().map(String::as_str).chain(cities).collect();
        // The demo's script is about the fixtures of three sources, so it may name them.
        forbid(
            folder,
            &words,
            &["hub/src/cli/demo"],
            "named in data, not in Rust",
        );
    }
}

#[test]
fn files_hold_one_idea_each() {
    let mut sizes = Vec::new();
    let mut faults = Vec::new();
    for folder in ["spec/src", "adapters/src", "hub/src", "tests"] {
        for (name, text) in sources(folder) {
            let lines = text.lines().count();
            if lines > 500 {
                faults.push(format!("{name}: {lines} lines, at most 500"));
            }
            if !text.starts_with("//!") {
                faults.push(format!("{name}: does not begin with what it is (`//!`)"));
            }
            let stem = Path::new(&name)
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default()
                .to_owned();
            if [
                "utils", "util", "helpers", "helper", "common", "misc", "manager",
            ]
            .contains(&stem.as_str())
            {
                faults.push(format!("{name}: a name that says nothing"));
            }
            sizes.push(lines);
        }
    }
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    if median > 150 {
        faults.push(format!("the median file has {median} lines, at most 150"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
