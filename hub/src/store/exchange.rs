//! An exchange database as a source has it: made and filled by the demo, which plays the source. A hub never writes one.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde_json::{Map, Value};

use super::StoreError;

/// A table and its rows.
#[derive(Debug)]
pub struct Filled {
    /// Name of the table.
    pub name: String,
    /// Column that tells its rows apart: a number.
    pub key: String,
    /// Column in whose order they are read.
    pub watermark: String,
    /// Rows: columns by name.
    pub rows: Vec<Map<String, Value>>,
}

/// Makes an SQLite database with these tables.
pub fn fill(path: &Path, tables: &[Filled]) -> Result<(), StoreError> {
    let connected = SqliteConnection::establish(&path.display().to_string());
    let mut connection = connected.map_err(|error| StoreError::Connect(Box::new(error)))?;
    for table in tables {
        let own = [&table.key, &table.watermark];
        let filled = table.rows.iter().flat_map(Map::keys);
        let mut columns: Vec<&String> = filled.chain(own).collect();
        columns.sort_unstable();
        columns.dedup();
        for name in columns.iter().copied().chain(std::iter::once(&table.name)) {
            plain(name)?;
        }
        let (name, key) = (&table.name, &table.key);
        let typed: Vec<String> = columns
            .iter()
            .map(|column| {
                let kind = if *column == key {
                    "INTEGER PRIMARY KEY"
                } else {
                    "TEXT"
                };
                format!("[{column}] {kind}")
            })
            .collect();
        connection.batch_execute(&format!("CREATE TABLE [{name}] ({})", typed.join(", ")))?;
        let places = vec!["?"; columns.len()].join(", ");
        let names: Vec<String> = columns.iter().map(|name| format!("[{name}]")).collect();
        let sql = format!(
            "INSERT INTO [{name}] ({}) VALUES ({places})",
            names.join(", ")
        );
        connection.transaction(|connection| {
            for row in &table.rows {
                let mut insert = diesel::sql_query(&sql).into_boxed::<diesel::sqlite::Sqlite>();
                for column in &columns {
                    let text = row.get(*column).and_then(|value| match value {
                        Value::Null => None,
                        Value::String(text) => Some(text.clone()),
                        other => Some(other.to_string()),
                    });
                    insert = insert.bind::<Nullable<Text>, _>(text);
                }
                insert.execute(connection)?;
            }
            Ok::<(), StoreError>(())
        })?;
    }
    Ok(())
}

/// Names of columns that need no more than brackets.
fn plain(name: &str) -> Result<(), StoreError> {
    if name.contains(['[', ']']) || name.is_empty() {
        return Err(StoreError::Damaged {
            place: "a table to fill".to_owned(),
            what: format!("`{name}` is no name of a table or column"),
        });
    }
    Ok(())
}
