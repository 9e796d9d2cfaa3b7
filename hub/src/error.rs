//! What can go wrong with a request, as one table: variant, stable code, HTTP status, title.
//!
//! Findings about data are not errors; they are issues in a report. What is not in the table is a 500.

use adapters::DecodeError;
use spec::Message;

use crate::store::StoreError;

/// A stable error code that a client may act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The bytes cannot be read in the form that was named.
    Unreadable,
    /// The envelope around the records is wrong.
    Envelope,
    /// A parameter of the request is wrong.
    Parameter,
    /// An instant in the request cannot be read.
    Time,
    /// No key, or one that is not known.
    Unauthenticated,
    /// The key is known, but not for this.
    Forbidden,
    /// There is no such thing, or not for this key.
    NotFound,
    /// It was there, and was erased.
    Gone,
    /// The method is not for this address.
    Method,
    /// The submission was sent before with other bytes.
    Conflict,
    /// The bytes do not have the digest that was declared.
    Digest,
    /// The edition has ended, or is not known.
    Edition,
    /// A limit on size, depth or number is exceeded.
    TooLarge,
    /// The form or the compression of the body is not supported.
    MediaType,
    /// Bytes for another place of an upload than the one where it stands.
    Offset,
    /// Another version of the upload protocol.
    TusVersion,
    /// Another request holds the upload.
    Locked,
    /// The bytes are not those that the sender has digested.
    Checksum,
    /// Too many requests at once.
    Busy,
    /// Durability cannot be promised now; nothing was kept.
    Unavailable,
    /// A fault of the hub.
    Internal,
}

impl ErrorCode {
    /// Every code, for documents and tests.
    pub const ALL: [ErrorCode; 21] = [
        ErrorCode::Unreadable,
        ErrorCode::Envelope,
        ErrorCode::Parameter,
        ErrorCode::Time,
        ErrorCode::Unauthenticated,
        ErrorCode::Forbidden,
        ErrorCode::NotFound,
        ErrorCode::Gone,
        ErrorCode::Method,
        ErrorCode::Conflict,
        ErrorCode::Digest,
        ErrorCode::Edition,
        ErrorCode::TooLarge,
        ErrorCode::MediaType,
        ErrorCode::Offset,
        ErrorCode::TusVersion,
        ErrorCode::Locked,
        ErrorCode::Checksum,
        ErrorCode::Busy,
        ErrorCode::Unavailable,
        ErrorCode::Internal,
    ];

    /// The row of the table: code, HTTP status, title in English and Chinese.
    pub const fn row(self) -> (&'static str, u16, &'static str, &'static str) {
        match self {
            ErrorCode::Unreadable => ("unreadable", 400, "The body cannot be read", "报文无法读取"),
            ErrorCode::Envelope => ("envelope", 422, "The envelope is wrong", "报文结构不正确"),
            ErrorCode::Parameter => ("parameter", 400, "A parameter is wrong", "请求参数不正确"),
            ErrorCode::Time => ("time", 422, "An instant cannot be read", "时间无法识别"),
            ErrorCode::Unauthenticated => (
                "unauthenticated",
                401,
                "A valid key is needed",
                "缺少有效密钥",
            ),
            ErrorCode::Forbidden => (
                "forbidden",
                403,
                "Not permitted for this key",
                "该密钥无此权限",
            ),
            ErrorCode::NotFound => ("not_found", 404, "Not found", "未找到"),
            ErrorCode::Gone => ("gone", 410, "It was erased", "已依法删除"),
            ErrorCode::Method => ("method", 405, "Method not allowed here", "不支持该请求方法"),
            ErrorCode::Conflict => (
                "conflict",
                409,
                "Sent before with other bytes",
                "同一批次号内容不一致",
            ),
            ErrorCode::Digest => (
                "digest",
                400,
                "The bytes are not those declared",
                "内容与声明的摘要不符",
            ),
            ErrorCode::Edition => (
                "edition",
                422,
                "The edition is not in force",
                "规范版本无效",
            ),
            ErrorCode::TooLarge => ("too_large", 413, "A limit is exceeded", "超过限制"),
            ErrorCode::MediaType => (
                "media_type",
                415,
                "The form is not supported",
                "不支持的报文格式",
            ),
            ErrorCode::Offset => (
                "offset",
                409,
                "The upload stands elsewhere",
                "续传位置不一致",
            ),
            ErrorCode::TusVersion => (
                "tus_version",
                412,
                "The version of the upload protocol is not spoken",
                "不支持的续传协议版本",
            ),
            ErrorCode::Locked => ("locked", 423, "The upload is in use", "上传正被占用"),
            ErrorCode::Checksum => (
                "checksum",
                460,
                "The bytes do not fit their checksum",
                "数据校验和不符",
            ),
            ErrorCode::Busy => ("busy", 429, "Too many requests", "请求过多，请稍后再试"),
            ErrorCode::Unavailable => (
                "unavailable",
                503,
                "Not kept: try again later",
                "暂时无法保存，请稍后重报",
            ),
            ErrorCode::Internal => ("internal", 500, "A fault of the hub", "系统内部错误"),
        }
    }
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document as a whole cannot be read.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// Known to the client by its code; the text is for the client.
    #[error("{}", detail.en)]
    Request {
        /// Which row of the table.
        code: ErrorCode,
        /// What to tell the client.
        detail: Message,
    },
    /// The store failed: nothing was kept.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The writer is gone or a commit failed: nothing was kept.
    #[error("nothing was kept: {0}")]
    NotKept(String),
    /// Anything else.
    #[error("internal fault: {0}")]
    Internal(String),
}

impl Error {
    /// The row of the table that this error is answered with.
    pub fn code(&self) -> ErrorCode {
        match self {
            Error::Decode(decode) => match decode.innermost() {
                DecodeError::Envelope { .. } => ErrorCode::Envelope,
                DecodeError::Limit { .. } => ErrorCode::TooLarge,
                DecodeError::Format { .. } => ErrorCode::MediaType,
                DecodeError::Unreadable { .. }
                | DecodeError::InPart { .. }
                | DecodeError::Forbidden { .. }
                | DecodeError::Charset { .. } => ErrorCode::Unreadable,
            },
            Error::Request { code, .. } => *code,
            Error::Store(
                StoreError::Damaged { .. } | StoreError::Migrate(_) | StoreError::Leaf(_),
            )
            | Error::Internal(_) => ErrorCode::Internal,
            // A store that cannot be reached or written may be back soon, and nothing was kept.
            Error::Store(
                StoreError::Connect(_) | StoreError::Query(_) | StoreError::Abandoned(_),
            )
            | Error::NotKept(_) => ErrorCode::Unavailable,
        }
    }

    /// What to tell the client. Of what went wrong inside it learns no more than the title.
    pub fn message(&self) -> Message {
        match self {
            Error::Decode(decode) => decode.message(),
            Error::Request { detail, .. } => detail.clone(),
            Error::Store(_) | Error::NotKept(_) | Error::Internal(_) => {
                let (_, _, en, zh) = self.code().row();
                Message::new(zh, en)
            }
        }
    }

    /// Makes an error for the client: what to tell it in Chinese and in English.
    pub fn request(code: ErrorCode, detail: impl Into<Message>) -> Self {
        Error::Request {
            code,
            detail: detail.into(),
        }
    }
}
