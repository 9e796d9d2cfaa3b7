//! The cover page of a bundle: for people, in Chinese, on A4 paper.

use askama::Template;
use serde_json::Value;

use crate::leaf::Submission;
use crate::pipeline::basis::Basis;
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
    source_name: Option<String>,
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

    /// Adds a submission of a source of that name; `records`, `changes` and `deliveries` are the members of these names.
    pub fn add(
        &mut self,
        (receipt, source_name): (&Receipt, Option<String>),
        records: &Value,
        changes: &Value,
        deliveries: &Value,
    ) {
        let counts = receipt.counts;
        let evidence = &receipt.evidence;
        let all: Vec<&Value> = records.as_array().into_iter().flatten().collect();
        let lines = receipt.records.iter().take(LISTED).map(|outcome| {
            let record = all.get(outcome.index as usize).copied();
            let member = |name: &str| record.and_then(|record| record.get(name));
            let word = |name: &str| member(name).and_then(Value::as_str).unwrap_or_default();
            let repairs = member("changes").and_then(Value::as_array);
            let issues = outcome.issues.iter();
            let mut notes: Vec<String> = issues
                .map(|issue| format!("{}：{}", issue.path, issue.message.zh))
                .collect();
            let reason = word("reason");
            if !reason.is_empty() {
                notes.push(format!("{}原因：{reason}", action(word("action"))));
            }
            if member("erased").and_then(Value::as_bool) == Some(true) {
                notes.push(
                    "该记录的内容已依法删除，仅存摘要；删除的日志条目见 erasures 目录".to_owned(),
                );
            }
            notes.extend(endings(changes, outcome.index));
            let name = word("name");
            Line {
                cells: vec![
                    (outcome.index + 1).to_string(),
                    format!("{name} {}", outcome.dataset).trim().to_owned(),
                    outcome.key.clone().unwrap_or_default(),
                    action(word("action")).to_owned(),
                    verdict(outcome.verdict).to_owned(),
                    repairs.map_or(0, Vec::len).to_string(),
                ],
                notes,
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
            source_name,
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
                ("合格", counts.accepted),
                ("合格有提示", counts.accepted_with_warnings),
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

/// The name of the source in the profile that judged, which the leaf names by its digest; none where that is not among
/// the members.
pub fn source_name<'m>(
    leaf: &Submission,
    member: impl Fn(&str) -> Option<&'m [u8]>,
) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        name: String,
    }
    let basis = member(&format!("basis/{}.json", leaf.basis.as_ref()?))?;
    let basis: Basis = serde_json::from_slice(basis).ok()?;
    let profile = member(&format!("basis/profile-{}.toml", basis.profile))?;
    let named: Named = toml::from_str(str::from_utf8(profile).ok()?).ok()?;
    Some(named.name)
}

fn verdict(verdict: spec::Verdict) -> &'static str {
    match verdict {
        spec::Verdict::Accepted => "合格",
        spec::Verdict::AcceptedWithWarnings => "合格有提示",
        spec::Verdict::Parked => "待关联",
        spec::Verdict::Duplicate => "重复",
        spec::Verdict::Rejected => "退回",
    }
}

/// What the sender wanted done; not known of a record whose bytes are gone.
fn action(word: &str) -> &'static str {
    match word {
        "upsert" => "报送",
        "correct" => "更正",
        "withdraw" => "撤回",
        _ => "—",
    }
}

/// What became of a record that waited.
fn endings(changes: &Value, index: u32) -> Vec<String> {
    let of_it =
        |change: &&Value| change.get("index").and_then(Value::as_u64) == Some(u64::from(index));
    let told = |change: &Value| {
        let text = |name: &str| change.get(name).and_then(Value::as_str).unwrap_or_default();
        let ending = match text("change") {
            "released" => "所引用的记录到达，继续处理",
            "expired" => "逾期未等到所引用的记录，退回",
            "replaced" => "被后来的同一记录取代",
            other => other,
        };
        let leaf = change
            .get("leaf_index")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        format!("{}：{ending}（日志条目 {leaf}）", text("at"))
    };
    changes
        .as_array()
        .into_iter()
        .flatten()
        .filter(of_it)
        .map(told)
        .collect()
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
