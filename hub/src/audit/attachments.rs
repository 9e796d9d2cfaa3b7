//! Files beside records, held against the log: every leaf has its row, which says the same; the bytes have their
//! digest; and there is no row that the log does not know.

use super::{erasures, fault, lost};
use crate::attachment::Objects;
use crate::attachment::objects::Stored;
use crate::leaf::Attachment;
use crate::pipeline::attached;
use crate::store::{Database, attachments};
use crate::tlog::FirstFault;

/// The leaf of a file has its row and its bytes.
pub(super) async fn of_leaf(
    index: i64,
    leaf: &Attachment,
    connection: &mut Database,
    objects: &Objects,
) -> Result<(), FirstFault> {
    let place = format!("attachments, id {}", leaf.attachment);
    let row = attachments::of_leaf(connection, index, leaf.attachment)
        .map_err(|error| lost(&error))?
        .ok_or_else(|| fault(&place, "the row is missing, but the log holds its leaf"))?;
    if attached::leaf_of(&row) != *leaf {
        return Err(fault(&place, "differs from its leaf"));
    }
    if row.sha256.len() != 32 {
        return Err(fault(&place, "sha256 is not 32 bytes"));
    }
    if row.is_erased() {
        return erasures::of_file(row.id, &place, connection);
    }
    match objects.is_sound(&Stored::of(&row)).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(fault(place, "the kept bytes have another SHA-256")),
        Err(error) => Err(fault(place, format!("the bytes are gone: {error}"))),
    }
}

/// There are as many rows as leaves.
pub(super) fn counted(connection: &mut Database, leaves: i64) -> Result<(), FirstFault> {
    let rows = attachments::all(connection).map_err(|error| lost(&error))?;
    if rows == leaves {
        return Ok(());
    }
    Err(fault(
        "attachments",
        format!("there are {rows} rows, the log holds {leaves} leaves of them"),
    ))
}
