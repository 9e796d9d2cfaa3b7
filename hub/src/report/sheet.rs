//! Tables as Excel sheets. Text stays text: long codes keep all their digits, nothing is a formula.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Cell, Table};

/// Writes a table as a workbook with one sheet.
pub fn xlsx(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    write(workbook.add_worksheet(), table)?.autofit();
    workbook.save_to_buffer()
}

/// Writes tables as a workbook with one sheet each. The same tables give the same bytes: it says that it was made
/// on a day that is given, yyyyMMdd.
pub fn dated(tables: &[Table], day: &str) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let part = |from: usize, to: usize| day.get(from..to).and_then(|text| text.parse::<u16>().ok());
    let (year, month, date) = (part(0, 4), part(4, 6), part(6, 8));
    let created = ExcelDateTime::from_ymd(
        year.unwrap_or(1900),
        month.unwrap_or(1) as u8,
        date.unwrap_or(1) as u8,
    )?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for table in tables {
        write(workbook.add_worksheet(), table)?;
    }
    workbook.save_to_buffer()
}

fn write<'s>(sheet: &'s mut Worksheet, table: &Table) -> Result<&'s mut Worksheet, XlsxError> {
    let heading = Format::new().set_bold();
    sheet.set_name(table.zh)?;
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, place, column.zh, &heading)?;
    }
    for (line, row) in (1..).zip(table.lines()) {
        for (place, cell) in (0..).zip(row) {
            match cell {
                Cell::Text(text) => drop(sheet.write_string(line, place, text)?),
                Cell::Word(_, zh) => drop(sheet.write_string(line, place, *zh)?),
                Cell::Number(number) => drop(sheet.write_number(line, place, *number as f64)?),
                Cell::Empty => {}
            }
        }
    }
    sheet.set_freeze_panes(1, 0)
}
