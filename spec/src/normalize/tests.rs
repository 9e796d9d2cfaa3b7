//! One line per repair: field, value as sent, canonical value, what was changed and why, what is still wrong.
#![expect(
    clippy::indexing_slicing,
    reason = "tests name the data set and the finding by place"
)]

mod canonical;
mod converted;
mod twice;

use super::*;
use crate::validate::sample::{context, dataset, edition, input, record};
use crate::{IssueCode, Severity};

/// Result of normalizing one value of one field: canonical text, reasons of changes, codes of findings.
fn one(field: &str, sent: &str) -> (String, Vec<String>, Vec<IssueCode>) {
    let edition = edition(vec![dataset(1, "D", &[field, "UNIT C1 codes:unit"])]);
    let Some(dataset) = edition.datasets.first() else {
        return Default::default();
    };
    let mut sent_record = Record::new(dataset);
    sent_record.values = vec![Some(input(sent)), Some(input("万元"))];
    let done = normalize(&context(&edition), sent_record);
    let text = done
        .values
        .first()
        .and_then(Option::as_ref)
        .map_or_else(String::new, |value| value.text.to_string());
    let first = |path: &str| path != "/UNIT";
    (
        text,
        done.changes
            .iter()
            .filter(|change| first(&change.path))
            .map(|change| change.why.word().to_owned())
            .collect(),
        done.issues.iter().map(|issue| issue.code).collect(),
    )
}

