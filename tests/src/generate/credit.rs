//! Records of credit: violations, black list, awards, performance.

use anyhow::{Context, Result};

use super::cast::named;
use super::deal::Desk;
use super::row::Row;
use super::scope::Scope;
use spec::DatasetCode;

/// Credit records of a city; `sections` are the sections to speak of.
pub fn credit(desk: &mut Desk<'_>, sections: &[Row], count: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for number in 0..count {
        let bidder = desk
            .cast
            .bidders
            .get(number % desk.cast.bidders.len().max(1))
            .context("no bidders")?;
        let mut scope = desk.common.clone();
        named(&mut scope, "bidder", bidder);
        let kind = desk.random.word(&["招罚字", "建罚字"]);
        scope
            .set("guid", desk.random.guid())
            .set(
                "watch",
                desk.random
                    .word(&["住房和城乡建设局", "交通运输局", "水务局"]),
            )
            .set(
                "document",
                format!(
                    "{}{kind}〔2026〕第{}号",
                    desk.city.name.trim_end_matches('市'),
                    20 + number
                ),
            )
            .set("revoked", if number.is_multiple_of(2) { "1" } else { "0" })
            .set("grade", desk.random.word(&["A级", "AA级", "B级"]))
            .set("t.violation", "20260918000000")
            .set("t.listed", format!("202611{:02}093000", 14 + number % 4))
            .set("t.withdrawn", format!("202611{:02}150000", 18 + number % 2))
            .set("t.published", format!("202611{:02}101500", 14 + number % 5))
            .set("t.limit_start", "20261118000000")
            .set("t.limit_end", "20271117000000");
        let section = sections
            .get(number * 5 % sections.len().max(1))
            .context("no sections")?;
        for (name, field) in [
            ("tender", "TENDER_PROJECT_CODE"),
            ("section", "BID_SECTION_CODE"),
            ("section.name", "BID_SECTION_NAME"),
            ("tender.name", "BID_SECTION_NAME"),
            ("deal", "UNIFIED_DEAL_CODE"),
        ] {
            scope.set(name, section.text(field));
        }
        add(desk, &mut rows, 304, &scope)?;
        add(desk, &mut rows, 306, &scope)?;
        if number.is_multiple_of(3) {
            add(desk, &mut rows, 300, &scope)?;
        }
        if number.is_multiple_of(6) {
            listing(desk, &mut rows, scope, number)?;
        }
    }
    Ok(rows)
}

fn add(desk: &Desk<'_>, rows: &mut Vec<Row>, dataset: DatasetCode, scope: &Scope) -> Result<()> {
    let mut row = desk.templates.row(dataset, scope)?;
    row.leaf = dataset != 302;
    rows.push(row);
    Ok(())
}

/// Somebody who does not bid, on the black list, and taken off again.
fn listing(
    desk: &mut Desk<'_>,
    rows: &mut Vec<Row>,
    mut scope: Scope,
    number: usize,
) -> Result<()> {
    let listed = desk
        .cast
        .listed
        .get(number / 6)
        .cloned()
        .unwrap_or_default();
    if listed.get("code").is_err() {
        return Ok(());
    }
    named(&mut scope, "bidder", &listed);
    scope.set("guid", desk.random.guid());
    let revoked = scope.get("revoked")? == "1";
    scope.set("revoked", "0");
    add(desk, rows, 302, &scope)?;
    if revoked {
        // Withdrawn first, then marked as withdrawn.
        add(desk, rows, 303, &scope)?;
        scope.set("revoked", "1");
        add(desk, rows, 302, &scope)?;
    }
    Ok(())
}
