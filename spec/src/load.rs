//! Reads the data files into checked types.
//!
//! A specification is a folder per edition: `edition.toml`, `calendar.csv`, `datasets/**.toml`,
//! `codes/*.csv`, `rules/*.toml` and `projections/*.toml`. Folders are scanned, so that a data set, a code table or
//! a rule is added by adding a file. Everything is checked against everything else once, here; what
//! comes out needs no further checking. The one place of the crate that may read files.

mod among;
mod as_general;
mod attachments;
mod calendar;
mod checks;
mod codes;
mod datasets;
mod editions;
mod faults;
mod indexes;
mod inherit;
mod joins;
mod lint;
mod members;
mod projections;
mod raw;
mod regions;
mod rules;
mod scope;
mod source;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::Spec;
use faults::Faults;

pub(crate) use datasets::identifier_word;
pub use lint::{Level, Remark};

/// The specification that is built in.
static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data");

/// A data file is wrong, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// What a file says cannot be.
    #[error("{file}:{line}:{column}: found {found}, expected {expected}")]
    Data {
        /// Path of the file, from the specification's folder.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1; 1 where the whole line is meant.
        column: usize,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Spec {
    /// The specification that is built into the program.
    pub fn embedded() -> Result<Spec, LoadError> {
        let mut files = Vec::new();
        collect_embedded(&EMBEDDED, &mut files);
        from_files(files)
    }
}

/// Reads the specification in a folder of the same shape as `spec/data`.
pub fn from_directory(directory: &Path) -> Result<Spec, LoadError> {
    let mut files = Vec::new();
    collect_directory(directory, "", &mut files)?;
    from_files(files)
}

/// Builds the specification from its files: (path with `/`, content). Pure.
pub fn from_files(mut files: Vec<(String, Vec<u8>)>) -> Result<Spec, LoadError> {
    files.sort();
    let mut faults = Faults::default();
    let spec = editions::specification(&files, &mut faults);
    faults.first().map_or(Ok(spec), Err)
}

/// Everything that is wrong with a folder of the same shape as `spec/data`, and what looks wrong, by file and line.
pub fn lint(directory: &Path) -> Result<Vec<Remark>, LoadError> {
    let mut files = Vec::new();
    collect_directory(directory, "", &mut files)?;
    Ok(lint_files(files))
}

/// The same of a specification's files: (path with `/`, content). Pure.
pub fn lint_files(mut files: Vec<(String, Vec<u8>)>) -> Vec<Remark> {
    files.sort();
    let mut faults = Faults::default();
    let spec = editions::specification(&files, &mut faults);
    lint::remarks(&files, &spec, faults)
}

fn collect_embedded(directory: &Dir<'_>, files: &mut Vec<(String, Vec<u8>)>) {
    for file in directory.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.push((path, file.contents().to_vec()));
    }
    for inner in directory.dirs() {
        collect_embedded(inner, files);
    }
}

fn collect_directory(
    directory: &Path,
    prefix: &str,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), LoadError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| LoadError::Read { path, source }
    };
    for entry in std::fs::read_dir(directory).map_err(unreadable(directory))? {
        let entry = entry.map_err(unreadable(directory))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            collect_directory(&path, &format!("{name}/"), files)?;
        } else {
            let content = std::fs::read(&path).map_err(unreadable(&path))?;
            files.push((name, content));
        }
    }
    Ok(())
}
