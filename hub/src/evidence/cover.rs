//! The cover page of a bundle: for people, in Chinese, on A4 paper.

use askama::Template;
use serde_json::Value;

use crate::pipeline::receipt::Receipt;
use crate::tlog::Checkpoint;

/// The page could not be written.
pub type CoverError = askama::Error;

/// Most records that a page lists of one submission.
const LISTED: usize = 200;

/// One submission on the page.
struct Sheet {
    id: String,
    source: String,
    submission: String,
    received_at: String,
    edition: String,
    raw_sha256: String,
    specification: String,
    codes: String,
    build: String,
    leaf_index: u64,
    leaf_hash: String,
    published: bool,
    counts: Vec<(&'static str, u32)>,
    records: Vec<Line>,
    more: usize,
    deliveries: Vec<Line>,
}

/// A line of a table.
struct Line {
    cells: Vec<String>,
    notes: Vec<String>,
}

/// The cover page in the making.
pub struct Cover {
    about: String,
    origin: String,
    size: u64,
    root: String,
    public: String,
    sheets: Vec<Sheet>,
}

#[derive(Template)]
#[template(path = "evidence.html")]
struct Page<'c> {
    cover: &'c Cover,
    withheld: usize,
}

impl Cover {
    /// Begins a page.
    pub fn new(about: &str, checkpoint: &Checkpoint, public: &str) -> Self {
        Cover {
            about: about.to_owned(),
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            root: checkpoint.root.to_string(),
            public: public.to_owned(),
            sheets: Vec::new(),
        }
    }

    /// Adds a submission; `records` and `deliveries` are the members of these names.
    pub fn add(&mut self, receipt: &Receipt, records: &Value, deliveries: &Value) {
        let counts = receipt.counts;
        let evidence = &receipt.evidence;
        let all: Vec<&Value> = records.as_array().into_iter().flatten().collect();
        let lines = receipt.records.iter().take(LISTED).map(|outcome| {
            let changes = all.get(outcome.index as usize);
            let changes = changes.and_then(|record| record.get("changes")?.as_array());
            let issues = outcome.issues.iter();
            Line {
                cells: vec![
                    (outcome.index + 1).to_string(),
                    outcome.dataset.clone(),
                    outcome.key.clone().unwrap_or_default(),
                    verdict(outcome.verdict).to_owned(),
                    changes.map_or(0, Vec::len).to_string(),
                ],
                notes: issues
                    .map(|issue| format!("{}：{}", issue.path, issue.message.zh))
                    .collect(),
            }
        });
        let text = |value: &Value, name: &str| match value.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let forwarded = deliveries.as_array().into_iter().flatten().map(|one| {
            let packets = one.get("packets").and_then(Value::as_array);
            let packet = packets.and_then(|packets| packets.last());
            let leaf = one.get("ended").and_then(|ended| ended.get("leaf"));
            let number = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
            Line {
                cells: vec![
                    one.get("index")
                        .and_then(Value::as_i64)
                        .map_or_else(String::new, |at| (at + 1).to_string()),
                    text(one, "destination"),
                    state(&text(one, "state")).to_owned(),
                    packets.map_or(0, Vec::len).to_string(),
                    number(packet),
                    number(leaf),
                    text(one, "updated_at"),
                ],
                notes: one
                    .get("reason")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                    .into_iter()
                    .collect(),
            }
        });
        self.sheets.push(Sheet {
            id: receipt.id.clone(),
            source: receipt.source.clone(),
            submission: receipt.submission.clone(),
            received_at: receipt.received_at.clone(),
            edition: receipt.edition.clone(),
            raw_sha256: evidence.raw_sha256.clone(),
            specification: evidence.specification.clone(),
            codes: evidence.codes.clone(),
            build: evidence.build.clone(),
            leaf_index: evidence.leaf_index,
            leaf_hash: evidence.leaf_hash.clone(),
            published: receipt.proof.is_some(),
            counts: vec![
                ("记录总数", counts.records),
                ("通过", counts.accepted),
                ("通过（有提示）", counts.accepted_with_warnings),
                ("待关联", counts.parked),
                ("重复", counts.duplicate),
                ("退回", counts.rejected),
            ],
            more: receipt.records.len().saturating_sub(LISTED),
            records: lines.collect(),
            deliveries: forwarded.take(LISTED).collect(),
        });
    }

    /// The page; members that were left out are counted.
    pub fn page(&self, withheld: &[String]) -> Result<String, CoverError> {
        Page {
            cover: self,
            withheld: withheld.len(),
        }
        .render()
    }
}

fn verdict(verdict: spec::Verdict) -> &'static str {
    match verdict {
        spec::Verdict::Accepted => "通过",
        spec::Verdict::AcceptedWithWarnings => "通过（有提示）",
        spec::Verdict::Parked => "待关联",
        spec::Verdict::Duplicate => "重复",
        spec::Verdict::Rejected => "退回",
    }
}

fn state(word: &str) -> &str {
    match word {
        "pending" => "待转发",
        "sent" => "已送达，待回复",
        "acknowledged" => "已确认",
        "refused" => "被拒收",
        "exhausted" => "待人工处理",
        other => other,
    }
}
