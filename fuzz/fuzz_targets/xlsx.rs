//! Workbooks: any bytes, and sound packages in which one part (workbook, relations, texts, styles, sheet) is hostile.
//!
//! The first byte says which part the rest is. Mutated compressed bytes would end at the archive's checksum; so the
//! parts are mutated, and packed as they are.
#![no_main]

use std::io::{Cursor, Write as _};
use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const PARTS: [(&str, &str); 6] = [
    ("xl/workbook.xml", include_str!("../seeds/xlsx/0.xml")),
    ("xl/_rels/workbook.xml.rels", include_str!("../seeds/xlsx/1.xml")),
    ("xl/sharedStrings.xml", include_str!("../seeds/xlsx/2.xml")),
    ("xl/styles.xml", include_str!("../seeds/xlsx/3.xml")),
    ("xl/worksheets/sheet1.xml", include_str!("../seeds/xlsx/4.xml")),
    ("_rels/.rels", include_str!("../seeds/xlsx/5.xml")),
];

static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| fuzz::adapter("xlsx", Charset::Utf8));

/// A workbook whose part at `place` is `hostile`.
fn workbook(place: usize, hostile: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (at, (name, sound)) in PARTS.iter().enumerate() {
        let content = if at == place { hostile } else { sound.as_bytes() };
        writer.start_file(*name, options).expect("a name of our own");
        writer.write_all(content).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTER); }, |input: &[u8]| {
    let hint = Hint::default();
    match input {
        [place, part @ ..] if usize::from(*place) < PARTS.len() => {
            drop(fuzz::judge(&ADAPTER, &hint, &workbook(usize::from(*place), part)));
        }
        document => {
            drop(fuzz::judge(&ADAPTER, &hint, document));
        }
    }
});
