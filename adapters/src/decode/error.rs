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
    /// The fault as one of a part of a package; of a name that is too long, its beginning.
    pub(crate) fn within(self, part: &str) -> DecodeError {
        if part.is_empty() {
            return self;
        }
        DecodeError::InPart {
            part: cut(part).unwrap_or_else(|| part.to_owned()),
            error: Box::new(self),
        }
    }

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
            } => match &*found.zh {
                MISSING => format!("第{line}行第{column}列缺少“{member}”，应为{}", expected.zh),
                found => format!(
                    "第{line}行第{column}列“{member}”有误：实际为{found}，应为{}",
                    expected.zh
                ),
            },
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
            DecodeError::InPart { part, error } => {
                let Message { zh, en } = error.message();
                return Message::new(format!("“{part}”：{zh}"), format!("in {part}: {en}"));
            }
            DecodeError::Format { found, expected } => {
                format!("报送格式为 {}，应为 {expected}", found.zh)
            }
        };
        match self.advice() {
            Some((todo_zh, todo_en)) => {
                Message::new(format!("{zh}；{todo_zh}"), format!("{self}; {todo_en}"))
            }
            None => Message::new(zh, self.to_string()),
        }
    }

    /// What to do, where what was expected does not say it.
    fn advice(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            DecodeError::Limit { which, .. } => match *which {
                "bytes" => (
                    "请分成多次报送，或用断点续传上传",
                    "send it in several submissions, or as a resumable upload",
                ),
                "records" => ("请分成多次报送", "send it in several submissions"),
                "levels" => (
                    "请检查是否误将记录套在记录之中",
                    "see whether something stands inside what it should follow",
                ),
                "fields" => (
                    "请检查分隔符、引号和重复的数据项",
                    "check separators, quotes and repeated fields",
                ),
                "files" => ("请分成多个压缩包", "send it as several archives"),
                "texts" => (
                    "请用电子表格软件重新保存",
                    "save it once more with a spreadsheet program",
                ),
                _ => (
                    "附件请按附件方式报送，不要写在数据项中",
                    "send files as attachments, not as values of fields",
                ),
            },
            DecodeError::Forbidden { .. } => ("请去掉后重新报送", "take it out and send it again"),
            DecodeError::Charset { .. } => (
                "请按此字符集重新保存，或请省中心修改该来源配置中的 charset",
                "save it in that character set, or ask the centre to change `charset` in the profile of the source",
            ),
            DecodeError::Format { .. } => (
                "请改用其中一种格式，或请省中心在该来源的配置中登记此格式",
                "send one of these, or ask the centre to add the form to the profile of the source",
            ),
            DecodeError::Unreadable { .. }
            | DecodeError::Envelope { .. }
            | DecodeError::InPart { .. } => return None,
        })
    }
}

/// What is found of a member that is not there.
pub(crate) const MISSING: &str = "缺失";

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
    pub(crate) fn locate(mut self, locator: &Locator<'_>) -> DecodeError {
        self.kind.shorten();
        let (line, column) = locator.locate(self.at);
        let offset = self.at;
        match self.kind {
            FaultKind::Unreadable { what, expected } => DecodeError::Unreadable {
                line,
                column,
                offset,
                what,
                expected,
            },
            FaultKind::Envelope {
                member,
                found,
                expected,
            } => DecodeError::Envelope {
                member,
                found,
                expected,
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
                construct,
                line,
                column,
            },
            FaultKind::Charset { found, expected } => DecodeError::Charset {
                found,
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

impl FaultKind {
    fn shorten(&mut self) {
        let quotes = match self {
            FaultKind::Unreadable { what, expected } => vec![what, expected],
            FaultKind::Envelope {
                member,
                found,
                expected,
            } => {
                *member = cut(member).unwrap_or(std::mem::take(member));
                vec![found, expected]
            }
            FaultKind::Forbidden(found)
            | FaultKind::Charset { found, .. }
            | FaultKind::Format { found, .. } => vec![found],
            FaultKind::Limit { .. } => Vec::new(),
        };
        for quote in quotes {
            for text in [&mut quote.zh, &mut quote.en] {
                if let Some(cut) = cut(text) {
                    *text = cut.into();
                }
            }
        }
    }
}

/// The beginning of what is too long.
fn cut(text: &str) -> Option<String> {
    let (end, _) = text.char_indices().nth(SHOWN)?;
    Some(format!("{}…", text.get(..end)?))
}
