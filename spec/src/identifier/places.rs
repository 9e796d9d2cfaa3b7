//! The regions that identifiers name inside.

use std::cell::Cell;

use crate::CodeTable;

/// Table of regions, with the last one found: the identifiers of one record name the same region.
#[derive(Debug)]
pub struct Places<'e> {
    table: Option<&'e CodeTable>,
    last: Cell<[u8; 6]>,
}

impl<'e> Places<'e> {
    /// Over a table of regions; without one, every region counts as known.
    pub fn new(table: Option<&'e CodeTable>) -> Self {
        Places {
            table,
            last: Cell::new([0; 6]),
        }
    }

    /// Whether a region exists, or once existed.
    pub fn holds(&self, code: &str) -> bool {
        let Some(table) = self.table else {
            return true;
        };
        let bytes = code.as_bytes().first_chunk::<6>().copied();
        if bytes == Some(self.last.get()) {
            return true;
        }
        let found = table.values.contains_key(code);
        if found && let Some(bytes) = bytes {
            self.last.set(bytes);
        }
        found
    }
}
