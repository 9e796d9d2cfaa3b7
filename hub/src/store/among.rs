//! `column IN (many values)` for SQLite as one parameter: a JSON list. However many values are asked, the statement
//! is the same one and stays prepared. (PostgreSQL has arrays.)

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::Sqlite;

/// The condition that a column holds one of many values.
#[derive(Debug, Clone, QueryId)]
pub struct Among<C> {
    column: C,
    values: String,
}

/// Asks whether a column holds one of these numbers.
pub fn among<C: Expression<SqlType = BigInt>>(column: C, values: &[i64]) -> Among<C> {
    let words: Vec<String> = values.iter().map(i64::to_string).collect();
    Among {
        column,
        values: format!("[{}]", words.join(",")),
    }
}

/// Asks whether a column holds one of these texts.
pub fn among_texts<C: Expression<SqlType = Text>>(column: C, values: &[String]) -> Among<C> {
    Among {
        column,
        values: serde_json::Value::from(values).to_string(),
    }
}

impl<C> Expression for Among<C> {
    type SqlType = Bool;
}

impl<C: AppearsOnTable<T>, T> AppearsOnTable<T> for Among<C> {}

impl<C, G> ValidGrouping<G> for Among<C> {
    type IsAggregate = is_aggregate::Never;
}

impl<C: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Among<C> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.column.walk_ast(pass.reborrow())?;
        pass.push_sql(" IN (SELECT value FROM json_each(");
        pass.push_bind_param::<Text, _>(&self.values)?;
        pass.push_sql("))");
        Ok(())
    }
}