#[test]
fn every_repair_gives_the_canonical_value_and_its_reason() {
    for (field, sent, canonical, why) in [
        ("F C..20 free", "甲", "甲", &[] as &[&str]),
        ("F C..20 free", " 甲\u{a0}", "甲", &["control", "trim"]),
        ("F C..20 free", "（甲）１２", "（甲）１２", &[]),
        ("F C..20 free", "甲&nbsp;乙", "甲 乙", &["html"]),
        ("F C..20 free", "'GC2015-1", "GC2015-1", &["trim"]),
        ("F C..20 free", "=12", "12", &["number_as_text"]),
        ("F C..20 free", "无", "无", &[]),
        ("F C..ul free", "甲\n乙", "甲\n乙", &[]),
        ("F C..20 free", "  ", "", &["trim"]),
        ("F N..12,2 free yuan", "1186000元", "1186000", &["unit"]),
        ("F N..12,2 free yuan", "88.45 万元", "884500", &["unit"]),
        (
            "F N..12,2 free yuan",
            "８８．５０",
            "88.5",
            &["width", "number"],
        ),
        ("F N..12,2 free yuan", "1,234.50", "1234.5", &["number"]),
        ("F N..12,2 free yuan", "￥3,140.47元", "3140.47", &["unit"]),
        (
            "F N..12,6 free wan_yuan",
            "3140.47元 人民币",
            "0.314047",
            &["unit"],
        ),
        ("F N..12,6 free by:1", "50元", "0.005", &["unit"]),
        ("F N..12,6 free by:1", "50(万元人民币)", "50", &["unit"]),
        ("F N..12,2 free", "=1.50", "1.5", &["number"]),
        ("F N..12,2 free", "=1.186E7", "11860000", &["number"]),
        ("F N..5,2 free unit:percent", "98.65%", "98.65", &["unit"]),
        ("F N..5 free unit:days", "30日历天", "30", &["unit"]),
        ("F N..5 free", "=30", "30", &[]),
        ("F D8 free", "2025年3月1日", "20250301", &["date"]),
        ("F D8 free", "=45663", "20250106", &["date_serial"]),
        ("F C..20 free", "***", "***", &[]),
        (
            "F N..12,2 free yuan",
            "人民币壹佰万元整（￥1,000,000.00）",
            "1000000",
            &["width", "numerals"],
        ),
        (
            "F N..12,2 free yuan",
            "预算金额：320.5 万元（人民币）",
            "3205000",
            &["width", "unit"],
        ),
        ("F N..12,2 free unit:m2", "1.5公顷", "15000", &["unit"]),
        ("F D8 free", "20250301000000", "20250301", &["date"]),
        (
            "F D14 free",
            "2025-01-06 09:30:00",
            "20250106093000",
            &["date"],
        ),
        (
            "F D14 free",
            "２０２５/1/6",
            "20250106000000",
            &["width", "date"],
        ),
        ("F D14 free", "=1736127000000", "20250106093000", &["date"]),
        ("F D12 free", "2025.3.18", "202503180000", &["date"]),
        ("F C1 codes:mode", "公开招标", "1", &["code_name"]),
        ("F C1 codes:mode", "=1", "1", &["number_as_text"]),
        ("F C1 codes:mode", "１", "1", &["width"]),
        ("F C1 codes:mode", "1.0", "1", &["number"]),
        ("F C1 codes:yes_no", "=true", "1", &["boolean"]),
        ("F C1 codes:yes_no", "否", "0", &["code_name"]),
        (
            "F C6 codes:region",
            "江苏省,南京市",
            "320100",
            &["region_name"],
        ),
        ("F C6 codes:region", "江苏", "320000", &["region_name"]),
        ("F B free", "=true", "1", &["boolean"]),
        (
            "F C6 codes:region",
            "320103",
            "320104",
            &["region_successor"],
        ),
        ("F C6 codes:region", "3201", "320100", &["region_code"]),
        ("F C1 codes:mode", "1-公开招标", "1", &["code_name"]),
        ("F C1 codes:yes_no", "Y", "1", &["boolean"]),
        ("F C9 org", "08694293-8", "086942938", &["hyphen"]),
        (
            "F C18 uscc",
            "统一社会信用代码：91320100TEXT00017N",
            "91320100TEXT00017N",
            &["width", "label"],
        ),
        (
            "F C18 uscc",
            "9132O1OOTEXT00017N",
            "91320100TEXT00017N",
            &["look_alike"],
        ),
        (
            "F C18 uscc",
            "91320100ТЕХТ00017N",
            "91320100TEXT00017N",
            &["look_alike"],
        ),
        (
            "F C18 uscc",
            "91320100text00017n",
            "91320100TEXT00017N",
            &["case"],
        ),
        (
            "F C18 uscc",
            "91320100 TEXT00017N",
            "91320100TEXT00017N",
            &["trim"],
        ),
        (
            "F C18 uscc",
            "９1320100TEXT00017N",
            "91320100TEXT00017N",
            &["width"],
        ),
        (
            "F C18 operator",
            "12320000TEXT000417-5",
            "12320000TEXT000417-5",
            &[],
        ),
        (
            "F C40 deal",
            "A0712320000TEXT00041720250214000123M",
            "A07-12320000TEXT000417-20250214-000123-M",
            &["hyphen"],
        ),
        (
            "F C20 tender",
            "e3201000001000123001",
            "e3201000001000123001",
            &[],
        ),
        ("F C..50 free list", "甲；乙", "甲;乙", &["list_separator"]),
        (
            "F C..50 free list",
            "=[\"甲\",\"乙\"]",
            "甲;乙",
            &["list_separator"],
        ),
        (
            "F C..50 codes:mode list",
            "公开招标、邀请招标",
            "1;2",
            &["list_separator", "code_name"],
        ),
        (
            "F C..5 codes:any list",
            "资金;银行保函",
            "1;2",
            &["code_name"],
        ),
        ("F C..50 free list", "甲\n乙", "甲;乙", &["list_separator"]),
        (
            "F C..100 subject list",
            "TEXT00017/TEXT00025",
            "TEXT00017;TEXT00025",
            &["list_separator"],
        ),
        ("F C..50 free list", "甲/乙", "甲/乙", &[]),
        ("F C..50 free list", ";;", "", &["list_separator"]),
        ("F C..50 free list", "甲;;乙", "甲;乙", &["list_separator"]),
        (
            "F C..50 codes:mode list",
            ";1; ;2",
            "1;2",
            &["trim", "list_separator"],
        ),
        (
            "F C..50 codes:mode list",
            "1;2;",
            "1;2",
            &["list_separator"],
        ),
        (
            "F C..100 subject list",
            "TEXT0001-7,TEXT00025",
            "TEXT00017;TEXT00025",
            &["list_separator", "hyphen"],
        ),
    ] {
        let (text, reasons, issues) = one(field, sent);
        assert_eq!(text, canonical, "{field}: {sent}");
        assert_eq!(reasons, why, "{field}: {sent}");
        assert_eq!(issues, [], "{field}: {sent}");
        if !canonical.is_empty() {
            assert_eq!(
                one(field, canonical),
                (canonical.to_owned(), Vec::new(), Vec::new()),
                "{field}: again"
            );
        }
    }
}

