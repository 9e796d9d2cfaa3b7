//! How an engine goes about a statement: its plan, asked for with the statement's own parameters.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;

use super::super::{Database, StoreError};

/// The columns in which SQLite tells a plan.
type Nodes = (Integer, Integer, Integer, Text);

/// A statement that is explained instead of run, in rows of certain columns.
struct Explained<Q, Columns>(Q, PhantomData<Columns>);

impl<Q, Columns> QueryId for Explained<Q, Columns> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, Columns> Query for Explained<Q, Columns> {
    type SqlType = Columns;
}

impl<Q, Columns, Connection> RunQueryDsl<Connection> for Explained<Q, Columns> {}

impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Explained<Q, Nodes> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("EXPLAIN QUERY PLAN ");
        self.0.walk_ast(out)
    }
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Explained<Q, Text> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ");
        self.0.walk_ast(out)
    }
}

/// The steps of a statement. PostgreSQL takes them, to count the rows that they touch.
pub(in crate::store) fn steps<Q>(
    connection: &mut Database,
    statement: Q,
) -> Result<Vec<String>, StoreError>
where
    Q: QueryFragment<Sqlite> + QueryFragment<Pg>,
{
    match connection {
        Database::Sqlite(sqlite) => {
            let explained: Explained<Q, Nodes> = Explained(statement, PhantomData);
            let rows: Vec<(i32, i32, i32, String)> = explained.load(sqlite)?;
            Ok(rows.into_iter().map(|(.., step)| step).collect())
        }
        Database::Postgres(postgres) => {
            let explained: Explained<Q, Text> = Explained(statement, PhantomData);
            Ok(explained.load(postgres)?)
        }
    }
}
