//! How far each way in has read. Written in the transaction of the records, so that a crash neither loses nor repeats.

use diesel::prelude::*;

use super::schema::progress;
use super::{Database, StoreError, on};

/// The position of a place; none before anything was read there.
pub fn position(
    connection: &mut Database,
    way: &str,
    place: &str,
) -> Result<Option<String>, StoreError> {
    Ok(progress::table
        .find((way, place))
        .select(progress::position)
        .first(connection)
        .optional()?)
}

/// Moves a place on from the position that its reader believes in. Says no, and changes nothing, when somebody else
/// has moved it: then what was read must not be kept.
pub fn advance(
    connection: &mut Database,
    (way, place): (&str, &str),
    expected: Option<&str>,
    next: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let rows = match expected {
        None => {
            let row = (
                progress::way.eq(way),
                progress::place.eq(place),
                progress::position.eq(next),
                progress::updated_at.eq(now),
            );
            on!(connection, c => diesel::insert_into(progress::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(c))?
        }
        Some(expected) => {
            let set = (progress::position.eq(next), progress::updated_at.eq(now));
            on!(connection, c => diesel::update(progress::table.find((way, place)))
                .filter(progress::position.eq(expected))
                .set(set)
                .execute(c))?
        }
    };
    Ok(rows == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    #[test]
    fn only_who_knows_the_position_moves_it() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let url = folder.path().join("hub.db").to_string_lossy().into_owned();
        let mut connection = store::connect(&url)?;
        store::migrate(&mut connection)?;
        let place = ("kafka", "t/0");
        assert_eq!(position(&mut connection, place.0, place.1)?, None);
        assert!(!advance(&mut connection, place, Some("3"), "4", 1)?);
        assert!(advance(&mut connection, place, None, "5", 1)?);
        assert!(!advance(&mut connection, place, None, "9", 1)?);
        assert!(!advance(&mut connection, place, Some("4"), "9", 1)?);
        assert!(advance(&mut connection, place, Some("5"), "9", 1)?);
        let reached = position(&mut connection, place.0, place.1)?;
        assert_eq!(reached.as_deref(), Some("9"));
        Ok(())
    }
}