#[test]
fn what_would_need_a_guess_is_a_finding() {
    for (field, sent, code) in [
        ("F D14 free", "250106", IssueCode::FieldAmbiguous),
        (
            "F D14 free",
            "2025-01-06 至 2025-01-08",
            IssueCode::FieldAmbiguous,
        ),
        (
            "F N..12,2 free yuan",
            "100元（含税106元）",
            IssueCode::FieldAmbiguous,
        ),
        ("F N..5 free", "30天", IssueCode::FieldAmbiguous),
        ("F N..12,2 free yuan", "5(万美元)", IssueCode::FieldFormat),
        (
            "F N..5 free unit:days",
            "30个工作日",
            IssueCode::FieldFormat,
        ),
        ("F N..12,2 free", "88万元", IssueCode::FieldAmbiguous),
        // Yuan by its sign, ten thousand by the field: nobody knows which.
        (
            "F N..12,6 free wan_yuan",
            "￥12.5",
            IssueCode::FieldAmbiguous,
        ),
        ("F N..12,6 free by:1", "￥12.5", IssueCode::FieldAmbiguous),
        ("F N..12,2 free yuan", "1.19E+06", IssueCode::FieldFormat),
        (
            "F N..12,2 free yuan",
            "价格系数：98.65%",
            IssueCode::FieldFormat,
        ),
        ("key F N..12,2 free yuan", "未提供", IssueCode::FieldFormat),
        ("F N..4,2 free", "123.4", IssueCode::FieldFormat),
        ("F N..4,2 free", "1.234", IssueCode::FieldFormat),
        ("F N2 free", "123", IssueCode::FieldFormat),
        ("F D8 free", "20250230", IssueCode::FieldFormat),
        ("F D8 free required", "/", IssueCode::FieldFormat),
        ("F C1 codes:mode required", "无", IssueCode::FieldFormat),
        ("F C..50 id_number required", "-", IssueCode::FieldFormat),
        ("F C20 tender", "3.2E+19", IssueCode::FieldFormat),
        ("F C..20 free", "3.2E+19", IssueCode::FieldFormat),
        ("F C..20 free list", "3.2E+19", IssueCode::FieldFormat),
        ("F C..20 free list", "甲;3.2E+19", IssueCode::FieldFormat),
        (
            "F C20 tender",
            "E320100000100012300",
            IssueCode::FieldLength,
        ),
        ("F C..3 free", "甲乙丙丁", IssueCode::FieldLength),
        ("F C3 free", "甲乙", IssueCode::FieldLength),
        ("F C..20 free", "=true", IssueCode::FieldType),
        ("F C..20 free", "=[1]", IssueCode::FieldType),
        ("F C..20 free list", "={\"a\":1}", IssueCode::FieldType),
        ("F N..4 free", "=[1]", IssueCode::FieldType),
    ] {
        let (_, _, issues) = one(field, sent);
        assert_eq!(issues, [code], "{field}: {sent}");
    }
}

#[test]
fn an_amount_that_names_its_unit_fills_the_empty_field_of_the_unit() {
    let edition = edition(vec![dataset(
        1,
        "D",
        &[
            "A N..20,6 free by:2",
            "B N..20,6 free by:2",
            "UNIT C1 codes:unit",
        ],
    )]);
    let dataset = &edition.datasets[0];
    let done = |values: &[(&str, &str)]| {
        let done = normalize(&context(&edition), record(dataset, values));
        let text = |place: u16| done.text(place).map(str::to_owned);
        let codes: Vec<_> = done.issues.iter().map(|issue| issue.code).collect();
        (text(0), text(1), text(2), codes)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        done(&[("A", "8983476.00(元)")]),
        (some("8983476"), None, some("0"), vec![])
    );
    assert_eq!(
        done(&[("A", "50(万元人民币)"), ("B", "1000元")]),
        (some("50"), some("0.1"), some("1"), vec![])
    );
    assert_eq!(
        done(&[("A", "1.5亿元"), ("B", "未提供")]),
        (some("15000"), None, some("1"), vec![IssueCode::FieldFormat])
    );
    // Nobody knows the unit of the plain amount: filling the field would give it one.
    let doubt = vec![IssueCode::FieldAmbiguous];
    assert_eq!(
        done(&[("A", "50万元"), ("B", "1000")]),
        (None, some("1000"), None, doubt.clone())
    );
    assert_eq!(
        done(&[("A", "50万元"), ("B", "1,000.0")]),
        (None, some("1000"), None, doubt)
    );
}

