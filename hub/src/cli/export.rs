//! `hub export`: writes what is published, from the same data that judges; or says where files differ.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::folder::Folder;
use crate::app;
use crate::http::openapi;
use crate::published;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folder to write, or to compare with.
    #[arg(default_value = "schemas")]
    to: PathBuf,
    /// Change nothing: name the files that differ, and exit 1.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    folder: Folder,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let config = arguments.folder.config(Vec::new())?;
    let specification = app::load_spec(&config)?;
    let mut files = published::files(specification)?;
    let mut description = serde_json::to_vec_pretty(&openapi::document())?;
    description.push(b'\n');
    files.push(("openapi.json".to_owned(), description));
    if arguments.check {
        let wrong = compare(&arguments.to, &files)?;
        for line in &wrong {
            println!("{line}");
        }
        if wrong.is_empty() {
            eprintln!("{} files are up to date", files.len());
        }
        return Ok(wrong.is_empty());
    }
    for (name, content) in &files {
        let path = arguments.to.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        std::fs::write(&path, content).with_context(|| path.display().to_string())?;
    }
    eprintln!(
        "{} files written to {}",
        files.len(),
        arguments.to.display()
    );
    Ok(true)
}

/// Names every file that differs, is missing, or should not be there.
fn compare(folder: &Path, files: &[(String, Vec<u8>)]) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for (name, content) in files {
        match std::fs::read(folder.join(name)) {
            Ok(found) if found == *content => {}
            Ok(_) => wrong.push(format!("{name}: differs")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                wrong.push(format!("{name}: is missing"));
            }
            Err(error) => return Err(error).with_context(|| name.clone()),
        }
    }
    let mut found = Vec::new();
    walk(folder, "", &mut found)?;
    for name in found {
        let is_ours = files.iter().any(|(known, _)| *known == name);
        if !is_ours && !name.ends_with("README.md") {
            wrong.push(format!("{name}: is not generated"));
        }
    }
    Ok(wrong)
}

fn walk(folder: &Path, under: &str, found: &mut Vec<String>) -> anyhow::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| folder.display().to_string()),
    };
    for entry in entries {
        let entry = entry?;
        let name = format!("{under}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push(name);
        }
    }
    found.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_drift_is_named() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("3.0"))?;
        std::fs::write(folder.path().join("3.0/a.json"), "old")?;
        std::fs::write(folder.path().join("3.0/stray.json"), "")?;
        std::fs::write(folder.path().join("README.md"), "by hand")?;
        let files = [
            ("3.0/a.json".to_owned(), b"new".to_vec()),
            ("b.json".to_owned(), Vec::new()),
        ];
        assert_eq!(
            compare(folder.path(), &files)?,
            [
                "3.0/a.json: differs",
                "b.json: is missing",
                "3.0/stray.json: is not generated"
            ]
        );
        Ok(())
    }
}
