//! Writes `fixtures/`, or with `--check` says which files are not as they would be written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

fn main() -> Result<ExitCode> {
    let check = std::env::args().any(|argument| argument == "--check");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let files = tests::generate::files()?;
    let mut differing: BTreeSet<String> = BTreeSet::new();
    for (name, bytes) in &files {
        let path = root.join(name);
        if fs::read(&path).is_ok_and(|found| found == *bytes) {
            continue;
        }
        differing.insert(name.clone());
        if !check {
            let folder = path.parent().context("a file lies in a folder")?;
            fs::create_dir_all(folder)?;
            fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    // Files that nobody writes any more.
    for folder in ["sources", "api", "hostile", "rules"] {
        for path in walk(&root.join(folder))? {
            let name = path
                .strip_prefix(&root)?
                .to_string_lossy()
                .replace('\\', "/");
            if !files.contains_key(&name) {
                differing.insert(name);
                if !check {
                    fs::remove_file(&path)?;
                }
            }
        }
    }
    for name in &differing {
        println!(
            "{}: fixtures/{name}",
            if check { "differs" } else { "written" }
        );
    }
    let bytes: usize = files.values().map(Vec::len).sum();
    println!(
        "{} files, {} KiB, {} differing",
        files.len(),
        bytes / 1024,
        differing.len()
    );
    Ok(if check && !differing.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn walk(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(found);
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(walk(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
