//! What the READMEs show, run as they show it: every shell block in order, by a shell that stops at the first fault.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::harness::{hub, root};

/// The shell blocks, put together. What a reader has done before the first of them, building the program, is left out.
fn blocks(readme: &str, port: u16) -> String {
    let text = std::fs::read_to_string(root().join(readme)).expect("a README");
    let blocks = text
        .split("```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    blocks
        .flat_map(str::lines)
        .filter(|line| !line.starts_with("cargo build") && !line.starts_with("alias "))
        .map(|line| format!("{}\n", line.replace("8080", &port.to_string())))
        .collect()
}

/// Runs them in a folder of their own; what they printed.
fn walk(readme: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(root().join("fixtures"), folder.path().join("fixtures"))
        .expect("a link");
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    std::os::unix::fs::symlink(hub::program(), folder.path().join("hub")).expect("a link");
    let script = format!(
        "set -e -o pipefail\nPATH=\"$PWD:$PATH\"\ntrap 'kill $(jobs -p) && wait' EXIT\n{}",
        blocks(readme, port)
    );
    // `hub check` tells by its exit code that it found what the dirty example has.
    let script = script
        .replace("--source 320100\n", "--source 320100 || [ $? = 1 ]\n")
        .replace(
            "--format json\n",
            "--format json > checked.json || [ $? = 1 ]\n",
        );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let fault = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{readme}:\n{said}\n{fault}");
    kept(folder.path());
    said
}

/// The first receipt lies there with its proof.
fn kept(folder: &Path) {
    let receipt = std::fs::read(folder.join("receipt.json")).expect("the receipt");
    let receipt: Value = serde_json::from_slice(&receipt).expect("JSON");
    assert_eq!(receipt["counts"]["records"], 3, "{receipt}");
    assert_eq!(receipt["counts"]["rejected"], 0, "{receipt}");
    let proof = std::fs::read_to_string(folder.join("proof.txt")).expect("the proof");
    assert_eq!(receipt["proof"], proof, "the same proof");
}

/// Receipts of what was sent: CSV, XML, multipart, in pieces, corrected and withdrawn, none of them refused whole.
fn sent(said: &str) {
    for (what, submission) in [
        ("corrected", "\"submission\":\"my-first-correction\""),
        ("withdrawn", "\"submission\":\"my-first-withdrawal\""),
        ("XML", "\"source\":\"320300\""),
        ("CSV", "\"submission\":\"nt-1\""),
        ("multipart", "\"receipted\":2"),
        ("tus", "\"state\":"),
        ("attachment", "\"slot\":\"M_ATT_TENDER_NOTICE\""),
    ] {
        assert!(said.contains(submission), "{what}: {said}");
    }
    assert!(!said.contains("\"status\":4"), "no problem: {said}");
}

#[test]
fn the_readme_does_what_it_says() {
    sent(&walk("README.md"));
}

#[test]
fn the_chinese_readme_does_what_it_says() {
    sent(&walk("README.zh.md"));
}
