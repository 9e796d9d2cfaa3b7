//! How a source writes its documents.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    /// The native envelope with its records in one JSON document.
    Json,
    /// A header line, then one JSON record per line.
    Ndjson,
    /// One element per record, its children the fields.
    Xml,
    /// The provincial message: title, context, files.
    Message,
    /// A row of headings, then one record per row.
    Csv,
    /// A workbook, one sheet per data set: titles, a row of headings, then one record per row.
    Xlsx,
    /// An archive of documents in any of these forms, and of attachments.
    Zip,
    /// The `receiveInfo` call: one record as XML in a form parameter.
    Call,
    /// Rows of a table, as the hub reads them: one JSON object of columns per line.
    Sql,
}

impl WireFormat {
    /// The word that profiles use.
    pub fn name(self) -> &'static str {
        match self {
            WireFormat::Json => "json",
            WireFormat::Ndjson => "ndjson",
            WireFormat::Xml => "xml",
            WireFormat::Message => "message",
            WireFormat::Csv => "csv",
            WireFormat::Xlsx => "xlsx",
            WireFormat::Zip => "zip",
            WireFormat::Call => "call",
            WireFormat::Sql => "sql",
        }
    }

    /// The form that a file's name shows, by its ending. A name in `.xml` says [`WireFormat::Xml`], which
    /// stands for [`WireFormat::Message`] too.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "json" => Some(WireFormat::Json),
            "ndjson" | "jsonl" => Some(WireFormat::Ndjson),
            "xml" => Some(WireFormat::Xml),
            "csv" | "txt" => Some(WireFormat::Csv),
            "xlsx" => Some(WireFormat::Xlsx),
            "zip" => Some(WireFormat::Zip),
            "form" => Some(WireFormat::Call),
            _ => None,
        }
    }

    /// The `Content-Type` of a document in this form.
    pub fn content_type(self) -> &'static str {
        match self {
            WireFormat::Json => "application/json",
            WireFormat::Ndjson | WireFormat::Sql => "application/x-ndjson",
            WireFormat::Xml | WireFormat::Message => "application/xml",
            WireFormat::Csv => "text/csv",
            WireFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            WireFormat::Zip => "application/zip",
            WireFormat::Call => "application/x-www-form-urlencoded",
        }
    }

    /// The form that a `Content-Type` shows. XML says [`WireFormat::Xml`], which stands for
    /// [`WireFormat::Message`] too.
    pub fn of_content_type(value: &str) -> Option<Self> {
        let essence = value.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/json" | "text/json" => Some(WireFormat::Json),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
                Some(WireFormat::Ndjson)
            }
            "application/xml" | "text/xml" => Some(WireFormat::Xml),
            "text/csv" | "application/csv" => Some(WireFormat::Csv),
            xlsx if xlsx == WireFormat::Xlsx.content_type() => Some(WireFormat::Xlsx),
            "application/zip" | "application/x-zip-compressed" => Some(WireFormat::Zip),
            "application/x-www-form-urlencoded" => Some(WireFormat::Call),
            _ => None,
        }
    }
}

/// Character set of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Charset {
    /// UTF-8, with or without a mark at the start.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// GB18030, which contains GBK and GB2312.
    #[serde(rename = "gb18030")]
    Gb18030,
}

impl Charset {
    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "utf-8",
            Charset::Gb18030 => "gb18030",
        }
    }

    /// Bytes as text to look at; what is no character is replaced.
    pub fn decode_lossy(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Charset::Utf8 => String::from_utf8_lossy(bytes),
            Charset::Gb18030 => encoding_rs::GB18030.decode_without_bom_handling(bytes).0,
        }
    }
}

/// Which answer to a call its sender understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerForm {
    /// `success`, `errorCode`, `errorMessage`.
    #[default]
    New,
    /// `SERVICEFLAG`, `RESULTNUM`, `MESSAGE`, `RESPONSETIME`.
    Old,
}

/// What `BINARY_CONTENT` of a provincial message holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinaryContent {
    /// The path of a file in the same package, or of one that went ahead.
    #[default]
    Path,
    /// The file itself, in base64 (RFC 4648).
    Base64,
}

/// What the records of a JSON source look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `{"dataset", "action", "data", "flex"}`.
    #[default]
    Enveloped,
    /// The fields themselves; the data set stands beside `records`, or in a member that the profile names.
    Flat,
    /// The document is the fields of one record; its carrier names the data set.
    Single,
    /// As enveloped, with `data` as a list of `{"name", "value"}`.
    Pairs,
    /// Records within records, as the profile's levels say.
    Nested,
}

