//! The writer's transaction: how it begins and ends, and the numbers it gives.

use diesel::connection::{AnsiTransactionManager, TransactionManager as _};
use diesel::dsl::{exists, max};
use diesel::prelude::*;

use super::insert::Owed;
use super::owing::{self, Fresh, Owing};
use super::records::RecordRow;
use super::schema::{deliveries, leaves, records, spans, submissions, waiting};
use super::turns::Turn;
use super::{Database, StoreError, days, on};
use crate::leaf;
use crate::tlog::Entry;

/// The transaction of a group, as jobs see it.
pub struct Transaction<'t> {
    /// The connection inside the transaction.
    pub connection: &'t mut Database,
    /// The next free numbers.
    pub numbers: Numbers,
    /// Entries appended to the log so far, up to the next free index.
    pub entries: Vec<Entry>,
    /// What is owed to whom.
    pub owing: Owing,
    /// The place of the writer, until the end.
    _turn: Turn,
}

/// The next free numbers of the tables that the writer numbers, and what else it knows before a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// `submissions.id`.
    pub submission: i64,
    /// `records.id`.
    pub record: i64,
    /// `deliveries.id`.
    pub delivery: i64,
    /// `leaves.leaf_index`.
    pub leaf: i64,
    /// Whether any record is parked: saves a look-up per submission in the usual case.
    pub waiting: bool,
}

impl Numbers {
    /// Reads the highest numbers given so far.
    pub fn read(connection: &mut Database) -> Result<Self, StoreError> {
        let next = |highest: Option<i64>, first: i64| highest.map_or(first, |n| n + 1);
        on!(connection, c => Ok(Numbers {
            submission: next(submissions::table.select(max(submissions::id)).get_result(c)?, 1),
            record: next(records::table.select(max(records::id)).get_result(c)?, 1),
            delivery: next(deliveries::table.select(max(deliveries::id)).get_result(c)?, 1),
            leaf: next(leaves::table.select(max(leaves::leaf_index)).get_result(c)?, 0),
            waiting: diesel::select(exists(waiting::table.select(waiting::record_id))).get_result(c)?,
        }))
    }
}

impl<'t> Transaction<'t> {
    /// For judging only: nothing was begun, and nothing is to be kept.
    pub fn unbegun(connection: &'t mut Database, numbers: Numbers) -> Self {
        Transaction {
            connection,
            numbers,
            entries: Vec::new(),
            owing: Owing::default(),
            _turn: Turn::default(),
        }
    }

    /// Appends a leaf to the log, as [`leaf::encode`] wrote it; returns its index. What no entry bundle can hold is
    /// refused here: committed, it would stop the log for good.
    pub fn append_leaf(&mut self, body: Vec<u8>) -> Result<i64, StoreError> {
        leaf::fits(&body)?;
        let index = self.numbers.leaf;
        let row = (leaves::leaf_index.eq(index), leaves::body.eq(&body));
        on!(self.connection, c => diesel::insert_into(leaves::table).values(row).execute(c))?;
        self.numbers.leaf += 1;
        self.entries.push(Entry::from(body));
        Ok(index)
    }

    /// What destinations are owed of a record version that has become current. Without its source, it is looked up
    /// where a rule asks for it.
    pub fn owe(
        &mut self,
        row: &RecordRow,
        lane: i64,
        source: Option<&str>,
        projected: bool,
        now: i64,
    ) -> Result<Vec<Owed>, StoreError> {
        let sender = match source {
            Some(source) => source.to_owned(),
            None if self.owing.asks_source() => owing::sender(self.connection, row.submission_id)?,
            None => String::new(),
        };
        let fresh = Fresh {
            record: row.id,
            dataset: row.dataset,
            lane,
            source: &sender,
            projected,
        };
        Ok(self.owing.rows(&fresh, now, &mut self.numbers.delivery))
    }

    /// Ends with everything on disk; gives back what was appended to the log, and the index of the first of it.
    pub fn commit(self) -> Result<(i64, Vec<Entry>), StoreError> {
        let size = self.entries.len() as i64;
        let first = self.numbers.leaf - size;
        if size > 0 {
            let row = (spans::first_leaf.eq(first), spans::leaves.eq(size));
            on!(self.connection, c => diesel::insert_into(spans::table).values(row).execute(c))?;
        }
        match self.connection {
            Database::Sqlite(sqlite) => AnsiTransactionManager::commit_transaction(sqlite)?,
            Database::Postgres(postgres) => AnsiTransactionManager::commit_transaction(postgres)?,
        }
        Ok((first, self.entries))
    }
}

/// Begins, and takes the one place of a writer: whoever shares a database waits for the others here.
pub fn begin(connection: &mut Database) -> Result<Transaction<'_>, StoreError> {
    let turn = match connection {
        Database::Sqlite(sqlite) => Turn::begin(sqlite)?,
        Database::Postgres(postgres) => {
            AnsiTransactionManager::begin_transaction(postgres)?;
            diesel::sql_query("SELECT pg_advisory_xact_lock(7303001)").execute(postgres)?;
            Turn::default()
        }
    };
    let numbers = Numbers::read(connection)?;
    days::turn(connection, &numbers)?;
    Ok(Transaction {
        numbers,
        owing: Owing::read(connection)?,
        connection,
        entries: Vec::new(),
        _turn: turn,
    })
}
