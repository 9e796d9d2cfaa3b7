//! One request to the destination, and what its answer means.
//!
//! Every answer is doubted: status, content type, size, form and batch number must all be right, or it was
//! no answer and the request is repeated.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Deserialize;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::platform::{self, PlatformKeys, signed_answer};

/// Most records in a batch, whatever is configured.
pub const BATCH: usize = 5_000;
/// Most bytes of an answer that are read: 2 KiB for each record of the largest batch, which is a code and a long reason,
/// and 1 MiB. It does not follow the configured batch, which may have been larger when the packet was made.
pub const ANSWER: usize = (1 << 20) + BATCH * 2048;

/// What became of sending a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// Receipt is confirmed; a business answer is owed.
    Received,
    /// Taken over for good: there is no other answer than this one.
    Taken(String),
    /// The packet as a whole is refused, for good.
    Refused(String),
    /// Nothing is known; try again.
    Trouble(Trouble),
}

/// What became of asking for the business answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// Not ready.
    Pending,
    /// The destination does not know the batch, although it once confirmed it.
    Unknown,
    /// Ready: the results, and the text as it came.
    Done(Vec<RecordResult>, String),
    /// Nothing is known; try again.
    Trouble(Trouble),
}

/// A request without a usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub why: String,
    /// How long the destination asks to be left alone.
    pub retry_after: Option<Duration>,
    /// Whether the destination was well enough to say so: this does not open the breaker.
    pub alive: bool,
}

/// The destination's verdict on one record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
pub struct RecordResult {
    /// The hub's number of the record version.
    pub id: i64,
    /// What it decided.
    pub result: Decision,
    /// Its code for the reason.
    #[serde(default)]
    pub code: Option<String>,
    /// The reason in words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What the destination decided about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Taken over.
    Accepted,
    /// Not taken over.
    Refused,
    /// Not looked at.
    NotProcessed,
}

impl Decision {
    /// The word for it, as destinations say it.
    pub const fn word(self) -> &'static str {
        match self {
            Decision::Accepted => "accepted",
            Decision::Refused => "refused",
            Decision::NotProcessed => "not_processed",
        }
    }
}

#[derive(Deserialize)]
struct Receipt {
    batch: i64,
    received: bool,
}

#[derive(Deserialize)]
struct Answer {
    batch: i64,
    status: String,
    #[serde(default)]
    records: Vec<RecordResult>,
}

/// Time limits of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// From beginning to end.
    pub request: Duration,
}

/// Speaks to the destination. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
    keys: PlatformKeys,
}

/// Whom a client believes.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Keys that sign business answers; none: they are not signed.
    pub keys: PlatformKeys,
    /// Authorities that vouch for its TLS certificate, in PEM; none: those that browsers know.
    pub authorities: Option<Vec<u8>>,
}

impl Client {
    /// A client of the destination at a URL.
    pub fn new(url: &str, timeouts: Timeouts, trust: Trust) -> Self {
        Client {
            agent: agent(timeouts, trust.authorities.as_deref()),
            url: url.trim_end_matches('/').to_owned(),
            keys: trust.keys,
        }
    }

    /// Sends a packet.
    pub fn send(&self, batch: i64, packet: &[u8]) -> Sending {
        let answer = self
            .agent
            .post(format!("{}/packets", self.url))
            .content_type("application/xml; charset=utf-8")
            .send(packet);
        let reply = match Reply::read(answer) {
            Ok(reply) => reply,
            Err(trouble) => return Sending::Trouble(trouble),
        };
        match reply.status {
            200..=299 => match reply.json::<Receipt>() {
                Ok(receipt) if receipt.batch == batch && receipt.received => Sending::Received,
                Ok(_) => Sending::Trouble(Trouble::sick("the receipt is for another batch")),
                Err(trouble) => Sending::Trouble(trouble),
            },
            400..=499 if !matches!(reply.status, 408 | 409 | 429) => {
                Sending::Refused(reply.refusal())
            }
            _ => Sending::Trouble(reply.trouble()),
        }
    }

    /// Asks for the business answer.
    pub fn ask(&self, batch: i64) -> Asking {
        let answer = self
            .agent
            .get(format!("{}/packets/{batch}/answer", self.url))
            .call();
        let reply = match Reply::read(answer) {
            Ok(reply) => reply,
            Err(trouble) => return Asking::Trouble(trouble),
        };
        match reply.status {
            200 if !self.keys.is_empty() && reply.json => {
                let message = signed_answer(batch, &reply.body);
                let (key, signature) = (reply.key.as_deref(), reply.signature.as_deref());
                match self.keys.check(key, signature, &message) {
                    Ok(_) => reply.answer(batch),
                    Err(why) => Asking::Trouble(Trouble::sick(why.to_string())),
                }
            }
            200 => reply.answer(batch),
            404 | 410 => Asking::Unknown,
            _ => Asking::Trouble(reply.trouble()),
        }
    }
}

