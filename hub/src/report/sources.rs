//! Who sent and who is silent: every source, with when it was last heard of, since when it is silent against its own
//! rhythm, what was the matter last, and what is wrong with its counter.

use super::rhythm::{self, Active};
use super::table::{Cell, Table, column};
use super::{Facts, Question, ReportError};
use crate::pipeline::commit::receipt_id;
use crate::store::totals::{self, ActiveDay, Last, Span};
use crate::store::trouble::{self, Trouble};
use crate::store::{Database, sequence};

/// Makes the report. Sources without a submission in the span are listed too.
pub fn make(
    connection: &mut Database,
    facts: &Facts<'_>,
    question: &Question,
) -> Result<Table, ReportError> {
    let totals = totals::sources(connection, &question.span)?;
    let heard = Heard::fetch(connection, facts)?;
    let only = question.span.source.as_deref();
    let named = facts
        .sources
        .iter()
        .map(|(id, name)| (id.as_str(), name.as_str()));
    let unnamed = totals
        .iter()
        .filter(|total| facts.sources.iter().all(|(id, _)| *id != total.source))
        .map(|total| (total.source.as_str(), ""));
    let mut rows = Vec::new();
    for (id, name) in named
        .chain(unnamed)
        .filter(|(id, _)| only.is_none_or(|only| only == *id))
    {
        let total = totals.iter().find(|total| total.source == id);
        let mut row: Vec<Cell> = vec![
            id.into(),
            name.into(),
            Cell::Number(total.map_or(0, |total| total.submissions)),
            Cell::Number(total.map_or(0, |total| total.records)),
            Cell::Number(total.map_or(0, |total| total.rejected)),
            total.map(|total| instant(total.last_at)).into(),
            total.map(|total| receipt_id(total.last_id)).into(),
        ];
        row.extend(heard.cells(facts, id));
        rows.push(row);
    }
    Ok(Table {
        name: "sources",
        zh: "数据来源",
        columns: vec![
            column("source", "数据来源"),
            column("source_name", "来源名称"),
            column("submissions", "批次"),
            column("records", "记录"),
            column("rejected", "退回"),
            column("last_received_at", "最近接收时间"),
            column("last_submission", "最近批次"),
            column("state", "状态"),
            column("silent_since", "静默起始"),
            column("interval_hours", "通常间隔（工作时）"),
            column("interval_from", "间隔依据"),
            column("ways", "接入方式"),
            column("sequence_alerts", "序号异常"),
            column("last_error_at", "最近整批拒收时间"),
            column("last_error_way", "拒收途径"),
            column("last_error", "最近整批拒收原因"),
        ],
        rows,
        total: None,
    })
}

/// What is known of all sources besides their sums.
struct Heard {
    days: Vec<ActiveDay>,
    last: Vec<Last>,
    troubles: Vec<Trouble>,
    alerts: Vec<(String, i32, i64)>,
}

impl Heard {
    fn fetch(connection: &mut Database, facts: &Facts<'_>) -> Result<Heard, ReportError> {
        // One instant for all: what came after it is not known yet.
        let window = Span {
            from: Some(facts.now.saturating_sub(WINDOW_MS)),
            to: Some(facts.now),
            source: None,
        };
        Ok(Heard {
            days: totals::active_days(connection, &window)?,
            last: totals::last(connection)?,
            troubles: trouble::all(connection)?,
            alerts: sequence::open_alerts(connection)?,
        })
    }

    /// The cells of a source, from its state to its last error.
    fn cells(&self, facts: &Facts<'_>, id: &str) -> Vec<Cell> {
        let profile = facts.profiles.iter().find(|profile| profile.id == id);
        let days: Vec<Active> = self
            .days
            .iter()
            .filter(|day| day.source == id)
            .map(|day| Active {
                first: day.first_at,
                last: day.last_at,
            })
            .collect();
        let told = profile.and_then(|profile| profile.interval_hours);
        let calendar = &facts.edition.calendar;
        let rhythm = rhythm::of(calendar, told, &days, facts.silence.working_days);
        let newest = self.last.iter().find(|last| last.source == id);
        let newest = newest.map(|last| last.at).filter(|at| *at <= facts.now);
        let last = newest.or(days.last().map(|day| day.last));
        let tolerance = facts.silence.tolerance_percent;
        let silent = last
            .and_then(|last| rhythm::silent_since(calendar, rhythm, tolerance, last, facts.now));
        let state = match (last, silent) {
            (None, _) => Cell::Word("never", "从未报送"),
            (Some(_), Some(_)) => Cell::Word("silent", "静默"),
            (Some(_), None) => Cell::Word("ok", "正常"),
        };
        let open = self.alerts.iter().filter(|(source, ..)| source == id);
        let trouble = self.troubles.iter().find(|trouble| trouble.source == id);
        vec![
            state,
            silent.map(instant).into(),
            Cell::Number(rhythm.interval() / 3_600_000),
            rhythm.word(),
            profile.map(|profile| profile.ways.join(",")).into(),
            Cell::Number(open.map(|(_, _, count)| count).sum()),
            trouble.map(|trouble| instant(trouble.at)).into(),
            trouble.map(|trouble| trouble.way.as_str()).into(),
            trouble.map(|trouble| trouble.zh.as_str()).into(),
        ]
    }
}

/// The weeks from which a rhythm is learnt: a quarter, so that a monthly source has one.
const WINDOW_MS: i64 = 120 * 86_400_000;

/// An instant as people in China read it, with its offset.
fn instant(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map(|instant| instant.display_with_offset(jiff::tz::offset(8)).to_string())
        .unwrap_or_default()
}
