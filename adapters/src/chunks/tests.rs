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
    let mut chunks = Chunks::new(&adapter, None, size, &Limits::default());
    let mut all = Vec::new();
    let mut bodies: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut take = |chunks: &mut Chunks| {
        while let Some(chunk) = chunks.next().unwrap() {
            let body = chunk.bytes[chunk.origin.prefix..].to_vec();
            bodies.push((chunk.origin.offset as usize, body));
            all.extend(places(&chunk.bytes, &chunk.hint(file), wire));
        }
    };
    for piece in bytes.chunks(piece) {
        chunks.feed(piece);
        take(&mut chunks);
    }
    chunks.end();
    take(&mut chunks);
    // Each is what stands in the file, up to the next one (a comma between them left out), and what closes it.
    let ends = bodies.iter().skip(1).map(|(offset, _)| *offset);
    for ((offset, body), end) in bodies.iter().zip(ends.chain([bytes.len()])) {
        let own = &bytes[*offset..end];
        assert!(body.starts_with(own.strip_suffix(b",").unwrap_or(own)));
    }
    (all, bodies.len())
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
    // A carriage return alone ends a row too, and the row of headings most of all: what follows it is no heading.
    for mixed in [
        "标段编号,价格单位\rB1,5\nB2,\"6\r7\"\rB3,\r\r\nB4,8\r\nB5,9\r",
        "标段编号\rB1\rB2\rB3\rB4",
    ] {
        same_in_any_size(&GB18030.encode(mixed).0, &file, wire);
    }
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
fn elements_are_the_same_cut_or_whole() {
    // What looks like a record, or like the end of one, in a comment, an attribute, or quoted; wrappers in wrappers.
    let text = "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<!-- <GCJS_SECTION> -->\n<批次 n='>\"' m=\"</x>\">\n\
        <GCJS_SECTION><!-- </GCJS_SECTION> --><DEPOSIT>5</DEPOSIT></GCJS_SECTION><?note <a> ?>\n\
        <组><GCJS_SECTION a=\"/>\"><DEPOSIT><![CDATA[乚]]>6</DEPOSIT><GCJS_SECTION/></GCJS_SECTION >\n\
        <![CDATA[<GCJS_SECTION>]]><GCJS_SECTION/>\n</组 >\n<空/><组二>\n<GCJS_NOPE>x</GCJS_NOPE></组二>\n\
        <GCJS_TENDER_PROJECT><TENDER_MODE>1</TENDER_MODE></GCJS_TENDER_PROJECT>\n</批次>\n<!-- end -->\n";
    let bytes = GB18030.encode(text).0;
    // The second byte of this character is a closing bracket.
    assert!(bytes.windows(4).any(|window| window == b"\x81]]]"));
    let wire = "wire = { format = \"xml\", charset = \"gb18030\", record = \"GCJS_{dataset}\" }";
    same_in_any_size(&bytes, &Hint::default(), wire);
    let bare = text.replace("GCJS_", "").replace("GBK", "utf-8");
    let wire = "wire = { format = \"xml\" }";
    same_in_any_size(bare.as_bytes(), &Hint::default(), wire);
}

#[test]
fn messages_are_the_same_cut_or_whole() {
    let one = |kind: u8| {
        format!(
            "<DES><TITLE><DATA_TYPE>{kind}</DATA_TYPE><DATA_NO>502</DATA_NO><DATA_EN>SECTION</DATA_EN>\
             <DATA_KEY>K1</DATA_KEY></TITLE>\n<CONTEXT><DEPOSIT>5</DEPOSIT></CONTEXT></DES>\n"
        )
    };
    let text = format!(
        "<LIST>\n{}<!-- -->{}{}{}</LIST>",
        one(1),
        one(9),
        one(3),
        one(2)
    );
    let wire = "wire = { format = \"message\" }";
    same_in_any_size(text.as_bytes(), &Hint::default(), wire);
}

#[test]
fn a_file_that_is_cut_off_is_never_taken_for_a_whole_one() {
    let section = "<SECTION><DEPOSIT>5</DEPOSIT></SECTION>";
    let xml = format!("<BATCH>{section}<A>{section}</A>{section}</BATCH>");
    let json = "{\"records\":[{\"dataset\":\"502\",\"data\":{}},7,{\"data\":{}}]}";
    for (wire, text) in [
        ("wire = { format = \"xml\" }", xml.as_str()),
        ("wire = { format = \"json\" }", json),
    ] {
        for end in 1..text.len() {
            let cut_off = text.as_bytes().get(..end).unwrap_or_default();
            let whole = places(cut_off, &Hint::default(), wire);
            // What was expected there may be said in other words.
            let told = |found: &[String]| {
                let (place, _) = found.last()?.split_once(", expected")?;
                Some(place.to_owned())
            };
            assert!(told(&whole).is_some(), "{end}: {whole:?}");
            for size in [1, 60, 1 << 20] {
                let (found, _) = cut(cut_off, &Hint::default(), wire, size, 3);
                assert_eq!(told(&found), told(&whole), "{end} in chunks of {size}");
            }
        }
    }
}

