//! Talks to a hub: patient where trying again can help, plain where it cannot.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::{Duration, Instant};

use adapters::WireFormat;
use anyhow::Context as _;

use crate::cli::said;
use crate::pipeline::expand::Encoding;
use crate::pipeline::receipt::Receipt;

/// How long to go on.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Attempts at a submission.
    pub attempts: u32,
    /// Longest wait for a proof.
    pub proof_wait: Duration,
}

/// A hub, as one source talks to it.
#[derive(Debug)]
pub struct Client {
    pub(super) agent: ureq::Agent,
    pub(super) url: String,
    pub(super) key: String,
    pub(super) patience: Patience,
}

/// Bodies from this size on travel compressed.
const COMPRESSED: usize = 32 * 1024;
/// First wait before another attempt; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Longest wait before another attempt.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Largest answer: a receipt over a full submission.
const ANSWER: u64 = 512 << 20;

/// One answer.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// What the hub asks to wait.
    pub retry_after: Option<Duration>,
    /// Its headers.
    pub headers: ureq::http::HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header that is a number of bytes.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.headers.get(name)?.to_str().ok()?.parse().ok()
    }
}

impl Client {
    /// Prepares to talk.
    pub fn new(url: &str, key: &str, patience: Patience) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_mins(5)))
            .build()
            .into();
        Client {
            agent,
            url: url.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            patience,
        }
    }

    /// Sends a file until the hub has receipted it, or says that it never will.
    pub fn submit(
        &self,
        name: &str,
        dataset: Option<&str>,
        body: &[u8],
    ) -> anyhow::Result<Receipt> {
        if WireFormat::of_file_name(name) == Some(WireFormat::Call) {
            return self.call(body);
        }
        let mut address = format!("{}/v1/submissions?filename={}", self.url, encode(name));
        if let Some(dataset) = dataset {
            address.push_str("&dataset=");
            address.push_str(&encode(dataset));
        }
        let is_plain = Encoding::of_file("", Some(name)) == Encoding::Plain;
        let compressed = if is_plain && body.len() >= COMPRESSED {
            Some(zstd::encode_all(body, 3)?)
        } else {
            None
        };
        let answer = self.persist(|| {
            let request = self
                .agent
                .post(&address)
                .header("authorization", format!("Bearer {}", self.key))
                .header("content-type", "application/octet-stream");
            match &compressed {
                Some(compressed) => read(
                    request
                        .header("content-encoding", "zstd")
                        .send(compressed.as_slice()),
                ),
                None => read(request.send(body)),
            }
        })?;
        serde_json::from_slice(&answer.body)
            .context(said("返回内容不是回执", "the answer is not a receipt"))
    }

    /// Sends a record by the `receiveInfo` call, and fetches the receipt that its answer names.
    fn call(&self, body: &[u8]) -> anyhow::Result<Receipt> {
        let answer = self.persist(|| {
            let request = self
                .agent
                .post(format!("{}/v1/receiveInfo", self.url))
                .header("authorization", format!("Bearer {}", self.key))
                .header("content-type", "application/x-www-form-urlencoded");
            read(request.send(body))
        })?;
        let id = answer.headers.get("x-receipt-id");
        let id = id.and_then(|id| id.to_str().ok()).context(said(
            "应答中没有回执编号（X-Receipt-Id）",
            "the answer names no receipt (X-Receipt-Id)",
        ))?;
        let address = format!("{}/v1/receipts/{}", self.url, encode(id));
        let answer = self.persist(|| self.get(&address))?;
        serde_json::from_slice(&answer.body)
            .context(said("返回内容不是回执", "the answer is not a receipt"))
    }

    /// Fetches the proof of a receipt, once the log is published that far.
    pub fn proof(&self, id: &str) -> anyhow::Result<String> {
        let until = Instant::now() + self.patience.proof_wait;
        let address = format!("{}/v1/receipts/{}/proof?wait_ms=2000", self.url, encode(id));
        let mut attempt = 0;
        loop {
            let answer = self.get(&address);
            match &answer {
                Ok(answer) if answer.status == 200 => {
                    return Ok(String::from_utf8(answer.body.clone())?);
                }
                Ok(answer) if answer.status != 404 && !again(answer.status) => {
                    return Err(refusal(answer));
                }
                _ if Instant::now() >= until => {
                    let why = answer.map_or_else(|error| error.to_string(), |answer| told(&answer));
                    let wait = self.patience.proof_wait;
                    anyhow::bail!(said(
                        format!("{wait:?} 内未取得存证（{why}）"),
                        format!("no proof within {wait:?}: {why}"),
                    ));
                }
                _ => std::thread::sleep(wait(attempt, None).min(Duration::from_secs(2))),
            }
            attempt += 1;
        }
    }

    /// Asks with GET.
    pub(super) fn get(&self, address: &str) -> Result<Answer, ureq::Error> {
        read(
            self.agent
                .get(address)
                .header("authorization", format!("Bearer {}", self.key))
                .call(),
        )
    }

    /// Repeats a request while that can help.
    pub(super) fn persist(
        &self,
        request: impl Fn() -> Result<Answer, ureq::Error>,
    ) -> anyhow::Result<Answer> {
        let mut attempt = 0;
        loop {
            let answer = request();
            let last = attempt + 1 >= self.patience.attempts.max(1);
            let retry_after = match &answer {
                Ok(answer) if answer.status == 200 => None,
                Ok(answer) if !again(answer.status) || last => return Err(refusal(answer)),
                Ok(answer) => {
                    tell(attempt, &told(answer));
                    answer.retry_after
                }
                Err(error) if last => anyhow::bail!(said(
                    format!("无法连接数据枢纽（{error}）"),
                    format!("the hub cannot be reached: {error}"),
                )),
                Err(error) => {
                    tell(attempt, &error.to_string());
                    None
                }
            };
            match answer {
                Ok(answer) if answer.status == 200 => return Ok(answer),
                _ => std::thread::sleep(wait(attempt, retry_after)),
            }
            attempt += 1;
        }
    }
}

