//! The `receiveInfo` call of the bidding public service platform: one record in a form parameter, with its serial
//! number, its version and the sender's own id beside it, and an answer in the call's own form.
//!
//! `USERID` and `KEY` are not looked at: a key in a body would be kept with the body. Who calls is settled before.

use std::borrow::Cow;

use serde::Serialize;

use super::{Package, Part};
use crate::decode::error::{Fault, MISSING};
use crate::decode::issue::cut;
use crate::decode::xml;
use crate::decode::{Adapter, Hint, Limits};
use crate::profile::{AnswerForm, WireFormat};

/// Arguments of a call at most.
const ARGUMENTS: usize = 50;
/// Digits of `VERSIONNUMBER`: `yyyyMMddHHmmss`.
const VERSION: usize = 14;

/// What the call answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAnswer {
    /// Whether the record was taken.
    pub success: bool,
    /// Stable code of what is wrong; empty when nothing is.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// Records that were taken.
    pub taken: u32,
    /// When, `yyyy-MM-dd HH:mm:ss` in China.
    pub at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct New<'a> {
    success: bool,
    error_code: &'a str,
    error_message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct Old<'a> {
    serviceflag: &'static str,
    resultnum: u32,
    message: &'a str,
    responsetime: &'a str,
}

impl CallAnswer {
    /// The JSON text of the answer.
    pub fn write(&self, form: AnswerForm) -> String {
        let written = match form {
            AnswerForm::New => serde_json::to_string(&New {
                success: self.success,
                error_code: &self.code,
                error_message: &self.message,
            }),
            AnswerForm::Old => serde_json::to_string(&Old {
                serviceflag: if self.success { "1" } else { "0" },
                resultnum: self.taken,
                message: &self.message,
                responsetime: &self.at,
            }),
        };
        // Texts and numbers can always be written.
        written.unwrap_or_default()
    }
}

/// An argument of the call: its name, its bytes, where it stands.
struct Argument {
    name: String,
    bytes: Vec<u8>,
    at: usize,
}

/// The arguments of a call.
pub(super) struct Arguments(Vec<Argument>);

impl Arguments {
    /// Reads a form (`application/x-www-form-urlencoded`).
    pub fn read(document: &[u8]) -> Result<Self, Fault> {
        arguments(document).map(Arguments)
    }

    /// The bytes of an argument and where they stand; none when it is missing or empty.
    pub fn bytes(&self, name: &str) -> Result<Option<(&[u8], usize)>, Fault> {
        let named = |argument: &&Argument| argument.name.eq_ignore_ascii_case(name);
        let mut own = self.0.iter().filter(named);
        match (own.next(), own.next()) {
            (_, Some(again)) => {
                let (found, expected) = (("重复", "repeated"), ("只出现一次", "one of a name"));
                Err(Fault::envelope(again.at, name, found, expected))
            }
            (argument, None) => Ok(argument
                .filter(|argument| !argument.bytes.is_empty())
                .map(|argument| (argument.bytes.as_slice(), argument.at))),
        }
    }

    /// The text of an argument and where it stands; none when it is missing or blank.
    pub fn text(&self, name: &str) -> Result<Option<(String, usize)>, Fault> {
        let Some((bytes, at)) = self.bytes(name)? else {
            return Ok(None);
        };
        let text = str::from_utf8(bytes).map_err(|_| {
            let found = (format!("{name} 不是 UTF-8"), format!("{name} is no UTF-8"));
            Fault::charset(at, found, "utf-8")
        })?;
        let text = text.trim();
        Ok((!text.is_empty()).then(|| (text.to_owned(), at)))
    }

    /// The text of an argument that must be there, and where it stands.
    pub fn required(
        &self,
        name: &str,
        expected: (&'static str, &'static str),
    ) -> Result<(String, usize), Fault> {
        self.text(name)?.ok_or_else(|| missing(name, expected))
    }
}

/// The fault of a call without an argument that it needs.
pub(super) fn missing(name: &str, expected: (&'static str, &'static str)) -> Fault {
    Fault::envelope(0, name, (MISSING, "missing"), expected)
}

