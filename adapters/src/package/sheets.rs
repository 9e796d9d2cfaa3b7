//! Workbooks: every sheet becomes a grid of texts, in which a place is a row and a column of the sheet.
//!
//! Nothing is repaired here: a date stays the number that the spreadsheet keeps, and a long code that it has turned
//! into a figure stays that figure, so that whoever judges the record can say what was lost.

use std::borrow::Cow;
use std::io::Cursor;

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};

use super::{Package, Part, archive};
use crate::decode::error::Fault;
use crate::decode::locator::{CELL_END, ROW_END};
use crate::decode::{Hint, Limits};
use crate::profile::WireFormat;

/// Days between the two calendars of spreadsheets, which begin in 1900 and in 1904.
const CALENDARS_APART: f64 = 1_462.0;
/// From here on a spreadsheet no longer knows the last digits of a whole number.
const EXACT: f64 = 1e15;
/// Digits of a number that a spreadsheet knows.
const DIGITS: usize = 15;

/// Opens a workbook: the name of each part is that of its sheet. Hidden sheets hold lists for drop-downs and are left out, as are those without a cell.
pub(super) fn open<'a>(
    document: &[u8],
    hint: &Hint,
    limits: &Limits,
) -> Result<Package<'a>, Fault> {
    bounded(document, limits)?;
    let mut book = Xlsx::new(Cursor::new(document)).map_err(|error| broken(&error))?;
    let sheets: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut package = Package::default();
    let mut left = limits.bytes;
    let of_1904 = book.has_1904_epoch();
    for name in sheets {
        let bytes = grid(&mut book, &name, of_1904, limits, left)?;
        left = left.saturating_sub(bytes.len());
        if bytes.iter().all(|byte| matches!(*byte, CELL_END | ROW_END)) {
            continue;
        }
        package.parts.push(Part {
            hint: Hint {
                wire: Some(WireFormat::Xlsx),
                file_name: Some(name.clone()),
                ..hint.clone()
            },
            name,
            bytes: Cow::Owned(bytes),
            is_grid: true,
        });
    }
    if package.parts.is_empty() {
        let what = ("工作簿中没有数据", "a workbook without a cell in it");
        return Err(Fault::unreadable(
            0,
            what,
            ("含数据的工作表", "a sheet with data"),
        ));
    }
    Ok(package)
}

/// Sees that the workbook unpacks within the limits, and that it does not claim more texts than it has bytes.
fn bounded(document: &[u8], limits: &Limits) -> Result<(), Fault> {
    let entries = archive::entries(document, limits).map_err(|(_, fault)| fault)?;
    for entry in &entries {
        for at in memchr::memmem::find_iter(&entry.bytes, b"uniqueCount") {
            let rest = entry
                .bytes
                .get(at + "uniqueCount".len()..)
                .unwrap_or_default();
            let digits = rest
                .iter()
                .skip_while(|byte| {
                    byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\'')
                })
                .take_while(|byte| byte.is_ascii_digit());
            let claimed = digits.fold(0_usize, |number, byte| {
                number
                    .saturating_mul(10)
                    .saturating_add(usize::from(byte - b'0'))
            });
            if claimed > entry.bytes.len() {
                return Err(Fault::limit(0, "texts", entry.bytes.len(), claimed));
            }
        }
    }
    Ok(())
}

fn broken(error: &calamine::XlsxError) -> Fault {
    let what = (format!("工作簿有误（{error}）"), error.to_string());
    Fault::unreadable(0, what, ("完整的 XLSX 工作簿", "a complete XLSX workbook"))
}

/// The cells of a sheet, row by row, empty ones included.
fn grid(
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    of_1904: bool,
    limits: &Limits,
    most: usize,
) -> Result<Vec<u8>, Fault> {
    let mut cells = book
        .worksheet_cells_reader(name)
        .map_err(|error| broken(&error))?;
    let mut bytes = Vec::new();
    let (mut row, mut column) = (0, 0);
    while let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? {
        let text = text(cell.get_value(), of_1904);
        if text.is_empty() {
            continue;
        }
        let (at_row, at_column) = cell.get_position();
        if at_column as usize >= limits.fields {
            let found = at_column as usize + 1;
            return Err(Fault::limit(bytes.len(), "fields", limits.fields, found));
        }
        if (at_row, at_column) < (row, column) {
            let what = (
                "工作表的单元格次序混乱",
                "cells of a sheet that are out of order",
            );
            let expected = ("按行列排列的单元格", "cells row by row");
            return Err(Fault::unreadable(0, what, expected));
        }
        let gap = (at_row - row) as usize + at_column as usize;
        if bytes.len() + gap + text.len() >= most {
            return Err(Fault::limit(0, "bytes", limits.bytes, limits.bytes + 1));
        }
        while row < at_row {
            bytes.push(ROW_END);
            (row, column) = (row + 1, 0);
        }
        while column < at_column {
            bytes.push(CELL_END);
            column += 1;
        }
        bytes.extend(
            text.bytes()
                .filter(|byte| !matches!(*byte, CELL_END | ROW_END)),
        );
    }
    Ok(bytes)
}

/// What a cell holds, as text.
fn text<'c>(value: &'c DataRef<'_>, of_1904: bool) -> Cow<'c, str> {
    match value {
        DataRef::Empty => Cow::Borrowed(""),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cow::Borrowed(text)
        }
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::Bool(true) => Cow::Borrowed("TRUE"),
        DataRef::Bool(false) => Cow::Borrowed("FALSE"),
        DataRef::Int(number) => Cow::Owned(number.to_string()),
        DataRef::Float(number) => Cow::Owned(figure(*number)),
        DataRef::DateTime(instant) => {
            let since_1900 = if of_1904 { CALENDARS_APART } else { 0.0 };
            Cow::Owned(figure(instant.as_f64() + since_1900))
        }
        DataRef::Error(error) => Cow::Owned(error.to_string()),
    }
}

/// A number with the digits that the spreadsheet knows of it; where some of a whole number are lost, in the form
/// that shows it (`3.2E+19`).
fn figure(number: f64) -> String {
    let (mantissa, exponent) = scientific(number);
    if number.abs() >= EXACT {
        return format!("{mantissa}E+{exponent}");
    }
    let decimals = (DIGITS as i32 - 1 - exponent).clamp(0, 30) as usize;
    let text = format!("{number:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Mantissa and exponent, the mantissa without zeros at its end.
fn scientific(number: f64) -> (String, i32) {
    let text = format!("{number:.*e}", DIGITS - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    (mantissa.to_owned(), exponent.parse().unwrap_or(0))
}
