//! Conditions that must stand in a statement word for word, because the condition of a partial index is compared with
//! them. Unlike diesel's `sql`, a statement with these is kept prepared: their words never vary.

use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text};

/// A condition in fixed words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub &'static str);

/// The words of the indexes over deliveries, and over batches, that are open.
pub(super) const OPEN: Words = Words("state < 2");
/// The words of the index over deliveries that are open and urgent.
pub(super) const URGENT: Words = Words("state < 2 AND lane < 0");
/// The words of the index over deliveries that were refused or given up.
pub(super) const BADLY: Words = Words("state > 2");

impl<DB: Backend> QueryFragment<DB> for Words {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

/// Destination and number together, as the partial indexes hold them. It says nothing that the other conditions do not
/// say; but by these alone PostgreSQL may go along the primary key, through everything that ended in years.
#[derive(Debug, Clone, Copy)]
pub(super) struct Behind<'q> {
    pub destination: &'q str,
    pub after: i64,
}

impl<DB> QueryFragment<DB> for Behind<'_>
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt>,
    str: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(destination, id) > (");
        out.push_bind_param::<Text, str>(self.destination)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, i64>(&self.after)?;
        out.push_sql(")");
        Ok(())
    }
}

macro_rules! condition {
    ([$($life:lifetime)?], $name:ty) => {
        impl$(<$life>)? Expression for $name {
            type SqlType = Bool;
        }
        // No number of its own: the statement is known by its text.
        impl$(<$life>)? QueryId for $name {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl<$($life,)? G> ValidGrouping<G> for $name {
            type IsAggregate = is_aggregate::Never;
        }
        impl<$($life,)? T> SelectableExpression<T> for $name {}
        impl<$($life,)? T> AppearsOnTable<T> for $name {}
    };
}

condition!([], Words);
condition!(['q], Behind<'q>);
