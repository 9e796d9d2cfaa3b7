//! Who may talk to the hub: keys of sources and readers. Only the SHA-256 of a key is kept.
//!
//! Written by commands while a hub may be serving the same database, so statements are short and complete.

use diesel::prelude::*;

use super::schema::api_keys;
use super::{Database, StoreError};

/// What the holder of a key may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sends submissions, and sees its own.
    Source,
    /// Sends submissions to the sandbox, and sees its own there.
    Sandbox,
    /// Reads everything 交易中心.
    Centre,
    /// Reads everything 审计.
    Auditor,
    /// Reads everything, and may act on deliveries 运维.
    Operator,
}

impl Role {
    /// The word for it, in the table and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Sandbox => "sandbox",
            Role::Centre => "centre",
            Role::Auditor => "auditor",
            Role::Operator => "operator",
        }
    }

    fn of_name(name: &str) -> Option<Role> {
        use Role::{Auditor, Centre, Operator, Sandbox, Source};
        [Source, Sandbox, Centre, Auditor, Operator]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// A key, without the key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Principal {
    /// Number of the key.
    pub id: i64,
    /// Source identifier, or the name of a reader.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made, milliseconds since 1970 UTC.
    pub created_at: i64,
    /// When it was retired, likewise.
    pub retired_at: Option<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct Row {
    id: i64,
    principal: String,
    role: String,
    created_at: i64,
    retired_at: Option<i64>,
}

impl Row {
    fn principal(self) -> Result<Principal, StoreError> {
        let role = Role::of_name(&self.role).ok_or_else(|| StoreError::Damaged {
            place: format!("api_keys {}", self.id),
            what: format!("unknown role `{}`", self.role),
        })?;
        Ok(Principal {
            id: self.id,
            name: self.principal,
            role,
            created_at: self.created_at,
            retired_at: self.retired_at,
        })
    }
}

/// Adds a key; returns its number.
pub fn add(
    connection: &mut Database,
    name: &str,
    role: Role,
    key_sha256: &str,
    now: i64,
) -> Result<i64, StoreError> {
    // Two commands at once may draw the same number; the second draws again.
    for _ in 0..16 {
        let highest: Option<i64> = api_keys::table
            .select(diesel::dsl::max(api_keys::id))
            .first(connection)?;
        let id = highest.map_or(1, |id| id + 1);
        let inserted = diesel::insert_into(api_keys::table)
            .values((
                api_keys::id.eq(id),
                api_keys::principal.eq(name),
                api_keys::role.eq(role.name()),
                api_keys::key_sha256.eq(key_sha256),
                api_keys::created_at.eq(now),
            ))
            .execute(connection);
        match inserted {
            Ok(_) => return Ok(id),
            Err(diesel::result::Error::DatabaseError(
                diesel::result::DatabaseErrorKind::UniqueViolation,
                _,
            )) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Damaged {
        place: "api_keys".to_owned(),
        what: "no free number was found".to_owned(),
    })
}

/// Finds the holder of a key that is not retired.
pub fn find(connection: &mut Database, key_sha256: &str) -> Result<Option<Principal>, StoreError> {
    api_keys::table
        .filter(api_keys::key_sha256.eq(key_sha256))
        .filter(api_keys::retired_at.is_null())
        .select(Row::as_select())
        .first(connection)
        .optional()?
        .map(Row::principal)
        .transpose()
}

/// Lists all keys in the order in which they were made.
pub fn list(connection: &mut Database) -> Result<Vec<Principal>, StoreError> {
    let rows: Vec<Row> = api_keys::table
        .order(api_keys::id)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(Row::principal).collect()
}

/// Retires a key by its number; whether there was one in force.
pub fn retire(connection: &mut Database, id: i64, now: i64) -> Result<bool, StoreError> {
    let rows = diesel::update(api_keys::table.find(id))
        .filter(api_keys::retired_at.is_null())
        .set(api_keys::retired_at.eq(Some(now)))
        .execute(connection)?;
    Ok(rows > 0)
}

/// Retires all keys of a source; how many were in force.
pub fn retire_source(connection: &mut Database, name: &str, now: i64) -> Result<usize, StoreError> {
    Ok(diesel::update(
        api_keys::table
            .filter(api_keys::principal.eq(name))
            .filter(api_keys::role.eq_any([Role::Source.name(), Role::Sandbox.name()]))
            .filter(api_keys::retired_at.is_null()),
    )
    .set(api_keys::retired_at.eq(Some(now)))
    .execute(connection)?)
}

/// Asks the table for nothing: whether the store answers.
pub fn reachable(connection: &mut Database) -> Result<(), StoreError> {
    api_keys::table
        .select(api_keys::id)
        .first::<i64>(connection)
        .optional()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    #[test]
    fn a_key_opens_until_it_is_retired() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let url = folder.path().join("hub.db").to_string_lossy().into_owned();
        let mut connection = store::connect(&url)?;
        store::migrate(&mut connection)?;
        let first = add(&mut connection, "320100", Role::Source, "aa", 1)?;
        let second = add(&mut connection, "320100", Role::Source, "bb", 2)?;
        add(&mut connection, "audit", Role::Auditor, "cc", 3)?;
        assert_ne!(first, second);
        assert_eq!(
            find(&mut connection, "aa")?.map(|found| found.name),
            Some("320100".to_owned())
        );
        assert!(retire(&mut connection, first, 9)?);
        assert!(!retire(&mut connection, first, 9)?);
        assert_eq!(find(&mut connection, "aa")?, None);
        assert_eq!(retire_source(&mut connection, "320100", 10)?, 1);
        assert_eq!(find(&mut connection, "bb")?, None);
        assert_eq!(
            find(&mut connection, "cc")?.map(|found| found.role),
            Some(Role::Auditor)
        );
        assert_eq!(list(&mut connection)?.len(), 3);
        Ok(())
    }
}
