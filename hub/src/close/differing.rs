//! The differences with a platform beyond those that a close names, page by page: compared anew, and nothing is written.

use super::making::{self, CloseError, Closer};
use super::naming::NAMED;
use super::national::{self, Platform};
use crate::store::{Database, books};

/// A page of differences.
#[derive(Debug, serde::Serialize)]
pub struct Page {
    /// What the comparison shows now; named are the differences of this page.
    pub platform: Platform,
    /// The version after which the next page begins; none after the last.
    pub next: Option<i64>,
}

impl Closer {
    /// Compares a day with a platform, and names the differences of versions after one; none when the platform is not one
    /// that can be asked.
    pub fn differences(
        &self,
        connection: &mut Database,
        date: &str,
        destination: &str,
        after: i64,
    ) -> Result<Option<Page>, CloseError> {
        let mut platforms = self.platforms.iter();
        let Some(asker) = platforms.find(|asker| asker.destination == destination) else {
            return Ok(None);
        };
        let span = making::span(connection, date)?;
        books::frozen(connection)?;
        let ours = books::owed_in(connection, &span)
            .map_err(Into::into)
            .and_then(|owed_in| self.owed(connection, &span, &owed_in, asker));
        books::ended(connection)?;
        let records = making::bounds(span.from.record, span.until.record);
        let mut platform = national::compare(connection, &ours?, (date, records), asker, after)?;
        national::tell(connection, &mut platform)?;
        let next = next(&platform);
        Ok(Some(Page { platform, next }))
    }
}

/// Where the next page begins: a version that may not have been told whole is told again.
fn next(platform: &Platform) -> Option<i64> {
    let named = &platform.named;
    let last = named.last().filter(|_| named.len() >= NAMED)?.version;
    let whole = named.iter().rev().find(|one| one.version < last);
    Some(whole.map_or(last, |one| one.version))
}
