//! A report as an Excel sheet. Text stays text: long codes keep all their digits, nothing is a formula.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::{Cell, Table};

/// Writes a table as a workbook with one sheet.
pub fn xlsx(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let heading = Format::new().set_bold();
    let sheet = workbook.add_worksheet();
    sheet.set_name(table.zh)?;
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, place, column.zh, &heading)?;
    }
    for (line, row) in (1..).zip(table.lines()) {
        for (place, cell) in (0..).zip(row) {
            match cell {
                Cell::Text(text) => drop(sheet.write_string(line, place, text)?),
                Cell::Number(number) => drop(sheet.write_number(line, place, *number as f64)?),
                Cell::Empty => {}
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofit();
    workbook.save_to_buffer()
}