#[test]
fn a_region_of_many_is_told_with_all_of_them() {
    let mut regions = crate::validate::sample::table(
        "region",
        &[
            ("320106", "鼓楼区"),
            ("320302", "鼓楼区"),
            ("320000", "江苏省"),
        ],
    );
    regions.by_name.remove("鼓楼区");
    let mut edition = edition(vec![dataset(1, "D", &["F C6 codes:region"])]);
    edition.datasets[0].fields[0].domain = crate::Domain::Codes(regions.into());
    let done = normalize(
        &context(&edition),
        record(&edition.datasets[0], &[("F", "鼓楼区")]),
    );
    assert_eq!(done.issues[0].code, IssueCode::FieldAmbiguous);
    let said = &done.issues[0];
    for text in [&said.expected, &said.expected_en] {
        assert!(text.contains("320106") && text.contains("320302"), "{text}");
    }
}

#[test]
fn a_word_for_no_value_is_left_out_where_none_is_needed() {
    for (field, sent) in [
        ("F D8 free", "0000-00-00"),
        ("F D8 free", "/"),
        ("F N..12,2 free yuan", "未提供"),
        ("F C1 codes:mode", "N/A"),
        ("F C..50 id_number", "-"),
    ] {
        for (suffix, severity, reasons) in [
            ("", Severity::Warning, vec!["placeholder".to_owned()]),
            (" required", Severity::Error, Vec::new()),
        ] {
            let edition = edition(vec![dataset(1, "D", &[&format!("{field}{suffix}")])]);
            let done = normalize(
                &context(&edition),
                record(&edition.datasets[0], &[("F", sent)]),
            );
            let why: Vec<_> = done
                .changes
                .iter()
                .map(|c| c.why.word().to_owned())
                .collect();
            assert_eq!(why, reasons, "{sent}");
            let found = (done.issues[0].code, done.issues[0].severity);
            assert_eq!(found, (IssueCode::FieldFormat, severity), "{sent}");
        }
    }
}

#[test]
fn what_was_blacked_out_counts_against_no_rule() {
    let edition = edition(vec![dataset(1, "D", &["A C..20 free", "B C..20 free"])]);
    let done = normalize(
        &context(&edition),
        record(&edition.datasets[0], &[("A", "***"), ("B", "***")]),
    );
    assert_eq!(done.issues, []);
    assert_eq!((done.text(0), done.value(0).is_some()), (None, true));
}

#[test]
fn lost_codes_say_what_to_do() {
    let edition = edition(vec![dataset(1, "D", &["F C20 tender"])]);
    let dataset = &edition.datasets[0];
    let done = normalize(&context(&edition), record(dataset, &[("F", "3.2E+19")]));
    let message = done
        .issues
        .first()
        .map(|issue| issue.message.zh.to_string());
    assert!(message.is_some_and(|text| text.contains("电子表格") && text.contains("文本格式")));
}

#[test]
fn personal_values_never_appear_whole() {
    let edition = edition(vec![dataset(
        1,
        "D",
        &["F C18 citizen personal", "G N..4 free personal"],
    )]);
    let dataset = &edition.datasets[0];
    let sent = record(dataset, &[("F", "32010219010101001x "), ("G", "12345678")]);
    let done = normalize(&context(&edition), sent);
    assert!(!done.changes.is_empty() && !done.issues.is_empty());
    let all = serde_json::to_string(&(&done.changes, &done.issues)).unwrap_or_default();
    assert!(!all.contains("32010219010101001"), "{all}");
    assert!(!all.contains("12345678"), "{all}");
}

#[test]
fn strangers_are_told_what_was_probably_meant() {
    let edition = edition(vec![dataset(
        1,
        "D",
        &["TENDER_MODE C1 codes:mode", "TITLE C..20 free"],
    )]);
    let dataset = &edition.datasets[0];
    let values = [
        ("tender_mode", "1"),
        ("TENDR_MODE", "1"),
        ("名称TITLE", "甲"),
        ("rowguid", "x"),
        ("TITLE", "甲"),
        ("TITLE", "乙"),
    ];
    let done = normalize(&context(&edition), record(dataset, &values));
    let told: Vec<_> = done
        .issues
        .iter()
        .map(|issue| {
            (
                issue.code,
                issue.path.as_str(),
                &*issue.expected,
                issue.patch.is_some(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (IssueCode::FieldRepeated, "/TITLE", "只出现一次", false),
            (IssueCode::FieldUnknown, "/tender_mode", "TENDER_MODE", true),
            (IssueCode::FieldUnknown, "/TENDR_MODE", "TENDER_MODE", false),
            // The record has a title already: a move would overwrite it.
            (IssueCode::FieldUnknown, "/名称TITLE", "TITLE", false),
            (
                IssueCode::FieldUnknown,
                "/rowguid",
                "数据集D的数据项",
                false
            ),
        ]
    );
    assert!(
        done.issues
            .iter()
            .all(|issue| issue.severity == Severity::Error)
    );
}
