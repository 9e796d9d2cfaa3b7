//! Why a document as a whole could not be read. One bad record is never an error: it is an issue.

use spec::Message;

use super::Locator;

/// A document that cannot be read; the caller discards what it was handed of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not the format that it claims to be.
    #[error("line {line}, column {column}: {}, expected {}", what.en, expected.en)]
    Unreadable {
        /// Line, from 1.
        line: u32,
        /// Column in bytes, from 1.
        column: u32,
        /// Byte offset in the document.
        offset: usize,
        /// What stands there.
        what: Box<Message>,
        /// What should.
        expected: Box<Message>,
    },
    /// A member of the envelope is wrong.
    #[error(
        "line {line}, column {column}: envelope member `{member}` is {}, expected {}", found.en, expected.en
    )]
    Envelope {
        /// Name of the member.
        member: String,
        /// What was found.
        found: Box<Message>,
        /// What was expected.
        expected: Box<Message>,
        /// Line, from 1.
        line: u32,
        /// Column in bytes, from 1.
        column: u32,
    },
    /// Larger than allowed.
    #[error("line {line}, column {column}: {found} {which}, at most {limit} are allowed")]
    Limit {
        /// Which limit: `bytes`, `levels`, `records`, `fields`, `files`, `texts` or `bytes in a value`.
        which: &'static str,
        /// Its value.
        limit: usize,
        /// What was found; reading stopped there.
        found: usize,
        /// Line, from 1.
        line: u32,
        /// Column in bytes, from 1.
        column: u32,
    },
    /// A construct that is never read, for safety.
    #[error("line {line}, column {column}: {} is forbidden", construct.en)]
    Forbidden {
        /// What it is: a document type declaration, an entity.
        construct: Box<Message>,
        /// Line, from 1.
        line: u32,
        /// Column in bytes, from 1.
        column: u32,
    },
    /// Bytes that are not of the character set.
    #[error("line {line}, column {column}: {}, expected {expected}", found.en)]
    Charset {
        /// What was found.
        found: Box<Message>,
        /// The character set of the source.
        expected: String,
        /// Line, from 1.
        line: u32,
        /// Column in bytes, from 1.
        column: u32,
        /// Byte offset in the document.
        offset: usize,
    },
    /// A fault in one document of a package; places are those in that document.
    #[error("in {part}: {error}")]
    InPart {
        /// Name of the document in the package.
        part: String,
        /// What is wrong with it.
        error: Box<DecodeError>,
    },
    /// A wire format that the source does not use.
    #[error("format is {}, expected {expected}", found.en)]
    Format {
        /// Format of the document.
        found: Box<Message>,
        /// Formats of the source.
        expected: String,
    },
}

impl DecodeError {
    /// The fault itself, in whatever part of a package it is.
    pub fn innermost(&self) -> &DecodeError {
        match self {
            DecodeError::InPart { error, .. } => error.innermost(),
            other => other,
        }
    }

    /// Line and column of the fault, both from 1; none when it is about the document as a whole.
    pub fn place(&self) -> Option<(u32, u32)> {
        match self {
            DecodeError::Unreadable { line, column, .. }
            | DecodeError::Envelope { line, column, .. }
            | DecodeError::Limit { line, column, .. }
            | DecodeError::Forbidden { line, column, .. }
            | DecodeError::Charset { line, column, .. } => Some((*line, *column)),
            DecodeError::InPart { error, .. } => error.place(),
            DecodeError::Format { .. } => None,
        }
    }

