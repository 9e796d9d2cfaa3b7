//! Files beside records: which came from whom under which code. Their bytes are in the object store.

use diesel::prelude::*;

use super::among::among_texts;
use super::erasures::DESTROYED;
use super::schema::attachments;
use super::{Database, StoreError, on};

/// A row of `attachments`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = attachments, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "columns are explained in migrations/README.md")]
pub struct AttachmentRow {
    pub id: i64,
    pub source: String,
    pub code: String,
    pub slot: String,
    pub sha256: Vec<u8>,
    pub bytes: i64,
    pub media_type: String,
    pub file_name: String,
    pub salt: String,
    pub received_at: i64,
    pub leaf_index: i64,
    pub wrapped: Option<Vec<u8>>,
}

impl AttachmentRow {
    /// Whether its bytes were destroyed on purpose.
    pub fn is_erased(&self) -> bool {
        self.wrapped.as_deref() == Some(&DESTROYED)
    }
}

/// Most files in one list.
const MOST: i64 = 1000;

/// The next free number.
pub fn next(connection: &mut Database) -> Result<i64, StoreError> {
    let highest: Option<i64> = on!(connection, c => attachments::table
        .select(diesel::dsl::max(attachments::id))
        .get_result(c))?;
    Ok(highest.map_or(1, |id| id + 1))
}

/// Adds a file.
pub fn insert(connection: &mut Database, row: &AttachmentRow) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(attachments::table).values(row).execute(c))?;
    Ok(())
}

/// Finds the very file: same source, code, slot and bytes.
pub fn same(
    connection: &mut Database,
    (source, code, slot): (&str, &str, &str),
    sha256: &[u8],
) -> Result<Option<AttachmentRow>, StoreError> {
    let wanted = attachments::source
        .eq(source)
        .and(attachments::code.eq(code))
        .and(attachments::slot.eq(slot))
        .and(attachments::sha256.eq(sha256));
    Ok(on!(connection, c => attachments::table
        .filter(wanted)
        .select(AttachmentRow::as_select())
        .get_result(c)
        .optional())?)
}

/// Puts another wrapped key in the place of what is there.
pub fn rewrap(connection: &mut Database, id: i64, wrapped: &[u8]) -> Result<(), StoreError> {
    let key = attachments::wrapped.eq(Some(wrapped.to_vec()));
    on!(connection, c => diesel::update(attachments::table.find(id)).set(key).execute(c))?;
    Ok(())
}

/// The next files after a number.
pub fn after(
    connection: &mut Database,
    id: i64,
    limit: i64,
) -> Result<Vec<AttachmentRow>, StoreError> {
    Ok(attachments::table
        .filter(attachments::id.gt(id))
        .order(attachments::id)
        .limit(limit)
        .select(AttachmentRow::as_select())
        .load(connection)?)
}

/// Whether other rows name the same bytes in clear.
pub fn others_name(connection: &mut Database, row: &AttachmentRow) -> Result<bool, StoreError> {
    let same = attachments::table
        .filter(attachments::sha256.eq(row.sha256.clone()))
        .filter(attachments::id.ne(row.id))
        .filter(attachments::wrapped.is_null());
    Ok(diesel::select(diesel::dsl::exists(same)).get_result(connection)?)
}

/// How many files there are.
pub fn all(connection: &mut Database) -> Result<i64, StoreError> {
    Ok(attachments::table.count().get_result(connection)?)
}

/// How many files a source has under a code.
pub fn count(connection: &mut Database, source: &str, code: &str) -> Result<i64, StoreError> {
    let wanted = attachments::source
        .eq(source)
        .and(attachments::code.eq(code));
    Ok(on!(connection, c => attachments::table.filter(wanted).count().get_result(c))?)
}

/// The files of a source under any of the codes, in order of their commit; in one query.
pub fn under(
    connection: &mut Database,
    source: &str,
    codes: &[String],
) -> Result<Vec<AttachmentRow>, StoreError> {
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on!(connection, c => attachments::table
        .filter(attachments::source.eq(source))
        .filter(among_texts(attachments::code, codes))
        .order(attachments::id)
        .select(AttachmentRow::as_select())
        .load(c))?)
}

/// The files under a code, of one source or of all, in order of their commit.
pub fn listed(
    connection: &mut Database,
    source: Option<&str>,
    code: &str,
) -> Result<Vec<AttachmentRow>, StoreError> {
    let mut query = attachments::table
        .filter(attachments::code.eq(code))
        .order(attachments::id)
        .limit(MOST)
        .select(AttachmentRow::as_select())
        .into_boxed();
    if let Some(source) = source {
        query = query.filter(attachments::source.eq(source.to_owned()));
    }
    Ok(query.load(connection)?)
}

/// The file that a leaf of the log is about.
pub fn of_leaf(
    connection: &mut Database,
    leaf_index: i64,
    id: i64,
) -> Result<Option<AttachmentRow>, StoreError> {
    Ok(attachments::table
        .find(id)
        .filter(attachments::leaf_index.eq(leaf_index))
        .select(AttachmentRow::as_select())
        .first(connection)
        .optional()?)
}
