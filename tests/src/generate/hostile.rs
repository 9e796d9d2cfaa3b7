//! Documents that mean harm, small enough to keep. What grows when read must be refused early.

use super::Files;

/// All of them, under `hostile/`.
pub fn write(files: &mut Files) {
    let mut add = |name: &str, bytes: Vec<u8>| {
        files.insert(format!("hostile/{name}"), bytes);
    };
    add(
        "deep-nesting.json",
        format!(
            "{{\"records\":{}{}}}",
            "[".repeat(20_000),
            "]".repeat(20_000)
        )
        .into_bytes(),
    );
    add(
        "deep-value.json",
        envelope(&format!(
            "{{\"PROJECT_CODE\":{}1{}}}",
            "[".repeat(5_000),
            "]".repeat(5_000)
        )),
    );
    add(
        "deep-elements.xml",
        format!(
            "{}{}{}",
            declaration("UTF-8"),
            "<DES>".repeat(10_000),
            "</DES>".repeat(10_000)
        )
        .into_bytes(),
    );
    add("truncated.json", b"{\"edition\":\"3.0\",\"source\":\"320100\",\"submission\":\"cut\",\"records\":[{\"dataset\":\"PROJECT\",\"data\":{\"PROJECT_CODE\":\"E32".to_vec());
    add(
        "truncated.xml",
        format!(
            "{}<DES><TITLE><DATA_TYPE>1</DATA_TYPE><DATA_NO>500",
            declaration("GB18030")
        )
        .into_bytes(),
    );
    add(
        "truncated.csv",
        b"PROJECT_CODE,PROJECT_NAME\r\nE3206000001000101,\"never closed".to_vec(),
    );
    add("duplicate-envelope-member.json", b"{\"edition\":\"3.0\",\"source\":\"320100\",\"source\":\"320300\",\"submission\":\"twice\",\"records\":[]}".to_vec());
    add(
        "duplicate-field.json",
        envelope("{\"PROJECT_CODE\":\"E3201000001000101\",\"PROJECT_CODE\":\"E3201000001000102\"}"),
    );
    add(
        "duplicate-field-escaped.json",
        envelope(
            "{\"PROJECT_CODE\":\"E3201000001000101\",\"PROJECT_\\u0043ODE\":\"E3201000001000102\"}",
        ),
    );
    add(
        "lone-surrogate.json",
        envelope("{\"PROJECT_NAME\":\"\\ud800\"}"),
    );
    add(
        "huge-number.json",
        envelope(&format!("{{\"PROJECT_CODE\":1{}}}", "0".repeat(50_000))),
    );
    add(
        "many-fields.json",
        envelope(&format!(
            "{{{}}}",
            (0..5_000)
                .map(|n| format!("\"F{n}\":1"))
                .collect::<Vec<_>>()
                .join(",")
        )),
    );
    add(
        "not-utf8.json",
        [
            b"{\"edition\":\"3.0\",\"source\":\"".as_slice(),
            &[0xff, 0xfe, 0xc3, 0x28],
            b"\"}",
        ]
        .concat(),
    );
    add("nothing.json", Vec::new());
    add(
        "records-no-list.json",
        b"{\"edition\":\"3.0\",\"source\":\"320100\",\"submission\":\"shape\",\"records\":{}}"
            .to_vec(),
    );
    add("trailing.json", [envelope("{}"), b"{}".to_vec()].concat());
    add("entity-bomb.xml", bomb());
    add("external-entity.xml", format!("{}<!DOCTYPE DES [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><DES><TITLE>&x;</TITLE></DES>", declaration("UTF-8")).into_bytes());
    add(
        "unknown-entity.xml",
        format!("{}<DES><TITLE>&nbsp;</TITLE></DES>", declaration("UTF-8")).into_bytes(),
    );
    add(
        "attribute-flood.xml",
        format!(
            "{}<DES {}><TITLE/></DES>",
            declaration("UTF-8"),
            (0..8_000)
                .map(|n| format!("a{n}=\"\""))
                .collect::<Vec<_>>()
                .join(" ")
        )
        .into_bytes(),
    );
    add(
        "mismatched.xml",
        format!("{}<DES><TITLE></CONTEXT></DES>", declaration("UTF-8")).into_bytes(),
    );
    add(
        "invalid-gb18030.xml",
        [
            declaration("GB18030").into_bytes(),
            b"<DES><TITLE><DATA_CN>".to_vec(),
            vec![0x81, 0x20, 0xff, 0x84, 0x31, 0xa4, 0x37],
            b"</DATA_CN></TITLE></DES>".to_vec(),
        ]
        .concat(),
    );
    add(
        "invalid-gb18030.csv",
        [
            b"PROJECT_CODE,PROJECT_NAME\r\nE3206000001000101,".as_slice(),
            &[0xd0, 0xc2, 0x81, 0x0a, 0xff],
        ]
        .concat(),
    );
    add(
        "uneven.csv",
        b"PROJECT_CODE,PROJECT_NAME\r\nE3206000001000101\r\nE3206000001000102,a,b,c\r\n".to_vec(),
    );
    add(
        "repeated-heading.csv",
        b"PROJECT_CODE,PROJECT_CODE\r\nE3206000001000101,E3206000001000102\r\n".to_vec(),
    );
    add(
        "wide.csv",
        format!(
            "{}\r\n",
            (0..6_000)
                .map(|n| format!("H{n}"))
                .collect::<Vec<_>>()
                .join(",")
        )
        .into_bytes(),
    );
}

fn declaration(charset: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"{charset}\"?>\n")
}

fn envelope(data: &str) -> Vec<u8> {
    format!("{{\"edition\":\"3.0\",\"source\":\"320100\",\"submission\":\"hostile\",\"records\":[{{\"dataset\":\"PROJECT\",\"data\":{data}}}]}}").into_bytes()
}

/// Ten entities, each ten times the one before: 10^10 characters if somebody expands them.
fn bomb() -> Vec<u8> {
    let mut text = declaration("UTF-8");
    text.push_str("<!DOCTYPE DES [\n<!ENTITY a0 \"ha\">\n");
    for step in 1..=10 {
        let before = format!("&a{};", step - 1).repeat(10);
        text.push_str("<!ENTITY a");
        text.push_str(&step.to_string());
        text.push_str(" \"");
        text.push_str(&before);
        text.push_str("\">\n");
    }
    text.push_str("]>\n<DES><TITLE>&a10;</TITLE></DES>\n");
    text.into_bytes()
}
