//! What the fuzz targets share: adapters whose profile uses every conversion, and what must hold of any bytes.
//!
//! libFuzzer finds panics, memory and hangs by itself; the assertions here say what else must be true: places lie in
//! the document, normalizing is idempotent, and a file in pieces holds the same records as the file at once.

use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use adapters::{Adapter, Charset, Chunks, Decoded, Hint, Limits, Locator, Profile, WireFormat};
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

/// Decodes, normalizes and judges a document; the number of its records, none when it is unreadable.
pub fn judge(adapter: &Adapter, hint: &Hint, document: &[u8]) -> Option<usize> {
    let context = spec::Context {
        edition: adapter.edition(),
        received: jiff::civil::date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    };
    let locator = Locator::within(document, hint.origin);
    let mut records = 0;
    let outcome = adapter.decode(document, hint, &LIMITS, &mut |decoded| {
        records += 1;
        match decoded {
            Decoded::Record { record, .. } => {
                assert!(record.at <= document.len(), "a record begins in the document");
                let mut normalized = spec::normalize(&context, record);
                let report = spec::validate::judge_alone(&context, &mut normalized);
                for issue in &report.issues {
                    assert!(issue.at.is_none_or(|at| at <= document.len()));
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
            Some(records)
        }
        Err(error) => {
            let message = error.message();
            assert!(!message.zh.is_empty() && !message.en.is_empty());
            assert!(message.en.len() < 4096, "an error quotes a little, not the document");
            None
        }
    }
}

/// Cuts a document into chunks of about `size` bytes fed `step` bytes at a time, and judges them one by one; the
/// number of all records, none when something is unreadable.
pub fn judge_in_chunks(adapter: &Adapter, document: &[u8], size: usize, step: usize) -> Option<usize> {
    let hint = Hint::default();
    let mut chunks = Chunks::new(adapter.profile(), None, size, &LIMITS);
    let mut pieces = document.chunks(step.max(1));
    let mut records = 0;
    loop {
        match chunks.next() {
            Err(_) => return None,
            Ok(Some(chunk)) => records += judge(adapter, &chunk.hint(&hint), &chunk.bytes)?,
            Ok(None) => match pieces.next() {
                Some(piece) => chunks.feed(piece),
                None => break,
            },
        }
    }
    chunks.end();
    while let Some(chunk) = chunks.next().ok()? {
        records += judge(adapter, &chunk.hint(&hint), &chunk.bytes)?;
    }
    Some(records)
}

/// The form that a word of a profile means.
pub fn form(word: &str) -> Option<WireFormat> {
    WireFormat::of_file_name(&format!("a.{word}"))
}
