//! The key under which values are looked up, wrapped; and how what was found by bare digests came under it.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};

use super::schema::lookup_keys;
use super::transaction::begin;
use super::{Database, StoreError, masters, on};
use crate::keys::LookupKey;

/// What the key is for: there is one.
const RECORDS: &str = "records";

/// The wrapped key, once there is one.
pub fn wrapped(connection: &mut Database) -> Result<Option<Vec<u8>>, StoreError> {
    let row = lookup_keys::table.find(RECORDS);
    Ok(row
        .select(lookup_keys::wrapped)
        .first(connection)
        .optional()?)
}

/// The key of a database. Where no master key was ever introduced nothing is kept, and nothing is found.
pub fn read(connection: &mut Database) -> Result<LookupKey, StoreError> {
    let damaged = |what: String| StoreError::Damaged {
        place: "lookup_keys".to_owned(),
        what,
    };
    match wrapped(connection)? {
        Some(wrapped) => LookupKey::open(&wrapped).map_err(|error| damaged(error.to_string())),
        None if masters::list(connection)?.is_empty() => Ok(LookupKey::of_nothing()),
        None => Err(damaged(
            "查找密钥尚未建立，请提供主密钥后启动一次枢纽 / there is no look-up key yet: start the hub once with its \
             master key"
                .to_owned(),
        )),
    }
}

/// Keeps the key that was drawn for a database.
pub fn add(connection: &mut Database, wrapped: &[u8], now: i64) -> Result<(), StoreError> {
    let row = (
        lookup_keys::purpose.eq(RECORDS),
        lookup_keys::wrapped.eq(wrapped),
        lookup_keys::created_at.eq(now),
    );
    on!(connection, c => diesel::insert_into(lookup_keys::table).values(row).execute(c))?;
    Ok(())
}

/// Keeps the same key, wrapped anew.
pub fn rewrite(connection: &mut Database, wrapped: &[u8]) -> Result<(), StoreError> {
    diesel::update(lookup_keys::table.find(RECORDS))
        .set(lookup_keys::wrapped.eq(wrapped))
        .execute(connection)?;
    Ok(())
}

/// Rows of one transaction, and of one statement.
const PAGE: usize = 500;

/// The tables whose rows are numbers only, with what they hold beside hash and record.
const TABLES: [(&str, &str); 4] = [
    ("links", ""),
    ("waiting", ""),
    ("past_parked", ""),
    ("past_links", ", until, until_leaf"),
];

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = Bool)]
    held: bool,
}

#[derive(QueryableByName)]
struct Bare {
    #[diesel(sql_type = BigInt)]
    hash: i64,
    #[diesel(sql_type = BigInt)]
    record_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    until: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    until_leaf: Option<i64>,
}

#[derive(QueryableByName)]
struct BareParked {
    #[diesel(sql_type = BigInt)]
    record_id: i64,
    #[diesel(sql_type = BigInt)]
    own_hash: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    message_hash: Option<i64>,
}

/// Whether anything is found by bare digests yet.
pub fn is_bare(connection: &mut Database) -> Result<bool, StoreError> {
    let names = TABLES.iter().map(|(table, _)| *table).chain(["parked"]);
    let each: Vec<String> = names
        .map(|table| format!("EXISTS (SELECT 1 FROM bare_{table})"))
        .collect();
    let ask = format!("SELECT ({}) AS held", each.join(" OR "));
    let found: Held = diesel::sql_query(ask).get_result(connection)?;
    Ok(found.held)
}

/// Brings what was found by bare digests under the key, a page a transaction: killed in between, it goes on where it
/// stopped, and no row is under the key twice. Gives back how many rows were moved. Nothing may be looked up before.
pub fn bring_under(connection: &mut Database, key: &LookupKey) -> Result<u64, StoreError> {
    let mut moved = 0;
    for (table, more) in TABLES {
        loop {
            let page = page_of(connection, key, table, more)?;
            moved += page as u64;
            if page == 0 {
                break;
            }
        }
    }
    while let page @ 1.. = parked(connection, key)? {
        moved += page as u64;
    }
    if moved > 0 {
        empty(connection)?;
    }
    Ok(moved)
}

