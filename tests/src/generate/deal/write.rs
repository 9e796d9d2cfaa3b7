//! The records of a deal, in the order of its life cycle.

use anyhow::Result;
use spec::DatasetCode;

use super::super::calendar::{day, instant};
use super::super::row::Row;
use super::super::scope::Scope;
use super::{Desk, End, Plan, Way, bidder, experts};

/// Rows written so far.
struct Sheet<'s, 'd> {
    desk: &'s mut Desk<'d>,
    deal: usize,
    rows: Vec<Row>,
}

impl Sheet<'_, '_> {
    fn add(&mut self, dataset: DatasetCode, scope: &Scope) -> Result<()> {
        let mut scope = scope.clone();
        scope.set("guid", self.desk.random.guid());
        let mut row = self.desk.templates.row(dataset, &scope)?;
        row.deal = self.deal;
        self.rows.push(row);
        Ok(())
    }

    /// A record on which no other depends.
    fn leaf(&mut self, dataset: DatasetCode, scope: &Scope) -> Result<()> {
        self.add(dataset, scope)?;
        if let Some(row) = self.rows.last_mut() {
            row.leaf = true;
        }
        Ok(())
    }
}

pub(super) fn write(
    desk: &mut Desk<'_>,
    plan: Plan,
    scope: &Scope,
    sections: &[Scope],
) -> Result<Vec<Row>> {
    let mut sheet = Sheet {
        desk,
        deal: plan.number,
        rows: Vec::new(),
    };
    sheet.add(500, scope)?;
    sheet.add(501, scope)?;
    for section in sections {
        sheet.add(502, section)?;
    }
    if plan.way == Way::Examined {
        examination(&mut sheet, scope, sections, plan)?;
    }
    let mut notice = scope.clone();
    let (kind, words) = if plan.way == Way::Invited {
        ("9", "邀请招标公告")
    } else {
        ("1", "招标公告")
    };
    notice
        .set("notice.type", kind)
        .set("notice.kind", words)
        .set("notice.id", format!("{}-1", scope.get("tender")?))
        .set("qual.words", "综合评估法");
    sheet.add(503, &notice)?;
    for section in sections {
        sheet.leaf(504, section)?;
        if plan.way == Way::Invited {
            for rank in 1..=plan.bidders {
                sheet.leaf(505, &bidder(section, rank))?;
            }
        }
        if plan.number.is_multiple_of(3) {
            sheet.leaf(521, section)?;
        }
    }
    if plan.end == End::Failed {
        for section in sections {
            sheet.leaf(517, section)?;
        }
        return Ok(sheet.rows);
    }
    sheet.add(506, scope)?;
    for section in sections {
        opening(&mut sheet, section, plan)?;
    }
    sheet.add(511, scope)?;
    for section in sections {
        result(&mut sheet, section, plan)?;
    }
    Ok(sheet.rows)
}

/// Prequalification 资格预审: its notice, file, applications and result.
fn examination(
    sheet: &mut Sheet<'_, '_>,
    scope: &Scope,
    sections: &[Scope],
    plan: Plan,
) -> Result<()> {
    let first = day(scope.get("t.section")?.get(..8).unwrap_or_default())?;
    let mut times = Scope::default();
    for (name, days, hour, minute) in [
        ("pre_submit", 0, 10, 0),
        ("pre_clarify", 1, 10, 0),
        ("pre_apply", 4, 15, 10),
        ("pre_end", 5, 10, 0),
        ("pre_open", 5, 10, 0),
        ("pre_result", 5, 14, 30),
    ] {
        times.set(format!("t.{name}"), instant(first, days, hour, minute)?);
    }
    let with_times = |scope: &Scope| {
        let mut scope = scope.clone();
        for (name, value) in times.iter() {
            scope.set(name, value);
        }
        scope
    };
    sheet.leaf(514, &with_times(scope))?;
    for section in sections {
        let mut names = Vec::new();
        for rank in 1..=plan.bidders {
            let one = with_times(&bidder(section, rank));
            names.push(one.get("bidder.name")?.to_owned());
            sheet.leaf(515, &one)?;
        }
        let mut section = with_times(section);
        section.set("bidders.names", names.join("；"));
        sheet.leaf(516, &section)?;
    }
    Ok(())
}

/// Opening and evaluation of one section.
fn opening(sheet: &mut Sheet<'_, '_>, section: &Scope, plan: Plan) -> Result<()> {
    for rank in 1..=plan.bidders {
        let one = bidder(section, rank);
        if one.get("pay")? == "7" {
            let mut one = one.clone();
            one.set("guarantee", format!("{}{rank:02}", one.get("guarantee")?));
            sheet.leaf(523, &one)?;
        }
        // The last one is nobody's parent: its file and scores were lost.
        if rank > 3 && rank == plan.bidders {
            sheet.leaf(507, &one)?;
            continue;
        }
        sheet.add(507, &one)?;
        sheet.leaf(519, &one)?;
    }
    for expert in experts(sheet.desk, section, plan) {
        sheet.leaf(508, &expert)?;
    }
    for rank in 1..=plan.bidders {
        if rank <= 3 || rank < plan.bidders {
            sheet.leaf(520, &bidder(section, rank))?;
        }
    }
    sheet.add(509, section)?;
    for rank in 1..=3 {
        sheet.add(510, &bidder(section, rank))?;
    }
    Ok(())
}

/// From the result of one section to its performance.
fn result(sheet: &mut Sheet<'_, '_>, section: &Scope, plan: Plan) -> Result<()> {
    let winner = bidder(section, 1);
    sheet.add(513, &winner)?;
    sheet.add(512, &winner)?;
    if plan.end == End::Performed {
        sheet.leaf(522, &winner)?;
        sheet.leaf(110, &winner)?;
        sheet.leaf(113, &winner)?;
        if sheet.desk.credit {
            let mut winner = winner.clone();
            winner
                .set("t.published", "20261116101500")
                .set("document", format!("履约〔2026〕{}号", plan.number));
            sheet.leaf(305, &winner)?;
        }
    }
    Ok(())
}
