//! The books of the demo: three sides count for themselves, and must agree.

use serde_json::Value;

use super::watch::{figure, rows};

/// Statements, each with whether it holds.
#[derive(Debug, Default)]
pub struct Books {
    lines: Vec<(bool, String)>,
    acknowledged: i64,
}

impl Books {
    fn state(&mut self, holds: bool, line: String) {
        self.lines.push((holds, line));
    }

    /// The hub's figures against themselves, and against the receipts that the senders hold.
    pub fn sources(&mut self, table: &Value, sent: &[(String, u64)]) {
        for row in rows(table) {
            let source = row
                .get("source")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let f = |member: &str| figure(row, member);
            let received = f("received");
            let judged = f("accepted")
                + f("accepted_with_warnings")
                + f("parked")
                + f("duplicate")
                + f("rejected");
            let receipted = sent
                .iter()
                .find(|(id, _)| id == source)
                .map_or(0, |(_, records)| *records as i64);
            self.state(
                received == judged && received == receipted,
                format!("{source}: 接收 received {received} = 判定 judged {judged} = 回执 receipted {receipted}"),
            );
            let settled = f("acknowledged") + f("refused") + f("open") + f("exhausted");
            self.state(
                f("owed") == settled && f("open") == 0 && f("exhausted") == 0,
                format!(
                    "{source}: 应转发 owed {} = 已确认 acknowledged {} + 被拒 refused {} (在途 open {}, 中止 exhausted {})",
                    f("owed"),
                    f("acknowledged"),
                    f("refused"),
                    f("open"),
                    f("exhausted")
                ),
            );
            self.acknowledged += f("acknowledged");
        }
    }

    /// The national platform's own count against the hub's.
    pub fn national(&mut self, summary: &Value) {
        let said = |name| summary.get(name).and_then(Value::as_i64).unwrap_or(-1);
        // A record of many sections goes as one of the national edition for each: both are said.
        let (held, accepted) = (said("versions"), said("accepted"));
        self.state(
            held == self.acknowledged && held > 0,
            format!(
                "国家平台 national platform holds {held} = 已确认 acknowledged {} (按国家规范计 as {accepted} of its \
                 own)",
                self.acknowledged
            ),
        );
    }

    /// Whether everything came to its end.
    pub fn settled(&mut self, settled: bool, failed_pushes: usize) {
        self.state(
            failed_pushes == 0,
            format!("报送失败 pushes that failed: {failed_pushes}"),
        );
        self.state(
            settled,
            "全部转发均有结果 every delivery was answered".to_owned(),
        );
    }

    /// An offline proof.
    pub fn proof(&mut self, name: &str, holds: bool, told: &str) {
        let told = told.trim().lines().next().unwrap_or_default();
        self.state(holds, format!("{name}: {told}"));
    }

    /// The daily close with one party, or of all.
    pub fn closed(&mut self, holds: bool, line: String) {
        self.state(holds, line);
    }

    /// Prints the statements; whether all hold.
    pub fn print(&self) -> bool {
        println!();
        println!("对账 / the books");
        for (holds, line) in &self.lines {
            println!("  {} {line}", if *holds { "✓" } else { "✗" });
        }
        let good = self.lines.iter().all(|(holds, _)| *holds);
        println!(
            "{}",
            if good {
                "账目平衡 / the books balance"
            } else {
                "账目不平 / the books do NOT balance"
            }
        );
        good
    }
}
