//! Tests of what vendors write in JSON besides the native envelope.

#![expect(clippy::unwrap_used, reason = "tests")]

use crate::decode::tests::{adapter, read};
use crate::{Adapter, Hint, Limits};

fn lines(adapter: &Adapter, document: &str) -> Vec<String> {
    let read = read(
        adapter,
        document.as_bytes(),
        &Hint::default(),
        &Limits::default(),
    );
    read.unwrap().1
}

#[test]
fn a_document_within_documents_becomes_records_parents_first() {
    let adapter = adapter(
        "fields = { BH = \"TENDER_PROJECT_CODE\", BDBH = \"BID_SECTION_CODE\", BZJ = \"DEPOSIT\", FJ = \"\" }\n\
         [wire]\nformat = \"json\"\nshape = \"nested\"\nmembers = { SJ = \"records\", BSH = \"submission\" }\n\
         [[wire.nested]]\ninto = [\"TENDER_PROJECT\"]\ncarry = [\"BZJ\", \"BH\"]\n\
         [[wire.nested]]\npath = \"BDS\"\ninto = [\"SECTION\"]\n",
    );
    let document = "{\"BSH\":\"1\",\"SJ\":[\n\
        {\"BDS\":[{\"BDBH\":\"b1\"},{\"BDBH\":\"b2\",\"BZJ\":7}],\"BZJ\":5,\"FJ\":[1],\"BH\":\"t\"},\n\
        {\"BH\":\"u\",\"BDS\":null,\"X\":1}]}";
    assert_eq!(
        lines(&adapter, document),
        [
            "TENDER_PROJECT upsert 2:1 TENDER_PROJECT_CODE=t@2:68 unknown BZJ=#5@2:52",
            "SECTION upsert 2:9 BID_SECTION_CODE=b1@2:17 DEPOSIT=#5@2:52",
            "SECTION upsert 2:23 BID_SECTION_CODE=b2@2:31 DEPOSIT=#7@2:42",
            "TENDER_PROJECT upsert 3:1 TENDER_PROJECT_CODE=u@3:7 unknown X=#1@3:26",
        ]
    );
}

#[test]
fn a_wide_row_is_several_records_where_it_has_values_for_them() {
    let adapter = adapter(
        "wire = { format = \"json\" }\n[wide]\nT = [\"TENDER_PROJECT\", \"SECTION\"]\n\
         [sets.SECTION]\nprefix = \"B_\"\nfields = { TENDER_PROJECT_CODE = \"BID_SECTION_CODE\" }",
    );
    let document = "{\"records\":[\
        {\"dataset\":\"T\",\"data\":{\"TENDER_PROJECT_CODE\":\"t\",\"B_DEPOSIT\":\"5\",\"X\":null}},\
        {\"dataset\":\"T\",\"action\":\"correct\",\"data\":{\"TENDER_PROJECT_CODE\":\"u\"}}]}";
    assert_eq!(
        lines(&adapter, document),
        [
            "TENDER_PROJECT upsert 1:13 TENDER_PROJECT_CODE=t@1:58",
            "SECTION upsert 1:13 BID_SECTION_CODE=t@1:58 DEPOSIT=5@1:74",
            "TENDER_PROJECT correct 1:89 TENDER_PROJECT_CODE=u@1:153",
        ]
    );
}

#[test]
fn a_flat_record_says_its_data_set_and_its_action_among_its_fields() {
    let adapter = adapter(
        "names = { project = \"TENDER_PROJECT\" }\nfields = { rowguid = \"\" }\n[wire]\nformat = \"json\"\n\
         shape = \"flat\"\ncase = \"camel\"\n\
         members = { list = \"records\", kind = \"dataset\", op = \"action\", why = \"reason\", sent = \"\" }\n\
         actions = { D = \"withdraw\" }",
    );
    let document = "{\"sent\":1,\"list\":[\
        {\"rowguid\":\"g\",\"tenderProjectCode\":\"t\",\"kind\":\"project\",\"op\":\"D\",\"why\":\"w\"},\
        {\"kind\":\"project\",\"op\":\"?\"},{\"kind\":\"nothing\"}]}";
    assert_eq!(
        lines(&adapter, document),
        [
            "TENDER_PROJECT withdraw 1:19 TENDER_PROJECT_CODE=t@1:54",
            "! project 1:95 \"record.shape\" at 1:113 found ?",
            "! nothing 1:123 \"dataset.unknown\" at 1:131 found nothing",
        ]
    );
}

#[test]
fn snake_case_and_pairs_and_a_record_alone() {
    let snake = adapter("[wire]\nformat = \"json\"\ncase = \"snake\"\nsingle = true");
    let document = "{\"dataset\":\"502\",\"data\":{\"bid_section_code\":\"b\"}}";
    assert_eq!(
        lines(&snake, document),
        ["SECTION upsert 1:1 BID_SECTION_CODE=b@1:45"]
    );
    let trailing = read(
        &snake,
        format!("{document}{document}").as_bytes(),
        &Hint::default(),
        &Limits::default(),
    );
    assert!(trailing.is_err());
    let pairs = adapter("[wire]\nformat = \"json\"\nshape = \"pairs\"");
    let document = "{\"records\":[{\"dataset\":\"502\",\"data\":[\
        {\"name\":\"BID_SECTION_CODE\",\"value\":\"b\"},{\"value\":null,\"name\":\"DEPOSIT\"}]}]}";
    assert_eq!(
        lines(&pairs, document),
        ["SECTION upsert 1:13 BID_SECTION_CODE=b@1:73"]
    );
}

#[test]
fn areas_and_pages_are_brought_to_what_the_standard_says() {
    let adapter =
        adapter("wire = { format = \"json\" }\nhooks.TENDER_PROJECT_NAME = \"html_text\"");
    let document = "{\"records\":[{\"dataset\":\"501\",\"data\":{\"TENDER_PROJECT_NAME\":\"<p>甲&nbsp;乙</p>\"}}]}";
    assert_eq!(
        lines(&adapter, document),
        [
            "TENDER_PROJECT upsert 1:13 TENDER_PROJECT_NAME=甲 乙<<p>甲&nbsp;乙</p>:html:/TENDER_PROJECT_NAME>@1:60"
        ]
    );
}
