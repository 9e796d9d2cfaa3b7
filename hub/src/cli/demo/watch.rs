//! The live table: what was received from whom, and how far it has come.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::ending::Ending;
use super::part::{self, Running};

/// How the watching ended.
pub struct Outcome {
    /// The last report.
    pub table: Value,
    /// Everything owed was answered.
    pub settled: bool,
    /// Pushes that could not be carried out.
    pub failed_pushes: usize,
}

/// The first is the sum of the five that follow it: verdicts as they stand on receipts.
const COLUMNS: [(&str, &str); 10] = [
    ("received", "接收"),
    ("accepted", "合格"),
    ("accepted_with_warnings", "合格有提示"),
    ("parked", "待关联"),
    ("duplicate", "重复"),
    ("rejected", "退回"),
    ("waiting", "仍待关联"),
    ("forwarded", "已转发"),
    ("acknowledged", "已确认"),
    ("refused", "被拒"),
];

/// Longest wait for the last acknowledgement.
const PATIENCE: Duration = Duration::from_mins(3);

/// Shows the table until all pushes have ended, what the hub fetches by itself is there, and nothing is on its way; or
/// patience ends, or somebody asks for the end. `fetched` is how many records each source laid ready.
pub fn until_settled(
    url: &str,
    reader: &str,
    (mut pushes, fetched): (Vec<Running>, &[(String, i64)]),
    ending: &Ending,
) -> anyhow::Result<Outcome> {
    let live = std::io::stdout().is_terminal();
    let started = Instant::now();
    let mut failed_pushes = 0;
    let mut drawn = 0;
    loop {
        let mut running = Vec::new();
        for mut push in pushes {
            match push.ended()? {
                None => running.push(push),
                // 1: some records were rejected, as the fixtures intend.
                Some(0 | 1) => {}
                Some(_) => failed_pushes += 1,
            }
        }
        pushes = running;
        let table = part::get(&format!("{url}/v1/reports/exchange"), reader)?;
        let open: i64 = rows(&table).map(|row| figure(row, "open")).sum();
        let came = |(source, records): &(String, i64)| {
            let mut rows = rows(&table).filter(|row| text(row, "source") == *source);
            rows.any(|row| figure(row, "received") >= *records)
        };
        let settled = pushes.is_empty() && open == 0 && fetched.iter().all(came);
        let over = settled || ending.is_asked() || started.elapsed() > PATIENCE;
        if live || over {
            drawn = draw(&table, drawn, live)?;
        }
        if over {
            return Ok(Outcome {
                table,
                settled,
                failed_pushes,
            });
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Rows of a report about sources that sent anything.
pub fn rows(table: &Value) -> impl Iterator<Item = &Value> {
    table
        .get("rows")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|row| figure(row, "received") > 0)
}

/// A figure of a row.
pub fn figure(row: &Value, member: &str) -> i64 {
    row.get(member).and_then(Value::as_i64).unwrap_or_default()
}

fn text<'t>(row: &'t Value, member: &str) -> &'t str {
    row.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn draw(table: &Value, drawn: usize, live: bool) -> anyhow::Result<usize> {
    let mut out = std::io::stdout().lock();
    if live && drawn > 0 {
        write!(out, "\x1b[{drawn}A")?;
    }
    let mut lines = 1;
    write!(out, "{:<22}", "来源 / source")?;
    for (_, zh) in COLUMNS {
        // A Chinese character takes two columns, but counts as one.
        let width = 11_usize.saturating_sub(zh.chars().count());
        write!(out, "{zh:>width$}")?;
    }
    writeln!(out)?;
    for row in rows(table) {
        let own = text(row, "source_name");
        let name = format!("{} {own}", text(row, "source"));
        let width = 22_usize.saturating_sub(own.chars().count());
        write!(out, "{name:<width$}")?;
        for (id, _) in COLUMNS {
            write!(out, "{:>11}", figure(row, id))?;
        }
        writeln!(out)?;
        lines += 1;
    }
    out.flush()?;
    Ok(lines)
}
