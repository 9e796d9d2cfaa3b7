//! Archives: any bytes, and archives made of what the input says, some of whose bytes are then overwritten.
//!
//! An input that begins with a byte below 128 is a recipe: so many patches of three bytes each (two for the place,
//! one for the value), then entries as `name`, line feed, content, U+0000. Only so the contents are reached: checksums
//! stop what is mutated blindly.
#![no_main]

use std::io::{Cursor, Write as _};
use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Most patches of a recipe: more leave nothing of an archive.
const PATCHES: u8 = 8;

static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| fuzz::adapter("zip", Charset::Utf8));

/// The archive that a recipe makes; none when a name is none that can be written.
fn made(recipe: &[u8]) -> Option<Vec<u8>> {
    let (count, rest) = recipe.split_first()?;
    let (patches, entries) = rest.split_at_checked(usize::from(count % PATCHES) * 3)?;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (place, entry) in entries.split(|byte| *byte == 0).enumerate() {
        let mut parts = entry.splitn(2, |byte| *byte == b'\n');
        let name = String::from_utf8_lossy(parts.next()?);
        let method = [CompressionMethod::Stored, CompressionMethod::Deflated][place % 2];
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(name, options).ok()?;
        writer.write_all(parts.next().unwrap_or_default()).ok()?;
    }
    let mut archive = writer.finish().ok()?.into_inner();
    for patch in patches.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([patch[0], patch[1]]));
        // From the end, where the directory is.
        if let Some(at) = archive.len().checked_sub(place + 1) {
            archive[at] = patch[2];
        }
    }
    Some(archive)
}

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTER); }, |input: &[u8]| {
    let hint = Hint {
        file_name: Some("20261120-000001-501.zip".to_owned()),
        ..Hint::default()
    };
    if input.first().is_some_and(|byte| *byte < 128 && !input.starts_with(b"PK")) {
        if let Some(archive) = made(input) {
            drop(fuzz::judge(&ADAPTER, &hint, &archive));
        }
        return;
    }
    drop(fuzz::judge(&ADAPTER, &hint, input));
});
