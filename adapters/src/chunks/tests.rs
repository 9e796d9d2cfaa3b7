//! What a user of `chunks` sees, good and bad.

#![expect(
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::ops::ControlFlow;

use encoding_rs::GB18030;

use super::*;
use crate::decode::tests::adapter;
use crate::{Decoded, Locator};

/// Records of a file as `name line:column value`, decoded whole.
fn places(bytes: &[u8], hint: &Hint, wire: &str) -> Vec<String> {
    let adapter = adapter(wire);
    let locator = Locator::within(bytes, hint.origin);
    let mut places = Vec::new();
    let outcome = adapter.decode(bytes, hint, &Limits::default(), &mut |decoded| {
        places.push(match decoded {
            Decoded::Record { record, .. } => {
                let mut line = format!("{} {:?}", record.dataset.id, locator.locate(record.at));
                for input in record.values.iter().flatten() {
                    line.push_str(&format!(" {} {:?}", input.text, locator.locate(input.at)));
                }
                line
            }
            Decoded::Unusable { at, issue, .. } => {
                let issue_at = locator.locate(issue.at.unwrap());
                format!("! {:?} {issue_at:?} {}", locator.locate(at), issue.found)
            }
        });
        ControlFlow::Continue(())
    });
    if let Err(error) = outcome {
        places.push(error.to_string());
    }
    places
}

/// The same, cut into chunks of `size` and fed in pieces of `piece` bytes.
fn cut(bytes: &[u8], file: &Hint, wire: &str, size: usize, piece: usize) -> (Vec<String>, usize) {
    let adapter = adapter(wire);
    let mut chunks = Chunks::new(adapter.profile(), None, size, &Limits::default());
    let mut all = Vec::new();
    let mut count = 0;
    let mut take = |chunks: &mut Chunks| {
        while let Some(chunk) = chunks.next().unwrap() {
            count += 1;
            let body = &chunk.bytes[chunk.origin.prefix..];
            let offset = chunk.origin.offset as usize;
            let same = body.len().saturating_sub(2);
            assert_eq!(body[..same], bytes[offset..offset + same]);
            all.extend(places(&chunk.bytes, &chunk.hint(file), wire));
        }
    };
    for piece in bytes.chunks(piece) {
        chunks.feed(piece);
        take(&mut chunks);
    }
    chunks.end();
    take(&mut chunks);
    (all, count)
}

fn same_in_any_size(bytes: &[u8], file: &Hint, wire: &str) {
    let whole = places(bytes, file, wire);
    assert!(whole.len() > 3, "{whole:?}");
    let mut most = 0;
    for size in [1, 40, 100, 1 << 20] {
        for piece in [1, 7, 64, 1 << 20] {
            let (cut, count) = cut(bytes, file, wire, size, piece);
            assert_eq!(cut, whole, "size {size}, piece {piece}");
            most = most.max(count);
        }
    }
    assert!(most >= whole.len(), "{most} chunks");
}

#[test]
fn lines_are_the_same_cut_or_whole() {
    let text = "{\"edition\":\"3.0\",\"dataset\":502}\n{\"data\":{\"DEPOSIT\":\"中\"}}\n{\"data\":{\"DEPOSIT\":}}\r\n\n\
        7\n{\"dataset\":501,\"data\":{\"TENDER_MODE\":\"1\"}}";
    same_in_any_size(
        text.as_bytes(),
        &Hint::default(),
        "wire = { format = \"ndjson\" }",
    );
    let (_, without_header) = text.split_once('\n').unwrap();
    same_in_any_size(
        without_header.as_bytes(),
        &Hint::default(),
        "wire = { format = \"ndjson\" }",
    );
}

#[test]
fn envelopes_are_the_same_cut_or_whole() {
    let text = "\u{FEFF}{\"source\":\"records\",\"dataset\":502,\n\"records\" : [\n{\"data\":{\"DEPOSIT\":\"],[{\\\"\"}},\n\
        {\"data\":{\"PRICE_UNIT\":[1,2],\"DEPOSIT\":{\"records\":[1]}},\"flex\":{\"a\":[1,2]}},\n7,[8,9] , {\"data\":{}}\n],\"sequence\":1}\n";
    same_in_any_size(
        text.as_bytes(),
        &Hint::default(),
        "wire = { format = \"json\" }",
    );
}

#[test]
fn rows_are_the_same_cut_or_whole() {
    let text = "标段编号,\"保证\n金\",价格单位\n\"B\n\"\"1\",5,\r\nB2,6\" ,\"\"\r\n\r\nB3\nB㐀4,\"a,\nb\",x\n";
    let file = Hint {
        dataset: Some("502".to_owned()),
        ..Hint::default()
    };
    let wire = "wire = { format = \"csv\", charset = \"gb18030\" }";
    same_in_any_size(&GB18030.encode(text).0, &file, wire);
    for mark in [&b"\xEF\xBB\xBF"[..], b"\x84\x31\x95\x33"] {
        let text = text.replace("标段编号", "\"标段编号\"");
        let body = match mark.len() {
            3 => text.into_bytes(),
            _ => GB18030.encode(&text).0.into_owned(),
        };
        same_in_any_size(&[mark, body.as_slice()].concat(), &file, wire);
    }
}

#[test]
fn what_is_no_sequence_of_records_stays_whole_within_the_limit() {
    let adapter = adapter("wire = { format = \"message\" }");
    let limits = Limits {
        bytes: 100,
        ..Limits::default()
    };
    let mut chunks = Chunks::new(adapter.profile(), None, 10, &limits);
    chunks.feed(&[b' '; 100]);
    assert_eq!(chunks.next(), Ok(None));
    chunks.end();
    assert_eq!(
        chunks.next().unwrap().map(|chunk| chunk.bytes.len()),
        Some(100)
    );
    assert_eq!(chunks.next(), Ok(None));
    let mut chunks = Chunks::new(adapter.profile(), None, 10, &limits);
    chunks.feed(&[b' '; 101]);
    assert!(matches!(
        chunks.next(),
        Err(DecodeError::Limit { which: "bytes", .. })
    ));
}

#[test]
fn an_empty_file_is_one_empty_document() {
    let adapter = adapter("wire = { format = \"ndjson\" }");
    let mut chunks = Chunks::new(adapter.profile(), None, 10, &Limits::default());
    chunks.end();
    assert!(
        chunks
            .next()
            .unwrap()
            .is_some_and(|chunk| chunk.bytes.is_empty())
    );
    assert_eq!(chunks.next(), Ok(None));
}

#[test]
fn many_small_lines_stay_within_the_number_of_records_of_a_document() {
    let adapter = adapter("wire = { format = \"ndjson\" }");
    let mut chunks = Chunks::new(adapter.profile(), None, 1 << 20, &Limits::default());
    chunks.feed(b"{\"source\":\"a\"}\n");
    chunks.feed("7\n".repeat(120_000).as_bytes());
    chunks.end();
    let mut lines = 0;
    while let Some(chunk) = chunks.next().unwrap() {
        let found = places(
            &chunk.bytes,
            &chunk.hint(&Hint::default()),
            "wire = { format = \"ndjson\" }",
        );
        assert!(
            found.iter().all(|line| line.starts_with('!')),
            "{:?}",
            found.last()
        );
        lines += found.len();
    }
    assert_eq!(lines, 120_000);
}
