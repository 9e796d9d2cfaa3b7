//! What a user of `message` sees, good and bad.

#![expect(
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use encoding_rs::GB18030;

use crate::decode::tests::{adapter, every_beginning, read};
use crate::{DecodeError, Envelope, Hint, Limits};

const GB: &str = "wire = { format = \"message\", charset = \"gb18030\", record = \"DES\" }";
const UTF8: &str = "wire = { format = \"message\" }";

fn decode(text: &str) -> Result<(Envelope, Vec<String>), DecodeError> {
    let bytes = GB18030.encode(text).0;
    read(&adapter(GB), &bytes, &Hint::default(), &Limits::default())
}

fn message(kind: &str, context: &str) -> String {
    format!(
        "<DES><TITLE><DATA_TYPE>{kind}</DATA_TYPE><DATA_NO>502</DATA_NO><DATA_EN>SECTION</DATA_EN>\
         <DATA_KEY>K1</DATA_KEY></TITLE>{context}</DES>"
    )
}

#[test]
fn a_message_is_a_record_with_its_files() {
    let (envelope, lines) = decode(
        "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<DES>
  <TITLE>
    <DATA_TYPE>1</DATA_TYPE><DATA_NO>501</DATA_NO><DATA_EN>TENDER_PROJECT</DATA_EN><DATA_CN>招标项目</DATA_CN>
    <DATA_KEY>0001501202501060000001</DATA_KEY><CA_KEY/><ROUTE_WAY>0</ROUTE_WAY>
  </TITLE>
  <CONTEXT>
    <TENDER_PROJECT_NAME>道路㐀改造𠀀工程</TENDER_PROJECT_NAME><TENDER_MODE>1</TENDER_MODE>
    <TENDERER_NAME>甲<![CDATA[ & <乙>]]>&amp;&#x4E19;</TENDERER_NAME><PHONE/><CREATE_TIME></CREATE_TIME>
    <rowguid>x</rowguid>
  </CONTEXT>
  <FILECONTEXT><SOURCE>
    <FILE_EN_NAME>M_ATT</FILE_EN_NAME><FILE_NAME>公告.pdf</FILE_NAME><BINARY_CONTENT>0001/a.pdf</BINARY_CONTENT>
  </SOURCE></FILECONTEXT>
</DES>",
    )
    .unwrap();
    assert_eq!(envelope.submission, None);
    assert_eq!(
        lines,
        [
            "TENDER_PROJECT upsert 2:1 TENDER_PROJECT_NAME=道路㐀改造𠀀工程@8:26 \
             TENDERER_NAME=甲 & <乙>&丙@9:20 TENDER_MODE=1@8:81 unknown rowguid=x@10:14 \
             key 0001501202501060000001 file M_ATT=公告.pdf=0001/a.pdf"
        ]
    );
}

#[test]
fn change_and_delete_are_correct_and_withdraw() {
    let (_, lines) = decode(&message("2", "<CONTEXT><DEPOSIT>5</DEPOSIT></CONTEXT>")).unwrap();
    assert!(
        lines[0].starts_with("SECTION correct 1:1 DEPOSIT=5@"),
        "{lines:?}"
    );
    let (_, lines) = decode(&message("3", "")).unwrap();
    assert_eq!(lines, ["SECTION withdraw 1:1 key K1"]);
}

#[test]
fn several_messages_stand_under_one_root_and_one_bad_one_harms_no_other() {
    let good = message("1", "<CONTEXT><DEPOSIT>5</DEPOSIT></CONTEXT>");
    let document = format!(
        "<DESLIST>\n{good}\n{}\n{}\n{}\n{}\n{}\n{good}</DESLIST>",
        good.replace("502", "501"),
        good.replace("SECTION", "NOPE"),
        good.replace("<DATA_TYPE>1", "<DATA_TYPE>9"),
        good.replace("<DATA_KEY>K1</DATA_KEY>", ""),
        message("1", ""),
    );
    let (envelope, lines) = decode(&document).unwrap();
    assert_eq!(envelope.submission, None);
    let starts: Vec<_> = lines
        .iter()
        .map(|line| line.split(" found").next().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            "SECTION upsert 2:1 DEPOSIT=5@2:134 key K1",
            "! SECTION 3:1 \"record.shape\" at 3:46",
            "! NOPE 4:1 \"dataset.unknown\" at 4:68",
            "! SECTION 5:1 \"record.shape\" at 5:24",
            "! SECTION 6:1 \"record.shape\" at 6:1",
            "! SECTION 7:1 \"record.shape\" at 7:1",
            "SECTION upsert 8:1 DEPOSIT=5@8:134 key K1",
        ]
    );
}

#[test]
fn nested_and_repeated_fields_are_kept_for_the_judge() {
    let (_, lines) = decode(&message(
        "1",
        "<CONTEXT><DEPOSIT><A>中</A></DEPOSIT><PRICE_UNIT>1</PRICE_UNIT><PRICE_UNIT>0</PRICE_UNIT></CONTEXT>",
    ))
    .unwrap();
    assert!(lines[0].contains("DEPOSIT=~<A>中</A>@"), "{lines:?}");
    assert!(lines[0].contains("again PRICE_UNIT=0@"), "{lines:?}");
}

