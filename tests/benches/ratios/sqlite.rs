//! The yardstick of ingest: the same rows into the same tables by SQLite's own interface, prepared statements,
//! one transaction per 500 rows of `records`, every commit flushed to disk.
#![expect(
    unsafe_code,
    reason = "the bare C interface is what is measured against"
)]

use std::ffi::{CStr, CString};
use std::path::Path;
use std::ptr::null_mut;
use std::time::{Duration, Instant};

use libsqlite3_sys as sqlite;

/// A value of a row.
#[derive(Clone)]
enum Cell {
    Null,
    Integer(i64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

/// A database.
pub struct Database(*mut sqlite::sqlite3);

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: the handle came from sqlite3_open and is closed once.
        unsafe { sqlite::sqlite3_close(self.0) };
    }
}

struct Statement(*mut sqlite::sqlite3_stmt);

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the handle came from sqlite3_prepare_v2 and is finalized once.
        unsafe { sqlite::sqlite3_finalize(self.0) };
    }
}

impl Database {
    /// Opens a file as the hub does: WAL, full flush.
    pub fn open(path: &Path) -> Database {
        let name = CString::new(path.display().to_string()).expect("a path");
        let mut handle = null_mut();
        // SAFETY: `name` ends with NUL and outlives the call; `handle` is written by it.
        let code = unsafe { sqlite::sqlite3_open(name.as_ptr(), &raw mut handle) };
        assert_eq!(code, sqlite::SQLITE_OK, "{}", path.display());
        let database = Database(handle);
        database.run("PRAGMA journal_mode = WAL");
        database.run("PRAGMA synchronous = FULL");
        database.run("PRAGMA cache_size = -65536");
        database.run("PRAGMA wal_autocheckpoint = 4000");
        database
    }

    /// Runs a statement without values.
    pub fn run(&self, sql: &str) {
        let text = CString::new(sql).expect("SQL");
        // SAFETY: `text` ends with NUL; no callback is given.
        let code =
            unsafe { sqlite::sqlite3_exec(self.0, text.as_ptr(), None, null_mut(), null_mut()) };
        assert_eq!(code, sqlite::SQLITE_OK, "{sql}: {}", self.fault());
    }

    fn fault(&self) -> String {
        // SAFETY: the message belongs to the open handle and is copied at once.
        unsafe { CStr::from_ptr(sqlite::sqlite3_errmsg(self.0)) }
            .to_string_lossy()
            .into_owned()
    }

    fn prepare(&self, sql: &str) -> Statement {
        let text = CString::new(sql).expect("SQL");
        let mut handle = null_mut();
        // SAFETY: `text` ends with NUL; `handle` is written by the call.
        let code = unsafe {
            sqlite::sqlite3_prepare_v2(self.0, text.as_ptr(), -1, &raw mut handle, null_mut())
        };
        assert_eq!(code, sqlite::SQLITE_OK, "{sql}: {}", self.fault());
        Statement(handle)
    }

    fn rows(&self, sql: &str) -> Vec<Vec<Cell>> {
        let statement = self.prepare(sql);
        let mut rows = Vec::new();
        // SAFETY: columns are read while the row is current, and copied.
        unsafe {
            while sqlite::sqlite3_step(statement.0) == sqlite::SQLITE_ROW {
                let columns = sqlite::sqlite3_column_count(statement.0);
                rows.push(
                    (0..columns)
                        .map(|column| {
                            let bytes = |pointer: *const u8| {
                                let length =
                                    sqlite::sqlite3_column_bytes(statement.0, column) as usize;
                                if length == 0 {
                                    Vec::new()
                                } else {
                                    std::slice::from_raw_parts(pointer, length).to_vec()
                                }
                            };
                            match sqlite::sqlite3_column_type(statement.0, column) {
                                sqlite::SQLITE_INTEGER => {
                                    Cell::Integer(sqlite::sqlite3_column_int64(statement.0, column))
                                }
                                sqlite::SQLITE_TEXT => Cell::Text(bytes(
                                    sqlite::sqlite3_column_text(statement.0, column),
                                )),
                                sqlite::SQLITE_NULL => Cell::Null,
                                _ => Cell::Blob(bytes(
                                    sqlite::sqlite3_column_blob(statement.0, column).cast(),
                                )),
                            }
                        })
                        .collect(),
                );
            }
        }
        rows
    }

