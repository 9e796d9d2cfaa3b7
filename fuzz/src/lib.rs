//! What the fuzz targets share: adapters whose profile uses every conversion, and what must hold of any bytes.
//!
//! libFuzzer finds panics, memory and hangs by itself; the assertions here say what else must be true: places lie in
//! the document and go forward, a file in pieces holds the same records as the file at once, and a value that was
//! written as its form asks is read as it was.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use adapters::{Adapter, Charset, Chunks, DecodeError, Decoded, Hint, Limits, Profile};
use spec::Spec;

/// Limits that are small enough to be met by inputs of some kilobytes.
pub const LIMITS: Limits = Limits {
    bytes: 1 << 20,
    depth: 16,
    records: 64,
    fields: 256,
    value: 1 << 16,
    file: 1 << 16,
};

fn specification() -> &'static Spec {
    static SPEC: OnceLock<Spec> = OnceLock::new();
    SPEC.get_or_init(|| Spec::embedded().expect("the embedded specification loads"))
}

/// An adapter for documents of one form and character set, over the newest edition.
pub fn adapter(wire: &str, charset: Charset) -> Adapter {
    adapter_with(wire, charset, "")
}

/// The same, with a line more about its documents.
pub fn adapter_with(wire: &str, charset: Charset, line: &str) -> Adapter {
    let text = include_str!("../profile.toml")
        .replace("{wire}", wire)
        .replace("{charset}", charset.name())
        .replace("[wire]\n", &format!("[wire]\n{line}\n"));
    let profile = Profile::parse("profile.toml", &text).expect("the profile is sound");
    let edition = specification().editions.iter().max_by_key(|edition| edition.id.clone());
    let edition = edition.expect("an edition");
    Adapter::new(Arc::new(profile), Arc::clone(edition)).expect("the profile fits the edition")
}

/// Decodes, normalizes and judges a document; the number of its records, or why it is unreadable.
pub fn judge(adapter: &Adapter, hint: &Hint, document: &[u8]) -> Result<usize, DecodeError> {
    let context = spec::Context {
        edition: adapter.edition(),
        received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    };
    let package = match adapter.open(document, hint, &LIMITS) {
        Ok(package) => package,
        Err(error) => return Err(told(error)),
    };
    let unpacked: usize = package.parts.iter().map(|part| part.bytes.len()).sum();
    let enclosed: usize = package.enclosed.iter().map(|file| file.bytes.len()).sum();
    // Sheets are held beside the archive that they come from.
    assert!(unpacked + enclosed <= 2 * LIMITS.bytes, "what is unpacked is bounded");
    let mut records = 0;
    let mut last: (*const u8, usize) = (std::ptr::null(), 0);
    let outcome = package.decode(adapter, &LIMITS, &mut |part, locator, decoded| {
        records += 1;
        let (Decoded::Record { record: spec::Record { at, .. }, .. } | Decoded::Unusable { at, .. }) = &decoded;
        let (part_of_last, at_last) = std::mem::replace(&mut last, (part.bytes.as_ptr(), *at));
        assert!(part_of_last != part.bytes.as_ptr() || at_last <= *at, "records come in their order");
        match decoded {
            Decoded::Record { record, .. } => {
                assert!(record.at <= part.bytes.len(), "a record begins in the document");
                let mut normalized = spec::normalize(&context, record);
                let report = spec::validate::judge_alone(&context, &mut normalized);
                for issue in &report.issues {
                    assert!(issue.at.is_none_or(|at| at <= part.bytes.len()));
                }
            }
            Decoded::Unusable { at, issue, .. } => {
                let (line, column) = locator.locate(at);
                assert!(line >= 1 && column >= 1);
                assert!(!issue.message.zh.is_empty() && !issue.message.en.is_empty());
            }
        }
        ControlFlow::Continue(())
    });
    match outcome {
        Ok(_) => {
            assert!(records <= LIMITS.records);
            Ok(records)
        }
        Err(error) => Err(told(error)),
    }
}

