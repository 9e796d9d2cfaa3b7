//! The result of an examination: for machines as JSON, for people as a page that prints, and the certificate.

use askama::Template;
use serde::Serialize;
use spec::Message;

use super::data::Data;
use super::grade::Case;
use super::script::Script;
use crate::tlog::sha256;

/// Who was examined.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    /// The source.
    pub source: String,
    /// Its name.
    pub name: String,
    /// Name of its system.
    pub software: String,
    /// Version of its system.
    pub version: String,
    /// Edition that it was examined in.
    pub edition: String,
}

/// An examination, graded.
#[derive(Debug, Clone, Serialize, Template)]
#[template(path = "conformance.html")]
pub struct Report {
    /// Who was examined.
    pub candidate: Candidate,
    /// When it began, RFC 3339.
    pub started: String,
    /// When it ended, RFC 3339.
    pub ended: String,
    /// Whether every case was passed.
    pub passed: bool,
    /// The steps.
    pub cases: Vec<Case>,
    /// What was wrong with the running numbers.
    pub order: Vec<Message>,
    /// What was sent.
    pub data: Data,
    /// What it was examined in.
    pub script: Script,
    /// The kit.
    pub kit: String,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_passed(&self) -> bool {
        self.order.is_empty()
            && self.data.faults.is_empty()
            && self.cases.iter().all(|case| case.faults.is_empty())
    }

    /// The report for machines, and its SHA-256.
    pub fn json(&self) -> serde_json::Result<(Vec<u8>, String)> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        let digest = sha256(&text).to_hex();
        Ok((text, digest))
    }
}