fn page_of(
    connection: &mut Database,
    key: &LookupKey,
    table: &str,
    more: &str,
) -> Result<usize, StoreError> {
    let both = if more.is_empty() {
        ", CAST(NULL AS BIGINT) AS until, CAST(NULL AS BIGINT) AS until_leaf"
    } else {
        more
    };
    let ask = format!(
        "SELECT hash, record_id{both} FROM bare_{table} ORDER BY hash, record_id LIMIT {PAGE}"
    );
    let found: Vec<Bare> = diesel::sql_query(&ask).load(connection)?;
    if found.is_empty() {
        return Ok(0);
    }
    let transaction = begin(connection)?;
    // Another program may have moved them meanwhile: only now nobody else does.
    let rows: Vec<Bare> = diesel::sql_query(&ask).load(transaction.connection)?;
    if let Some(last) = rows.last() {
        let values: Vec<String> = rows
            .iter()
            .map(|row| {
                let (hash, record) = (key.keyed(row.hash), row.record_id);
                if more.is_empty() {
                    format!("({hash}, {record})")
                } else {
                    let number = |value: Option<i64>| {
                        value.map_or("NULL".to_owned(), |value| value.to_string())
                    };
                    let (until, leaf) = (number(row.until), number(row.until_leaf));
                    format!("({hash}, {record}, {until}, {leaf})")
                }
            })
            .collect();
        let values = values.join(", ");
        diesel::sql_query(format!(
            "INSERT INTO {table} (hash, record_id{more}) VALUES {values}"
        ))
        .execute(transaction.connection)?;
        diesel::sql_query(format!(
            "DELETE FROM bare_{table} WHERE (hash, record_id) <= ({}, {})",
            last.hash, last.record_id
        ))
        .execute(transaction.connection)?;
    }
    transaction.commit()?;
    Ok(found.len())
}

fn parked(connection: &mut Database, key: &LookupKey) -> Result<usize, StoreError> {
    let ask = format!(
        "SELECT record_id, own_hash, message_hash FROM bare_parked ORDER BY record_id LIMIT {PAGE}"
    );
    let found: Vec<BareParked> = diesel::sql_query(&ask).load(connection)?;
    if found.is_empty() {
        return Ok(0);
    }
    let transaction = begin(connection)?;
    let rows: Vec<BareParked> = diesel::sql_query(&ask).load(transaction.connection)?;
    for row in &rows {
        // Without a business key there is no hash of one: zero.
        let own = if row.own_hash == 0 {
            0
        } else {
            key.keyed(row.own_hash)
        };
        let message = row.message_hash.map(|hash| key.keyed(hash).to_string());
        let message = message.unwrap_or_else(|| "NULL".to_owned());
        let id = row.record_id;
        diesel::sql_query(format!(
            "INSERT INTO parked (record_id, submission_id, edition, own_hash, message_hash, since, warned, awaits) \
             SELECT record_id, submission_id, edition, {own}, {message}, since, warned, awaits FROM bare_parked \
             WHERE record_id = {id}"
        ))
        .execute(transaction.connection)?;
        diesel::sql_query(format!("DELETE FROM bare_parked WHERE record_id = {id}"))
            .execute(transaction.connection)?;
    }
    transaction.commit()?;
    Ok(found.len())
}

/// Frees what the emptied tables took on disk, so that no bare digest is left there.
fn empty(connection: &mut Database) -> Result<(), StoreError> {
    if let Database::Postgres(postgres) = connection {
        for (table, _) in TABLES {
            postgres.batch_execute(&format!("TRUNCATE bare_{table}"))?;
        }
        postgres.batch_execute("TRUNCATE bare_parked")?;
    }
    Ok(())
}
