//! Answers owed to the senders of messages: written with the records, gone when the broker has them.

use diesel::prelude::*;

use super::schema::replies;
use super::{Database, StoreError, on};

/// A row of `replies`. It holds either the submission that the message became, or why it became none.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = replies, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct Reply {
    pub place: String,
    pub message_offset: i64,
    pub topic: String,
    pub message_key: Option<Vec<u8>>,
    pub submission_id: Option<i64>,
    pub problem: Option<String>,
}

/// Owes a reply. What is owed already stays as it is.
pub fn owe(connection: &mut Database, reply: &Reply) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(replies::table)
        .values(reply)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// What is owed, the oldest of each place first, without what is for any of these topics.
pub fn owed(
    connection: &mut Database,
    without: &[String],
    limit: i64,
) -> Result<Vec<Reply>, StoreError> {
    Ok(replies::table
        .filter(replies::topic.ne_all(without))
        .order((replies::place, replies::message_offset))
        .limit(limit)
        .select(Reply::as_select())
        .load(connection)?)
}

/// Strikes out what the broker has.
pub fn sent(connection: &mut Database, replies: &[(String, i64)]) -> Result<(), StoreError> {
    for (place, offset) in replies {
        on!(connection, c => diesel::delete(replies::table.find((place, offset))).execute(c))?;
    }
    Ok(())
}

/// Takes the one place of a sender, as long as the connection lasts: hubs that share a PostgreSQL need not send
/// the same replies.
pub fn take_place(connection: &mut Database) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        taken: bool,
    }
    match connection {
        Database::Sqlite(_) => Ok(true),
        Database::Postgres(postgres) => {
            let row: Taken = diesel::sql_query("SELECT pg_try_advisory_lock(7303012) AS taken")
                .get_result(postgres)?;
            Ok(row.taken)
        }
    }
}
