//! Messages that could not be read as a submission: kept with the problem, so that nothing is lost and nothing blocks.

use diesel::prelude::*;

use super::schema::refused_messages;
use super::totals::Span;
use super::{Database, StoreError, on};

/// A row of `refused_messages`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = refused_messages, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct RefusedMessage {
    pub place: String,
    pub message_offset: i64,
    pub source: String,
    pub received_at: i64,
    pub message_key: Option<Vec<u8>>,
    pub raw_sha256: Vec<u8>,
    pub raw_bytes: i64,
    pub raw: Option<Vec<u8>>,
    pub problem: String,
}

/// What was refused, the newest first.
pub fn listed(
    connection: &mut Database,
    span: &Span,
    limit: i64,
) -> Result<Vec<RefusedMessage>, StoreError> {
    let mut query = refused_messages::table
        .order((
            refused_messages::received_at.desc(),
            refused_messages::message_offset.desc(),
        ))
        .limit(limit)
        .select(RefusedMessage::as_select())
        .into_boxed();
    if let Some(source) = &span.source {
        query = query.filter(refused_messages::source.eq(source.clone()));
    }
    if let Some(from) = span.from {
        query = query.filter(refused_messages::received_at.ge(from));
    }
    if let Some(to) = span.to {
        query = query.filter(refused_messages::received_at.lt(to));
    }
    Ok(query.load(connection)?)
}

/// Keeps a message. What is kept already stays as it is.
pub fn keep(connection: &mut Database, message: &RefusedMessage) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(refused_messages::table)
        .values(message)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}
