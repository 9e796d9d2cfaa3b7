//! Owes a destination that begins in the past what became current since, page by page, until it is live.
//!
//! A page and the place that it reached are one commit, so a crash repeats nothing and leaves nothing out. While this
//! goes on, ingest owes the destination nothing: the last page ends where ingest begins, inside the writer's
//! transaction, so the order of a deal is that in which it became current.

use super::desk::Desk;
use crate::pipeline::writer::WriteError;
use crate::store::insert::{self, Rows};
use crate::store::owing::Fresh;
use crate::store::{destinations, past};

/// Records of one page.
const PAGE: i64 = 500;

/// Goes through one page. True when the destination is live.
pub(super) fn page(
    desk: &Desk,
    projects: impl Fn(i32) -> bool + Send + 'static,
) -> Result<bool, WriteError> {
    let (name, now) = (desk.destination.clone(), desk.present.millis());
    desk.write(move |transaction| {
        let Some(destination) = destinations::by_name(transaction.connection, &name)? else {
            return Ok(true);
        };
        let Some(after) = destination.filled else {
            return Ok(true);
        };
        let rule = destination.rule()?;
        let page = past::page(transaction.connection, after, PAGE)?;
        let mut rows = Rows::default();
        for one in &page.became {
            let fresh = Fresh {
                record: one.record,
                dataset: one.dataset,
                lane: one.lane,
                source: &one.source,
                projected: projects(one.dataset),
            };
            if rule.covers(&fresh) {
                let id = transaction.numbers.delivery;
                transaction.numbers.delivery += 1;
                rows.owed.push(rule.row(&name, &fresh, id, now));
            }
        }
        insert::rows(transaction.connection, &rows)?;
        destinations::filled(transaction.connection, &name, page.upto)?;
        Ok(page.upto.is_none())
    })
}
