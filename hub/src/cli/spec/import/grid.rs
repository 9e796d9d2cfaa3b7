//! A sheet as cells of text in one line, each with the name that a spreadsheet gives its place.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};

/// One sheet.
#[derive(Debug)]
pub(super) struct Grid {
    /// Name of the sheet.
    pub name: String,
    /// Row and column of the first cell.
    start: (u32, u32),
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// The sheets of a workbook.
    pub(super) fn of_workbook(bytes: &[u8]) -> anyhow::Result<Vec<Grid>> {
        let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))?;
        let mut grids = Vec::new();
        for name in workbook.sheet_names() {
            let range = workbook.worksheet_range(&name)?;
            grids.push(Grid {
                start: range.start().unwrap_or_default(),
                rows: range
                    .rows()
                    .map(|row| row.iter().map(text).collect())
                    .collect(),
                name,
            });
        }
        Ok(grids)
    }

    /// Number of rows that hold something.
    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }

    /// The cells of a row.
    pub(super) fn row(&self, line: usize) -> &[String] {
        self.rows.get(line).map_or(&[], Vec::as_slice)
    }

    /// The text of a cell; nothing beyond the edge.
    pub(super) fn cell(&self, line: usize, column: usize) -> &str {
        self.row(line).get(column).map_or("", String::as_str)
    }

    /// `sheet!D12`.
    pub(super) fn place(&self, line: usize, column: usize) -> String {
        let mut letters = String::new();
        let mut rest = column as u32 + self.start.1 + 1;
        while rest > 0 {
            let digit = (rest - 1) % 26;
            letters.insert(0, char::from(b'A' + digit as u8));
            rest = (rest - 1) / 26;
        }
        format!("{}!{letters}{}", self.name, line as u32 + self.start.0 + 1)
    }
}

fn text(cell: &Data) -> String {
    let raw = match cell {
        Data::Empty => return String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        Data::Int(number) => number.to_string(),
        Data::Bool(flag) => if *flag { "是" } else { "否" }.to_owned(),
        Data::DateTime(_) | Data::Error(_) => format!("{cell:?}"),
    };
    clean(&raw)
}

/// One line with single blanks.
fn clean(raw: &str) -> String {
    let visible = raw.replace(['\u{200b}', '\u{feff}'], " ");
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Full-width letters, figures and signs as half-width ones: what words are recognised by. Names keep theirs.
pub(super) fn narrow(text: &str) -> String {
    let narrow = text.chars().map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    });
    narrow.collect()
}
