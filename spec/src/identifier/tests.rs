//! Values of every kind, sound and unsound, computed for this purpose: no number here belongs to anybody.

use super::IdentifierKind::{
    CitizenId, ConstructCode, DealClass, DocumentCode, Guid, IdNumber, InvestProjectCode,
    OperatorCode, OrgCode, PlatformId, ProjectCode, SectionCode, SubjectCode, TenderProjectCode,
    UnifiedDealCode, Uscc,
};
use super::{Fault, IdentifierKind, Places, judge};
use crate::Severity::{Error, Warning};
use crate::{CodeTable, CodeValue};

fn regions() -> CodeTable {
    let mut table = CodeTable::default();
    for code in [
        "320000", "320100", "320200", "320500", "320600", "321300", "110000", "310000",
    ] {
        let value = CodeValue {
            name: code.to_owned(),
            known: true,
            valid_from: None,
            valid_to: None,
            successor: None,
            level: None,
            parent: None,
        };
        table.values.insert(code.to_owned(), value);
    }
    table
}

const SOUND: &[(IdentifierKind, &str)] = &[
    (Uscc, "91320100TEXT00017N"),
    (Uscc, "91320200TEXT00025N"),
    (Uscc, "91320500TEXT000331"),
    (Uscc, "12320000TEXT000417"),
    (Uscc, "11320600TEXT0005X1"),
    (Uscc, "91320300000000019C"),
    (OrgCode, "TEXT00017"),
    (OrgCode, "TEXT00025"),
    (OrgCode, "TEXT00033"),
    (OrgCode, "TEXT00041"),
    (OrgCode, "TEXT0005X"),
    (OrgCode, "000000019"),
    (CitizenId, "320102190101010017"),
    (CitizenId, "320205190102030022"),
    (CitizenId, "320508190103040033"),
    (CitizenId, "320613190104050045"),
    (CitizenId, "320302190105060055"),
    (CitizenId, "321002190106070065"),
    (UnifiedDealCode, "A01-12320000TEXT000417-20250106-000001-0"),
    (UnifiedDealCode, "A07-12320000TEXT000417-20250214-000123-M"),
    (UnifiedDealCode, "B01-11320600TEXT0005X1-20250301-100045-9"),
    (UnifiedDealCode, "C01-91320100TEXT00017N-20250420-200006-C"),
    (UnifiedDealCode, "D01-91320200TEXT00025N-20250515-300777-E"),
    (UnifiedDealCode, "A03-91320500TEXT000331-20250630-999999-6"),
    (PlatformId, "E3201000001"),
    (PlatformId, "E3202000012"),
    (PlatformId, "M3205000003"),
    (PlatformId, "F3206000104"),
    (PlatformId, "I3213000007"),
    (ProjectCode, "E3201000001000123"),
    (ProjectCode, "E3202000012004567"),
    (ProjectCode, "M3205000003000001"),
    (ProjectCode, "F3206000104999999"),
    (ProjectCode, "I3213000007010101"),
    (TenderProjectCode, "E3201000001000123001"),
    (TenderProjectCode, "E3202000012004567002"),
    (TenderProjectCode, "M3205000003000001999"),
    (TenderProjectCode, "F320600010499999900a"),
    (TenderProjectCode, "I32130000070101010z1"),
    (SectionCode, "E3201000001000123001001"),
    (SectionCode, "E3202000012004567002001"),
    (SectionCode, "M3205000003000001999010"),
    (SectionCode, "F320600010499999900a001"),
    (SectionCode, "I32130000070101010z1002"),
    (DocumentCode, "E3201000001000123001001001"),
    (DocumentCode, "E3202000012004567002001002"),
    (DocumentCode, "M3205000003000001999010001"),
    (DocumentCode, "F320600010499999900a001001"),
    (DocumentCode, "I32130000070101010z1002003"),
    (Guid, "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
    (Guid, "7d444840-9dc0-11d1-b245-5ffdce74fad2"),
    (Guid, "00000000-0000-4000-8000-000000000001"),
    (Guid, "A987FBC9-4BED-4078-8F07-9141BA07C9F3"),
    (Guid, "123e4567-e89b-42d3-a456-426614174000"),
    (InvestProjectCode, "2025-320100-48-01-000123"),
    (InvestProjectCode, "2024-320000-54-01-100001"),
    (InvestProjectCode, "2025-320500-76-02-000777"),
    (InvestProjectCode, "2023-320600-89-03-654321"),
    (InvestProjectCode, "2025-321300-47-04-000001"),
    (ConstructCode, "3201002501060101"),
    (ConstructCode, "3202002502140102"),
    (ConstructCode, "3205002503010203"),
    (ConstructCode, "3206002504200101"),
    (ConstructCode, "3213002505150304"),
    (DealClass, "A01"),
    (DealClass, "A99"),
    (DealClass, "B01"),
    (DealClass, "C02"),
    (DealClass, "D03"),
    (SubjectCode, "91320100TEXT00017N"),
    (SubjectCode, "TEXT00017"),
    (SubjectCode, "320102190101010017"),
    (SubjectCode, "11320600TEXT0005X1"),
    (SubjectCode, "TEXT0005X"),
    (OperatorCode, "12320000TEXT000417"),
    (OperatorCode, "11320600TEXT0005X1"),
    (OperatorCode, "91320100TEXT00017N"),
    (OperatorCode, "91320200TEXT00025N"),
    (OperatorCode, "91320500TEXT000331"),
    // Letters inside and a small first letter occur in real codes.
    (ProjectCode, "E3201000001ABCDEF"),
    (TenderProjectCode, "S110000A001020883001"),
    (TenderProjectCode, "e3100000151020890001"),
    // A system number behind the code of a platform.
    (OperatorCode, "12320000TEXT000417-5"),
    (IdNumber, "G12345678"),
];

const UNSOUND: &[(IdentifierKind, &str, Fault, crate::Severity)] = &[
    (Uscc, "91320100TEXT00017P", Fault::Check(Some('N')), Error),
    (Uscc, "91320200TEXT00025", Fault::Form, Error),
    (Uscc, "91320500TEIT000331", Fault::Form, Error),
    (Uscc, "91320100text00017n", Fault::Form, Error),
    (OrgCode, "TEXT00010", Fault::Check(Some('7')), Error),
    (OrgCode, "TEXT0002", Fault::Form, Error),
    (OrgCode, "TEXT0003Z", Fault::Form, Error),
    (
        CitizenId,
        "320102190101010010",
        Fault::Check(Some('7')),
        Error,
    ),
    (CitizenId, "320102190113010014", Fault::Date, Error),
    (CitizenId, "320508190103040", Fault::Form, Error),
    (CitizenId, "990102190101010011", Fault::Region, Error),
    (
        UnifiedDealCode,
        "A01-12320000TEXT000417-20250106-000001-",
        Fault::Form,
        Error,
    ),
    (
        UnifiedDealCode,
        "A0712320000TEXT00041720250214000123M",
        Fault::Form,
        Error,
    ),
    (
        UnifiedDealCode,
        "A01-12320000TEXT000417-20251301-000001-Y",
        Fault::Date,
        Error,
    ),
    (
        UnifiedDealCode,
        "C01-91320100TEXT00017N-20250420-200006-D",
        Fault::Check(None),
        Warning,
    ),
    (
        UnifiedDealCode,
        "101-12320000TEXT000417-20250106-000001-0",
        Fault::Form,
        Error,
    ),
    (PlatformId, "3201000001", Fault::Form, Error),
    (PlatformId, "E3299990001", Fault::Region, Warning),
    (PlatformId, "E32010000012", Fault::Form, Error),
    (ProjectCode, "E320100000100012", Fault::Form, Error),
    (ProjectCode, "E9901000001000123", Fault::Region, Warning),
    (TenderProjectCode, "E3201000001000123", Fault::Form, Error),
    (
        TenderProjectCode,
        "E320100000100012300-",
        Fault::Form,
        Error,
    ),
    (
        TenderProjectCode,
        "E32010000010001230001",
        Fault::Form,
        Error,
    ),
    (SectionCode, "E3201000001000123001", Fault::Form, Error),
    (SectionCode, "E3201000001000123001 01", Fault::Form, Error),
    (SectionCode, "320100000100012300100101", Fault::Form, Error),
    (DocumentCode, "E3201000001000123001001", Fault::Form, Error),
    (
        DocumentCode,
        "E32010000010001230010010011",
        Fault::Form,
        Error,
    ),
    (
        DocumentCode,
        "E3201000001000123001001!01",
        Fault::Form,
        Error,
    ),
    (
        Guid,
        "3f2504e04f8941d39a0c0305e82c3301",
        Fault::Form,
        Warning,
    ),
    (
        Guid,
        "3f2504e0-4f89-41d3-9a0c-0305e82c330g",
        Fault::Form,
        Warning,
    ),
    (
        Guid,
        "{3f2504e0-4f89-41d3-9a0c-0305e82c3301}",
        Fault::Form,
        Warning,
    ),
    (
        InvestProjectCode,
        "202532010048010001230000",
        Fault::Form,
        Error,
    ),
    (
        InvestProjectCode,
        "2025-320100-48-01-12345",
        Fault::Form,
        Error,
    ),
    (
        InvestProjectCode,
        "2025-32010-480-01-000123",
        Fault::Form,
        Error,
    ),
    (ConstructCode, "320100250106010", Fault::Form, Warning),
    (ConstructCode, "3201002513060101", Fault::Date, Warning),
    (ConstructCode, "32010025010601A1", Fault::Form, Warning),
    (DealClass, "A1", Fault::Form, Warning),
    (DealClass, "01A", Fault::Form, Warning),
    (DealClass, "a01", Fault::Form, Warning),
    (
        SubjectCode,
        "91320100TEXT00017P",
        Fault::Check(Some('N')),
        Warning,
    ),
    (SubjectCode, "TEXT000", Fault::Form, Warning),
    (SubjectCode, "", Fault::Form, Warning),
    (
        OperatorCode,
        "12320000TEXT000418",
        Fault::Check(Some('7')),
        Warning,
    ),
    (OperatorCode, "12320000TEXT00041", Fault::Form, Error),
    (OperatorCode, "12320000TEXT00041-", Fault::Form, Error),
    (SubjectCode, "320100000012345", Fault::Old, Warning),
    (SubjectCode, "3201000000123", Fault::Old, Warning),
    (IdNumber, "", Fault::Form, Error),
    (IdNumber, "身份证", Fault::Form, Error),
    (
        InvestProjectCode,
        "2025-990100-48-01-000123",
        Fault::Region,
        Warning,
    ),
];

#[test]
fn sound_values_pass() {
    let regions = regions();
    let places = Places::new(Some(&regions));
    for &(kind, value) in SOUND {
        assert_eq!(
            judge(kind, value, &places, true),
            Ok(()),
            "{kind:?} {value}"
        );
    }
}

#[test]
fn unsound_values_say_what_is_wrong() {
    let regions = regions();
    let places = Places::new(Some(&regions));
    for &(kind, value, fault, severity) in UNSOUND {
        assert_eq!(
            judge(kind, value, &places, true),
            Err((fault, severity)),
            "{kind:?} {value}"
        );
    }
}

#[test]
fn either_check_character_of_the_deal_code_is_accepted() {
    let places = Places::new(None);
    let class_counted = super::check_mod_37_2("A0112320000TEXT00041720250106000001".bytes());
    let code = format!(
        "A01-12320000TEXT000417-20250106-000001-{}",
        char::from(class_counted.unwrap_or(b'?'))
    );
    assert_eq!(judge(UnifiedDealCode, &code, &places, true), Ok(()));
    assert_eq!(
        judge(
            UnifiedDealCode,
            "A02-123100007847653857-20161012-000015-Q",
            &places,
            true
        ),
        Ok(())
    );
    let neither = "C01-91320100TEXT00017N-20250420-200006-D";
    assert_eq!(
        judge(UnifiedDealCode, neither, &places, false),
        Ok(()),
        "the edition may leave it out"
    );
}

#[test]
fn any_text_is_judged_without_a_panic() {
    let places = Places::new(None);
    for text in [
        "",
        "招",
        "招标招标招标招标招标招",
        "\u{10ffff}",
        "E３２０１００",
        "é20100000100",
        "320102190101010017招",
    ] {
        for &(kind, _) in SOUND {
            assert!(judge(kind, text, &places, true).is_err(), "{kind:?} {text}");
        }
    }
}
