//! CSV: any bytes, and tables written as RFC 4180 asks, whose cells must come back as they were.
//!
//! The first byte says which, and the separator; the second the size of pieces, or which cells are quoted. What is
//! written as it should be is the only input of which anyone knows what it says.
#![no_main]

use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

const SEPARATORS: [char; 3] = [',', ';', '\t'];
const COLUMNS: [&str; 3] = ["PROJECT_CODE", "PROJECT_NAME", "ADDRESS"];

static ADAPTERS: LazyLock<[Adapter; 3]> = LazyLock::new(|| {
    SEPARATORS.map(|separator| fuzz::adapter_with("csv", Charset::Utf8, &format!("separator = \"{}\"", separator.escape_default())))
});

/// A row of cells; those that need quotes have them, and by the bits of `quoted` some others too.
fn row(cells: &[&str], separator: char, quoted: u8) -> String {
    let written = cells.iter().enumerate().map(|(place, cell)| {
        let needs = cell.contains(['"', '\n', '\r', separator]);
        match needs || quoted >> (place % 8) & 1 == 1 {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => (*cell).to_owned(),
        }
    });
    written.collect::<Vec<_>>().join(&separator.to_string())
}

fn table(adapter: &Adapter, hint: &Hint, separator: char, quoted: u8, input: &[u8]) {
    let cells = fuzz::texts(input);
    let rows: Vec<&[String]> = cells.chunks_exact(COLUMNS.len()).take(fuzz::LIMITS.records).collect();
    let mut document = row(&COLUMNS, separator, quoted) + "\n";
    for cells in &rows {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        document += &(row(&cells, separator, quoted) + "\r\n");
    }
    let read = fuzz::values(adapter, hint, document.as_bytes()).expect("a table as RFC 4180 has it is read");
    let is_blank = |text: &str| text.bytes().all(|byte| byte.is_ascii_whitespace());
    let filled: Vec<_> = rows.iter().filter(|row| !row.iter().all(|cell| is_blank(cell))).collect();
    assert_eq!(read.len(), filled.len(), "a record for each row with anything in it");
    for (read, written) in read.iter().zip(filled) {
        let read = read.as_ref().expect("a sound row is a record");
        for (name, cell) in COLUMNS.iter().zip(*written) {
            let value = read.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
            assert_eq!(value, Some(cell.as_str()).filter(|cell| !cell.trim().is_empty()), "{name} as it was written");
        }
    }
    fuzz::judge_both_ways(adapter, hint, document.as_bytes(), usize::from(quoted) + 16);
}

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTERS); }, |input: &[u8]| {
    let [how, size, rest @ ..] = input else {
        return;
    };
    let which = usize::from(how / 2) % SEPARATORS.len();
    let hint = Hint {
        dataset: Some("PROJECT".to_owned()),
        ..Hint::default()
    };
    match how % 2 {
        0 => fuzz::judge_both_ways(&ADAPTERS[which], &hint, rest, usize::from(*size) + 16),
        _ => table(&ADAPTERS[which], &hint, SEPARATORS[which], *size, rest),
    }
});
