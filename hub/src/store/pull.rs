//! Exchange databases of sources, read and never written: rows of a table as JSON, in the order of a watermark.
//!
//! The database makes the JSON itself, so that any table can be read; columns come as they are there, and mean what
//! the source's profile says.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::{Database, StoreError, is_postgres};

/// What is read.
#[derive(Debug, Clone)]
pub struct Table {
    /// Table or view, with its schema if need be.
    pub name: String,
    /// Columns to read; none: all.
    pub columns: Vec<String>,
    /// Column that only grows.
    pub watermark: String,
    /// Column that tells rows of one watermark apart.
    pub key: String,
    /// Bytes of a row at most.
    pub row_bytes: usize,
}

/// A place between two rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// Watermark of the row before it, as text.
    pub watermark: String,
    /// Its key, as text.
    pub key: String,
}

/// A row.
#[derive(Debug, Clone, QueryableByName)]
pub struct PulledRow {
    /// Its columns as one JSON object, on one line; none when it is too long.
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    /// Bytes of that.
    #[diesel(sql_type = BigInt)]
    pub bytes: i64,
    /// Its watermark.
    #[diesel(sql_type = Text)]
    watermark: String,
    /// Its key.
    #[diesel(sql_type = Text)]
    key: String,
}

impl PulledRow {
    /// Its text; of a row that is too long, what identifies it.
    pub fn text(&self) -> &str {
        self.body.as_deref().unwrap_or(&self.key)
    }

    /// The place after it.
    pub fn mark(&self) -> Mark {
        Mark {
            watermark: self.watermark.clone(),
            key: self.key.clone(),
        }
    }
}

