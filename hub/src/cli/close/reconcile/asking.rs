//! The hub, as a source asks it about a close.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::said;
use crate::close::received::Told;
use crate::close::tree::{Below, Entry, Node, Prefix};
use crate::close::walk::NodeText;

/// What the hub says of entries.
pub type Words = HashMap<Entry, Told>;

/// A hub, asked by a source.
pub struct Hub {
    agent: ureq::Agent,
    url: String,
    key: String,
}

impl Hub {
    /// At an address, with a key of the source.
    pub fn new(url: &str, key: String) -> Hub {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(5)))
            .build();
        Hub {
            agent: agent.into(),
            url: url.trim_end_matches('/').to_owned(),
            key,
        }
    }

    /// What is beneath a prefix of its close, and what it says of each entry.
    pub fn node(&self, date: &str, number: u32, prefix: &Prefix) -> anyhow::Result<(Node, Words)> {
        let path = format!("/v1/closes/{date}/nodes?prefix={prefix}&number={number}");
        let text: NodeText<Value> = self.get(&path)?;
        let node = text
            .read(prefix)
            .with_context(|| format!("{path}: not a node"))?;
        let mut words = Words::new();
        if let (Some(texts), Below::Entries(entries)) = (text.entries, &node.below) {
            let told = texts
                .into_iter()
                .map(|text| serde_json::from_value(text.about).ok());
            let told = entries.iter().copied().zip(told);
            words.extend(told.filter_map(|(entry, told)| Some((entry, told?))));
        }
        Ok((node, words))
    }

    /// Asks it.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let request = self.agent.get(format!("{}{path}", self.url));
        let request = request.header("authorization", format!("Bearer {}", self.key));
        read(request.call(), path)
    }

    /// Tells it.
    pub fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        read(request.send(body.to_string()), path)
    }
}

fn read<T: DeserializeOwned>(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    path: &str,
) -> anyhow::Result<T> {
    let mut response = answer.with_context(|| path.to_owned())?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(1 << 30);
    let text = body.read_to_string().with_context(|| path.to_owned())?;
    if status != 200 {
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        let part = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or(&text);
        anyhow::bail!("HTTP {status}: {}", said(part("detail"), part("detail_en")));
    }
    serde_json::from_str(&text).with_context(|| path.to_owned())
}