/// How a source writes the column codes of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// As they are: `TENDER_PROJECT_CODE`.
    #[default]
    Upper,
    /// `tenderProjectCode`.
    Camel,
    /// `tender_project_code`.
    Snake,
}

impl Case {
    /// A column code as the source writes it.
    pub fn write(self, code: &str) -> String {
        match self {
            Case::Upper => code.to_owned(),
            Case::Snake => code.to_ascii_lowercase(),
            Case::Camel => {
                let mut written = String::with_capacity(code.len());
                for (place, word) in code.split('_').enumerate() {
                    let lower = word.to_ascii_lowercase();
                    let (first, rest) = lower.split_at_checked(1).unwrap_or((&lower, ""));
                    match place {
                        0 => written.push_str(first),
                        _ => written.push_str(&first.to_ascii_uppercase()),
                    }
                    written.push_str(rest);
                }
                written
            }
        }
    }
}

/// One level of a document of nested records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Names of the members that lead to it, joined with `.`; empty for the outermost object.
    #[serde(default)]
    pub path: String,
    /// Data sets whose records its objects hold, parents first.
    pub into: Vec<String>,
    /// Names of its members whose values the levels in it take over, where they have none of their own.
    #[serde(default)]
    pub carry: Vec<String>,
}

/// How a source writes its documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    /// Usual form.
    pub format: WireFormat,
    /// Other forms that the source may use.
    #[serde(default)]
    pub also: Vec<WireFormat>,
    /// Character set of all of its documents.
    #[serde(default)]
    pub charset: Charset,
    /// Look of the records of a JSON source.
    #[serde(default)]
    pub shape: Shape,
    /// How a JSON source writes column codes.
    #[serde(default)]
    pub case: Case,
    /// Whether a JSON document is one record, without an envelope around it.
    #[serde(default)]
    pub single: bool,
    /// Its names of the members of the envelope and of a flat record, with ours (`submission`, `records`, `dataset`,
    /// `action`, `reason`); an empty one is not looked at.
    #[serde(default)]
    pub members: BTreeMap<String, String>,
    /// Its words for what is done to a record, with ours: `upsert`, `correct`, `withdraw`.
    #[serde(default)]
    pub actions: BTreeMap<String, String>,
    /// Levels of a document of nested records.
    #[serde(default)]
    pub nested: Vec<Level>,
    /// Element that is one record: its name, with `{dataset}` where the name says the data set.
    #[serde(default)]
    pub record: Option<String>,
    /// Names of files, with `{dataset}` for the number, column code or Chinese name of the data set and
    /// `*` for anything.
    #[serde(default)]
    pub files: Vec<String>,
    /// Column of a CSV file that names the data set of its row.
    #[serde(default)]
    pub dataset_column: Option<String>,
    /// Column of a CSV file that names the action of its row, as 1, 2, 3 or in the words of the envelope.
    #[serde(default)]
    pub action_column: Option<String>,
    /// Column of a CSV file, or part of the title of a message, that says why a record is corrected or taken back.
    #[serde(default)]
    pub reason: Option<String>,
    /// What stands for that reason where the source's documents have no place for one.
    #[serde(default)]
    pub reason_unstated: Option<String>,
    /// The answer to a call that the source understands.
    #[serde(default)]
    pub answer: AnswerForm,
    /// What a message says in place of its files.
    #[serde(default)]
    pub binary_content: BinaryContent,
    /// Sheets of a workbook that hold no records: how to fill it in, lists of codes.
    #[serde(default)]
    pub skip: Vec<String>,
    /// Separator of the cells of a CSV file.
    #[serde(default)]
    pub separator: Option<char>,
}

impl Wire {
    /// The source's name of the list of records in its envelope.
    pub(crate) fn records(&self) -> &str {
        let mut members = self.members.iter();
        members
            .find(|(_, ours)| *ours == "records")
            .map_or("records", |(theirs, _)| theirs)
    }

    /// Whether the records of JSON documents are nothing but their fields.
    pub(crate) fn flat(&self) -> bool {
        matches!(self.shape, Shape::Flat | Shape::Single) || self.format == WireFormat::Sql
    }

    /// The form to read, given what the carrier says of the document; none when the source does not use it.
    pub(crate) fn resolve(&self, said: Option<WireFormat>) -> Option<WireFormat> {
        let mut used = std::iter::once(self.format).chain(self.also.iter().copied());
        match said {
            None => Some(self.format),
            Some(WireFormat::Xml) => {
                used.find(|form| matches!(form, WireFormat::Xml | WireFormat::Message))
            }
            Some(said) => used.find(|&form| form == said),
        }
    }
}
