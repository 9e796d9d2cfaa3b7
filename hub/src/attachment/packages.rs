//! The lists of contents of ZIP packages and archives. Members are not unpacked, but for one small list of types.

use std::io::{self, Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::inspect::Refusal;

/// Most members of a package: the format's own bound without its extension, so that a list stays small.
const MEMBERS: u64 = 10_000;
/// Most bytes of the list of types inside an office package.
const TYPES: u64 = 1 << 20;
/// Endings of what runs when it is opened, or of what carries macros.
const PROGRAMS: [&str; 34] = [
    "exe", "dll", "com", "scr", "pif", "cpl", "msi", "msp", "bat", "cmd", "ps1", "psm1", "vbs",
    "vbe", "js", "jse", "wsf", "wsh", "hta", "lnk", "reg", "jar", "sh", "app", "apk", "elf", "so",
    "docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "iso",
];

/// A package with the part that makes it what it says, and without macros.
pub fn package(mut file: impl Read + Seek, part: &str) -> Result<(), Refusal> {
    let mut archive = open(&mut file)?;
    if archive.index_for_name(part).is_none() {
        return Err(Refusal::without_part(part));
    }
    refuse(&archive, is_macro)?;
    let Some(place) = archive.index_for_name("[Content_Types].xml") else {
        return Ok(());
    };
    let types = archive.by_index(place).map_err(|error| broken(&error))?;
    let mut text = Vec::new();
    let read = types.take(TYPES + 1).read_to_end(&mut text);
    read.map_err(|error| Refusal::broken(&error.to_string()))?;
    if text.len() as u64 > TYPES {
        return Err(Refusal::broken("[Content_Types].xml is too large"));
    }
    if memchr::memmem::find(&text, b"macroEnabled").is_some() {
        return Err(Refusal::runs("macroEnabled"));
    }
    Ok(())
}

/// An archive without programs, scripts and documents with macros among its members.
pub fn archive(mut file: impl Read + Seek) -> Result<(), Refusal> {
    refuse(&open(&mut file)?, |name| is_program(name) || is_macro(name))
}

/// Refuses a package with a member whose name is barred, or cannot be read.
fn refuse<F: Read + Seek>(
    archive: &ZipArchive<F>,
    barred: impl Fn(&str) -> bool,
) -> Result<(), Refusal> {
    for name in archive.file_names() {
        let name = name.map_err(|error| broken(&error))?;
        if barred(&name) {
            return Err(Refusal::runs(&name));
        }
    }
    Ok(())
}

fn open<F: Read + Seek>(file: &mut F) -> Result<ZipArchive<&mut F>, Refusal> {
    let members = members(file).map_err(|error| Refusal::broken(&error.to_string()))?;
    match members {
        None => return Err(Refusal::broken("the list of members is missing")),
        Some(count) if count > MEMBERS => return Err(Refusal::crowded(count, MEMBERS)),
        Some(_) => {}
    }
    file.seek(SeekFrom::Start(0))
        .map_err(|error| Refusal::broken(&error.to_string()))?;
    ZipArchive::new(file).map_err(|error| broken(&error))
}

/// How many members the end of an archive says it has, before the list itself is read into memory.
///
/// An archive may say it twice, the second time in the record of the extension for large ones (APPNOTE 4.3.14), which
/// readers believe rather than the first: the greater number counts.
fn members<F: Read + Seek>(file: &mut F) -> io::Result<Option<u64>> {
    /// The record at the end, without its comment (APPNOTE 4.3.16).
    const END: u64 = 22;
    /// The record of the extension and the pointer to it, which stand before.
    const EXTENSION: u64 = 56 + 20;
    let size = file.seek(SeekFrom::End(0))?;
    let from = size.saturating_sub(EXTENSION + END + u64::from(u16::MAX));
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(EXTENSION + END + u64::from(u16::MAX))
        .read_to_end(&mut tail)?;
    let Some(at) = memchr::memmem::rfind(&tail, b"PK\x05\x06") else {
        return Ok(None);
    };
    let count = tail.get(at + 10..at + 12);
    let count = count.and_then(|bytes| bytes.first_chunk::<2>());
    let count = count.map(|bytes| u64::from(u16::from_le_bytes(*bytes)));
    let Some(pointer) = memchr::memmem::rfind(&tail, b"PK\x06\x07") else {
        return Ok(count);
    };
    let extended = memchr::memmem::rfind(tail.get(..pointer).unwrap_or_default(), b"PK\x06\x06");
    let extended = extended.and_then(|at| tail.get(at + 32..at + 40)?.first_chunk::<8>());
    // Pointed to, and not there: what it says cannot be known.
    Ok(extended
        .map(|bytes| u64::from_le_bytes(*bytes))
        .and_then(|extended| Some(extended.max(count?))))
}

fn is_macro(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("vbaproject.bin") || name.contains("/macrosheets/") || name.contains("/activex/")
}

fn is_program(name: &str) -> bool {
    // Blanks and points at the end are dropped by the system that runs it.
    let name = name.trim_end_matches([' ', '.']).to_ascii_lowercase();
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| PROGRAMS.contains(&ending))
}

fn broken(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::broken(&error.to_string())
}