    /// The same for the sender, in Chinese and English.
    pub fn message(&self) -> Message {
        let zh = match self {
            DecodeError::Unreadable {
                line,
                column,
                what,
                expected,
                ..
            } => format!(
                "第{line}行第{column}列无法读取：{}，此处应为{}",
                what.zh, expected.zh
            ),
            DecodeError::Envelope {
                member,
                found,
                expected,
                line,
                column,
            } => format!(
                "第{line}行第{column}列报送信封成员“{member}”有误：实际为{}，应为{}",
                found.zh, expected.zh
            ),
            DecodeError::Limit {
                which,
                limit,
                found,
                line,
                column,
            } => format!(
                "第{line}行第{column}列超出限制：{}为 {found}，最多 {limit}",
                match *which {
                    "bytes" => "字节数",
                    "levels" => "嵌套层数",
                    "records" => "记录数",
                    "fields" => "数据项（属性）数",
                    "files" => "压缩包内的文件数",
                    "texts" => "工作簿声明的文本数",
                    _ => "单个值的字节数",
                }
            ),
            DecodeError::Forbidden {
                construct,
                line,
                column,
            } => format!("第{line}行第{column}列禁止使用{}", construct.zh),
            DecodeError::Charset {
                found,
                expected,
                line,
                column,
                ..
            } => format!(
                "第{line}行第{column}列字符集有误：{}，应为 {expected}",
                found.zh
            ),
            DecodeError::InPart { part, error } => format!("“{part}”：{}", error.message().zh),
            DecodeError::Format { found, expected } => {
                format!("报送格式为 {}，应为 {expected}", found.zh)
            }
        };
        Message {
            zh: zh.into(),
            en: self.to_string().into(),
        }
    }
}

/// A fault inside one document, still by offset; lines are counted when it leaves the crate.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub at: usize,
    pub kind: FaultKind,
}

#[derive(Debug, Clone)]
pub(crate) enum FaultKind {
    Unreadable {
        what: Box<Message>,
        expected: Box<Message>,
    },
    Envelope {
        member: String,
        found: Box<Message>,
        expected: Box<Message>,
    },
    Limit {
        which: &'static str,
        limit: usize,
        found: usize,
    },
    Forbidden(Box<Message>),
    Charset {
        found: Box<Message>,
        expected: String,
    },
    Format {
        found: Box<Message>,
        expected: String,
    },
}

impl Fault {
    pub(crate) fn unreadable(
        at: usize,
        what: impl Into<Message>,
        expected: impl Into<Message>,
    ) -> Self {
        let (what, expected) = (Box::new(what.into()), Box::new(expected.into()));
        Fault {
            at,
            kind: FaultKind::Unreadable { what, expected },
        }
    }

    pub(crate) fn envelope(
        at: usize,
        member: impl Into<String>,
        found: impl Into<Message>,
        expected: impl Into<Message>,
    ) -> Self {
        Fault {
            at,
            kind: FaultKind::Envelope {
                member: member.into(),
                found: Box::new(found.into()),
                expected: Box::new(expected.into()),
            },
        }
    }

    pub(crate) fn limit(at: usize, which: &'static str, limit: usize, found: usize) -> Self {
        Fault {
            at,
            kind: FaultKind::Limit {
                which,
                limit,
                found,
            },
        }
    }

    pub(crate) fn charset(
        at: usize,
        found: impl Into<Message>,
        expected: impl Into<String>,
    ) -> Self {
        let (found, expected) = (Box::new(found.into()), expected.into());
        Fault {
            at,
            kind: FaultKind::Charset { found, expected },
        }
    }

    /// Turns the offset into a line and a column of the file.
    ///
    /// What a message quotes of the document is cut: a sender who names an element by a megabyte gets no megabyte back.
    pub(crate) fn locate(self, locator: &Locator<'_>) -> DecodeError {
        let (line, column) = locator.locate(self.at);
        let offset = self.at;
        match self.kind {
            FaultKind::Unreadable { what, expected } => DecodeError::Unreadable {
                line,
                column,
                offset,
                what: short(what),
                expected: short(expected),
            },
            FaultKind::Envelope {
                member,
                found,
                expected,
            } => DecodeError::Envelope {
                member: cut(&member),
                found: short(found),
                expected: short(expected),
                line,
                column,
            },
            FaultKind::Limit {
                which,
                limit,
                found,
            } => DecodeError::Limit {
                which,
                limit,
                found,
                line,
                column,
            },
            FaultKind::Forbidden(construct) => DecodeError::Forbidden {
                construct: short(construct),
                line,
                column,
            },
            FaultKind::Charset { found, expected } => DecodeError::Charset {
                found: short(found),
                expected,
                line,
                column,
                offset,
            },
            FaultKind::Format { found, expected } => DecodeError::Format { found, expected },
        }
    }
}

/// Most characters of one part of a message.
const SHOWN: usize = 300;

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn short(mut message: Box<Message>) -> Box<Message> {
    for text in [&mut message.zh, &mut message.en] {
        if text.len() > SHOWN {
            *text = cut(text).into();
        }
    }
    message
}
