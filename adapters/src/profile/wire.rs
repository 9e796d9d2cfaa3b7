//! How a source writes its documents.

use std::borrow::Cow;

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
            _ => None,
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

/// What the records of a JSON source look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `{"dataset", "action", "data", "flex"}`.
    #[default]
    Enveloped,
    /// The fields themselves; the data set stands beside `records`.
    Flat,
    /// The document is the fields of one record; its carrier names the data set.
    Single,
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
    /// Separator of the cells of a CSV file.
    #[serde(default)]
    pub separator: Option<char>,
}

impl Wire {
    /// Whether the records of JSON documents are nothing but their fields.
    pub(crate) fn flat(&self) -> bool {
        self.shape != Shape::Enveloped || self.format == WireFormat::Sql
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
