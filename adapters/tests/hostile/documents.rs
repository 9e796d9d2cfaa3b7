//! The hostile documents: made when they are needed, for they are large.

use adapters::Limits;

use super::packages::packages;

/// A document that must be refused.
pub struct Refused {
    pub name: &'static str,
    pub wire: &'static str,
    pub bytes: Vec<u8>,
    pub limits: Limits,
    /// What the refusal must say.
    pub says: &'static str,
    /// Bytes that may be unpacked before it is refused.
    pub unpacked: usize,
}

/// A document that is read, and holds so many records, all of them faulty.
pub struct Faulty {
    pub name: &'static str,
    pub wire: &'static str,
    pub bytes: Vec<u8>,
    pub limits: Limits,
    pub records: usize,
}

const JSON: &str = "format = \"json\"";
const NDJSON: &str = "format = \"ndjson\"";
const XML: &str = "format = \"xml\"";
const MESSAGE: &str = "format = \"message\"";
const CSV: &str = "format = \"csv\"";
const GB: &str = "format = \"csv\", charset = \"gb18030\"";

const MILLION: usize = 1_000_000;

/// Everything that grows, nests, contradicts itself or is no text.
pub fn refused() -> Vec<Refused> {
    let mut all = texts();
    all.extend(packages());
    all
}

fn text(
    name: &'static str,
    wire: &'static str,
    bytes: impl Into<Vec<u8>>,
    says: &'static str,
) -> Refused {
    Refused {
        name,
        wire,
        bytes: bytes.into(),
        limits: Limits::default(),
        says,
        unpacked: 0,
    }
}

/// The same, refused at its thousandth record: judging those before costs what it costs.
fn records(refused: Refused) -> Refused {
    let limits = Limits {
        records: 1_000,
        ..Limits::default()
    };
    Refused { limits, ..refused }
}

