//! A record to be sent, and what was done to it on purpose.

use spec::{Action, DatasetCode};

/// What a reader of the record should see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Put right, and listed as a change.
    Repaired,
    /// Kept with a finding.
    Warning,
    /// Rejected with a finding.
    Error,
    /// Waits for another record.
    Parked,
    /// Known already, byte for byte.
    Duplicate,
    /// Nothing to find: dirt that no rule can see, or an action that is in order.
    Kept,
}

impl Expect {
    /// The word in `expected.json`.
    pub fn word(self) -> &'static str {
        match self {
            Expect::Repaired => "repaired",
            Expect::Warning => "warning",
            Expect::Error => "error",
            Expect::Parked => "parked",
            Expect::Duplicate => "duplicate",
            Expect::Kept => "kept",
        }
    }
}

/// A deliberate fault or oddity.
#[derive(Debug, Clone)]
pub struct Planted {
    /// What was done.
    pub kind: &'static str,
    /// Where; empty for the record as a whole.
    pub field: String,
    /// What should come of it.
    pub expect: Expect,
    /// Code of the finding, or the reason of the repair; empty when there is none.
    pub code: &'static str,
    /// The rule that finds it, for findings of rules.
    pub rule: &'static str,
}

/// A value of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// In canonical form; each wire writes it in its own way.
    Clean(String),
    /// Written as it stands.
    Dirty(String),
    /// Written as it stands, without quotes where the wire has them.
    Bare(String),
}

impl Cell {
    /// The text of the value.
    pub fn text(&self) -> &str {
        match self {
            Cell::Clean(text) | Cell::Dirty(text) | Cell::Bare(text) => text,
        }
    }
}

/// A record to be sent.
#[derive(Debug, Clone)]
pub struct Row {
    /// Number of its data set.
    pub dataset: DatasetCode,
    /// Name of a data set that is written in place of the right one.
    pub posing_as: Option<String>,
    /// What the sender wants.
    pub action: Action,
    /// Values by column code, in the order of the standard; a code may come twice.
    pub cells: Vec<(String, Cell)>,
    /// Whether no other record depends on it: only such a record is spoiled beyond repair.
    pub leaf: bool,
    /// Deal that it belongs to, for the order of files; 0 for none.
    pub deal: usize,
    /// Number of the record at its source, kept by later versions of it.
    pub serial: usize,
    /// What was done to it on purpose.
    pub planted: Vec<Planted>,
}

impl Row {
    /// The text of a field; empty when it is not there.
    pub fn text(&self, field: &str) -> &str {
        self.cells
            .iter()
            .find(|(id, _)| id == field)
            .map_or("", |(_, cell)| cell.text())
    }

    /// Puts another value into a field that is there, or adds the field.
    pub fn put(&mut self, field: &str, value: Cell) {
        match self.cells.iter_mut().find(|(id, _)| id == field) {
            Some((_, cell)) => *cell = value,
            None => self.cells.push((field.to_owned(), value)),
        }
    }

    /// Takes a field away.
    pub fn remove(&mut self, field: &str) {
        self.cells.retain(|(id, _)| id != field);
    }
}
