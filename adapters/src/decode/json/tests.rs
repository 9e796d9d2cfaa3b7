//! What a user of `json` sees, good and bad.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use crate::decode::tests::{adapter, every_beginning, read};
use crate::{DecodeError, Hint, Limits};

const NATIVE: &str = "wire = { format = \"json\" }";

fn decode(document: &[u8]) -> Result<Vec<String>, DecodeError> {
    read(
        &adapter(NATIVE),
        document,
        &Hint::default(),
        &Limits::default(),
    )
    .map(|(_, lines)| lines)
}

fn records(records: &str) -> Vec<String> {
    decode(format!("{{\"records\":[{records}]}}").as_bytes()).unwrap()
}

#[test]
fn the_native_envelope_is_read() {
    let document = r#"{"edition":"3.0","source":"320100","submission":"a-1","sequence":17,
 "records":[
  {"dataset":"TENDER_PROJECT","action":"correct","data":{"TENDER_PROJECT_CODE":"E1","CREATE_TIME":20250106093000,"TENDER_MODE":null},"flex":{"row":"42"}},
  {"dataset":502,"data":{"BID_SECTION_CODE":"E1\u002d001","CONTRACT_PRICE":12.50}}
 ]}"#;
    let (envelope, lines) = read(
        &adapter(NATIVE),
        document.as_bytes(),
        &Hint::default(),
        &Limits::default(),
    )
    .unwrap();
    assert_eq!(envelope.edition.as_deref(), Some("3.0"));
    assert_eq!(envelope.source.as_deref(), Some("320100"));
    assert_eq!(envelope.submission.as_deref(), Some("a-1"));
    assert_eq!(envelope.sequence, Some(17));
    assert_eq!(
        lines,
        [
            "TENDER_PROJECT correct 3:3 TENDER_PROJECT_CODE=E1@3:80 CREATE_TIME=#20250106093000@3:99 \
             flex {\"row\":\"42\"}",
            "SECTION upsert 4:3 BID_SECTION_CODE=E1-001@4:45 CONTRACT_PRICE=#12.50@4:76",
        ]
    );
}

#[test]
fn a_mark_at_the_start_and_data_before_the_data_set_are_read() {
    let document = "\u{FEFF}{\"records\":[{\"data\":{\"DEPOSIT\":\"1\"},\"dataset\":\"SECTION\"}]}";
    assert_eq!(
        decode(document.as_bytes()).unwrap(),
        ["SECTION upsert 1:16 DEPOSIT=1@1:35"]
    );
}

#[test]
fn a_data_set_for_all_records_stands_in_the_envelope() {
    let document =
        br#"{"dataset":502,"records":[{"data":{"DEPOSIT":"1"}},{"dataset":"501","data":{}}]}"#;
    assert_eq!(
        decode(document).unwrap(),
        [
            "SECTION upsert 1:27 DEPOSIT=1@1:46",
            "TENDER_PROJECT upsert 1:52"
        ]
    );
}

#[test]
fn one_bad_record_harms_no_other() {
    let lines = records(
        r#"{"dataset":"NOPE","data":{}},{"dataset":300,"data":{}},7,{"data":{}},
{"dataset":"SECTION","data":[1]},{"dataset":"SECTION"},{"dataset":"SECTION","data":{},"extra":1},
{"dataset":"SECTION","action":"delete","data":{}},{"dataset":"SECTION","data":{},"flex":1},
{"dataset":"SECTION","data":{},"data":{}},{"dataset":["SECTION"],"data":{}},
{"dataset":"SECTION","data":{"DEPOSIT":"5"}}"#,
    );
    assert_eq!(
        lines,
        [
            "! NOPE 1:13 \"dataset.unknown\" at 1:24 found NOPE",
            "! 300 1:42 \"dataset.forbidden\" at 1:53 found CREDIT",
            "! ? 1:68 \"record.shape\" at 1:68 found 7",
            "! ? 1:70 \"record.shape\" at 1:70 found ",
            "! SECTION 2:1 \"record.shape\" at 2:29 found 列表",
            "! SECTION 2:34 \"record.shape\" at 2:34 found ",
            "! SECTION 2:56 \"record.shape\" at 2:87 found extra",
            "! SECTION 3:1 \"record.shape\" at 3:31 found 字符串 \"delete\"",
            "! SECTION 3:51 \"record.shape\" at 3:89 found 1",
            "! SECTION 4:1 \"record.shape\" at 4:39 found data",
            "! ? 4:43 \"record.shape\" at 4:54 found 列表",
            "SECTION upsert 5:1 DEPOSIT=5@5:40",
        ]
    );
}

