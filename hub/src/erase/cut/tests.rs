//! Every form that can be cut is cut, and what stays is read as it was.
#![expect(clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use adapters::{Profile, WireFormat};
use spec::Spec;

use super::*;

/// The bytes that are left, and the places of the records that still stand.
type Standing = Option<(Vec<u8>, Vec<u32>)>;
type Tested = Result<(), Box<dyn std::error::Error>>;

/// An adapter of a made-up source with this wire form.
fn adapter(wire: &str) -> Result<&'static Adapter, Box<dyn std::error::Error>> {
    let text = format!(
        "version = 1\nid = \"999999\"\nkind = \"city\"\nname = \"某市\"\nenglish = \"Some city\"\nregion = \"320100\"\n\
         ways = [\"http\"]\ndatasets = \"general;subject\"\n[wire]\n{wire}\n"
    );
    let spec: &'static Spec = Box::leak(Box::new(Spec::embedded()?));
    let edition = spec.edition("3.0").ok_or("no edition")?;
    let profile = Arc::new(Profile::parse("test.toml", &text)?);
    Ok(Box::leak(Box::new(Adapter::new(
        profile,
        Arc::clone(edition),
    )?)))
}

/// Cuts the records out, and gives back the text that is left with the records that still stand.
fn left(
    wire: &str,
    form: WireFormat,
    body: &[u8],
    records: &[u32],
) -> Result<Standing, Box<dyn std::error::Error>> {
    let (adapter, limits) = (adapter(wire)?, Limits::default());
    let hint = Hint {
        wire: Some(form),
        dataset: Some("PROJECT".to_owned()),
        ..Hint::default()
    };
    let whole = Reading {
        adapter,
        hint: &hint,
        limits: &limits,
        in_parts: false,
    };
    let wanted: BTreeSet<u32> = records.iter().copied().collect();
    let found = cut(whole, body, &[], &wanted);
    // A large submission is read in parts: to the same end.
    let parts = Reading {
        in_parts: true,
        ..whole
    };
    assert_eq!(found, cut(parts, body, &[], &wanted));
    let Some(found) = found else {
        return Ok(None);
    };
    assert_eq!(found.body.len(), body.len());
    let lines = |bytes: &[u8]| -> Vec<usize> {
        (0..bytes.len()).filter(|&at| bytes[at] == b'\n').collect()
    };
    assert_eq!(lines(&found.body), lines(body), "line ends moved");
    let standing = standing(whole, &found.body, &found.blanks).ok_or("not read again")?;
    for (_, place) in &standing {
        assert_eq!(found.body[place.clone()], body[place.clone()]);
    }
    let numbers = standing.iter().map(|(number, _)| *number).collect();
    Ok(Some((found.body, numbers)))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[test]
fn a_record_is_cut_out_of_every_form_that_can_be_cut() -> Tested {
    let record = |name: &str| {
        format!("{{\"dataset\":\"PROJECT\",\"data\":{{\"PROJECT_NAME\":\"{name}\"}}}}")
    };
    let (one, two, three) = (record("甲SECRET"), record("乙OTHER"), record("丙THIRD"));
    let pretty = format!(
        "{{\"records\":[\n  {{\n    \"dataset\": \"PROJECT\",\n    \"data\": {{\"PROJECT_NAME\": \"甲SECRET\"}}\n  }},\n  {two},\n{three}]}}"
    );
    let gb = encoding_rs::GB18030
        .encode("项目名称,联系人\r\n甲SECRET,张三\r\n乙OTHER,\"李\n四\"\r\n丙THIRD,王五\r\n")
        .0
        .into_owned();
    let xml = "<?xml version=\"1.0\"?>\n<DATA>\n <RECORD>\n  <PROJECT_NAME>甲SECRET</PROJECT_NAME>\n </RECORD>\n <RECORD><PROJECT_NAME>乙OTHER</PROJECT_NAME></RECORD>\n <RECORD><PROJECT_NAME>丙THIRD</PROJECT_NAME></RECORD>\n</DATA>\n";
    let cases: [(&str, WireFormat, Vec<u8>); 6] = [
        (
            "format = \"json\"",
            WireFormat::Json,
            format!("{{\"submission\":\"s\",\"records\":[{one}, {two},{three}]}}").into_bytes(),
        ),
        ("format = \"json\"", WireFormat::Json, pretty.into_bytes()),
        (
            "format = \"ndjson\"",
            WireFormat::Ndjson,
            format!("{{\"submission\":\"s\"}}\n{one}\n{two}\n{three}\n").into_bytes(),
        ),
        (
            "format = \"ndjson\"",
            WireFormat::Ndjson,
            format!("{one}\r\n{two}\r\n{three}").into_bytes(),
        ),
        (
            "format = \"csv\"\ncharset = \"gb18030\"",
            WireFormat::Csv,
            gb,
        ),
        (
            "format = \"xml\"\nrecord = \"RECORD\"",
            WireFormat::Xml,
            xml.as_bytes().to_vec(),
        ),
    ];
    for (place, (wire, form, body)) in cases.iter().enumerate() {
        let (rest, standing) = left(wire, *form, body, &[0])?.ok_or(format!("case {place}"))?;
        assert_eq!(standing, [1, 2], "case {place}");
        assert!(!holds(&rest, "SECRET"), "case {place}");
        assert!(
            holds(&rest, "OTHER") && holds(&rest, "THIRD"),
            "case {place}"
        );
        // The last, and then the first: what was cut before stays cut.
        let (rest, standing) = left(wire, *form, body, &[0, 2])?.ok_or(format!("case {place}"))?;
        assert_eq!(standing, [1], "case {place}");
        assert!(!holds(&rest, "THIRD"), "case {place}");
        // Nothing would be left: the whole goes.
        assert_eq!(left(wire, *form, body, &[0, 1, 2])?, None, "case {place}");
    }
    Ok(())
}

#[test]
fn records_that_are_cut_one_after_another_keep_their_numbers() -> Tested {
    let adapter = adapter("format = \"ndjson\"")?;
    let (limits, hint) = (Limits::default(), Hint::default());
    let reading = Reading {
        adapter,
        hint: &hint,
        limits: &limits,
        in_parts: false,
    };
    let line = |name: &str| {
        format!("{{\"dataset\":\"PROJECT\",\"data\":{{\"PROJECT_NAME\":\"{name}\"}}}}\n")
    };
    let body: String = ["A", "B", "C", "D"].map(line).concat();
    let first = cut(reading, body.as_bytes(), &[], &[1].into()).ok_or("not cut")?;
    let second = cut(reading, &first.body, &first.blanks, &[2].into()).ok_or("not cut")?;
    let numbers: Vec<u32> = second.blanks.iter().map(|blank| blank.record).collect();
    assert_eq!(numbers, [1, 2]);
    let standing = standing(reading, &second.body, &second.blanks).ok_or("not read")?;
    let numbers: Vec<u32> = standing.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [0, 3]);
    assert!(holds(&second.body, "\"D\"") && !holds(&second.body, "\"C\""));
    Ok(())
}
