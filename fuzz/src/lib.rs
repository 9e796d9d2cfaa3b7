//! What the fuzz targets share: adapters whose profile uses every conversion, and what must hold of any bytes.
//!
//! libFuzzer finds panics, memory and hangs by itself; the assertions here say what else must be true: places lie in
//! the document, normalizing is idempotent, and a file in pieces holds the same records as the file at once.

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
    let text = include_str!("../profile.toml")
        .replace("{wire}", wire)
        .replace("{charset}", charset.name());
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
    let outcome = package.decode(adapter, &LIMITS, &mut |part, locator, decoded| {
        records += 1;
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
    document: &[u8],
    size: usize,
    step: usize,
) -> Result<usize, DecodeError> {
    let hint = Hint::default();
    let mut chunks = Chunks::new(adapter, None, size, &LIMITS);
    let mut pieces = document.chunks(step.max(1)).map(Some).chain([None]);
    let mut records = 0;
    while let Some(piece) = pieces.next() {
        match piece {
            Some(piece) => chunks.feed(piece),
            None => chunks.end(),
        }
        while let Some(chunk) = chunks.next()? {
            records += judge(adapter, &chunk.hint(&hint), &chunk.bytes)?;
        }
    }
    Ok(records)
}
