//! Leaves that are committed and not yet published: they follow the published ones without a gap.

use super::{PAGE, fault, lost};
use crate::store::{Database, submissions};
use crate::tlog::FirstFault;

/// How many there are from an index on.
pub(super) fn count(connection: &mut Database, from: u64) -> Result<u64, FirstFault> {
    let mut count = 0;
    loop {
        let page = submissions::leaves_from(connection, (from + count) as i64, PAGE)
            .map_err(|error| lost(&error))?;
        if page.is_empty() {
            return Ok(count);
        }
        for (index, _) in page {
            if index as u64 != from + count {
                return Err(fault(
                    format!("leaves, leaf_index {}", from + count),
                    "the row is missing",
                ));
            }
            count += 1;
        }
    }
}
