//! Provincial messages: any bytes, and messages written as XML asks, whose values must come back as they were.
//!
//! The first byte says which, the second the size of pieces, or how the values are written.
#![no_main]

use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

const FIELDS: [&str; 3] = ["PROJECT_CODE", "PROJECT_NAME", "ADDRESS"];

static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| fuzz::adapter("message", Charset::Utf8));

fn messages(how: u8, input: &[u8]) {
    let texts = fuzz::texts(input);
    let records: Vec<&[String]> = texts.chunks_exact(FIELDS.len()).take(fuzz::LIMITS.records).collect();
    let mut document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROOT>".to_owned();
    for (number, values) in records.iter().enumerate() {
        document += &format!(
            "<DES><TITLE><DATA_TYPE>1</DATA_TYPE><DATA_NO>500</DATA_NO><DATA_EN>PROJECT</DATA_EN>\
             <DATA_KEY>k{number}</DATA_KEY></TITLE><CONTEXT>"
        );
        for (place, (name, value)) in FIELDS.iter().zip(*values).enumerate() {
            document += &format!("<{name}>{}</{name}>", fuzz::as_xml(value, how >> (place % 4 * 2)));
        }
        document += "</CONTEXT></DES>\n";
    }
    document += "</ROOT>";
    let hint = Hint::default();
    if records.is_empty() {
        assert!(fuzz::values(&ADAPTER, &hint, document.as_bytes()).is_err(), "a root without a message");
        return;
    }
    let read = fuzz::values(&ADAPTER, &hint, document.as_bytes()).expect("a message as XML has it is read");
    assert_eq!(read.len(), records.len());
    for (read, written) in read.iter().zip(records) {
        let read = read.as_ref().expect("a sound message is a record");
        for (name, text) in FIELDS.iter().zip(written) {
            let value = read.iter().find(|(field, _)| field == name).map(|(_, value)| value.trim());
            assert_eq!(value, Some(text.trim()).filter(|text| !text.is_empty()), "{name} as it was written");
        }
    }
    fuzz::judge_both_ways(&ADAPTER, &hint, document.as_bytes(), usize::from(how) + 16);
}

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTER); }, |input: &[u8]| {
    match input {
        [kind, size, document @ ..] if kind % 2 == 0 => {
            fuzz::judge_both_ways(&ADAPTER, &Hint::default(), document, usize::from(*size) + 16);
        }
        [_, how, texts @ ..] => messages(*how, texts),
        _ => {}
    }
});
