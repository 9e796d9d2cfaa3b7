//! Archives, workbooks and calls as their senders make them, and as their enemies do.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::decode::tests::{adapter, show};
use crate::{Adapter, AnswerForm, CallAnswer, DecodeError, Envelope, Hint, Limits};

/// Everything that a package holds, as text, each line with the name of its part.
fn read(
    adapter: &Adapter,
    document: &[u8],
    hint: &Hint,
    limits: &Limits,
) -> Result<(Envelope, Vec<String>), DecodeError> {
    let package = adapter.open(document, hint, limits)?;
    let mut lines = Vec::new();
    let envelope = package.decode(adapter, limits, &mut |part, locator, decoded| {
        lines.push(format!("[{}] {}", part.name, show(&decoded, locator)));
        ControlFlow::Continue(())
    })?;
    Ok((envelope, lines))
}

fn lines(adapter: &Adapter, document: &[u8], hint: &Hint) -> Vec<String> {
    read(adapter, document, hint, &Limits::default()).unwrap().1
}

fn error(adapter: &Adapter, document: &[u8], limits: &Limits) -> String {
    match read(adapter, document, &Hint::default(), limits) {
        Ok(read) => panic!("{read:?}"),
        Err(error) => {
            assert!(!error.message().zh.is_empty());
            error.to_string()
        }
    }
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn named(name: &str) -> Hint {
    Hint {
        file_name: Some(name.to_owned()),
        ..Hint::default()
    }
}

const PACKETS: &str = "[wire]\nformat = \"zip\"\nalso = [\"xml\", \"csv\", \"xlsx\"]\ncharset = \"gb18030\"\n\
    record = \"RECORD\"\nfiles = [\"*-{dataset}.zip\", \"{dataset}_*.csv\"]";

#[test]
fn a_packet_says_its_data_set_by_its_name_and_holds_attachments() {
    let adapter = adapter(PACKETS);
    let xml = encoding_rs::GB18030
        .encode("<?xml version=\"1.0\" encoding=\"GBK\"?>\n<RECORD><BID_SECTION_CODE>甲1</BID_SECTION_CODE></RECORD>")
        .0;
    let guid = "3F2504E0-4F89-41D3-9A0C-0305E82C3301.xml";
    let document = archive(&[("20261120-000001-502.xml", &xml), (guid, b"<not/><ours/>")]);
    let hint = named("20261120-000001-502.zip");
    assert_eq!(
        lines(&adapter, &document, &hint),
        ["[20261120-000001-502.xml] SECTION upsert 2:1 BID_SECTION_CODE=甲1@2:27"]
    );
    let package = adapter.open(&document, &hint, &Limits::default()).unwrap();
    assert_eq!(package.enclosed[0].name, guid);
    assert_eq!(package.enclosed[0].bytes, b"<not/><ours/>");
}

#[test]
fn an_archive_may_hold_any_form_and_each_fault_names_its_file() {
    let adapter = adapter(PACKETS);
    let csv = encoding_rs::GB18030.encode("标段编号,保证金\nA,1\n").0;
    let document = archive(&[("下属/502_1.csv", &csv), ("502_2.csv", b"\xFF\n")]);
    let told = error(&adapter, &document, &Limits::default());
    assert!(told.starts_with("in 502_2.csv: line 1, column 1"), "{told}");
    let document = archive(&[("下属/502_1.csv", &csv)]);
    assert_eq!(
        lines(&adapter, &document, &Hint::default()),
        ["[下属/502_1.csv] SECTION upsert 2:1 BID_SECTION_CODE=A@2:1 DEPOSIT=1@2:3"]
    );
}

#[test]
fn hostile_archives_are_refused_at_once() {
    let adapter = adapter(PACKETS);
    let limits = Limits {
        bytes: 1 << 20,
        ..Limits::default()
    };
    let bomb = archive(&[("501_1.csv", &vec![b'0'; 8 << 20])]);
    assert!(bomb.len() < 64 << 10);
    let told = error(&adapter, &bomb, &limits);
    assert!(told.contains("at most 1048576 are allowed"), "{told}");
    // Together too large, though each is not.
    let half = vec![b'0'; 600 << 10];
    let told = error(
        &adapter,
        &archive(&[("501_1.csv", &half), ("501_2.csv", &half)]),
        &limits,
    );
    assert!(told.starts_with("in 501_2.csv"), "{told}");
    for name in [
        "../501_1.csv",
        "a/../../501_1.csv",
        "/501_1.csv",
        "..\\501_1.csv",
        "C:\\501_1.csv",
    ] {
        let told = error(&adapter, &archive(&[(name, b"x")]), &limits);
        assert!(told.contains("leaves the folder"), "{name}: {told}");
    }
    let nested = archive(&[("inner.zip", &archive(&[("501_1.csv", b"x")]))]);
    assert!(error(&adapter, &nested, &limits).contains("an archive in an archive"));
    let disguised = archive(&[("inner.csv", &archive(&[("501_1.csv", b"x")]))]);
    assert!(error(&adapter, &disguised, &limits).contains("an archive in an archive"));
    let mut locked = archive(&[("501_1.csv", b"x")]);
    for signature in [b"PK\x03\x04", b"PK\x01\x02"] {
        let at = memchr::memmem::find(&locked, signature).unwrap();
        locked[at + if signature[2] == 3 { 6 } else { 8 }] |= 1;
    }
    assert!(error(&adapter, &locked, &limits).contains("an encrypted file"));
    let many: Vec<(String, &[u8])> = (0..1_001)
        .map(|n| (format!("501_{n}.csv"), &b""[..]))
        .collect();
    let many: Vec<(&str, &[u8])> = many
        .iter()
        .map(|(name, bytes)| (name.as_str(), *bytes))
        .collect();
    assert!(error(&adapter, &archive(&many), &limits).contains("1001 files"));
    assert!(error(&adapter, &archive(&[("a.pdf", b"x")]), &limits).contains("without a document"));
    let sound = archive(&[("501_1.csv", b"x")]);
    for end in 0..sound.len() {
        // The file's name does not say its form, so the profile does.
        let told = read(&adapter, &sound[..end], &Hint::default(), &limits);
        assert!(told.is_err(), "{end}");
    }
}

const BOOKS: &str = "[wire]\nformat = \"xlsx\"\nfiles = [\"{dataset}*\"]\nskip = [\"填报说明\"]";

fn book(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().unwrap()
}

#[test]
fn a_sheet_is_read_below_its_titles_and_places_are_rows_and_columns() {
    let adapter = adapter(BOOKS);
    let document = book(|book| {
        let sheet = book.add_worksheet().set_name("填报说明").unwrap();
        sheet.write(0, 0, "请勿修改表头").unwrap();
        let sheet = book.add_worksheet().set_name("501招标项目").unwrap();
        let centred = Format::new();
        sheet
            .merge_range(0, 0, 1, 4, "某市公共资源交易数据报送表", &centred)
            .unwrap();
        for (column, heading) in [
            "招标项目编号*",
            "招标项目名称",
            "招标项目建立时间",
            "备注栏",
        ]
        .iter()
        .enumerate()
        {
            let heading = heading.trim_end_matches('*');
            sheet.write(3, column as u16, heading).unwrap();
        }
        let day = Format::new().set_num_format("yyyy/m/d h:mm");
        let instant = ExcelDateTime::parse_from_str("2026-01-05 09:30").unwrap();
        sheet.write(4, 0, "E3201000001000001001").unwrap();
        sheet.write(4, 1, "名称\n两行").unwrap();
        sheet.write_with_format(4, 2, &instant, &day).unwrap();
        // The row between is empty.
        sheet.write(6, 0, 3.2e19).unwrap();
        sheet.write(6, 1, 0.1 + 0.2).unwrap();
        sheet.write(6, 3, true).unwrap();
        let sheet = book.add_worksheet().set_name("别的").unwrap();
        sheet.write(0, 0, "x").unwrap();
    });
    assert_eq!(
        lines(&adapter, &document, &Hint::default()),
        [
            "[501招标项目] TENDER_PROJECT upsert 5:1 TENDER_PROJECT_CODE=E3201000001000001001@5:1 \
             TENDER_PROJECT_NAME=名称\n两行@5:2 CREATE_TIME=46027.3958333333@5:3",
            "[501招标项目] TENDER_PROJECT upsert 7:1 TENDER_PROJECT_CODE=3.2E+19@7:1 \
             TENDER_PROJECT_NAME=0.3@7:2 unknown 备注栏=TRUE@7:4",
            "[别的] ! 别的 1:1 \"dataset.unknown\" at 1:1 found 别的",
        ]
    );
}

#[test]
fn a_title_may_say_the_data_set_of_a_sheet() {
    let adapter = adapter(BOOKS);
    let document = book(|book| {
        let sheet = book.add_worksheet().set_name("Sheet1").unwrap();
        sheet.write(0, 0, "数据集502").unwrap();
        sheet.write(1, 0, "标段编号").unwrap();
        sheet.write(2, 0, "A").unwrap();
    });
    assert_eq!(
        lines(&adapter, &document, &Hint::default()),
        ["[Sheet1] SECTION upsert 3:1 BID_SECTION_CODE=A@3:1"]
    );
}

/// A workbook whose parts were tampered with: each entry passes through `change`.
fn tampered(document: &[u8], change: impl Fn(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let entries = super::archive::entries(document, &Limits::default());
    let entries: Vec<(String, Vec<u8>)> = entries
        .unwrap_or_else(|(name, fault)| panic!("{name}: {fault:?}"))
        .into_iter()
        .map(|entry| {
            let bytes = change(&entry.name, entry.bytes);
            (entry.name, bytes)
        })
        .collect();
    let entries: Vec<(&str, &[u8])> = entries
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    archive(&entries)
}

#[test]
fn hostile_workbooks_are_refused_in_bounded_memory() {
    let adapter = adapter(BOOKS);
    let limits = Limits {
        bytes: 1 << 20,
        ..Limits::default()
    };
    let sound = book(|book| {
        let sheet = book.add_worksheet().set_name("501").unwrap();
        sheet.write(0, 0, "招标项目编号").unwrap();
    });
    let replace = |from: &'static str, to: &'static str| {
        tampered(&sound, move |_, bytes| {
            String::from_utf8(bytes)
                .unwrap()
                .replace(from, to)
                .into_bytes()
        })
    };
    let claims = replace("uniqueCount=\"1\"", "uniqueCount=\"99999999999999\"");
    assert!(error(&adapter, &claims, &limits).contains("texts"));
    let far = replace("r=\"A1\"", "r=\"XFD1048576\"");
    assert!(error(&adapter, &far, &limits).contains("fields"));
    let deep = replace("r=\"A1\"", "r=\"B1048576\"");
    assert!(error(&adapter, &deep, &limits).contains("at most 1048576"));
    let bomb = tampered(&sound, |name, bytes| {
        if name.contains("sharedStrings") {
            vec![b' '; 8 << 20]
        } else {
            bytes
        }
    });
    assert!(error(&adapter, &bomb, &limits).contains("at most 1048576"));
    assert!(error(&adapter, b"PK\x03\x04", &limits).contains("ZIP"));
    for end in (0..sound.len()).step_by(7) {
        assert!(
            read(&adapter, &sound[..end], &Hint::default(), &limits).is_err(),
            "{end}"
        );
    }
}

const CALLS: &str = "fields = { VERSIONNUMBER = \"CREATE_TIME\" }\n[wire]\nformat = \"call\"\nalso = [\"xml\"]\n\
    record = \"GCJS_{dataset}\"";

#[test]
fn a_call_carries_one_record_with_its_number_its_key_and_its_version() {
    let adapter = adapter(CALLS);
    let body = "USERID=u&KEY=secret&SERIALNUMBER=320100000120261120000001&DATASETCODE=GCJS_TENDER_PROJECT&\
        XMLCONTENT=%3CGCJS_TENDER_PROJECT%3E%3CTENDER_PROJECT_NAME%3E%E5%90%8D+%E7%A7%B0%3C/TENDER_PROJECT_NAME%3E\
        %3C/GCJS_TENDER_PROJECT%3E&REQUESTTIME=2026-11-20+09%3A00%3A00&VERSIONNUMBER=20261120090000&PLATID=b1f2";
    let (envelope, lines) = read(
        &adapter,
        body.as_bytes(),
        &Hint::default(),
        &Limits::default(),
    )
    .unwrap();
    assert_eq!(
        envelope.submission.as_deref(),
        Some("320100000120261120000001")
    );
    assert_eq!(
        lines,
        [
            "[XMLCONTENT] TENDER_PROJECT upsert 1:1 TENDER_PROJECT_NAME=名 称@1:43 \
          CREATE_TIME=20261120090000@1:1 key b1f2"
        ]
    );
    for (from, to, says) in [
        ("GCJS_TENDER_PROJECT&", "GCJS_SECTION&", "DATASETCODE"),
        ("20261120090000&", "yesterday&", "VERSIONNUMBER"),
        ("SERIALNUMBER", "SERIAL", "SERIALNUMBER"),
        ("%E5%90%8D", "%E5%90", "in XMLCONTENT"),
        ("%E5%90%8D", "%ZZ", "% escape"),
        ("PLATID", "SERIALNUMBER", "repeated"),
    ] {
        let told = error(
            &adapter,
            body.replacen(from, to, 1).as_bytes(),
            &Limits::default(),
        );
        assert!(told.contains(says), "{from}: {told}");
    }
}

#[test]
fn a_call_is_answered_in_the_form_that_its_sender_knows() {
    let answer = CallAnswer {
        success: false,
        code: "reference.missing".to_owned(),
        message: "招标项目编号\"不存在\"".to_owned(),
        taken: 0,
        at: "2026-11-20 09:00:00".to_owned(),
    };
    assert_eq!(
        answer.write(AnswerForm::New),
        r#"{"success":false,"errorCode":"reference.missing","errorMessage":"招标项目编号\"不存在\""}"#
    );
    assert_eq!(
        answer.write(AnswerForm::Old),
        r#"{"SERVICEFLAG":"0","RESULTNUM":0,"MESSAGE":"招标项目编号\"不存在\"","RESPONSETIME":"2026-11-20 09:00:00"}"#
    );
}

#[test]
fn a_message_without_content_takes_back_what_its_key_names() {
    let adapter = adapter("[wire]\nformat = \"json\"\nreason_unstated = \"未说明\"");
    let hint = |dataset: Option<&str>| Hint {
        message_key: Some("A01-1".to_owned()),
        dataset: dataset.map(str::to_owned),
        ..Hint::default()
    };
    assert_eq!(
        lines(&adapter, b"", &hint(Some("502"))),
        ["[] SECTION withdraw 1:1 key A01-1"]
    );
    assert_eq!(
        lines(&adapter, b"", &hint(None)),
        ["[] ! ? 1:1 \"record.shape\" at 1:1 found "]
    );
}