#[test]
fn document_types_and_entities_are_forbidden() {
    let bomb = "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\n<DES>&b;</DES>";
    match decode(bomb) {
        Err(DecodeError::Forbidden {
            construct,
            line: 1,
            column: 1,
        }) => {
            assert!(construct.zh.contains("DTD"), "{construct:?}");
        }
        other => panic!("{other:?}"),
    }
    match decode(&message(
        "1",
        "<CONTEXT>\n<DEPOSIT>1&xxe;</DEPOSIT></CONTEXT>",
    )) {
        Err(DecodeError::Forbidden {
            construct,
            line: 2,
            column: 11,
        }) => {
            assert_eq!(construct.en, "the entity &xxe;");
            assert_eq!(construct.zh, "实体 &xxe;");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn limits_hold_in_every_direction() {
    let attributes: String = (0..800_000).map(|n| format!(" a{n}=\"\"")).collect();
    let fields = "<A>1</A>".repeat(2_001);
    for (document, limit) in [
        (format!("<DES{attributes}/>"), "fields"),
        (
            message("1", &format!("<CONTEXT>{fields}</CONTEXT>")),
            "fields",
        ),
        (format!("<DES><CONTEXT>{}", "<a>".repeat(100_000)), "levels"),
        (
            message(
                "1",
                &format!("<CONTEXT><A>{}</A></CONTEXT>", "中".repeat(3 << 20)),
            ),
            "bytes in a value",
        ),
        (
            message(
                "1",
                &format!("<CONTEXT><A>{}</A></CONTEXT>", "&#65;中中".repeat(2 << 20)),
            ),
            "bytes in a value",
        ),
        (format!("<L>{}</L>", "<DES/>".repeat(50_001)), "records"),
        (
            message(
                "1",
                &format!("<FILECONTEXT>{}</FILECONTEXT>", "<S/>".repeat(2_001)),
            ),
            "fields",
        ),
    ] {
        match decode(&document) {
            Err(DecodeError::Limit { which, .. }) => assert_eq!(which, limit),
            other => panic!("{limit}: {:?}", other.map(|(_, lines)| lines.len())),
        }
    }
}

#[test]
fn a_character_set_that_contradicts_the_profile_is_told() {
    let document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DES/>";
    let error = decode(document).unwrap_err().to_string();
    assert!(
        error.contains("\"utf-8\"") && error.contains("gb18030"),
        "{error}"
    );
    let utf8 = adapter(UTF8);
    let read_utf8 = |bytes: &[u8]| read(&utf8, bytes, &Hint::default(), &Limits::default());
    let error = read_utf8(b"<?xml version='1.0' encoding='GB2312'?><DES/>").unwrap_err();
    assert!(
        matches!(error, DecodeError::Charset { line: 1, .. }),
        "{error}"
    );
    let error = read(
        &adapter(GB),
        "\u{FEFF}<DES/>".as_bytes(),
        &Hint::default(),
        &Limits::default(),
    );
    assert!(matches!(error, Err(DecodeError::Charset { .. })));
    let error = read_utf8(&GB18030.encode("<DES>\n<A>中</A></DES>").0).unwrap_err();
    assert!(
        matches!(
            error,
            DecodeError::Charset {
                line: 2,
                column: 4,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn broken_bytes_and_broken_markup_give_their_place() {
    let mut bytes = GB18030.encode("<DES>\n<TITLE>中").0.into_owned();
    bytes.extend_from_slice(b"\xFF</TITLE></DES>");
    let error = read(&adapter(GB), &bytes, &Hint::default(), &Limits::default()).unwrap_err();
    assert!(
        matches!(
            error,
            DecodeError::Charset {
                line: 2,
                column: 10,
                ..
            }
        ),
        "{error}"
    );
    for (document, place) in [
        ("<DES>\n<TITLE>中中</TITEL></DES>", (2, 12)),
        ("<DES>\n中<A", (2, 3)),
        ("<DES>\n\0</DES>", (2, 1)),
        ("", (1, 1)),
        ("中", (1, 1)),
        ("<DES/>\n<DES/>", (2, 1)),
        ("<DES>中\n", (2, 1)),
        ("<L><X/></L>", (1, 4)),
        ("<DES>&#0;</DES>", (1, 6)),
        ("<DES a=\"1\" a=\"2\"/>", (1, 1)),
    ] {
        match decode(document) {
            Err(DecodeError::Unreadable { line, column, .. }) => {
                assert_eq!((line, column), place, "{document:?}");
            }
            other => panic!("{document:?}: {other:?}"),
        }
    }
}

#[test]
fn every_beginning_is_refused_with_a_place() {
    let document = message(
        "1",
        "<CONTEXT><DEPOSIT>甲<![CDATA[乙]]>&amp;㐀</DEPOSIT></CONTEXT><FILECONTEXT><S a='1'/></FILECONTEXT>",
    );
    let bytes = GB18030.encode(&document).0;
    every_beginning(&adapter(GB), &bytes, &Hint::default());
    every_beginning(&adapter(UTF8), document.as_bytes(), &Hint::default());
    for end in 0..bytes.len() {
        assert!(
            read(
                &adapter(GB),
                &bytes[..end],
                &Hint::default(),
                &Limits::default()
            )
            .is_err()
        );
    }
}
