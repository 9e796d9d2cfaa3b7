//! The headings of a table, for whoever shows a value beside the name that its file gives it.

use super::rows::{Row, Rows};
use super::{charset, columns, sheet};
use crate::decode::{Adapter, Limits};
use crate::mapping::Target;
use crate::profile::{Charset, WireFormat};

impl Adapter {
    /// The headings of a table (a CSV file, or a sheet as a grid) of records of one data set, in the order of its
    /// columns; none where the document is no table.
    pub fn headings(&self, document: &[u8], form: WireFormat, dataset: &str) -> Vec<String> {
        let (start, own) = charset::any_mark(document).unwrap_or((0, self.profile().wire.charset));
        let text = |row: &Row<'_>, charset: Charset| -> Vec<String> {
            let cells = row.cells.iter();
            cells
                .map(|cell| columns::tidy(&charset.decode_lossy(&cell.bytes)))
                .collect()
        };
        match form {
            WireFormat::Csv => {
                let separator = self.profile().wire.separator;
                let mut rows = Rows::new(document, start, separator, &Limits::default());
                let first = rows.next().ok().flatten();
                first.map_or_else(Vec::new, |row| text(&row, own))
            }
            WireFormat::Xlsx => {
                let place = self.dataset(dataset).map(|(place, _)| place);
                let Some(Some(plan)) = place.and_then(|place| self.plans.get(place)) else {
                    return Vec::new();
                };
                let known = |names: &Vec<String>| {
                    let found = names.iter().map(|name| plan.find_heading(name, 0));
                    found.filter(|target| *target != Target::Unknown).count()
                };
                let rows = sheet::rows(document).take(sheet::TITLES);
                let rows = rows.map(|row| text(&row, Charset::Utf8));
                rows.max_by_key(known).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}
