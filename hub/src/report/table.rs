//! A report as a table, and its forms: JSON for machines, CSV for spreadsheets, text for a terminal.

use std::fmt::Write as _;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Member name in JSON, and the English heading.
    pub id: &'static str,
    /// Chinese heading.
    pub zh: &'static str,
}

/// Makes a column.
pub const fn column(id: &'static str, zh: &'static str) -> Column {
    Column { id, zh }
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A figure.
    Number(i64),
    /// One of a few words: for machines, and for people.
    Word(&'static str, &'static str),
    /// Nothing is known.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Number(number)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Empty, Into::into)
    }
}

/// Rows under columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name, for files and sheets.
    pub name: &'static str,
    /// Chinese title.
    pub zh: &'static str,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows, each as long as the columns.
    pub rows: Vec<Vec<Cell>>,
    /// The sum of the rows, for reports that have one: below them for people, beside them for machines.
    pub total: Option<Vec<Cell>>,
}

impl From<spec::export::sheets::Sheet> for Table {
    fn from(sheet: spec::export::sheets::Sheet) -> Table {
        let cell = |text: String| {
            if text.is_empty() {
                Cell::Empty
            } else {
                Cell::Text(text)
            }
        };
        let row = |row: Vec<String>| row.into_iter().map(cell).collect();
        let columns = sheet.columns.iter();
        Table {
            name: sheet.name,
            zh: sheet.zh,
            total: None,
            columns: columns.map(|(id, zh)| column(id, zh)).collect(),
            rows: sheet.rows.into_iter().map(row).collect(),
        }
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("report", self.name)?;
        map.serialize_entry("rows", &Rows(self))?;
        if let Some(total) = &self.total {
            map.serialize_entry("total", &Row(&self.columns, total))?;
        }
        map.end()
    }
}

struct Rows<'t>(&'t Table);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.rows.len()))?;
        for row in &self.0.rows {
            list.serialize_element(&Row(&self.0.columns, row))?;
        }
        list.end()
    }
}

struct Row<'t>(&'t [Column], &'t [Cell]);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, cell) in self.0.iter().zip(self.1) {
            match cell {
                Cell::Text(text) => map.serialize_entry(column.id, text)?,
                Cell::Number(number) => map.serialize_entry(column.id, number)?,
                Cell::Word(word, _) => map.serialize_entry(column.id, word)?,
                Cell::Empty => map.serialize_entry(column.id, &())?,
            }
        }
        map.end()
    }
}

impl Table {
    /// The rows as people see them: the sum is the last.
    pub fn lines(&self) -> impl Iterator<Item = &Vec<Cell>> {
        self.rows.iter().chain(&self.total)
    }

    /// CSV as spreadsheets in China open it: UTF-8 with a mark, Chinese headings, CRLF.
    pub fn csv(&self) -> String {
        let mut out = String::from("\u{feff}");
        for (place, column) in self.columns.iter().enumerate() {
            separate(&mut out, place);
            quote(&mut out, column.zh);
        }
        out.push_str("\r\n");
        for row in self.lines() {
            for (place, cell) in row.iter().enumerate() {
                separate(&mut out, place);
                match cell {
                    Cell::Text(text) => quote(&mut out, text),
                    Cell::Word(_, zh) => quote(&mut out, zh),
                    Cell::Number(number) => drop(write!(out, "{number}")),
                    Cell::Empty => {}
                }
            }
            out.push_str("\r\n");
        }
        out
    }

    /// Aligned text; wide characters count as two columns of a terminal.
    pub fn text(&self) -> String {
        let shown: Vec<Vec<String>> = self
            .lines()
            .map(|row| row.iter().map(shown).collect())
            .collect();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(place, column)| {
                let cells = shown
                    .iter()
                    .filter_map(|row| row.get(place))
                    .map(|cell| width(cell));
                cells.fold(width(column.zh), usize::max)
            })
            .collect();
        let mut out = String::new();
        for (column, &wide) in self.columns.iter().zip(&widths) {
            pad(&mut out, column.zh, wide, false);
        }
        end_line(&mut out);
        for (row, cells) in shown.iter().zip(self.lines()) {
            for ((text, cell), &wide) in row.iter().zip(cells).zip(&widths) {
                pad(&mut out, text, wide, matches!(cell, Cell::Number(_)));
            }
            end_line(&mut out);
        }
        out
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Word(_, zh) => (*zh).to_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Empty => "-".to_owned(),
    }
}

fn separate(out: &mut String, place: usize) {
    if place > 0 {
        out.push(',');
    }
}

fn quote(out: &mut String, text: &str) {
    // A spreadsheet runs what begins like a formula; an apostrophe keeps it text (OWASP, CSV injection).
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.len() > 1;
    if !formula && !text.contains(['"', ',', '\n', '\r']) {
        out.push_str(text);
        return;
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

fn pad(out: &mut String, text: &str, wide: usize, right: bool) {
    let blanks = " ".repeat(wide.saturating_sub(width(text)));
    if right {
        out.push_str(&blanks);
    }
    out.push_str(text);
    if !right {
        out.push_str(&blanks);
    }
    out.push_str("  ");
}

fn end_line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

/// Columns of a terminal that a text takes.
fn width(text: &str) -> usize {
    text.chars()
        .map(|letter| {
            if ('\u{1100}'..='\u{ffdc}').contains(&letter)
                && !('\u{2000}'..='\u{2e7f}').contains(&letter)
            {
                2
            } else {
                1
            }
        })
        .sum()
}
