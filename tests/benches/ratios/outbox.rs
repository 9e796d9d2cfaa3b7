//! Picking the next work from an outbox with a million open deliveries, against one with a thousand.

use std::time::Instant;

use diesel::connection::SimpleConnection as _;
use hub::store::{Database, connect, deliveries, migrate};

use super::{Figure, median};

/// Picks that are measured.
const PICKS: usize = 400;
/// Deliveries of a pick.
const PAGE: i64 = 500;

/// A store that owes so many deliveries, of which one in a hundred thousand is urgent.
fn store(folder: &std::path::Path, rows: i64) -> Database {
    let path = folder.join(format!("{rows}.db")).display().to_string();
    let mut connection = connect(&path).expect("a database");
    migrate(&mut connection).expect("its tables");
    let insert = format!(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {rows}) \
         INSERT INTO deliveries (id, destination, record_id, lane, state, attempts, due_at, updated_at) \
         SELECT n, 'national', n, CASE n % 100000 WHEN 0 THEN -n ELSE n END, 0, 0, 0, 0 FROM number"
    );
    if let Database::Sqlite(sqlite) = &mut connection {
        sqlite.batch_execute(&insert).expect("rows");
    }
    connection
}

/// Seconds of a pick, the middle one of many, wherever in the outbox.
fn pick(connection: &mut Database, rows: i64) -> f64 {
    let mut times: Vec<f64> = (0..PICKS as i64)
        .map(|turn| {
            let after = turn * 7919 % (rows - PAGE + 1);
            let started = Instant::now();
            let urgent = deliveries::urgent_after(connection, "national", after, PAGE);
            let found = deliveries::pending_after(connection, "national", after, PAGE);
            let newest = deliveries::newest(connection, "national");
            let took = started.elapsed().as_secs_f64();
            assert_eq!(found.expect("rows").len(), PAGE as usize);
            assert!(urgent.is_ok() && newest.expect("a row") == Some(rows));
            took
        })
        .collect();
    median(&mut times)
}

/// Runs the comparison.
pub fn run() -> Vec<Figure> {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut small, mut large) = (store(folder.path(), 1_000), store(folder.path(), 1_000_000));
    println!("outbox: how a million open deliveries are gone through");
    for step in deliveries::plan(&mut large, "national", 500_000, PAGE).expect("a plan") {
        println!("  {step}");
    }
    // Each warmed up once, then in turns.
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        few.push(pick(&mut small, 1_000));
        many.push(pick(&mut large, 1_000_000));
    }
    let (few, many) = (median(&mut few), median(&mut many));
    println!(
        "  a pick of {PAGE} among 1,000           {:>8.0} µs",
        few * 1e6
    );
    println!(
        "  a pick of {PAGE} among 1,000,000       {:>8.0} µs",
        many * 1e6
    );
    vec![Figure {
        what: "picking the next work among 1,000,000 open deliveries / among 1,000".to_owned(),
        measured: many / few,
        bound: 1.5,
        at_most: true,
    }]
}
