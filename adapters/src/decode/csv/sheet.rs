//! A sheet of a workbook: titles above the headings, rows that end with their last value.

use std::borrow::Cow;

use super::columns;
use super::rows::{Cell, Row};
use super::{Table, dataset_of, head, record};
use crate::decode::error::Fault;
use crate::decode::issue::unknown_dataset;
use crate::decode::locator::{CELL_END, ROW_END};
use crate::decode::session::Session;
use crate::mapping::Target;
use crate::profile::Charset;

/// Rows in which the headings are looked for.
pub(super) const TITLES: usize = 30;

/// Reads a grid. A sheet whose data set nobody can tell is one finding, and harms no other sheet.
pub(crate) fn read_sheet<'a>(
    session: &mut Session<'_, '_, 'a>,
    document: &'a [u8],
) -> Result<(), Fault> {
    let adapter = session.adapter;
    let name = session.hint.file_name.clone().unwrap_or_default();
    if adapter.profile.wire.skip.contains(&name) {
        return Ok(());
    }
    let rows: Vec<Row<'a>> = rows(document).filter(|row| !row.cells.is_empty()).collect();
    let is_one = |name: &str| adapter.dataset(name).is_some();
    let named = Some(name.clone()).filter(|name| is_one(name));
    let titled = || {
        let mut cells = rows.iter().take(TITLES).flat_map(|row| &row.cells);
        cells.find_map(|cell| {
            let title = columns::tidy(str::from_utf8(&cell.bytes).ok()?);
            is_one(&title).then_some(title)
        })
    };
    session.default_dataset = named
        .or_else(|| dataset_of(adapter, &name))
        .or(session.default_dataset.take())
        .or_else(titled);
    let Some((place, mut table)) = headings(session, document, &rows)? else {
        let problem = unknown_dataset(0, &name, &adapter.edition);
        session.count(0)?;
        session.unusable(0, Some(name), problem);
        return Ok(());
    };
    for mut row in rows.into_iter().skip(place + 1) {
        if row
            .cells
            .iter()
            .all(|cell| cell.bytes.trim_ascii().is_empty())
        {
            continue;
        }
        session.count(row.at)?;
        let end = row.cells.last().map_or(row.at, |cell| cell.end);
        while row.cells.len() < table.headings.len() {
            row.cells.push(Cell {
                bytes: Cow::Borrowed(b""),
                at: end,
                end,
            });
        }
        record(session, &mut table, &row)?;
        if session.stopped {
            break;
        }
    }
    Ok(())
}

/// The row that holds most headings of the data set, and its place; none where neither the sheet nor a column says
/// a data set.
fn headings<'a>(
    session: &mut Session<'_, '_, 'a>,
    document: &'a [u8],
    rows: &[Row<'a>],
) -> Result<Option<(usize, Table<'a>)>, Fault> {
    let known = match session.default_dataset.clone() {
        // Of a data set that the source may not send, every row will say so.
        Some(name) => session.dataset(Some(&name), 0).ok(),
        None => None,
    };
    let mut best: Option<(usize, usize, Table<'a>)> = None;
    for (place, row) in rows.iter().take(TITLES).enumerate() {
        let table = head(session, row, document, Charset::Utf8)?;
        let own = [
            table.dataset_column,
            table.action_column,
            table.reason_column,
        ];
        let mut hits = own.iter().flatten().count();
        if let Some(known) = known {
            let columns = columns::compile(&table.headings, own, known);
            let is_known = |column: &&columns::Column| {
                !matches!(column.target, Target::Unknown | Target::Drop)
            };
            hits += columns.iter().filter(is_known).count();
        } else if table.dataset_column.is_none() && session.default_dataset.is_none() {
            continue;
        }
        if best.as_ref().is_none_or(|(most, ..)| hits > *most) {
            best = Some((hits, place, table));
        }
    }
    Ok(best.map(|(_, place, table)| (place, table)))
}

/// The rows of a grid, each with its cells.
pub(super) fn rows(document: &[u8]) -> impl Iterator<Item = Row<'_>> {
    let mut at = 0;
    document.split(|byte| *byte == ROW_END).map(move |line| {
        let start = at;
        at += line.len() + 1;
        let mut place = start;
        let cells = line.split(|byte| *byte == CELL_END).map(|bytes| {
            let cell = Cell {
                bytes: Cow::Borrowed(bytes),
                at: place,
                end: place + bytes.len(),
            };
            place += bytes.len() + 1;
            cell
        });
        Row {
            cells: if line.is_empty() {
                Vec::new()
            } else {
                cells.collect()
            },
            at: start,
            unclosed: false,
        }
    })
}
