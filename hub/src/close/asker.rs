//! Asks a platform what it holds. Where its keys are configured, an answer without a good signature is none, and the
//! answer about the whole day is kept as it came, with its signature, so that it can be held against the platform later.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::document::Bounds;
use super::entry::signed_holdings;
use super::national::Side;
use crate::delivery::client;
use crate::delivery::platform::{self, PlatformKeys};
use crate::delivery::platforms::Platform;
use crate::tlog::VerifierKey;

/// Most bytes of an answer: 64 entries, or 16 digests.
const ANSWER: u64 = 1 << 20;
/// How often a question is asked before the platform counts as silent.
const ATTEMPTS: u32 = 8;
/// First pause between two attempts; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

/// What a platform said over its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Path and query of the question.
    pub question: String,
    /// The answer, verbatim.
    pub body: String,
    /// The key that signed it (C2SP vkey).
    pub key: String,
    /// Its signature over both ([`super::entry`]), base64.
    pub signature: String,
}

/// What a platform holds of a day.
#[derive(Deserialize)]
struct Holdings {
    date: String,
    records: u64,
    root: String,
}

/// The question about a whole day.
pub fn question(date: &str, records: Bounds) -> String {
    format!("/holdings/{date}?{}", range(records))
}

fn range(records: Bounds) -> String {
    format!("from={}&until={}", records.from, records.until)
}

/// What an answer about a day says.
fn side(body: &str, date: &str) -> Result<Side, String> {
    let said: Holdings = serde_json::from_str(body).map_err(|error| error.to_string())?;
    if said.date != date {
        return Err(format!("the answer is about {}", said.date));
    }
    Ok(Side {
        records: said.records,
        root: said.root,
    })
}

impl Statement {
    /// Checks it with nothing but itself: the signature by the key that it names, the question, and that it says what
    /// the books say it said. Whether the key is the platform's is for the reader to judge.
    pub fn verify(&self, date: &str, records: Bounds, said: &Side) -> Result<(), String> {
        let key: VerifierKey = self.key.parse().map_err(|_| "names no key".to_owned())?;
        let signature = STANDARD.decode(&self.signature);
        let signature = signature.map_err(|error| error.to_string())?;
        if !key.verifies(&signed_holdings(&self.question, &self.body), &signature) {
            return Err(format!("is not signed by {key}"));
        }
        if self.question != question(date, records) {
            return Err("answers another question".to_owned());
        }
        if side(&self.body, date)? != *said {
            return Err("says something else than the books".to_owned());
        }
        Ok(())
    }
}

/// Asks one platform.
pub struct Asker {
    /// Its name among the destinations.
    pub destination: String,
    /// Edition in which it is spoken to.
    pub edition: String,
    agent: ureq::Agent,
    url: String,
    keys: PlatformKeys,
}

impl From<Platform> for Asker {
    /// Prepares to ask a platform, believing whom its packets' answers are believed of.
    fn from(platform: Platform) -> Self {
        let authorities = platform.trust.authorities.as_deref();
        Asker {
            agent: client::agent(platform.settings.timeouts, authorities),
            destination: platform.destination,
            edition: platform.edition,
            url: platform.url,
            keys: platform.trust.keys,
        }
    }
}

impl Asker {
    /// What the platform says it holds of a day, and the same over its signature when it has keys.
    pub fn day(&self, date: &str, records: Bounds) -> Result<(Side, Option<Statement>), String> {
        patiently(&question(date, records), |question| {
            let (body, statement) = self.once(question)?;
            Ok((side(&body, date)?, statement))
        })
    }

    /// What is beneath a prefix of it.
    pub fn node<T: DeserializeOwned>(
        &self,
        date: &str,
        records: Bounds,
        prefix: &str,
    ) -> Result<T, String> {
        let range = range(records);
        let question = format!("/holdings/{date}/nodes?prefix={prefix}&{range}");
        patiently(&question, |question| {
            let (body, _) = self.once(question)?;
            serde_json::from_str(&body).map_err(|error| error.to_string())
        })
    }

    fn once(&self, question: &str) -> Result<(String, Option<Statement>), String> {
        let mut response = self
            .agent
            .get(format!("{}{question}", self.url))
            .call()
            .map_err(|error| error.to_string())?;
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (key, signature) = (header(platform::KEY), header(platform::SIGNATURE));
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(ANSWER)
            .read_to_string()
            .map_err(|error| error.to_string())?;
        if status != 200 {
            return Err(format!("HTTP {status}"));
        }
        if self.keys.is_empty() {
            return Ok((body, None));
        }
        let signed = signed_holdings(question, &body);
        let by = self
            .keys
            .check(key.as_deref(), signature.as_deref(), &signed);
        let statement = Statement {
            key: by.map_err(|why| why.to_string())?.to_string(),
            question: question.to_owned(),
            body: body.clone(),
            signature: signature.unwrap_or_default(),
        };
        Ok((body, Some(statement)))
    }
}

/// Asks until there is an answer that can be used: a platform that stumbles once is not silent.
fn patiently<T>(question: &str, once: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
    let mut pause = PAUSE;
    let mut attempt = 1;
    loop {
        match once(question) {
            Err(_) if attempt < ATTEMPTS => {
                std::thread::sleep(pause);
                pause *= 2;
                attempt += 1;
            }
            answer => return answer.map_err(|why| format!("{question}: {why}")),
        }
    }
}
