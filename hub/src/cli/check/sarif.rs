//! The findings as SARIF 2.1.0 (OASIS), for tools that show the findings of many checkers.
//!
//! Results are written as they come, what they refer to at the end: memory stays flat. Columns count characters;
//! what is personal is masked as in the text.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use adapters::{Charset, DecodeError};
use serde::Serialize;
use serde_json::{Value, json};
use spec::explain;
use spec::{Edition, Issue, IssueCode, Severity};

use super::excerpt::{Target, Within};
use super::words::Lang;
use super::{Line, Summary, Teller};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Rule of a file that cannot be read.
const UNREADABLE: &str = "unreadable";

/// Writes one SARIF log.
pub struct Sarif<W> {
    out: W,
    lang: Lang,
    /// Rules that were met, by identifier, with their help.
    met: BTreeMap<String, Value>,
    /// Editions that judged.
    editions: BTreeSet<String>,
    is_first: bool,
}

/// One finding.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Result<'r> {
    rule_id: &'r str,
    level: &'static str,
    message: Text<'r>,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Value>,
    properties: Value,
}

#[derive(Debug, Serialize)]
struct Text<'t> {
    text: &'t str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Debug, Clone, Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
    byte_offset: u64,
    byte_length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Value>,
}

impl<W: Write> Sarif<W> {
    /// Begins a log.
    pub fn new(mut out: W, lang: Lang) -> std::io::Result<Self> {
        write!(
            out,
            "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"columnKind\":\"unicodeCodePoints\",\"results\":["
        )?;
        Ok(Sarif {
            out,
            lang,
            met: BTreeMap::new(),
            editions: BTreeSet::new(),
            is_first: true,
        })
    }

    fn result(&mut self, result: &Result<'_>) -> std::io::Result<()> {
        let comma = if std::mem::take(&mut self.is_first) {
            "\n"
        } else {
            ",\n"
        };
        self.out.write_all(comma.as_bytes())?;
        serde_json::to_writer(&mut self.out, result).map_err(std::io::Error::from)
    }

    /// A rule with its help, as tools show it beside a result.
    fn rule(&self, edition: &Edition, code: IssueCode, id: &str) -> Value {
        let lang = self.lang;
        let described = explain::code(code);
        let rules = edition.datasets.iter().flat_map(|set| &set.rules);
        let mut rules = rules.filter(|rule| *rule.id == *id);
        let rule = rules.next();
        let short = rule.map_or(lang.of(&described.what), |rule| {
            lang.pick(&rule.zh, &rule.en)
        });
        let severity = rule.map_or(Severity::Error, |rule| rule.severity);
        let mut help = lang.of(&described.mend).to_owned();
        if let Some(clause) = rule
            .map(|rule| &rule.clause)
            .filter(|text| !text.is_empty())
        {
            let word = lang.pick("依据：", "Clause: ");
            help = format!("{help}\n{word}{clause}");
        }
        json!({
            "id": id,
            "shortDescription": { "text": short },
            "fullDescription": { "text": lang.of(&described.what) },
            "help": { "text": help },
            "defaultConfiguration": { "level": level(severity) },
        })
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The place of a target in its file.
fn region(within: &Within<'_>, target: Target) -> Region {
    let page = within.page;
    let mark = target.bytes(page);
    let excerpt = within.excerpt(target);
    let characters = |from: usize, to: usize| {
        let bytes = page.bytes.get(from..to).unwrap_or_default();
        match page.spans.charset() {
            // A character begins at every byte that does not continue one.
            Charset::Utf8 => bytes
                .iter()
                .filter(|byte| **byte & 0b1100_0000 != 0b1000_0000)
                .count(),
            charset @ Charset::Gb18030 => charset.decode_lossy(bytes).chars().count(),
        }
    };
    let start_column = page.locator.sees_line(mark.start).then(|| {
        let head = page.bytes.get(..mark.start).unwrap_or_default();
        let line = memchr::memrchr(b'\n', head).map_or(0, |newline| newline + 1);
        characters(line, mark.start) + 1
    });
    let value = page.bytes.get(mark.clone()).unwrap_or_default();
    let is_one_line = memchr::memchr(b'\n', value).is_none();
    Region {
        start_line: excerpt.line,
        start_column,
        end_column: start_column
            .filter(|_| is_one_line)
            .map(|column| column + characters(mark.start, mark.end)),
        byte_offset: page.locator.in_file(mark.start),
        byte_length: mark.len(),
        snippet: (!excerpt.text.is_empty()).then(|| json!({ "text": excerpt.text })),
    }
}

/// The patch of a finding as a change of the file: only where it replaces the very value that is marked.
fn fix(line: &Line<'_>, issue: &Issue, region: &Region, lang: Lang) -> Option<Value> {
    let patch = issue.patch.as_ref()?;
    let [operation] = patch.as_array()?.as_slice() else {
        return None;
    };
    let is_replace = operation.get("op")?.as_str()? == "replace";
    if !is_replace || operation.get("path")?.as_str()? != issue.path {
        return None;
    }
    let at = issue.at?;
    let value = operation.get("value")?.as_str()?;
    let first = line.within.page.bytes.get(at)?;
    let simple = value
        .chars()
        .all(|c| c.is_alphanumeric() || "._-".contains(c));
    let inserted = match first {
        b'"' => serde_json::to_string(value).ok()?,
        _ if simple => value.to_owned(),
        _ => return None,
    };
    let mut deleted = region.clone();
    deleted.snippet = None;
    Some(json!({
        "description": { "text": lang.patch(patch).join("; ") },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(line.file) },
            "replacements": [{ "deletedRegion": deleted, "insertedContent": { "text": inserted } }],
        }],
    }))
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'\\' => out.push('/'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.extend(format!("%{byte:02X}").chars()),
        }
    }
    out
}