#[test]
fn names_in_any_order_unknown_and_repeated_are_told_apart() {
    let lines = records(
        r#"{"dataset":"SECTION","data":{"BID_SECTION_CODE":"1","CONTRACT_PRICE":"2","DEPOSIT":"3"}},
{"dataset":"SECTION","data":{"DEPOSIT":"3","rowguid":"x","BID_SECTION_CODE":"1","DEPOSIT":"4"}},
{"dataset":"SECTION","data":{"CONTRACT_PRICE":true,"DEPOSIT":{"a":[1]},"BID_SECTION_CODE":["a"]}},
{"dataset":"SECTION","data":{"BID_SECTION_CODE":"9","DEPOSIT":"8","PRICE\u005fUNIT":"7"}}"#,
    );
    assert_eq!(
        lines,
        [
            "SECTION upsert 1:13 BID_SECTION_CODE=1@1:61 CONTRACT_PRICE=2@1:82 DEPOSIT=3@1:96",
            "SECTION upsert 2:1 BID_SECTION_CODE=1@2:77 DEPOSIT=3@2:40 unknown rowguid=x@2:54 again DEPOSIT=4@2:91",
            "SECTION upsert 3:1 BID_SECTION_CODE=~[\"a\"]@3:91 CONTRACT_PRICE=?true@3:47 DEPOSIT=~{\"a\":[1]}@3:62",
            "SECTION upsert 4:1 BID_SECTION_CODE=9@4:49 PRICE_UNIT=7@4:85 DEPOSIT=8@4:63",
        ]
    );
}

#[test]
fn a_list_of_plain_values_is_the_list_of_a_field_that_takes_several() {
    let lines = records(
        r#"{"dataset":501,"data":{"TENDERER_NAME":["甲","乙"]}},{"dataset":501,"data":{"TENDERER_NAME":["甲;乙"]}},{"dataset":501,"data":{"TENDERER_NAME":[]}}"#,
    );
    assert!(
        lines[0].contains("TENDERER_NAME=甲;乙<[\"甲\",\"乙\"]:list_separator:/TENDERER_NAME>")
    );
    assert!(lines[1].contains("TENDERER_NAME=~[\"甲;乙\"]"));
    assert!(!lines[2].contains("TENDERER_NAME"));
}

