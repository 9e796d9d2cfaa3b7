//! A file as a sender has it, read as a hub would read it: expanded when its name says that it is compressed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;

use crate::config::Limits;
use crate::pipeline::expand::Encoding;
use crate::pipeline::expanded::Expanded;

/// The name that a file has when it is expanded.
pub fn name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    Some(Encoding::expanded(&name).to_owned())
}

/// Opens a file; its own bytes, compressed or not, pass `through`.
pub fn open<R: Read + 'static>(
    path: &Path,
    bounds: &Limits,
    through: impl FnOnce(File) -> R,
) -> anyhow::Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let file = through(file);
    let name = path.file_name().map(std::ffi::OsStr::to_string_lossy);
    Ok(match Encoding::of_file("", name.as_deref()) {
        Encoding::Plain => Box::new(file),
        encoding => Box::new(Expanded::new(encoding, bounds, file)?),
    })
}
