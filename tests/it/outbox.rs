//! An outbox with a million open deliveries: the next work is found through its index, in order, and nothing else is
//! touched.

use diesel::connection::SimpleConnection as _;
use hub::store::{Database, connect, deliveries, destinations, forwarded, migrate, outbox};

use super::harness::postgres;

const ROWS: i64 = 1_000_000;
/// Deliveries of a pick.
const PAGE: i64 = 500;

const COLUMNS: &str =
    "id, destination, record_id, lane, state, attempts, due_at, batch_id, updated_at";
/// One in four is another destination's; one in ten thousand is urgent; one in a hundred is in a batch that is under way;
/// one in ten has ended.
const VALUES: &str = "n, CASE n % 4 WHEN 3 THEN 'lake' ELSE 'national' END, n, CASE n % 10000 WHEN 0 THEN -n ELSE n END, \
     CASE n % 10 WHEN 5 THEN 2 ELSE 0 END, 0, 0, CASE n % 100 WHEN 7 THEN n END, 0";

/// A database with as many deliveries, made of their number `n`.
fn filled(url: &str, values: &str) -> Database {
    let mut connection = connect(url).expect("a database");
    migrate(&mut connection).expect("its tables");
    let done = match &mut connection {
        Database::Sqlite(sqlite) => sqlite.batch_execute(&format!(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {ROWS}) \
             INSERT INTO deliveries ({COLUMNS}) SELECT {values} FROM number"
        )),
        Database::Postgres(postgres) => postgres.batch_execute(&format!(
            "INSERT INTO deliveries ({COLUMNS}) SELECT {values} FROM generate_series(1, {ROWS}) AS number(n); \
             ANALYZE deliveries"
        )),
    };
    done.expect("rows");
    connection
}

/// What is picked after any number is right: open, in no batch, in order, urgent where that is asked for.
fn picks_are_right(connection: &mut Database) {
    for after in [0, 499_999, ROWS - PAGE] {
        let found = deliveries::pending_after(connection, "national", after, PAGE).expect("rows");
        let found: Vec<i64> = found.iter().map(|row| row.id).collect();
        let wanted = (after + 1..=ROWS).filter(|n| n % 4 != 3 && n % 10 != 5 && n % 100 != 7);
        assert_eq!(found, wanted.take(PAGE as usize).collect::<Vec<_>>());
        let urgent = deliveries::urgent_after(connection, "national", after, PAGE).expect("rows");
        let urgent: Vec<i64> = urgent.iter().map(|row| row.id).collect();
        let wanted = (after + 1..=ROWS).filter(|n| n % 10_000 == 0);
        assert_eq!(urgent, wanted.take(PAGE as usize).collect::<Vec<_>>());
    }
    assert_eq!(
        deliveries::newest(connection, "national").expect("rows"),
        Some(ROWS)
    );
    let nothing = deliveries::pending_after(connection, "national", ROWS, PAGE).expect("rows");
    assert!(nothing.is_empty());
}

#[test]
fn the_next_of_a_million_is_found_through_its_index_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut connection = filled(&folder.path().join("hub.db").display().to_string(), VALUES);
    picks_are_right(&mut connection);
    let plan = deliveries::plan(&mut connection, "national", 500_000, PAGE).expect("a plan");
    // No step but these: no table is scanned, nothing is sorted, so it stops after as many as are wanted.
    assert_eq!(
        plan,
        [
            "SEARCH deliveries USING INDEX deliveries_open (destination=? AND id>?)",
            "SEARCH deliveries USING INDEX deliveries_urgent (destination=? AND id>?)",
        ]
    );
}

#[test]
fn the_next_of_a_million_is_found_through_its_index_on_postgres() {
    let mut connection = filled(&postgres::fresh_database(), VALUES);
    picks_are_right(&mut connection);
    let plan = deliveries::plan(&mut connection, "national", 500_000, PAGE).expect("a plan");
    let text = plan.join("\n");
    // In the order of its index, from the number on: nothing is scanned from its beginning, nothing is sorted.
    let scans = plan.iter().filter(|step| step.contains("Index Scan"));
    let scans: Vec<&String> = scans.collect();
    assert_eq!(scans.len(), 2, "{text}");
    assert!(scans[0].contains("using deliveries_open"), "{text}");
    assert!(scans[1].contains("using deliveries_urgent"), "{text}");
    assert_eq!(text.matches("(id > '500000'::bigint)").count(), 2, "{text}");
    assert!(
        !text.contains("Seq Scan") && !text.contains("Sort"),
        "{text}"
    );
    // Rows that were touched: those that were wanted, and what lies among them, out of a million.
    let touched: Vec<i64> = plan
        .iter()
        .filter(|step| step.contains("Index Scan") || step.contains("Removed by Filter"))
        .filter_map(|step| number(step))
        .collect();
    assert!(touched.len() >= 2, "{text}");
    assert!(touched.iter().sum::<i64>() <= PAGE + PAGE / 5, "{text}");
}

