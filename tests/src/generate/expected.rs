//! `expected.json`: what was planted where, for people and for the integration test.

use serde_json::{Value, json};

use super::Files;
use super::row::Row;
use super::source::Source;

/// What a source's files hold.
#[derive(Debug)]
pub struct Expected {
    source: &'static str,
    files: Vec<Value>,
    planted: Vec<Value>,
    records: usize,
}

impl Expected {
    /// Begins with nothing.
    pub fn new(source: &Source) -> Self {
        Expected::of(source.city.code)
    }

    /// Begins with nothing, for a source by its identifier.
    pub fn of(source: &'static str) -> Self {
        Expected {
            source,
            files: Vec::new(),
            planted: Vec::new(),
            records: 0,
        }
    }

    /// Counts a file, and lists what was planted in it.
    pub fn add(&mut self, file: &str, rows: &[Row]) {
        self.records += rows.len();
        self.files
            .push(json!({"file": file, "records": rows.len()}));
        for (place, row) in rows.iter().enumerate() {
            for planted in &row.planted {
                let mut entry = json!({
                    "file": file,
                    "record": place,
                    "dataset": row.dataset,
                    "kind": planted.kind,
                    "field": planted.field,
                    "expect": planted.expect.word(),
                    "code": planted.code,
                });
                if let (false, Some(entry)) = (planted.rule.is_empty(), entry.as_object_mut()) {
                    entry.insert("rule".to_owned(), Value::from(planted.rule));
                }
                self.planted.push(entry);
            }
        }
    }

    /// Writes the file, one entry per line.
    pub fn write(self, files: &mut Files) {
        let lines = |values: &[Value]| {
            values
                .iter()
                .map(|value| format!("    {value}"))
                .collect::<Vec<String>>()
                .join(",\n")
        };
        let text = format!(
            "{{\n  \"source\": \"{}\",\n  \"records\": {},\n  \"files\": [\n{}\n  ],\n  \"planted\": [\n{}\n  ]\n}}\n",
            self.source,
            self.records,
            lines(&self.files),
            lines(&self.planted)
        );
        files.insert(
            format!("sources/{}/expected.json", self.source),
            text.into_bytes(),
        );
    }
}
