//! What a user of `csv` sees, good and bad.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use encoding_rs::GB18030;

use crate::decode::tests::{adapter, every_beginning, read};
use crate::{DecodeError, Envelope, Hint, Limits};

const GB: &str = r#"
codes.tender_mode = { "公开" = "1" }
[wire]
format = "csv"
charset = "gb18030"
files = ["{dataset}_*.csv", "上报-*-{dataset}.csv"]
dataset_column = "数据集"
action_column = "操作"
[fields]
"序号" = ""
"联系方式" = "PHONE"
"#;

fn hint(file_name: &str) -> Hint {
    Hint {
        file_name: Some(file_name.to_owned()),
        ..Hint::default()
    }
}

fn decode_as(name: &str, text: &str) -> Result<(Envelope, Vec<String>), DecodeError> {
    let bytes = GB18030.encode(text).0;
    read(&adapter(GB), &bytes, &hint(name), &Limits::default())
}

fn decode(name: &str, text: &str) -> Vec<String> {
    decode_as(name, text).unwrap().1
}

#[test]
fn chinese_headings_are_fields() {
    let lines = decode(
        "501_20260105.csv",
        "序号,招标项目编号,*招标项目名称,TENDER_MODE,联系方式,备注\r\n\
         1,E1,\"道路,\"\"改造\"\"\n工程\",公开,13800000000,\r\n\
         \r\n\
         2,E2,桥,公开,,有话说\r\n,,,,,\r\n",
    );
    assert_eq!(
        lines,
        [
            "TENDER_PROJECT upsert 2:1 TENDER_PROJECT_CODE=E1@2:3 \
             TENDER_PROJECT_NAME=道路,\"改造\"\n工程@2:6 TENDER_MODE=1<公开:profile:/TENDER_MODE>@3:7 \
             PHONE=13800000000@3:12",
            "TENDER_PROJECT upsert 5:1 TENDER_PROJECT_CODE=E2@5:3 TENDER_PROJECT_NAME=桥@5:6 \
             TENDER_MODE=1<公开:profile:/TENDER_MODE>@5:9 unknown 备注=有话说@5:15",
        ]
    );
}

#[test]
fn the_unit_of_a_heading_is_kept_or_converted() {
    let lines = decode(
        "标段/SECTION_1.csv",
        "标段编号,合同估算价（万元）,保证金(万元)\nB1,\"1,234.5\",0.5\nB2,约三十,",
    );
    assert_eq!(
        lines,
        [
            "SECTION upsert 2:1 BID_SECTION_CODE=B1@2:1 CONTRACT_PRICE=12345000<1,234.5:unit:/CONTRACT_PRICE>@2:4 \
             PRICE_UNIT=0<:unit:/PRICE_UNIT>@2:4 DEPOSIT=5000<0.5:unit:/DEPOSIT>@2:14",
            "SECTION upsert 3:1 BID_SECTION_CODE=B2@3:1 CONTRACT_PRICE=约三十@3:4 \
             PRICE_UNIT=0<:unit:/PRICE_UNIT>@3:4",
        ]
    );
}

#[test]
fn a_heading_and_a_unit_that_contradict_each_other_are_not_guessed_about() {
    let lines = decode(
        "502_1.csv",
        "标段编号,合同估算价（万元）,价格单位\nB1,12,万元\nB2,12,0\n",
    );
    assert!(lines[0].starts_with("SECTION upsert 2:1 "), "{lines:?}");
    assert!(
        lines[0].contains("CONTRACT_PRICE=12@2:4 PRICE_UNIT=万元@2:7"),
        "{lines:?}"
    );
    assert_eq!(
        lines[1],
        "! SECTION 3:1 \"field.ambiguous\" at 3:4 found 12"
    );
}

#[test]
fn the_data_set_comes_from_the_hint_the_name_or_a_column() {
    let text = "标段编号\nB1\n";
    for name in [
        "502_x.csv",
        "SECTION_x.CSV",
        "数据集502_x.csv",
        "上报-南通-502.csv",
        "in/SECTION_A_B.csv",
    ] {
        assert_eq!(
            decode(name, text),
            ["SECTION upsert 2:1 BID_SECTION_CODE=B1@2:1"],
            "{name}"
        );
    }
    let hint = Hint {
        dataset: Some("数据集502".to_owned()),
        ..Hint::default()
    };
    let bytes = GB18030.encode(text).0;
    let (_, lines) = read(&adapter(GB), &bytes, &hint, &Limits::default()).unwrap();
    assert_eq!(lines, ["SECTION upsert 2:1 BID_SECTION_CODE=B1@2:1"]);
    assert!(matches!(
        decode_as("other.csv", text),
        Err(DecodeError::Envelope { member, .. }) if member == "dataset"
    ));
    let lines = decode(
        "mixed.csv",
        "数据集,操作,标段编号,招标项目编号\nSECTION,3,B1,\n501,修改,,E1\n999,1,,\n300,,,\n,,B2,\n502,drop,B3,\n",
    );
    assert_eq!(
        lines,
        [
            "SECTION withdraw 2:1 BID_SECTION_CODE=B1@2:11",
            "TENDER_PROJECT correct 3:1 TENDER_PROJECT_CODE=E1@3:11",
            "! 999 4:1 \"dataset.unknown\" at 4:1 found 999",
            "! 300 5:1 \"dataset.forbidden\" at 5:1 found CREDIT",
            "! ? 6:1 \"record.shape\" at 6:1 found ",
            "! 502 7:1 \"record.shape\" at 7:5 found drop"
                .replace("502", "SECTION")
                .as_str(),
        ]
    );
}