pub(super) fn tell(attempt: u32, why: &str) {
    eprintln!("attempt {}: {why}; trying again", attempt + 1);
}

/// Whether the same request may succeed later.
pub(super) const fn again(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

pub(super) fn refusal(answer: &Answer) -> anyhow::Error {
    anyhow::anyhow!("{}", told(answer))
}

/// What an answer says, for people.
pub(super) fn told(answer: &Answer) -> String {
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let part = |member: &str| {
        problem
            .get(member)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (title, detail) = (part("title"), part("detail"));
    let mut said = vec![answer.status.to_string(), part("code")];
    // What is said in general is not said twice; what is no answer of a hub says nothing.
    if !detail.contains(&title) {
        said.push(title);
    }
    if !detail.is_empty() {
        said.push(format!("{detail} / {}", part("detail_en")));
    }
    said.retain(|part| !part.is_empty());
    said.join(" ")
}

pub(super) fn read(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer, ureq::Error> {
    let mut response = response?;
    let seconds = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Answer {
        status: response.status().as_u16(),
        retry_after: seconds.map(Duration::from_secs),
        headers: response.headers().clone(),
        body: response
            .body_mut()
            .with_config()
            .limit(ANSWER)
            .read_to_vec()?,
    })
}

/// Exponential wait with full jitter, but never earlier than the hub asked for.
pub(super) fn wait(attempt: u32, retry_after: Option<Duration>) -> Duration {
    let most = FIRST_WAIT
        .saturating_mul(1 << attempt.min(16))
        .min(LONGEST_WAIT);
    // The keys of a new hasher are random: enough to keep senders from marching in step.
    let random = std::hash::RandomState::new().build_hasher().finish();
    let share = (random % 1000) as f64 / 1000.0;
    let jittered = most.mul_f64(share).max(Duration::from_millis(20));
    jittered + retry_after.unwrap_or_default().min(LONGEST_WAIT * 2)
}

/// Percent-encodes what is not unreserved (RFC 3986).
pub(super) fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_pass_is_tried_again() {
        assert!(again(429) && again(500) && again(503));
        assert!(!again(400) && !again(401) && !again(409) && !again(413) && !again(422));
    }

    #[test]
    fn waits_grow_are_bounded_and_respect_the_hub() {
        for attempt in 0..40 {
            assert!(wait(attempt, None) <= LONGEST_WAIT);
        }
        assert!(wait(0, Some(Duration::from_secs(5))) >= Duration::from_secs(5));
        assert!(wait(0, Some(Duration::from_secs(99_999))) <= LONGEST_WAIT * 3);
    }

    #[test]
    fn chinese_names_survive_an_address() {
        assert_eq!(encode("501_招标.csv"), "501_%E6%8B%9B%E6%A0%87.csv");
    }
}