/// Opens a call (`application/x-www-form-urlencoded`).
pub(super) fn open<'a>(
    adapter: &Adapter,
    document: &[u8],
    hint: &Hint,
    limits: &Limits,
) -> Result<Package<'a>, Fault> {
    let arguments = Arguments::read(document)?;
    let (code, code_at) = arguments.required(
        "DATASETCODE",
        ("XML 根元素的名称", "the name of the XML root"),
    )?;
    let (content, content_at) = arguments
        .bytes("XMLCONTENT")?
        .ok_or_else(|| missing("XMLCONTENT", ("一条记录的 XML", "the XML of one record")))?;
    let (serial, _) = arguments.required(
        "SERIALNUMBER",
        ("本次调用的流水号", "the serial number of the call"),
    )?;
    if content.len() > limits.value {
        let found = content.len();
        return Err(Fault::limit(
            content_at,
            "bytes in a value",
            limits.value,
            found,
        ));
    }
    if memchr::memmem::find(content, format!("<{code}").as_bytes()).is_none() {
        let expected = ("XMLCONTENT 的根元素名", "the root of XMLCONTENT");
        return Err(Fault::envelope(
            code_at,
            "DATASETCODE",
            cut(&code),
            expected,
        ));
    }
    let mut values = hint.values.clone();
    if let Some((version, at)) = arguments.text("VERSIONNUMBER")? {
        if version.len() != VERSION || !version.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::envelope(
                at,
                "VERSIONNUMBER",
                cut(&version),
                "yyyyMMddHHmmss",
            ));
        }
        values.push(("VERSIONNUMBER".to_owned(), version));
    }
    let key = arguments.text("PLATID")?.map(|(key, _)| key);
    let mut package = Package::default();
    package.envelope.submission = Some(serial);
    package.parts.push(Part {
        name: "XMLCONTENT".to_owned(),
        bytes: Cow::Owned(content.to_vec()),
        hint: Hint {
            wire: Some(WireFormat::Xml),
            dataset: xml::dataset_of(adapter, &code).or(hint.dataset.clone()),
            message_key: key.or(hint.message_key.clone()),
            values,
            ..hint.clone()
        },
        is_grid: false,
    });
    Ok(package)
}

fn arguments(document: &[u8]) -> Result<Vec<Argument>, Fault> {
    let mut arguments = Vec::new();
    let mut at = 0;
    for pair in document.trim_ascii_end().split(|byte| *byte == b'&') {
        if arguments.len() == ARGUMENTS {
            return Err(Fault::limit(at, "fields", ARGUMENTS, ARGUMENTS + 1));
        }
        let equals = memchr::memchr(b'=', pair).ok_or_else(|| {
            let what = ("没有等号的参数", "an argument without an equals sign");
            Fault::unreadable(at, what, ("名称=值", "name=value"))
        })?;
        let (name, value) = pair.split_at(equals);
        let name = String::from_utf8_lossy(&plain(name, at)?).into_owned();
        let bytes = plain(value.get(1..).unwrap_or_default(), at + equals + 1)?;
        let place = at + equals + 1;
        at += pair.len() + 1;
        arguments.push(Argument {
            name,
            bytes,
            at: place,
        });
    }
    Ok(arguments)
}

/// Bytes of a form without their escapes: `%41` and `+`.
fn plain(bytes: &[u8], at: usize) -> Result<Vec<u8>, Fault> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => plain.push(b' '),
            b'%' => {
                let hex = after.get(..2).and_then(|hex| str::from_utf8(hex).ok());
                let code = hex
                    .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                let Some(code) = code else {
                    let at = at + bytes.len() - after.len() - 1;
                    let what = ("不完整的 % 转义", "a broken % escape");
                    let expected = ("% 后两位十六进制数字", "two hexadecimal digits after %");
                    return Err(Fault::unreadable(at, what, expected));
                };
                plain.push(code);
                rest = after.get(2..).unwrap_or_default();
            }
            byte => plain.push(byte),
        }
    }
    Ok(plain)
}