impl<W: Write> Teller for Sarif<W> {
    fn record(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        if !self.editions.contains(&line.edition.id) {
            self.editions.insert(line.edition.id.clone());
        }
        for issue in line.issues {
            let id = issue.rule.as_deref().unwrap_or(issue.code.name());
            if !self.met.contains_key(id) {
                let rule = self.rule(line.edition, issue.code, id);
                self.met.insert(id.to_owned(), rule);
            }
            let region = region(&line.within, line.target(issue));
            let result = Result {
                rule_id: id,
                level: level(issue.severity),
                message: Text {
                    text: self.lang.of(&issue.message),
                },
                fixes: fix(line, issue, &region, self.lang).into_iter().collect(),
                locations: [Location {
                    physical_location: Physical {
                        artifact_location: Artifact {
                            uri: uri(line.file),
                        },
                        region: Some(region),
                    },
                }],
                properties: json!({
                    "code": issue.code, "record": line.record, "dataset": line.dataset, "key": line.key,
                    "path": issue.path, "found": issue.found, "expected": self.lang.expected(issue),
                    "clause": issue.clause,
                }),
            };
            self.result(&result)?;
        }
        Ok(())
    }

    fn unreadable(
        &mut self,
        file: &str,
        error: &DecodeError,
        within: Option<(Within<'_>, usize)>,
    ) -> std::io::Result<()> {
        let text = self.lang.pick("文件无法读取", "The file cannot be read");
        let rule = json!({ "id": UNREADABLE, "shortDescription": { "text": text } });
        self.met.insert(UNREADABLE.to_owned(), rule);
        let message = error.message();
        let result = Result {
            rule_id: UNREADABLE,
            level: level(Severity::Error),
            message: Text {
                text: self.lang.of(&message),
            },
            locations: [Location {
                physical_location: Physical {
                    artifact_location: Artifact { uri: uri(file) },
                    region: within.map(|(within, at)| region(&within, Target::Place(at))),
                },
            }],
            fixes: Vec::new(),
            properties: json!({}),
        };
        self.result(&result)
    }

    fn end(&mut self, summary: Summary) -> std::io::Result<()> {
        let rules: Vec<&Value> = self.met.values().collect();
        let driver = json!({
            "name": "exchange-hub", "version": env!("CARGO_PKG_VERSION"), "rules": rules,
            "properties": { "editions": self.editions },
        });
        writeln!(
            self.out,
            "\n],\"tool\":{},\"properties\":{}}}]}}",
            json!({ "driver": driver }),
            json!({ "summary": summary })
        )?;
        self.out.flush()
    }
}