/// An exchange database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// It cannot be reached, or does not do what is asked.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A statement failed; the database says why.
    #[error("{0}")]
    Query(#[from] diesel::result::Error),
    /// There is no such table.
    #[error("there is no table or view `{0}`, or the hub may not read it")]
    Table(String),
    /// A column is missing.
    #[error("`{table}` has no column `{column}`, it has {known}")]
    Column {
        /// The table.
        table: String,
        /// The column that is configured.
        column: String,
        /// Columns that it has.
        known: String,
    },
    /// A name that cannot be quoted.
    #[error("`{0}` is not a name of a table or column")]
    Name(String),
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// An exchange database, opened for reading only.
pub struct Remote {
    connection: Database,
}

/// A statement, ready for the table as it is now.
#[derive(Debug, Clone)]
pub struct Statement {
    columns: String,
    order: String,
    watermark: String,
    key: String,
    from: String,
    casts: [String; 2],
    length: &'static str,
    row_bytes: usize,
}

impl Remote {
    /// Opens a database for reading only, and bounds the time of each statement.
    pub fn open(url: &str, statement_ms: u64) -> Result<Remote, PullError> {
        let connect = |error: ConnectionError| StoreError::Connect(Box::new(error));
        let connection = if is_postgres(url) {
            let mark = if url.contains('?') { '&' } else { '?' };
            let bounded = if url.contains("connect_timeout") {
                url.to_owned()
            } else {
                format!("{url}{mark}connect_timeout=10")
            };
            let mut postgres = PgConnection::establish(&bounded).map_err(connect)?;
            postgres.batch_execute(&format!(
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET statement_timeout = {statement_ms}; \
                 SET lock_timeout = {statement_ms}; SET datestyle = 'ISO, YMD'; SET client_encoding = 'UTF8'; \
                 SET application_name = 'exchange-hub'"
            ))?;
            Database::Postgres(postgres)
        } else {
            let path = url.strip_prefix("sqlite://").unwrap_or(url);
            let escaped = path
                .replace('%', "%25")
                .replace('?', "%3f")
                .replace('#', "%23");
            let mut sqlite =
                SqliteConnection::establish(&format!("file:{escaped}?mode=ro")).map_err(connect)?;
            sqlite.batch_execute("PRAGMA query_only = ON; PRAGMA busy_timeout = 5000;")?;
            Database::Sqlite(sqlite)
        };
        Ok(Remote { connection })
    }

    /// Looks at the table as it is now, and makes the statement that reads it.
    pub fn prepare(&mut self, table: &Table) -> Result<Statement, PullError> {
        let known = self.columns(&table.name)?;
        if known.is_empty() {
            return Err(PullError::Table(table.name.clone()));
        }
        let find = |wanted: &String| {
            known
                .iter()
                .find(|column| column.name == *wanted)
                .ok_or_else(|| PullError::Column {
                    table: table.name.clone(),
                    column: wanted.clone(),
                    known: known
                        .iter()
                        .map(|c| &*c.name)
                        .collect::<Vec<_>>()
                        .join(", "),
                })
        };
        let (watermark, key) = (find(&table.watermark)?, find(&table.key)?);
        let wanted: Vec<&Column> = if table.columns.is_empty() {
            known.iter().collect()
        } else {
            table.columns.iter().map(find).collect::<Result<_, _>>()?
        };
        let quote = match self.connection {
            Database::Sqlite(_) => in_brackets,
            Database::Postgres(_) => in_quotes,
        };
        let (mark, tie) = (quote(&watermark.name)?, quote(&key.name)?);
        let columns = match self.connection {
            Database::Sqlite(_) => json_of_sqlite(&wanted)?,
            Database::Postgres(_) => {
                let list: Vec<String> = wanted
                    .iter()
                    .map(|column| Ok(format!("t.{}", in_quotes(&column.name)?)))
                    .collect::<Result<_, PullError>>()?;
                format!(
                    "row_to_json((SELECT r FROM (SELECT {}) r))::text",
                    list.join(", ")
                )
            }
        };
        let cast = |place: &str, column: &Column| match self.connection {
            Database::Sqlite(_) => place.to_owned(),
            Database::Postgres(_) => format!("CAST({place} AS {})", column.kind),
        };
        Ok(Statement {
            columns,
            order: format!("t.{mark}, t.{tie}"),
            from: self.quoted_table(&table.name)?,
            casts: [cast("$", watermark), cast("$", key)],
            watermark: mark,
            key: tie,
            length: match self.connection {
                Database::Sqlite(_) => "length(CAST(b.body AS BLOB))",
                Database::Postgres(_) => "octet_length(b.body)",
            },
            row_bytes: table.row_bytes,
        })
    }

    /// Rows after one place, and not after another, in order.
    pub fn page(
        &mut self,
        statement: &Statement,
        after: Option<&Mark>,
        until: Option<&Mark>,
        most: usize,
    ) -> Result<Vec<PulledRow>, PullError> {
        let marks: Vec<&Mark> = after.iter().chain(&until).copied().collect();
        let sql = statement.text(after.is_some(), until.is_some(), most);
        let rows = match &mut self.connection {
            Database::Sqlite(sqlite) => {
                let mut query = diesel::sql_query(sql).into_boxed::<diesel::sqlite::Sqlite>();
                for mark in marks {
                    query = query
                        .bind::<Text, _>(&mark.watermark)
                        .bind::<Text, _>(&mark.key);
                }
                query.load(sqlite)?
            }
            Database::Postgres(postgres) => {
                let mut query = diesel::sql_query(sql).into_boxed::<diesel::pg::Pg>();
                for mark in marks {
                    query = query
                        .bind::<Text, _>(&mark.watermark)
                        .bind::<Text, _>(&mark.key);
                }
                query.load(postgres)?
            }
        };
        Ok(rows)
    }

    fn columns(&mut self, table: &str) -> Result<Vec<Column>, PullError> {
        Ok(match &mut self.connection {
            Database::Sqlite(sqlite) => diesel::sql_query(
                "SELECT name, '' AS kind FROM pragma_table_info(?) ORDER BY cid",
            )
            .bind::<Text, _>(table)
            .load(sqlite)?,
            Database::Postgres(postgres) => diesel::sql_query(
                "SELECT a.attname::text AS name, format_type(a.atttypid, -1) AS kind FROM pg_attribute a \
                 WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            )
            .bind::<Text, _>(table)
            .load(postgres)?,
        })
    }

    fn quoted_table(&self, name: &str) -> Result<String, PullError> {
        match self.connection {
            Database::Sqlite(_) => in_brackets(name),
            // As PostgreSQL reads it: it was found under this very text.
            Database::Postgres(_) if name.chars().any(|c| c == ';' || c.is_control()) => {
                Err(PullError::Name(name.to_owned()))
            }
            Database::Postgres(_) => Ok(name.to_owned()),
        }
    }
}

impl Statement {
    fn text(&self, after: bool, until: bool, most: usize) -> String {
        let Statement {
            columns,
            order,
            watermark,
            key,
            from,
            casts: [mark, tie],
            length,
            row_bytes,
        } = self;
        let mut number = 0;
        let mut place = |cast: &String| {
            number += 1;
            cast.replace('$', &format!("${number}"))
        };
        let mut conditions = Vec::new();
        for (wanted, sign) in [(after, ">"), (until, "<=")] {
            if wanted {
                conditions.push(format!(
                    "({order}) {sign} ({}, {})",
                    place(mark),
                    place(tie)
                ));
            }
        }
        let conditions = if conditions.is_empty() {
            format!("t.{watermark} IS NOT NULL")
        } else {
            conditions.join(" AND ")
        };
        format!(
            "SELECT CASE WHEN {length} <= {row_bytes} THEN b.body END AS body, \
             CAST({length} AS BIGINT) AS bytes, b.watermark, b.tie AS key \
             FROM (SELECT {columns} AS body, CAST(t.{watermark} AS TEXT) AS watermark, CAST(t.{key} AS TEXT) AS tie \
             FROM {from} t WHERE {conditions} ORDER BY {order} LIMIT {most}) b"
        )
    }
}

/// Columns of SQLite as one JSON object; its function takes no more than some sixty of them at once.
fn json_of_sqlite(columns: &[&Column]) -> Result<String, PullError> {
    let mut objects = Vec::new();
    for some in columns.chunks(50) {
        let mut pairs = Vec::with_capacity(some.len());
        for column in some {
            let (text, name) = (column.name.replace('\'', "''"), in_brackets(&column.name)?);
            pairs.push(format!(
                "'{text}', CASE typeof(t.{name}) WHEN 'blob' THEN hex(t.{name}) ELSE t.{name} END"
            ));
        }
        objects.push(format!(
            "rtrim(ltrim(json_object({}), '{{'), '}}')",
            pairs.join(", ")
        ));
    }
    Ok(format!("'{{' || {} || '}}'", objects.join(" || ',' || ")))
}

/// SQLite takes a name in double quotes for a text when there is no such column; in brackets it never does.
fn in_brackets(name: &str) -> Result<String, PullError> {
    if name.contains([']', '\0']) {
        return Err(PullError::Name(name.to_owned()));
    }
    Ok(format!("[{name}]"))
}

fn in_quotes(name: &str) -> Result<String, PullError> {
    if name.contains('\0') {
        return Err(PullError::Name(name.to_owned()));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}