#[test]
fn one_bad_row_harms_no_other() {
    let mut bytes = GB18030
        .encode("标段编号,保证金\nB1\nB2,2,3\nB3,3,\nB4,中")
        .0
        .into_owned();
    bytes.extend_from_slice(b"\xFF\nB5,\"5\nB6,6\n");
    let (_, lines) = read(&adapter(GB), &bytes, &hint("502_1.csv"), &Limits::default()).unwrap();
    assert_eq!(
        lines,
        [
            "! 502 2:1 \"record.shape\" at 2:1 found 1 个单元格",
            "! 502 3:1 \"record.shape\" at 3:1 found 3 个单元格",
            "SECTION upsert 4:1 BID_SECTION_CODE=B3@4:1 DEPOSIT=3@4:4",
            "! 502 5:1 \"record.shape\" at 5:6 found 字节 0xFF 在此处不是 GB18030 字符",
            "! 502 6:1 \"record.shape\" at 6:4 found \"",
            "SECTION upsert 7:1 BID_SECTION_CODE=B6@7:1 DEPOSIT=6@7:4",
        ]
    );
}

#[test]
fn a_mark_proves_the_character_set_and_a_wrong_one_is_told() {
    let text = "\u{FEFF}标段编号,保证金\nB1,5\n";
    let adapter = adapter(GB);
    let (_, lines) = read(
        &adapter,
        text.as_bytes(),
        &hint("502_1.csv"),
        &Limits::default(),
    )
    .unwrap();
    assert_eq!(
        lines,
        ["SECTION upsert 2:1 BID_SECTION_CODE=B1@2:1 DEPOSIT=5@2:4"]
    );
    let unmarked = text.trim_start_matches('\u{FEFF}');
    let error = read(
        &adapter,
        unmarked.as_bytes(),
        &hint("502_1.csv"),
        &Limits::default(),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 1: headings that look like utf-8, expected gb18030"
    );
    // One heading that is right in either does not hide it: the others would be names that nobody wrote.
    let mixed = "BID_SECTION_CODE,保证金\nB1,5\n";
    let error = read(
        &adapter,
        mixed.as_bytes(),
        &hint("502_1.csv"),
        &Limits::default(),
    );
    let told = error.unwrap_err().message();
    assert!(
        told.zh.contains("表头看来是 utf-8 编码，应为 gb18030"),
        "{told:?}"
    );
    let utf8 =
        crate::decode::tests::adapter("wire = { format = \"csv\", files = [\"{dataset}_*.csv\"] }");
    let error = read(
        &utf8,
        &GB18030.encode(unmarked).0,
        &hint("502_1.csv"),
        &Limits::default(),
    )
    .unwrap_err();
    assert!(
        matches!(
            error,
            DecodeError::Charset {
                line: 1,
                column: 1,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("look like gb18030, expected utf-8"),
        "{error}"
    );
}

#[test]
fn headings_that_nobody_knows_are_an_error_of_the_file() {
    match decode_as("502_1.csv", "甲,乙\n1,2\n") {
        Err(DecodeError::Envelope { member, found, .. }) => {
            assert_eq!((member.as_str(), found.en.as_ref()), ("headings", "甲,乙"));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        decode_as("502_1.csv", "\r\n"),
        Err(DecodeError::Unreadable { .. })
    ));
}

#[test]
fn limits_hold_in_every_direction() {
    let rows = "B,1\n".repeat(50_001);
    for (text, limit) in [
        (format!("标段编号,保证金\n{rows}"), "records"),
        (format!("标段编号\n{}", ",".repeat(3_000)), "fields"),
        (
            format!("标段编号\n{}", "9".repeat(10_000_000)),
            "bytes in a value",
        ),
        (
            format!("标段编号\n\"{}", "9\n".repeat(10_000_000)),
            "bytes in a value",
        ),
    ] {
        match decode_as("502_1.csv", &text) {
            Err(DecodeError::Limit { which, .. }) => assert_eq!(which, limit),
            other => panic!("{limit}: {:?}", other.map(|(_, lines)| lines.len())),
        }
    }
}

#[test]
fn every_beginning_is_an_error_or_a_row() {
    let text = "序号,标段编号,保证金（元）,备注\n1,\"B㐀1\"\"\",5,\0\n2,B2,6,\n";
    every_beginning(&adapter(GB), &GB18030.encode(text).0, &hint("502_1.csv"));
}
