//! The statements that run all the time go through their partial indexes. And what other tests look up.

use diesel::debug_query;
use diesel::prelude::*;
use diesel::query_builder::QueryFragment;
use diesel::sqlite::Sqlite;

use super::super::schema::{deliveries, leaves};
use super::super::{Database, StoreError, connect, migrate};

/// State and reason of a record's delivery.
pub(crate) fn fate(connection: &mut Database, record: i64) -> Result<(i32, String), StoreError> {
    let (state, reason): (i32, Option<String>) = deliveries::table
        .filter(deliveries::record_id.eq(record))
        .select((deliveries::state, deliveries::reason))
        .first(connection)?;
    Ok((state, reason.unwrap_or_default()))
}

/// The entries of the log, in order.
pub(crate) fn entries(connection: &mut Database) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(leaves::table
        .order(leaves::leaf_index.asc())
        .select(leaves::body)
        .load(connection)?)
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

fn plan(query: &impl QueryFragment<Sqlite>) -> Result<String, StoreError> {
    let mut connection = connect(":memory:")?;
    migrate(&mut connection)?;
    let statement = debug_query::<Sqlite, _>(query).to_string();
    let steps: Vec<Step> =
        diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut connection)?;
    let steps: Vec<String> = steps.into_iter().map(|step| step.detail).collect();
    Ok(steps.join("; "))
}

#[test]
fn picking_work_reads_only_open_deliveries_in_their_order() -> Result<(), StoreError> {
    let mut connection = connect(":memory:")?;
    migrate(&mut connection)?;
    let plan = super::plan(&mut connection, "national", 5, 10)?.join("; ");
    for index in ["deliveries_open", "deliveries_urgent"] {
        let step = format!("SEARCH deliveries USING INDEX {index} (destination=? AND id>?)");
        assert!(plan.contains(&step), "{plan}");
    }
    assert!(!plan.contains("TEMP B-TREE"), "no sorting: {plan}");
    assert!(!plan.contains("SCAN"), "{plan}");
    Ok(())
}

#[test]
fn members_and_refusals_are_found_by_their_indexes() -> Result<(), StoreError> {
    let carried = plan(&super::carried(7))?;
    assert!(carried.contains("INDEX deliveries_in_batch"), "{carried}");
    let refused = plan(&super::not_taken("national", 7))?;
    assert!(refused.contains("INDEX deliveries_refused"), "{refused}");
    Ok(())
}
