//! The page inside a bundle, opened in a real browser.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use serde_json::json;

/// What the page of a bundle says about a file, in a real browser without a network.
pub fn browse(members: &[(String, Vec<u8>)], file: &Path, vkey: &str) -> String {
    browse_asking(members, file, vkey, ("", ""))
}

/// The same when keys of witnesses are given, and how many of them must have cosigned.
pub fn browse_asking(
    members: &[(String, Vec<u8>)],
    file: &Path,
    vkey: &str,
    (witnesses, quorum): (&str, &str),
) -> String {
    let (_, page) = members
        .iter()
        .find(|(name, _)| name == "verify.html")
        .expect("the page");
    let bundle = base64::prelude::BASE64_STANDARD.encode(std::fs::read(file).expect("a bundle"));
    // Does what a person does: types the key, chooses the file.
    let hand = format!(
        "<script>{{const bytes = Uint8Array.from(atob('{bundle}'), (c) => c.charCodeAt(0));\
         const all = new DataTransfer(); all.items.add(new File([bytes], 'bundle.zip'));\
         document.getElementById('key').value = {};\
         document.getElementById('witnesses').value = {};\
         document.getElementById('quorum').value = {};\
         document.getElementById('file').files = all.files;\
         document.getElementById('file').dispatchEvent(new Event('change'));}}</script>",
        json!(vkey.trim()),
        json!(witnesses),
        json!(quorum)
    );
    let page = String::from_utf8(page.clone())
        .expect("text")
        .replace("</body>", &format!("{hand}</body>"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("verify.html");
    std::fs::write(&path, page).expect("written");
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--virtual-time-budget=20000",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg("--dump-dom")
        .arg(format!("file://{}", path.display()))
        .output()
        .expect("chromium runs; `make servers` installs it");
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, verdict) = page.split_once("id=\"verdict\"").unwrap_or(("", &page));
    verdict
        .split("<script>")
        .next()
        .unwrap_or_default()
        .to_owned()
}
