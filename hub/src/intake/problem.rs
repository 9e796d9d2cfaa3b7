//! Why a message was not taken, in the words that HTTP answers use too.

use serde::Serialize;

use crate::error::{Error, ErrorCode};

/// What the sender of a message is told that became no submission.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// Stable code, as in the answers of HTTP.
    code: &'static str,
    title: &'static str,
    title_en: &'static str,
    detail: String,
    detail_en: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

impl Problem {
    /// Describes an error.
    pub fn of(error: &Error) -> Problem {
        let (code, _, title_en, title) = error.code().row();
        let detail = error.message();
        let place = match error {
            Error::Decode(decode) => decode.place(),
            _ => None,
        };
        Problem {
            code,
            title,
            title_en,
            detail: detail.zh.into_owned(),
            detail_en: detail.en.into_owned(),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
        }
    }

    /// As kept and sent.
    pub fn json(&self) -> String {
        // PostgreSQL takes no NUL in a text; JSON writes it as an escape.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Whether an error is about the message, and will be the same whenever it is read again.
pub fn is_about_the_message(error: &Error) -> bool {
    !matches!(
        error.code(),
        ErrorCode::Unavailable | ErrorCode::Internal | ErrorCode::Busy
    )
}
