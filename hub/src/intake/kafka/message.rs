//! One message, and the submission that it is to be read as.

use bytes::Bytes;
use rdkafka::Message as _;
use rdkafka::message::{BorrowedMessage, Headers as _};

use crate::config::Topic;
use crate::error::{Error, ErrorCode};
use crate::intake::problem::Problem;
use crate::pipeline::Incoming;
use crate::pipeline::raw::Kept;
use adapters::{Hint, WireFormat};

/// A message, taken out of the client's memory.
#[derive(Debug, Clone)]
pub struct Message {
    /// Place in its partition.
    pub offset: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its content; none takes back what the key names.
    pub payload: Option<Bytes>,
    dataset: Option<String>,
    submission: Option<String>,
    edition: Option<String>,
    media_type: Option<String>,
}

impl Message {
    /// Copies a message.
    pub fn of(borrowed: &BorrowedMessage<'_>) -> Message {
        let header = |name: &str| {
            let headers = borrowed.headers()?;
            let found = headers
                .iter()
                .find(|header| header.key.eq_ignore_ascii_case(name))?;
            let text = String::from_utf8_lossy(found.value?).into_owned();
            // Enough for every name that means something; the rest must not fill the memory.
            Some(text.chars().take(400).collect())
        };
        Message {
            offset: borrowed.offset(),
            key: borrowed.key().map(<[u8]>::to_vec),
            payload: borrowed.payload().map(Bytes::copy_from_slice),
            dataset: header("dataset"),
            submission: header("submission"),
            edition: header("edition"),
            media_type: header("content-type"),
        }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let part = |bytes: Option<usize>| bytes.unwrap_or_default();
        part(self.key.as_ref().map(Vec::len)) + part(self.payload.as_ref().map(Bytes::len))
    }

    /// What the pipeline takes, under `number` unless the sender names it; or why the message cannot be a submission.
    pub fn incoming(
        &self,
        topic: &Topic,
        number: &str,
        most_bytes: usize,
    ) -> Result<Incoming, Error> {
        let refuse = |code, zh: String, en: String| Err(Error::request(code, (zh, en)));
        let key = self.key.as_deref().filter(|key| !key.is_empty());
        let message_key = match (topic.keyed, key.map(std::str::from_utf8)) {
            (false, _) => None,
            (true, Some(Ok(key))) if key.len() <= 400 && !key.chars().any(char::is_control) => {
                Some(key.to_owned())
            }
            (true, _) => {
                return refuse(
                    ErrorCode::Envelope,
                    "消息键应为 1 至 400 字节的 UTF-8 文本：本主题以键指明记录，请带键重发".to_owned(),
                    "the key must be 1 to 400 bytes of UTF-8 text: in this topic it names the record; send again with a \
                     key"
                        .to_owned(),
                );
            }
        };
        let body = self.payload.clone().unwrap_or_default();
        if body.is_empty() && message_key.is_none() {
            return refuse(
                ErrorCode::Unreadable,
                "消息内容为空：本主题不以键指明记录，撤回请发送带 action 的记录".to_owned(),
                "the message is empty; keys do not name records in this topic: to take a record back, send it with \
                 its action"
                    .to_owned(),
            );
        }
        if body.len() > most_bytes {
            return refuse(
                ErrorCode::TooLarge,
                format!(
                    "消息为 {} 字节，至多 {most_bytes} 字节，请拆分后重发",
                    body.len()
                ),
                format!(
                    "the message has {} bytes, at most {most_bytes} are taken; split it",
                    body.len()
                ),
            );
        }
        let media_type = self.media_type.clone().unwrap_or_default();
        Ok(Incoming {
            source: topic.source.clone(),
            body,
            hint: Hint {
                wire: WireFormat::of_content_type(&media_type),
                dataset: self.dataset.clone().or_else(|| topic.dataset.clone()),
                message_key,
                ..Hint::default()
            },
            media_type,
            submission: self.submission.clone(),
            edition: self.edition.clone(),
            otherwise: Some(number.to_owned()),
        })
    }
}

/// A message that became no submission.
#[derive(Debug)]
pub struct Refusal {
    /// SHA-256 of its content.
    pub sha256: Vec<u8>,
    /// Bytes of its content.
    pub bytes: i64,
    /// How the content is kept.
    pub raw: Kept,
    /// Why.
    pub problem: Problem,
}
