//! The end of a duty: an operator confirms that a destination has erased what was erased here.

use spec::Spec;

use super::Order;
use crate::evidence::Subject;
use crate::leaf::operator::Action;
use crate::leaf::{self, Operator};
use crate::pipeline::Instant;
use crate::store::StoreError;
use crate::store::erasures::{self, duties};
use crate::store::transaction::Transaction;
use crate::tlog::sha256;

/// What was confirmed: the places of the erasures in the log, and of the leaf that says so. None: there was no such duty.
pub fn confirm(
    transaction: &mut Transaction<'_>,
    specification: &Spec,
    subject: &Subject,
    destination: &str,
    order: &Order,
    now: Instant,
) -> Result<Option<(Vec<i64>, i64)>, StoreError> {
    let mut open = Vec::new();
    for version in subject.versions(specification, transaction.connection)? {
        let Some(erasure) = erasures::of(transaction.connection, version.id)? else {
            continue;
        };
        let all = duties::of(transaction.connection, erasure.leaf_index)?;
        let owes = |duty: &duties::Duty| duty.destination == destination && duty.done_at.is_none();
        if all.iter().any(owes) && !open.contains(&erasure.leaf_index) {
            open.push(erasure.leaf_index);
        }
    }
    if open.is_empty() {
        return Ok(None);
    }
    let facts = [
        ("destination", destination.to_owned()),
        ("erasures", super::listed(&open)),
        ("reason_sha256", sha256(order.reason.as_bytes()).to_hex()),
    ];
    let leaf = leaf::encode(&Operator {
        action: Action::ErasureConfirmed,
        by: order.by.clone(),
        about: format!("destination {destination}"),
        facts: facts.map(|(name, fact)| (name.to_owned(), fact)).into(),
        at: now.text(),
    })?;
    let place = transaction.append_leaf(leaf)?;
    for &erasure in &open {
        let said = (order.by.as_str(), now.millis, place);
        duties::done(transaction.connection, erasure, destination, said)?;
    }
    Ok(Some((open, place)))
}
