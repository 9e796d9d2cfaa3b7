//! Bulk inserts: on SQLite row by row through a statement that stays prepared (a call costs next to nothing
//! there), on PostgreSQL many rows through wide statements (there the round trip is what costs).

use diesel::prelude::*;

use super::records::{Link, RecordRow, Wait};
use super::schema::{deliveries, issues, links, records, submissions, volumes, waiting};
use super::submissions::{IssueRow, Submission, Volume};
use super::{Database, StoreError, on};

/// A row of `deliveries`, newly owed.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = deliveries, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Owed {
    pub id: i64,
    pub destination: String,
    pub record_id: i64,
    pub lane: i64,
    pub state: i32,
    pub attempts: i32,
    pub due_at: i64,
    pub updated_at: i64,
}

/// What a submission adds.
#[derive(Debug, Default)]
pub struct Rows {
    /// Record versions.
    pub records: Vec<RecordRow>,
    /// Values by which they are found.
    pub links: Vec<Link>,
    /// Values that parked ones wait for.
    pub waiting: Vec<Wait>,
    /// What is owed to destinations.
    pub owed: Vec<Owed>,
    /// Findings.
    pub issues: Vec<IssueRow>,
    /// Counts per data set.
    pub volumes: Vec<Volume>,
}

/// Rows of one wide statement.
const WIDE: usize = 500;

/// Inserts the row of a submission.
pub fn submission(connection: &mut Database, row: &Submission) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(submissions::table).values(row).execute(c))?;
    Ok(())
}

/// Inserts what a submission adds, or a part of it, or a record that was released.
pub fn rows(connection: &mut Database, rows: &Rows) -> Result<(), StoreError> {
    insert_records(connection, &rows.records)?;
    // In order of hash, so that neighbours in the tree are written together.
    let mut sorted = rows.links.clone();
    sorted.sort_unstable_by_key(|link| (link.hash, link.record_id));
    insert_links(connection, &sorted)?;
    for wait in &rows.waiting {
        on!(connection, c => diesel::insert_into(waiting::table).values(wait).execute(c))?;
    }
    insert_owed(connection, &rows.owed)?;
    insert_issues(connection, &rows.issues)?;
    for volume in &rows.volumes {
        on!(connection, c => diesel::insert_into(volumes::table).values(volume).execute(c))?;
    }
    Ok(())
}

/// Writes one insert function per table.
macro_rules! bulk {
    ($name:ident, $table:path, $row:ty) => {
        fn $name(connection: &mut Database, rows: &[$row]) -> Result<(), StoreError> {
            match connection {
                Database::Sqlite(sqlite) => {
                    for row in rows {
                        diesel::insert_into($table).values(row).execute(sqlite)?;
                    }
                }
                Database::Postgres(postgres) => {
                    for chunk in rows.chunks(WIDE) {
                        diesel::insert_into($table)
                            .values(chunk)
                            .execute(postgres)?;
                    }
                }
            }
            Ok(())
        }
    };
}

bulk!(insert_records, records::table, RecordRow);
bulk!(insert_links, links::table, Link);
bulk!(insert_owed, deliveries::table, Owed);
bulk!(insert_issues, issues::table, IssueRow);