fn texts() -> Vec<Refused> {
    let value =
        |value: &str| format!("{{\"records\":[{{\"data\":{{\"PROJECT_CODE\":{value}}}}}]}}");
    let many = |one: &str, times: usize| one.repeat(times);
    let attributes: String = (0..800_000).map(|n| format!(" a{n}=\"\"")).collect();
    let same = many(" a=\"\"", 800_000);
    let entities: String = (1..=20)
        .map(|n| format!("<!ENTITY e{n} \"{}\">", many(&format!("&e{};", n - 1), 10)))
        .collect();
    let utf16: Vec<u8> = "<BATCH/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let deep = |open: &str| format!("{{\"records\":{}", many(open, MILLION));
    vec![
        text("lists in lists", JSON, deep("["), "levels"),
        text("objects in objects", JSON, deep("{\"a\":"), "levels"),
        text(
            "a value in lists",
            JSON,
            value(&many("[", MILLION)),
            "levels",
        ),
        text(
            "a line of lists",
            NDJSON,
            format!(
                "{{\"source\":\"1\"}}
{}",
                many("[", MILLION)
            ),
            "levels",
        ),
        text(
            "a number of 10 MB",
            JSON,
            value(&many("1", 10 * MILLION)),
            "bytes in a value",
        ),
        text(
            "a fraction of 10 MB",
            JSON,
            value(&format!("0.{}1", many("0", 10 * MILLION))),
            "bytes in a value",
        ),
        text(
            "a text of 10 MB",
            JSON,
            value(&format!("\"{}\"", many("x", 10 * MILLION))),
            "bytes in a value",
        ),
        text(
            "a name of 10 MB",
            JSON,
            value(&format!("1,\"{}\":1", many("x", 10 * MILLION))),
            "bytes in a value",
        ),
        text(
            "one field 400,000 times",
            JSON,
            value(&format!("1{}", many(",\"PROJECT_CODE\":1", 400_000))),
            "fields",
        ),
        text(
            "half a million fields",
            JSON,
            value(&format!(
                "1{}",
                (0..500_000)
                    .map(|n| format!(",\"F{n}\":1"))
                    .collect::<String>()
            )),
            "fields",
        ),
        records(text(
            "a million records",
            JSON,
            format!("{{\"records\":[7{}]}}", many(",7", MILLION)),
            "records",
        )),
        text(
            "a header of a million members",
            NDJSON,
            format!("{{\"a\":1{}}}", many(",\"a\":1", MILLION)),
            "fields",
        ),
        text(
            "a member twice",
            JSON,
            "{\"source\":\"1\",\"source\":\"2\",\"records\":[]}",
            "repeated",
        ),
        text("a lone surrogate", JSON, value("\"\\ud800\""), "expected"),
        text("a control character", JSON, value("\"\u{1}\""), "expected"),
        text("a zero byte", JSON, value("\"\0\""), "expected"),
        text(
            "no UTF-8",
            JSON,
            [value("\"").as_bytes(), b"\xC3\x28"].concat(),
            "no UTF-8",
        ),
        text(
            "UTF-16 with a mark",
            JSON,
            [b"\xFF\xFE".as_slice(), &utf16].concat(),
            "UTF-16LE",
        ),
        text("UTF-16 without a mark", XML, utf16, "UTF-16LE"),
        text(
            "800,000 attributes around records",
            XML,
            format!("<BATCH{attributes}></BATCH>"),
            "fields",
        ),
        text(
            "800,000 attributes of a record",
            XML,
            format!("<BATCH><PROJECT{attributes}/></BATCH>"),
            "fields",
        ),
        text(
            "800,000 attributes of a field",
            XML,
            format!("<PROJECT><PROJECT_CODE{attributes}/></PROJECT>"),
            "fields",
        ),
        text(
            "800,000 times one attribute",
            XML,
            format!("<BATCH{same}></BATCH>"),
            "expected",
        ),
        text("elements in elements", XML, many("<a>", MILLION), "levels"),
        text(
            "elements in a field",
            XML,
            format!("<PROJECT><PROJECT_CODE>{}", many("<a>", MILLION)),
            "levels",
        ),
        text(
            "messages in messages",
            MESSAGE,
            many("<DES>", MILLION),
            "levels",
        ),
        text(
            "half a million elements",
            XML,
            format!("<PROJECT>{}</PROJECT>", many("<A>1</A>", 500_000)),
            "fields",
        ),
        text(
            "a million files",
            MESSAGE,
            format!(
                "<DES><FILECONTEXT>{}</FILECONTEXT></DES>",
                many("<A/>", MILLION)
            ),
            "fields",
        ),
        text(
            "entities of entities",
            XML,
            format!("<!DOCTYPE a [<!ENTITY e0 \"x\">{entities}]><a>&e20;</a>"),
            "DTD",
        ),
        text(
            "an outer entity",
            XML,
            "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>",
            "DTD",
        ),
        text(
            "an outer document type",
            XML,
            "<!DOCTYPE a SYSTEM \"http://127.0.0.1/a.dtd\"><a/>",
            "DTD",
        ),
        text(
            "an entity of nobody",
            XML,
            "<PROJECT><A>&x;</A></PROJECT>",
            "entity",
        ),
        text(
            "character data of 10 MB",
            XML,
            format!(
                "<PROJECT><A><![CDATA[{}]]></A></PROJECT>",
                many("x", 10 * MILLION)
            ),
            "bytes in a value",
        ),
        text(
            "text of 10 MB in pieces",
            XML,
            format!(
                "<PROJECT><A>{}</A></PROJECT>",
                many("x&amp;<!---->", 5 * MILLION)
            ),
            "bytes in a value",
        ),
        text(
            "a zero byte in XML",
            XML,
            "<PROJECT><A>\0</A></PROJECT>",
            "NUL",
        ),
        text(
            "another encoding than said",
            XML,
            "<?xml version=\"1.0\" encoding=\"GBK\"?><BATCH/>",
            "gbk",
        ),
        text("a million columns", CSV, many("A,", MILLION), "fields"),
        text(
            "a million cells",
            CSV,
            format!("PROJECT_CODE\n{}", many("A,", MILLION)),
            "fields",
        ),
        text(
            "a cell of 10 MB",
            CSV,
            format!("PROJECT_CODE\n{}", many("x", 10 * MILLION)),
            "bytes in a value",
        ),
        records(text(
            "a million rows",
            CSV,
            format!("PROJECT_CODE\n{}", many("x\n", MILLION)),
            "records",
        )),
        text(
            "headings that are no GB18030",
            GB,
            b"PROJECT_CODE,\xFF\nx,y\n",
            "gb18030",
        ),
        text(
            "headings in the other character set",
            GB,
            "项目编号,项目名称\nx,y\n",
            "utf-8",
        ),
    ]
}

/// Values that are read and are no values.
pub fn faulty() -> Vec<Faulty> {
    let one = |name, wire, text: String| Faulty {
        name,
        wire,
        bytes: text.into_bytes(),
        limits: Limits::default(),
        records: 1,
    };
    let json =
        |value: String| format!("{{\"records\":[{{\"data\":{{\"PROJECT_CODE\":{value}}}}}]}}");
    let element =
        |value: String| format!("<PROJECT><PROJECT_CODE>{value}</PROJECT_CODE></PROJECT>");
    let fields: String = (0..1_900)
        .map(|n| format!(",\"F{n}\":\"{}\"", "x".repeat(1_000)))
        .collect();
    let lines: String = (0..10_000)
        .map(|_| "{\"data\":{\"PROJECT_CODE\":\"\\q\"}}\n\u{1}\n")
        .collect();
    vec![
        one("a number of 7 MB", JSON, json("9".repeat(7 * MILLION))),
        one(
            "a text of 7 MB",
            JSON,
            json(format!("\"{}\"", "中".repeat(2_300_000))),
        ),
        one(
            "a text of escapes",
            JSON,
            json(format!("\"{}\"", "\\u4e2d".repeat(MILLION))),
        ),
        one("1,900 unknown fields", JSON, json(format!("\"1\"{fields}"))),
        one(
            "a million references",
            XML,
            element("&amp;".repeat(MILLION)),
        ),
        one("a million pieces", XML, element("x<!---->".repeat(MILLION))),
        one(
            "a million pieces of character data",
            XML,
            element("<![CDATA[x]]>".repeat(400_000)),
        ),
        one("elements in a field", XML, element("<a/>".repeat(MILLION))),
        one(
            "a row of quotes",
            CSV,
            format!("PROJECT_CODE\n\"{}\"\n", "\"\"".repeat(3 * MILLION)),
        ),
        one(
            "a row of zero bytes",
            CSV,
            format!("PROJECT_CODE\n{}\n", "\0".repeat(7 * MILLION)),
        ),
        one(
            "a quote that is never closed",
            CSV,
            format!("PROJECT_CODE\n\"{}", "x".repeat(7 * MILLION)),
        ),
        Faulty {
            records: 20_000,
            ..one("lines that are no JSON", NDJSON, lines)
        },
    ]
}
