//! `column IN (many values)` as one parameter: however many values are asked, the statement is the same one and stays
//! prepared. PostgreSQL has arrays; SQLite reads a list in JSON.

use std::cell::OnceCell;

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel::sqlite::Sqlite;
use serde_json::Value;

/// The condition that a column holds one of many values.
#[derive(Debug, Clone)]
pub struct Among<C, V> {
    column: C,
    values: Vec<V>,
    /// The same in JSON, once SQLite asks for it.
    listed: OnceCell<String>,
}

/// Asks whether a column holds one of these numbers.
pub fn among<C: Expression<SqlType = BigInt>>(column: C, values: &[i64]) -> Among<C, i64> {
    Among::new(column, values)
}

/// Asks whether a column holds one of these texts.
pub fn among_texts<C: Expression<SqlType = Text>>(
    column: C,
    values: &[String],
) -> Among<C, String> {
    Among::new(column, values)
}

impl<C, V: Clone> Among<C, V> {
    fn new(column: C, values: &[V]) -> Self {
        Among {
            column,
            values: values.to_vec(),
            listed: OnceCell::new(),
        }
    }
}

impl<C, V> Expression for Among<C, V> {
    type SqlType = Bool;
}

impl<C: AppearsOnTable<T>, T, V> AppearsOnTable<T> for Among<C, V> {}

impl<C, G, V> ValidGrouping<G> for Among<C, V> {
    type IsAggregate = is_aggregate::Never;
}

impl<C: QueryId, V: 'static> QueryId for Among<C, V> {
    type QueryId = Among<C::QueryId, V>;
    const HAS_STATIC_QUERY_ID: bool = C::HAS_STATIC_QUERY_ID;
}

impl<C: QueryFragment<Sqlite>, V: Clone + Into<Value>> QueryFragment<Sqlite> for Among<C, V> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let listed = || Value::from(self.values.as_slice()).to_string();
        self.column.walk_ast(pass.reborrow())?;
        pass.push_sql(" IN (SELECT value FROM json_each(");
        pass.push_bind_param::<Text, _>(self.listed.get_or_init(listed))?;
        pass.push_sql("))");
        Ok(())
    }
}

impl<C: QueryFragment<Pg>> QueryFragment<Pg> for Among<C, i64> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(pass.reborrow())?;
        pass.push_sql(" = ANY(");
        pass.push_bind_param::<Array<BigInt>, _>(&self.values)?;
        pass.push_sql(")");
        Ok(())
    }
}

impl<C: QueryFragment<Pg>> QueryFragment<Pg> for Among<C, String> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(pass.reborrow())?;
        pass.push_sql(" = ANY(");
        pass.push_bind_param::<Array<Text>, _>(&self.values)?;
        pass.push_sql(")");
        Ok(())
    }
}