/// The values of each record of a document, by column code, as they were before any repair; none for what is no record.
pub fn values(
    adapter: &Adapter,
    hint: &Hint,
    document: &[u8],
) -> Result<Vec<Option<Vec<(String, String)>>>, DecodeError> {
    let package = adapter.open(document, hint, &LIMITS)?;
    let mut all = Vec::new();
    package.decode(adapter, &LIMITS, &mut |_, _, decoded| {
        all.push(match decoded {
            Decoded::Record { record, .. } => {
                let fields = record.dataset.fields.iter().zip(&record.values);
                let sent = fields.filter_map(|(field, value)| {
                    let value = value.as_ref().filter(|value| value.mapped.is_none())?;
                    Some((field.id.clone(), value.text.to_string()))
                });
                Some(sent.collect())
            }
            Decoded::Unusable { .. } => None,
        });
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

/// A document at once, and in pieces: the same records, or read in neither way.
pub fn judge_both_ways(adapter: &Adapter, hint: &Hint, document: &[u8], step: usize) {
    let pieces = judge_in_chunks(adapter, hint, document, step * 4, step);
    match judge(adapter, hint, document) {
        Ok(whole) => assert_eq!(Ok(whole), pieces, "records at once, and in pieces"),
        // A file of any length may be read in pieces; at once, only one within the limits.
        Err(DecodeError::Limit { .. }) => {}
        // A line of a file in two bytes a character is a bad line, the file is none.
        Err(DecodeError::Charset { found, .. }) if found.en.contains("UTF-16") => {}
        Err(error) => assert!(pieces.is_err(), "read in pieces, though {error}"),
    }
}

/// Texts that any form can hold, cut out of an input: characters of XML 1.0 without a carriage return, which XML turns
/// into a line feed.
pub fn texts(input: &[u8]) -> Vec<String> {
    let is_text = |c: &char| matches!(c, '\t' | '\n') || !c.is_control() && !matches!(c, '\u{FFFD}'..='\u{FFFF}');
    let cut = |bytes| String::from_utf8_lossy(bytes).chars().filter(is_text).take(2_000).collect();
    input.split(|byte| *byte == 0).map(cut).collect()
}

/// A text as the content of an element, in one of the four manners that XML has for it: by names, by numbers, as
/// character data, by both.
pub fn as_xml(text: &str, how: u8) -> String {
    let named = |c: char| match c {
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '&' => "&amp;".to_owned(),
        '"' => "&quot;".to_owned(),
        other => other.to_string(),
    };
    match how % 4 {
        0 => text.chars().map(named).collect(),
        1 => text.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
        2 => format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>")),
        _ => text.chars().map(|c| if c.is_ascii_alphanumeric() { format!("&#x{:X};", u32::from(c)) } else { named(c) }).collect(),
    }
}

/// A document that cannot be read: its sender is told so in both languages, and briefly.
fn told(error: DecodeError) -> DecodeError {
    let message = error.message();
    assert!(!message.zh.is_empty() && !message.en.is_empty());
    assert!(message.en.len() < 4096, "an error quotes a little, not the document");
    assert!(error.place().is_none_or(|(line, column)| line >= 1 && column >= 1));
    error
}

/// Cuts a document into chunks of about `size` bytes fed `step` bytes at a time, and judges them one by one; the
/// number of all records, or why one of the chunks is unreadable.
pub fn judge_in_chunks(
    adapter: &Adapter,
    hint: &Hint,
    document: &[u8],
    size: usize,
    step: usize,
) -> Result<usize, DecodeError> {
    let mut chunks = Chunks::new(adapter, None, size, &LIMITS);
    let mut pieces = document.chunks(step.max(1)).map(Some).chain([None]);
    let mut records = 0;
    while let Some(piece) = pieces.next() {
        match piece {
            Some(piece) => chunks.feed(piece),
            None => chunks.end(),
        }
        while let Some(chunk) = chunks.next()? {
            records += judge(adapter, &chunk.hint(hint), &chunk.bytes)?;
        }
    }
    Ok(records)
}
