//! Calls in the manner of `receiveInfo`: any bytes, and forms written as they should be, whose arguments must come
//! back as they were: the serial number, the XML to the byte, and the values in it.
//!
//! The first byte says which, the second how the XML and its escapes are written.
#![no_main]

use std::sync::LazyLock;

use adapters::{Adapter, Charset, Hint};
use libfuzzer_sys::fuzz_target;

static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| fuzz::adapter("call", Charset::Utf8));

/// Bytes as a form has them: what is not plain is escaped, and by the bits of `how` what is plain too.
fn escaped(bytes: &[u8], how: u8) -> String {
    let mut text = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*');
        match byte {
            b' ' if how & 1 == 1 => text.push('+'),
            _ if is_plain && how >> (place % 8) & 1 == 0 => text.push(char::from(*byte)),
            _ if how & 2 == 2 => text += &format!("%{byte:02x}"),
            _ => text += &format!("%{byte:02X}"),
        }
    }
    text
}

fn call(how: u8, input: &[u8]) {
    let texts = fuzz::texts(input);
    let [serial, code, name, ..] = texts.as_slice() else {
        return;
    };
    let xml = format!(
        "<PROJECT><PROJECT_CODE>{}</PROJECT_CODE><PROJECT_NAME>{}</PROJECT_NAME></PROJECT>",
        fuzz::as_xml(code, how),
        fuzz::as_xml(name, how >> 2)
    );
    let form = format!(
        "DATASETCODE=PROJECT&SERIALNUMBER={}&XMLCONTENT={}",
        escaped(serial.as_bytes(), how),
        escaped(xml.as_bytes(), how)
    );
    let hint = Hint::default();
    let package = adapters::Adapter::open(&ADAPTER, form.as_bytes(), &hint, &fuzz::LIMITS);
    if serial.trim().is_empty() {
        assert!(package.is_err(), "a call has a serial number");
        return;
    }
    let package = package.expect("a form as it should be is read");
    assert_eq!(package.envelope.submission.as_deref(), Some(serial.trim()));
    assert_eq!(package.parts.len(), 1);
    assert_eq!(package.parts[0].bytes.as_ref(), xml.as_bytes(), "the XML to the byte");
    let read = fuzz::values(&ADAPTER, &hint, form.as_bytes()).expect("its XML is read");
    let [Some(values)] = read.as_slice() else {
        unreachable!("one record: {read:?}");
    };
    for (field, text) in [("PROJECT_CODE", code), ("PROJECT_NAME", name)] {
        let value = values.iter().find(|(name, _)| name == field).map(|(_, value)| value.trim());
        assert_eq!(value, Some(text.trim()).filter(|text| !text.is_empty()), "{field} as it was written");
    }
    fuzz::judge(&ADAPTER, &hint, form.as_bytes()).expect("what is read is judged");
}

// Loading the specification is not what is timed.
fuzz_target!(init: { LazyLock::force(&ADAPTER); }, |input: &[u8]| {
    match input {
        [kind, _, document @ ..] if kind % 2 == 0 => {
            drop(fuzz::judge(&ADAPTER, &Hint::default(), document));
        }
        [_, how, texts @ ..] => call(*how, texts),
        _ => {}
    }
});