/// The number of rows in a step of a plan.
fn number(step: &str) -> Option<i64> {
    let rest = match step.split_once("actual rows=") {
        Some((_, rest)) => rest,
        None => step.split_once("Filter: ")?.1,
    };
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// A replay of a few among a million open deliveries makes only their span read again.
fn a_replay_says_what_is_to_be_read_again(mut connection: Database) {
    let name = "national";
    let rewinds = |connection: &mut Database| {
        let known = destinations::by_name(connection, name)
            .expect("a row")
            .expect("it");
        (known.rewinds, known.revived())
    };
    let (begin, span) = rewinds(&mut connection);
    assert_eq!(span, None);
    destinations::revive(&mut connection, name, Some((70, 90))).expect("done");
    destinations::revive(&mut connection, name, None).expect("done");
    destinations::revive(&mut connection, name, Some((40, 60))).expect("done");
    let (count, span) = rewinds(&mut connection);
    assert_eq!((count, span), (begin + 3, Some((40, 90))));
    destinations::noted(&mut connection, name, count - 1).expect("done");
    assert_eq!(rewinds(&mut connection).1, Some((40, 90)), "there was more");
    destinations::noted(&mut connection, name, count).expect("done");
    assert_eq!(rewinds(&mut connection), (count, None));
}

#[test]
fn what_is_revived_is_named_on_both_databases() {
    let folder = tempfile::tempdir().expect("a folder");
    for url in [
        folder.path().join("hub.db").display().to_string(),
        postgres::fresh_database(),
    ] {
        let mut connection = connect(&url).expect("a database");
        migrate(&mut connection).expect("its tables");
        a_replay_says_what_is_to_be_read_again(connection);
    }
}

/// A history of a million deliveries of which few are open: one in a hundred is, and half of these sent; one in a thousand
/// was refused.
const HISTORY: &str = "n, CASE n % 4 WHEN 3 THEN 'lake' ELSE 'national' END, n, n, \
     CASE WHEN n % 100 = 1 THEN 0 WHEN n % 1000 = 2 THEN 3 ELSE 2 END, 0, 0, \
     CASE n % 200 WHEN 101 THEN n END, 0";
/// Its packets: those that were received are of one record each.
const PACKETS: &str = "INSERT INTO batches (id, destination, packet_sha256, records, state, attempts, created_at) \
     SELECT id, destination, '', 1, CASE id % 200 WHEN 101 THEN 1 ELSE 2 END, 1, 0 FROM deliveries WHERE id % 20 = 1; \
     ANALYZE batches";

/// The figures of a destination by state, in order: pending, sent, acknowledged, refused.
fn figures(connection: &mut Database, name: &str) -> (forwarded::Owed, Vec<i64>) {
    let owed = forwarded::owed(connection).expect("totals");
    let counts = forwarded::counts(connection, &owed).expect("counts");
    let of = counts.iter().filter(|count| count.destination == name);
    (owed, of.map(|count| count.deliveries).collect())
}

fn states_are_counted_without_the_history(mut connection: Database) -> Vec<String> {
    // What is open leaves 1 when divided by four, what was refused 2: all of it is the national platform's.
    let national = [5_000, 5_000, 739_000, 1_000];
    let packets = match &mut connection {
        Database::Sqlite(sqlite) => sqlite.batch_execute(PACKETS),
        Database::Postgres(postgres) => postgres.batch_execute(PACKETS),
    };
    packets.expect("rows");
    let sent = outbox::list(&mut connection, Some(1), Some("national"), 0, ROWS).expect("rows");
    assert!(sent.iter().all(|row| row.id % 200 == 101), "those received");
    assert_eq!(sent.len(), 5_000);
    let (owed, counted) = figures(&mut connection, "national");
    assert_eq!((owed.counted, counted), (ROWS, national.into()));
    forwarded::keep(&mut connection, &owed).expect("kept");
    let (owed, counted) = figures(&mut connection, "national");
    assert_eq!(
        (owed.counted, counted),
        (0, national.into()),
        "nothing is counted again"
    );
    // Another hub that had counted less changes nothing.
    let earlier = forwarded::Owed {
        delivery: 5,
        ..forwarded::Owed::default()
    };
    forwarded::keep(&mut connection, &earlier).expect("passed over");
    assert_eq!(figures(&mut connection, "lake").1, [250_000]);
    forwarded::plan(&mut connection, "national", ROWS).expect("a plan")
}

#[test]
fn destinations_are_counted_through_their_indexes_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = states_are_counted_without_the_history(filled(
        &folder.path().join("hub.db").display().to_string(),
        HISTORY,
    ));
    let scanned = plan.iter().filter(|step| step.starts_with("SCAN"));
    // What ended badly is all that its index holds.
    assert_eq!(
        scanned.collect::<Vec<_>>(),
        ["SCAN deliveries USING INDEX deliveries_refused"]
    );
    let text = plan.join("\n");
    assert!(
        text.contains("INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        "{text}"
    );
    assert!(
        text.contains("USING INDEX deliveries_open (destination=?"),
        "{text}"
    );
}

#[test]
fn destinations_are_counted_through_their_indexes_on_postgres() {
    let plan = states_are_counted_without_the_history(filled(&postgres::fresh_database(), HISTORY));
    let text = plan.join("\n");
    assert!(!text.contains("Seq Scan"), "{text}");
}