#[test]
fn a_wrong_envelope_names_the_member() {
    for (document, member, found, column) in [
        (r#"{"editon":"3.0","records":[]}"#, "editon", "not known", 2),
        (r#"{"edition":3.0,"records":[]}"#, "edition", "3.0", 12),
        (
            r#"{"source":"","records":[]}"#,
            "source",
            "the string \"\"",
            11,
        ),
        (r#"{"sequence":-1,"records":[]}"#, "sequence", "-1", 13),
        (
            r#"{"sequence":"1","records":[]}"#,
            "sequence",
            "the string \"1\"",
            13,
        ),
        (r#"{"dataset":null,"records":[]}"#, "dataset", "null", 12),
        (r#"{"records":{}}"#, "records", "an object", 12),
        (r#"{"source":"a"}"#, "records", "missing", 15),
        (
            r#"{"source":"a","source":"b","records":[]}"#,
            "source",
            "repeated",
            15,
        ),
        (r#"{"records":[],"records":[]}"#, "records", "repeated", 15),
    ] {
        match decode(document.as_bytes()) {
            Err(DecodeError::Envelope {
                member: m,
                found: f,
                column: c,
                line: 1,
                ..
            }) => assert_eq!((m.as_str(), f.en.as_ref(), c), (member, found, column)),
            other => panic!("{document}: {other:?}"),
        }
    }
}

#[test]
fn unreadable_bytes_give_line_and_column() {
    for (document, place) in [
        ("", (1, 1)),
        ("[]", (1, 1)),
        ("{\"records\":[]} x", (1, 16)),
        ("{\"records\":[\n {\"data\":{\"A\":01}}]}", (2, 15)),
        ("{\"records\":[\n {\"data\":{\"A\":\"a\tb\"}}]}", (2, 17)),
        ("{\"records\":[{\"data\":{\"A\":\"\0\"}}]}", (1, 27)),
        ("{\"records\":[{\"data\":{\"A\":\"\\x\"}}]}", (1, 27)),
        (
            "{\"records\":[{\"dataset\":501,\"data\":{\"TENDER_MODE\":\"\\ud800\"}}]}",
            (1, 50),
        ),
        ("{\"records\":[{},]}", (1, 16)),
    ] {
        match decode(document.as_bytes()) {
            Err(DecodeError::Unreadable { line, column, .. }) => {
                assert_eq!((line, column), place, "{document:?}");
            }
            other => panic!("{document:?}: {other:?}"),
        }
    }
}

#[test]
fn bytes_that_are_no_utf_8_give_their_place() {
    let mut document = "{\"records\":[\n{\"dataset\":501,\"data\":{\"TENDER_MODE\":\"中"
        .as_bytes()
        .to_vec();
    document.extend_from_slice(b"\xD6\xD0\"}}]}");
    match decode(&document) {
        Err(DecodeError::Charset { line, column, .. }) => assert_eq!((line, column), (2, 42)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn limits_hold_in_every_direction() {
    let deep = format!(
        "{{\"records\":[{{\"dataset\":501,\"data\":{{\"A\":{}{}}}}}]}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let long = format!(
        "{{\"records\":[{{\"dataset\":502,\"data\":{{\"DEPOSIT\":{}}}}}]}}",
        "9".repeat(10_000_000)
    );
    let many = format!("{{\"records\":[{}7]}}", "7,".repeat(50_000));
    let wide = format!(
        "{{\"records\":[{{\"dataset\":502,\"data\":{{{}\"B\":1}}}}]}}",
        "\"A\":1,".repeat(2_000)
    );
    let large = " ".repeat((64 << 20) + 1);
    for (document, limit, column) in [
        (deep, "levels", 39 + 29),
        (long, "bytes in a value", 46),
        (many, "records", 13 + 100_000),
        (wide, "fields", 12_036),
        (large, "bytes", (64 << 20) + 1),
    ] {
        match decode(document.as_bytes()) {
            Err(DecodeError::Limit {
                which, column: c, ..
            }) => {
                assert_eq!(which, limit);
                assert_eq!(c, column, "{which}");
            }
            other => panic!("{limit}: {:?}", other.map(|lines| lines.len())),
        }
    }
}

#[test]
fn numbers_stay_as_written_however_long() {
    let digits = "1234567890".repeat(1_000);
    let lines = records(&format!(
        "{{\"dataset\":502,\"data\":{{\"DEPOSIT\":{digits}.10,\"CONTRACT_PRICE\":1E400}}}}"
    ));
    assert!(lines[0].contains(&format!("DEPOSIT=#{digits}.10@")));
    assert!(lines[0].contains("CONTRACT_PRICE=#1E400@"));
}

#[test]
fn every_beginning_of_a_document_is_refused_with_a_place() {
    let document = r#"{"edition":"3.0","sequence":1,"records":[{"dataset":"SECTION","action":"upsert",
"data":{"DEPOSIT":-1.5e3,"PRICE_UNIT":"中\u4e2d\"","X":[{"a":null},true]},"flex":{}}]}"#;
    every_beginning(&adapter(NATIVE), document.as_bytes(), &Hint::default());
    for end in 0..document.len() {
        assert!(decode(&document.as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn flat_records_are_nothing_but_fields() {
    let adapter = adapter(
        "wire = { format = \"json\", shape = \"flat\" }\nfields = { price = \"DEPOSIT\", rowguid = \"\" }",
    );
    let document =
        br#"{"dataset":"SECTION","records":[{"BID_SECTION_CODE":"1","price":2,"rowguid":"x"}]}"#;
    let (_, lines) = read(&adapter, document, &Hint::default(), &Limits::default()).unwrap();
    assert_eq!(
        lines,
        ["SECTION upsert 1:33 BID_SECTION_CODE=1@1:53 DEPOSIT=#2@1:65"]
    );
}
