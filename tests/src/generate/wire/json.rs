//! The native envelope: one record per line, so that people can read a difference.

use spec::{Action, Edition, Format};

use crate::generate::row::{Cell, Row};

/// Who sends what.
fn head(source: &str, submission: &str, sequence: usize) -> String {
    format!(
        "\"edition\":\"3.0\",\"source\":\"{source}\",\"submission\":\"{submission}\",\"sequence\":{sequence}"
    )
}

/// One JSON document.
pub fn batch(
    edition: &Edition,
    source: &str,
    submission: &str,
    sequence: usize,
    rows: &[Row],
) -> Vec<u8> {
    let mut text = format!(
        "{{{},\n \"records\":[\n",
        head(source, submission, sequence)
    );
    for (place, row) in rows.iter().enumerate() {
        text.push_str("  ");
        text.push_str(&record(edition, row, false, place));
        text.push_str(if place + 1 == rows.len() { "\n" } else { ",\n" });
    }
    text.push_str("]}\n");
    text.into_bytes()
}

/// A header line, then one record per line; numbers are written as numbers.
pub fn lines(
    edition: &Edition,
    source: &str,
    submission: &str,
    sequence: usize,
    rows: &[Row],
) -> Vec<u8> {
    let mut text = format!("{{{}}}\n", head(source, submission, sequence));
    for (place, row) in rows.iter().enumerate() {
        text.push_str(&record(edition, row, true, place));
        text.push('\n');
    }
    text.into_bytes()
}

fn record(edition: &Edition, row: &Row, numbers: bool, place: usize) -> String {
    let set = edition.dataset(&row.dataset.to_string());
    let name = row
        .posing_as
        .clone()
        .unwrap_or_else(|| set.map_or_else(String::new, |set| set.id.clone()));
    let action = match row.action {
        Action::Upsert => "upsert",
        Action::Correct => "correct",
        Action::Withdraw => "withdraw",
    };
    let mut data = Vec::new();
    for (id, cell) in &row.cells {
        let number = numbers
            && set
                .and_then(|set| set.field(set.field_index(id)?))
                .is_some_and(|field| matches!(field.format, Format::Number { .. }));
        let value = match cell {
            Cell::Bare(text) => text.clone(),
            Cell::Clean(text) if number => text.clone(),
            Cell::Clean(text) | Cell::Dirty(text) => quoted(text),
        };
        data.push(format!("{}:{value}", quoted(id)));
    }
    let flex = if place.is_multiple_of(25) {
        format!(",\"flex\":{{\"row\":\"{}\"}}", place + 1)
    } else {
        String::new()
    };
    let reason = match row.action {
        Action::Upsert => "",
        Action::Correct => ",\"reason\":\"录入有误，予以更正\"",
        Action::Withdraw => ",\"reason\":\"重复报送，予以撤回\"",
    };
    format!(
        "{{\"dataset\":{},\"action\":\"{action}\"{reason},\"data\":{{{}}}{flex}}}",
        quoted(&name),
        data.join(",")
    )
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