    fn insert(&self, statement: &Statement, row: &[Cell]) {
        // SAFETY: bound bytes outlive the step; bindings are replaced before the next one.
        unsafe {
            for (place, cell) in (1..).zip(row) {
                let code = match cell {
                    Cell::Null => sqlite::sqlite3_bind_null(statement.0, place),
                    Cell::Integer(number) => {
                        sqlite::sqlite3_bind_int64(statement.0, place, *number)
                    }
                    Cell::Text(text) => sqlite::sqlite3_bind_text(
                        statement.0,
                        place,
                        text.as_ptr().cast(),
                        text.len() as i32,
                        sqlite::SQLITE_STATIC(),
                    ),
                    Cell::Blob(blob) => sqlite::sqlite3_bind_blob(
                        statement.0,
                        place,
                        blob.as_ptr().cast(),
                        blob.len() as i32,
                        sqlite::SQLITE_STATIC(),
                    ),
                };
                assert_eq!(code, sqlite::SQLITE_OK, "{}", self.fault());
            }
            assert_eq!(
                sqlite::sqlite3_step(statement.0),
                sqlite::SQLITE_DONE,
                "{}",
                self.fault()
            );
            sqlite::sqlite3_reset(statement.0);
        }
    }
}

/// All rows of a table, and how many belong to one row of `records`.
struct Table {
    name: &'static str,
    rows: Vec<Vec<Cell>>,
}

/// What a hub stored, ready to be stored again.
pub struct Copy {
    /// Of each table and index: its name, its table, and how it is made.
    schema: Vec<[String; 3]>,
    tables: Vec<Table>,
    /// Rows of `records`.
    pub records: usize,
}

/// Reads everything that ingest writes, in the order in which it was written.
pub fn copy(path: &Path) -> Copy {
    let database = Database::open(path);
    let text = |cell: &Cell| match cell {
        Cell::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    let schema = database
        .rows("SELECT name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY type = 'table' DESC, rowid")
        .iter()
        .map(|row| [text(&row[0]), text(&row[1]), text(&row[2])])
        .collect();
    let tables: Vec<Table> = [
        ("records", "id"),
        ("links", "record_id"),
        ("deliveries", "id"),
        ("submissions", "id"),
        ("volumes", "submission_id"),
        ("issues", "submission_id, seq"),
        ("leaves", "leaf_index"),
    ]
    .into_iter()
    .map(|(name, order)| Table {
        name,
        rows: database.rows(&format!("SELECT * FROM {name} ORDER BY {order}")),
    })
    .collect();
    let records = tables[0].rows.len();
    Copy {
        schema,
        tables,
        records,
    }
}

/// Stores the copy again, bare; how long that took. `without` leaves tables or an index out.
pub fn insert(copy: &Copy, path: &Path, without: &[&str]) -> Duration {
    let database = Database::open(path);
    for [name, table, sql] in &copy.schema {
        if !without
            .iter()
            .any(|left_out| left_out == name || left_out == table)
        {
            database.run(sql);
        }
    }
    let tables: Vec<(&Table, Statement)> = copy
        .tables
        .iter()
        .filter(|table| !table.rows.is_empty() && !without.contains(&table.name))
        .map(|table| {
            let marks = vec!["?"; table.rows[0].len()].join(",");
            (
                table,
                database.prepare(&format!("INSERT INTO {} VALUES ({marks})", table.name)),
            )
        })
        .collect();
    let groups = copy.records.div_ceil(500);
    let started = Instant::now();
    for group in 0..groups {
        database.run("BEGIN IMMEDIATE");
        for (table, statement) in &tables {
            let share = |group: usize| table.rows.len() * group / groups;
            for row in &table.rows[share(group)..share(group + 1)] {
                database.insert(statement, row);
            }
        }
        database.run("COMMIT");
    }
    started.elapsed()
}