#[test]
fn what_no_reader_takes_is_left_to_the_reader_and_never_held_whole() {
    let section = "<SECTION><DEPOSIT>5</DEPOSIT></SECTION>";
    let rest = section.repeat(20_000);
    for (text, says) in [
        (
            format!("<!DOCTYPE a [<!ENTITY b \"c\">]><BATCH>{rest}</BATCH>"),
            "DTD",
        ),
        (format!("<BATCH>{section}</LIST>{rest}"), "LIST"),
        (
            format!("<BATCH>{section}</BATCH><BATCH>{rest}</BATCH>"),
            "second root",
        ),
        (format!("{}{rest}", "<A>".repeat(40)), "33 levels"),
        (format!("<BATCH><?>{rest}</BATCH>"), "expected"),
        (
            format!("<BATCH>{section}<!ELEMENT>{rest}</BATCH>"),
            "expected",
        ),
    ] {
        let adapter = adapter("wire = { format = \"xml\" }");
        let mut chunks = Chunks::new(&adapter, None, 1_000, &Limits::default());
        let (mut told, mut fed) = (None, 0);
        for piece in text.as_bytes().chunks(100) {
            chunks.feed(piece);
            fed += piece.len();
            while let (None, Some(chunk)) = (&told, chunks.next().unwrap()) {
                let mut sink = |_: Decoded<'_, '_>| ControlFlow::Continue(());
                let hint = chunk.hint(&Hint::default());
                let read = adapter.decode(&chunk.bytes, &hint, &Limits::default(), &mut sink);
                told = read.err().map(|error| error.to_string());
            }
            if told.is_some() {
                break;
            }
        }
        assert!(
            told.as_ref().is_some_and(|told| told.contains(says)),
            "{says}: {told:?}"
        );
        assert!(fed < 3_000, "{says}: told after {fed} bytes");
    }
}

#[test]
fn a_large_file_of_elements_is_held_in_parts_only() {
    let adapter = adapter("wire = { format = \"xml\" }");
    let size = 64 << 10;
    let mut chunks = Chunks::new(&adapter, None, size, &Limits::default());
    chunks.feed(b"<BATCH>\n");
    let (mut records, mut most) = (0, 0);
    let piece = "<SECTION><DEPOSIT>5</DEPOSIT></SECTION>\n".repeat(100);
    for _ in 0..5_000 {
        chunks.feed(piece.as_bytes());
        while let Some(chunk) = chunks.next().unwrap() {
            most = most.max(chunk.bytes.len()).max(chunks.buffer.capacity());
            records += memchr::memmem::find_iter(&chunk.bytes, b"</SECTION>").count();
        }
    }
    chunks.feed(b"</BATCH>");
    chunks.end();
    let last = chunks.next().unwrap().unwrap();
    records += memchr::memmem::find_iter(&last.bytes, b"</SECTION>").count();
    assert_eq!(records, 500_000);
    assert!(most < 4 * size, "{most} bytes of 20 MB were held at once");
}

#[test]
fn a_quote_that_is_never_closed_is_told_before_the_file_is_held() {
    let adapter = adapter("wire = { format = \"csv\" }");
    let limits = Limits {
        value: 10_000,
        ..Limits::default()
    };
    let mut chunks = Chunks::new(&adapter, None, 1_000, &limits);
    let row = "1,2\n";
    chunks.feed(format!("标段编号,保证金\n{row}3,\"").as_bytes());
    let file = Hint {
        dataset: Some("502".to_owned()),
        ..Hint::default()
    };
    let told = (0..100_000).find_map(|_| {
        chunks.feed(row.as_bytes());
        let chunk = chunks.next().unwrap()?;
        let mut sink = |_: Decoded<'_, '_>| ControlFlow::Continue(());
        let read = adapter.decode(&chunk.bytes, &chunk.hint(&file), &limits, &mut sink);
        Some((read.unwrap_err().to_string(), chunk.bytes.len()))
    });
    let (told, held) = told.unwrap();
    assert!(told.starts_with("line 3, column 3: "), "{told}");
    assert!(told.contains("bytes in a value"), "{told}");
    assert!(held < 25_000, "{held} bytes were held");
}

#[test]
fn what_is_no_sequence_of_records_stays_whole_within_the_limit() {
    let adapter = adapter("wire = { format = \"json\", single = true }");
    let limits = Limits {
        bytes: 100,
        ..Limits::default()
    };
    let mut chunks = Chunks::new(&adapter, None, 10, &limits);
    chunks.feed(&[b' '; 100]);
    assert_eq!(chunks.next(), Ok(None));
    chunks.end();
    assert_eq!(
        chunks.next().unwrap().map(|chunk| chunk.bytes.len()),
        Some(100)
    );
    assert_eq!(chunks.next(), Ok(None));
    let mut chunks = Chunks::new(&adapter, None, 10, &limits);
    chunks.feed(&[b' '; 101]);
    assert!(matches!(
        chunks.next(),
        Err(DecodeError::Limit { which: "bytes", .. })
    ));
}

#[test]
fn an_empty_file_is_one_empty_document() {
    let adapter = adapter("wire = { format = \"ndjson\" }");
    let mut chunks = Chunks::new(&adapter, None, 10, &Limits::default());
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
    let mut chunks = Chunks::new(&adapter, None, 1 << 20, &Limits::default());
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
