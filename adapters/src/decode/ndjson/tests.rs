//! What a user of `ndjson` sees, good and bad.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use crate::decode::tests::{adapter, every_beginning, read};
use crate::{DecodeError, Envelope, Hint, Limits};

fn decode(document: &[u8]) -> Result<(Envelope, Vec<String>), DecodeError> {
    let adapter = adapter("wire = { format = \"ndjson\" }");
    read(&adapter, document, &Hint::default(), &Limits::default())
}

#[test]
fn a_header_line_then_records() {
    let document = "{\"edition\":\"3.0\",\"submission\":\"s\",\"dataset\":502}\r\n\r\n\
        {\"data\":{\"DEPOSIT\":1}}\n{\"dataset\":501,\"data\":{\"TENDER_PROJECT_NAME\":\"中\"}}";
    let (envelope, lines) = decode(document.as_bytes()).unwrap();
    assert_eq!(envelope.submission.as_deref(), Some("s"));
    assert_eq!(
        lines,
        [
            "SECTION upsert 3:1 DEPOSIT=#1@3:20",
            "TENDER_PROJECT upsert 4:1 TENDER_PROJECT_NAME=中@4:46",
        ]
    );
}

#[test]
fn a_file_without_a_header_is_read() {
    let (envelope, lines) = decode(b"{\"dataset\":502,\"data\":{\"DEPOSIT\":1}}\n").unwrap();
    assert_eq!(envelope, Envelope::default());
    assert_eq!(lines, ["SECTION upsert 1:1 DEPOSIT=#1@1:34"]);
}

#[test]
fn an_unreadable_line_harms_no_other() {
    let mut document = b"{\"source\":\"a\"}\n{\"dataset\":502,\"data\":{\"DEPOSIT\":}}\n".to_vec();
    document.extend_from_slice(
        b"{\"dataset\":502,\"data\":{}} {}\n{\"dataset\":502,\"data\":{\"DEPOSIT\":\"\xFF\"}}\n",
    );
    document.extend_from_slice(b"{\"dataset\":502,\"data\":{\"DEPOSIT\":\"5\"}}\n{\"da");
    let (_, lines) = decode(&document).unwrap();
    assert_eq!(
        lines,
        [
            "! ? 2:1 \"record.shape\" at 2:34 found 遇到 '}'",
            "! ? 3:1 \"record.shape\" at 3:27 found 遇到 '{'",
            "! ? 4:1 \"record.shape\" at 4:35 found 字节 0xFF 在此处不是 UTF-8",
            "SECTION upsert 5:1 DEPOSIT=5@5:34",
            "! ? 6:1 \"record.shape\" at 6:5 found 文本在字符串中结束",
        ]
    );
}

#[test]
fn a_wrong_header_is_an_error_of_the_file() {
    for (document, member) in [
        ("{\"edition\":\"3.0\",\"sorce\":\"a\"}\n", "sorce"),
        ("{\"edition\":3}\n", "edition"),
        ("{\"records\":[]}\n", "records"),
    ] {
        match decode(document.as_bytes()) {
            Err(DecodeError::Envelope { member: found, .. }) => assert_eq!(found, member),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        decode(b"{\"edition\":\n{}"),
        Err(DecodeError::Unreadable { line: 1, .. })
    ));
    assert!(matches!(
        decode(b"{\"dataset\":502,\"data\":{\"DEPOSIT\":}}").unwrap().1.as_slice(),
        [line] if line.starts_with("! ?")
    ));
}

#[test]
fn limits_stop_the_whole_file() {
    let document = format!(
        "{{\"dataset\":502,\"data\":{{\"A\":{}",
        "[".repeat(1_000_000)
    );
    assert!(matches!(
        decode(document.as_bytes()),
        Err(DecodeError::Limit {
            which: "levels",
            ..
        })
    ));
    let document = "7\n".repeat(50_001);
    assert!(matches!(
        decode(format!("{{\"source\":\"a\"}}\n{document}").as_bytes()),
        Err(DecodeError::Limit {
            which: "records",
            line: 50_002,
            ..
        })
    ));
}

#[test]
fn every_beginning_is_an_error_or_an_issue() {
    let document = "{\"edition\":\"3.0\"}\n{\"dataset\":502,\"data\":{\"DEPOSIT\":\"中\"}}\n";
    let adapter = adapter("wire = { format = \"ndjson\" }");
    every_beginning(&adapter, document.as_bytes(), &Hint::default());
    for end in 19..document.len() - 1 {
        let (_, lines) = decode(&document.as_bytes()[..end]).unwrap();
        assert!(lines[0].starts_with("! ?"), "{end}: {lines:?}");
    }
}
