//! The daily close as its parties do it: a source with its receipts and keys, and the centre.

use std::path::PathBuf;

use serde_json::Value;

use super::hub::{self, Hub};
use super::records;

/// The day in China.
pub fn today() -> String {
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    jiff::Timestamp::now().to_zoned(china).date().to_string()
}

/// A source with its folder: files, receipts, keys.
pub struct Source {
    folder: tempfile::TempDir,
    /// Its key for the hub.
    pub key: String,
}

impl Source {
    /// One that has a key for the hub, and has registered the key with which it signs.
    pub fn at(hub: &Hub) -> Source {
        let folder = tempfile::tempdir().expect("a folder");
        let key = hub.add_source("320100");
        let source = Source { folder, key };
        let made = hub::run(&["close", "key", &source.sign(), "--source", "320100"]);
        assert!(made.status.success());
        let public = hub::stdout(&made);
        let registered = hub.command(&["sources", "signer", "320100", public.trim()]);
        assert!(
            registered.status.success(),
            "{}",
            String::from_utf8_lossy(&registered.stderr)
        );
        source
    }

    /// A file of its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The private key with which it signs.
    pub fn sign(&self) -> String {
        self.path("sign.key").display().to_string()
    }

    /// Where it keeps its receipts.
    pub fn receipts(&self) -> PathBuf {
        self.path("receipts")
    }

    /// Sends files of ten projects each, and keeps their receipts.
    pub fn push(&self, hub: &Hub, from: u32, files: u32) {
        let receipts = self.receipts().display().to_string();
        let mut arguments = vec!["submit".to_owned()];
        for file in 0..files {
            let number = from + file * 10;
            let elements: Vec<Value> = (0..10)
                .map(|n| records::element("PROJECT", &records::project(number + n)))
                .collect();
            let path = self.path(&format!("p-{number}.json"));
            let body = records::envelope(&format!("p-{number}"), &elements);
            std::fs::write(&path, body).expect("written");
            arguments.push(path.display().to_string());
        }
        arguments.extend(["--url", &hub.url, "--key", &self.key].map(str::to_owned));
        arguments.extend(["--receipts".to_owned(), receipts]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let sent = hub::run(&arguments);
        assert!(
            sent.status.success(),
            "{}",
            String::from_utf8_lossy(&sent.stderr)
        );
    }

    /// Compares with the hub, and signs when asked to; exit code and result.
    pub fn reconcile(&self, hub: &Hub, more: &[&str]) -> (Option<i32>, Value) {
        let receipts = self.receipts().display().to_string();
        let date = today();
        let mut arguments = vec!["close", "reconcile", &date, "--format", "json"];
        arguments.extend([
            "--url",
            &hub.url,
            "--key",
            &self.key,
            "--receipts",
            &receipts,
        ]);
        arguments.extend(more);
        let output = hub::run(&arguments);
        let told = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("{}", String::from_utf8_lossy(&output.stderr));
        });
        (output.status.code(), told)
    }
}

/// Closes the day by command; exit code and result.
pub fn close(hub: &Hub, more: &[&str]) -> (Option<i32>, Value) {
    let date = today();
    let mut arguments = vec!["close", &date, "--format", "json"];
    arguments.extend(more);
    let output = hub.command(&arguments);
    let told = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("{}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), told)
}

/// What was closed with a party.
#[track_caller]
pub fn with<'c>(closed: &'c Value, party: &str) -> &'c Value {
    let parties = closed["closes"].as_array().expect("closes");
    let found = parties.iter().find(|close| close["with"] == party);
    found.unwrap_or_else(|| panic!("no close with {party}: {closed}"))
}

/// The kinds of differences, in order.
pub fn kinds(differences: &Value) -> Vec<&str> {
    let list = differences.as_array().expect("a list");
    let mut kinds: Vec<&str> = list
        .iter()
        .map(|one| one["kind"].as_str().expect("a kind"))
        .collect();
    kinds.sort_unstable();
    kinds
}