/// An agent that follows nothing and trusts nothing.
pub(crate) fn agent(timeouts: Timeouts, authorities: Option<&[u8]>) -> ureq::Agent {
    let roots = authorities.map_or(RootCerts::WebPki, |pem| {
        // What is no certificate vouches for nothing: then nobody is believed, which is said at every attempt.
        let items = parse_pem(pem).filter_map(Result::ok);
        let certificates = items.filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        certificates.into()
    });
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .timeout_connect(Some(timeouts.connect))
        .timeout_global(Some(timeouts.request))
        .user_agent(concat!("hub/", env!("CARGO_PKG_VERSION")))
        .build();
    ureq::Agent::new_with_config(config)
}

impl Trouble {
    pub(super) fn sick(why: impl Into<String>) -> Self {
        Trouble {
            why: why.into(),
            retry_after: None,
            alive: false,
        }
    }
}

/// An answer with its body.
pub(super) struct Reply {
    pub status: u16,
    json: bool,
    retry_after: Option<Duration>,
    /// Name of the key that signed it, and its signature, if the headers say so.
    key: Option<String>,
    signature: Option<String>,
    pub body: String,
}

impl Reply {
    pub fn read(
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Self, Trouble> {
        let mut answer = answer.map_err(|error| Trouble::sick(broken(&error)))?;
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let json = header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        let retry_after =
            header("retry-after").and_then(|value| retry_after(value, header("date")));
        let own = |name: &str| header(name).map(str::to_owned);
        let (key, signature) = (own(platform::KEY), own(platform::SIGNATURE));
        let status = answer.status().as_u16();
        let body = answer
            .body_mut()
            .with_config()
            .limit(ANSWER as u64)
            .read_to_vec()
            .map_err(|error| Trouble::sick(error.to_string()))?;
        Ok(Reply {
            status,
            json,
            retry_after,
            key,
            signature,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Trouble> {
        if !self.json {
            return Err(Trouble::sick("the answer is not of type application/json"));
        }
        serde_json::from_str(&self.body)
            .map_err(|error| Trouble::sick(format!("the answer is unreadable: {error}")))
    }

    /// What a business answer says.
    fn answer(self, batch: i64) -> Asking {
        match self.json::<Answer>() {
            Ok(answer) if answer.batch != batch => {
                Asking::Trouble(Trouble::sick("the answer is for another batch"))
            }
            Ok(answer) => match answer.status.as_str() {
                "pending" => Asking::Pending,
                "done" => Asking::Done(answer.records, self.body),
                _ => Asking::Trouble(Trouble::sick("the answer has an unknown status")),
            },
            Err(trouble) => Asking::Trouble(trouble),
        }
    }

    pub fn trouble(&self) -> Trouble {
        Trouble {
            why: format!("status {}", self.status),
            retry_after: self.retry_after,
            alive: self.status < 500,
        }
    }

    fn refusal(&self) -> String {
        let excerpt: String = self.body.chars().take(500).collect();
        format!("{}: {excerpt}", self.status)
    }
}

/// Why there is no answer.
fn broken(error: &ureq::Error) -> String {
    let text = error.to_string();
    if text.contains("certificate") {
        return format!(
            "对方的 TLS 证书不受信任，未发送任何数据，请核对证书或配置 ca / the certificate of the destination is not \
             trusted: nothing was sent; check it, or the setting `ca`: {text}"
        );
    }
    text
}

/// How long to leave the destination alone: seconds, or a date (RFC 9110, 10.2.3), which counts from the `Date` of the
/// same answer, so that a clock that is wrong there does no harm here.
fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let instant = |text: &str| Some(rfc2822::parse(text).ok()?.timestamp());
    let from = date.and_then(instant).unwrap_or_else(Timestamp::now);
    let wait = instant(value)?.duration_since(from);
    Some(Duration::try_from(wait).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_counts_from_the_clock_that_wrote_it() {
        let (date, at) = (
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:50:07 GMT",
        );
        assert_eq!(retry_after(" 7 ", None), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(at, Some(date)), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(date, Some(at)), Some(Duration::ZERO));
        assert_eq!(retry_after(at, None), Some(Duration::ZERO), "long past");
        assert_eq!(retry_after("soon", Some(date)), None);
    }
}
