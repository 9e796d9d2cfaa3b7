//! Exchange databases as a way in: every row is stored, each once, whatever dies meanwhile; nothing is ever written
//! there; what goes wrong there is shown.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection};
use serde_json::Value;

use super::harness::hub::Hub;
use super::harness::{Engine, postgres, records, within};

/// Columns that mean nothing, more than a function of SQLite takes.
const WIDE: u32 = 150;

const LONG: Duration = Duration::from_mins(1);

/// The exchange database of a source, as the source itself writes it.
enum Exchange {
    Sqlite(Box<SqliteConnection>, String),
    Postgres(Box<PgConnection>, String),
}

impl Exchange {
    fn new(engine: Engine, folder: &std::path::Path) -> Exchange {
        let mut exchange = match engine {
            Engine::Sqlite => {
                let path = folder.join("exchange.db").display().to_string();
                let mut connection = SqliteConnection::establish(&path).expect("a database");
                // A writer of SQLite waits while another reads: without this its insert fails where the hub reads a
                // page at that moment.
                let wait = "PRAGMA busy_timeout = 60000";
                connection.batch_execute(wait).expect(wait);
                Exchange::Sqlite(Box::new(connection), path)
            }
            Engine::Postgres => {
                let url = postgres::fresh_database();
                let connection = PgConnection::establish(&url).expect("a database");
                Exchange::Postgres(Box::new(connection), url)
            }
        };
        let columns: Vec<String> = columns()
            .iter()
            .map(|name| format!("\"{name}\" TEXT"))
            .collect();
        exchange.execute(&format!(
            "CREATE TABLE project_out (row_id BIGINT PRIMARY KEY, {}, status TEXT)",
            columns.join(", ")
        ));
        exchange
    }

    fn url(&self) -> &str {
        match self {
            Exchange::Sqlite(_, url) | Exchange::Postgres(_, url) => url,
        }
    }

    fn execute(&mut self, sql: &str) {
        match self {
            Exchange::Sqlite(connection, _) => diesel::sql_query(sql).execute(&mut **connection),
            Exchange::Postgres(connection, _) => diesel::sql_query(sql).execute(&mut **connection),
        }
        .expect(sql);
    }

    /// Adds rows in one statement: the row and its watermark.
    fn add(&mut self, rows: impl IntoIterator<Item = (u32, String)>) {
        let names: Vec<String> = columns().iter().map(|name| format!("\"{name}\"")).collect();
        let rows: Vec<String> = rows
            .into_iter()
            .map(|(number, stamp)| {
                let mut project = records::project(number);
                project["CREATE_TIME"] = Value::String(self::stamp(0));
                project["DATA_TIMESTAMP"] = Value::String(stamp);
                let values: Vec<String> = columns()
                    .iter()
                    .map(|name| format!("'{}'", project[name.as_str()].as_str().expect("a text")))
                    .collect();
                format!("({number}, {})", values.join(", "))
            })
            .collect();
        let (names, rows) = (names.join(", "), rows.join(", "));
        self.execute(&format!(
            "INSERT INTO project_out (row_id, {names}) VALUES {rows}"
        ));
    }
}

fn columns() -> Vec<String> {
    records::project(1)
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect()
}

/// A stamp that many rows share: it moves on once in seven rows.
fn stamp(number: u32) -> String {
    let base = records::project(1)["CREATE_TIME"]
        .as_str()
        .expect("a time")
        .to_owned();
    let (day, _) = base.split_at(8);
    let step = number / 7;
    format!(
        "{day}{:02}{:02}{:02}",
        step / 3600,
        step / 60 % 60,
        step % 60
    )
}

fn start(engine: Engine, folder: &std::path::Path, url: &str, more: &str) -> Hub {
    let sources = folder.join("sources");
    std::fs::create_dir_all(&sources).expect("a folder");
    let profile = "version = 1\nid = \"321000\"\nkind = \"city\"\nname = \"市\"\nenglish = \"City\"\nregion = \"321000\"\n\
                   ways = [\"database\"]\ndatasets = \"general\"\n[wire]\nformat = \"sql\"\n[fields]\n\"row_id\" = \"\"\n\
                   \"status\" = \"\"\n";
    let wide: String = (0..WIDE).map(|n| format!("wide_{n} = \"\"\n")).collect();
    let pull = "[[pull]]\nwatermark = \"DATA_TIMESTAMP\"\nkey = \"row_id\"\ntables = { project_out = \"PROJECT\" }\n";
    let profile = format!("{profile}{wide}{pull}");
    std::fs::write(sources.join("321000.toml"), profile).expect("a profile");
    let secret = folder.join("address");
    std::fs::write(&secret, url).expect("a file");
    let text = format!(
        "[spec]\nmuted_rules = [\"all.timely_*\"]\nsources = \"{}\"\n[pull]\ninterval_ms = 100\nbackoff_base_ms = 50\n\
         backoff_max_ms = 200\n{more}\ndatabases = [{{ source = \"321000\", url_file = \"{}\" }}]\n",
        sources.display(),
        secret.display(),
    );
    let config = folder.join("hub.toml");
    std::fs::write(&config, text).expect("a configuration");
    Hub::start(engine, &["--config", &config.display().to_string()])
}

#[track_caller]
fn wait(what: &str, holds: impl FnMut() -> bool) {
    within(LONG, what, holds);
}

/// Records of all submissions by verdict: accepted with or without warnings, and duplicate.
fn counts(hub: &Hub, key: &str) -> (u64, u64) {
    let (mut accepted, mut duplicate) = (0, 0);
    let mut after = String::new();
    loop {
        let page = hub
            .get(&format!("/v1/submissions?limit=1000{after}"), key)
            .json();
        for row in page["items"].as_array().expect("a list") {
            let count = |word: &str| row["counts"][word].as_u64().expect("a count");
            accepted += count("accepted") + count("accepted_with_warnings");
            duplicate += count("duplicate");
            assert_eq!(count("rejected"), 0, "{row}");
        }
        match &page["next"] {
            Value::Null => return (accepted, duplicate),
            next => after = format!("&after={}", next.as_str().expect("a number")),
        }
    }
}

fn way(hub: &Hub) -> Value {
    hub.get("/readyz", "").json()["ways"][0].clone()
}

/// Rows come while the hub is killed; many share a watermark, also across the end of a page.
fn every_row_is_stored_once(engine: Engine) {
    const KILLS: u32 = 12;
    const EACH: u32 = 50;
    let folder = tempfile::tempdir().expect("a folder");
    let mut exchange = Exchange::new(engine, folder.path());
    let mut hub = start(
        engine,
        folder.path(),
        exchange.url(),
        "rows = 5\nlook_back_ms = 0\n",
    );
    let reader = hub.add_reader("audit", "auditor");
    let mut random = 7_u64;
    for round in 0..KILLS {
        exchange.add((1..=EACH).map(|n| (round * EACH + n, stamp(round * EACH + n))));
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let until = Instant::now() + Duration::from_millis((random >> 33) % 200);
        while Instant::now() < until {
            drop(way(&hub));
        }
        hub.kill();
        hub.restart();
    }
    let total = u64::from(KILLS * EACH);
    wait("every row is stored", || counts(&hub, &reader).0 >= total);
    assert_eq!(counts(&hub, &reader), (total, 0), "accepted, duplicate");
    records::assert_one_version_each(&hub, KILLS * EACH, &reader);
    hub.kill();
    hub.assert_log_verifies();
}

#[test]
fn every_row_is_stored_once_from_sqlite() {
    every_row_is_stored_once(Engine::Sqlite);
}

#[test]
fn every_row_is_stored_once_from_postgres() {
    every_row_is_stored_once(Engine::Postgres);
}

/// A row with a watermark that was passed already, a changed row, a column that vanishes and comes back.
fn what_happens_there_is_seen(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut exchange = Exchange::new(engine, folder.path());
    exchange.add((1..=10).map(|n| (n, stamp(n * 10))));
    let hub = start(engine, folder.path(), exchange.url(), "rows = 4\n");
    let reader = hub.add_reader("audit", "auditor");
    wait("the rows are stored", || counts(&hub, &reader) == (10, 0));

    // Committed late, under a watermark between those that were read.
    exchange.add([(11, stamp(95))]);
    wait("the late row is stored", || counts(&hub, &reader).0 == 11);
    assert_eq!(
        counts(&hub, &reader),
        (11, 0),
        "what was read before is not sent again"
    );

    exchange.execute(&format!(
        "UPDATE project_out SET \"PROJECT_SCALE\" = '更大', \"DATA_TIMESTAMP\" = '{}' WHERE row_id = 3",
        stamp(200)
    ));
    wait("the change is stored", || counts(&hub, &reader).0 == 12);

    exchange.execute("ALTER TABLE project_out RENAME COLUMN \"DATA_TIMESTAMP\" TO stamp");
    wait("the vanished column is named", || {
        way(&hub)["check"] == "failed"
    });
    let fault = way(&hub)["fault"].as_str().expect("why").to_owned();
    assert!(
        fault.contains("no column `DATA_TIMESTAMP`") && fault.contains("stamp"),
        "{fault}"
    );
    exchange.execute("ALTER TABLE project_out RENAME COLUMN stamp TO \"DATA_TIMESTAMP\"");
    wait("it is read again", || way(&hub)["check"] == "ok");

    let log = std::fs::read_to_string(hub.data.with_extension("stderr.log")).expect("a log");
    assert!(!log.contains(exchange.url()), "the address is a secret");
    exchange.add([(12, stamp(210))]);
    wait("the next row is stored", || counts(&hub, &reader).0 == 13);
    let kept: BTreeSet<u32> = (1..=12).collect();
    for number in kept {
        let path = format!(
            "/v1/records/PROJECT/{}/versions",
            records::project_code(number)
        );
        assert_eq!(hub.get(&path, &reader).status, 200);
    }
}

#[test]
fn what_happens_in_sqlite_is_seen() {
    what_happens_there_is_seen(Engine::Sqlite);
}

#[test]
fn what_happens_in_postgres_is_seen() {
    what_happens_there_is_seen(Engine::Postgres);
}

/// What the source calls a table may be a view that writes when it is read: the hub's session may not.
#[test]
fn nothing_is_written_there_even_when_reading_would_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut exchange = Exchange::new(Engine::Postgres, folder.path());
    exchange.add((1..=3).map(|n| (n, stamp(n))));
    for step in [
        "CREATE TABLE readings (at TEXT)",
        "CREATE FUNCTION noted() RETURNS text LANGUAGE sql VOLATILE AS \
         $$ INSERT INTO readings VALUES ('read') RETURNING at $$",
        "ALTER TABLE project_out RENAME TO project_rows",
        "CREATE VIEW project_out AS SELECT project_rows.*, noted() AS wide_1 FROM project_rows",
    ] {
        exchange.execute(step);
    }
    let hub = start(Engine::Postgres, folder.path(), exchange.url(), "");
    let reader = hub.add_reader("audit", "auditor");
    wait("the write is refused", || way(&hub)["check"] == "failed");
    let fault = way(&hub)["fault"].as_str().expect("why").to_owned();
    assert!(fault.contains("read-only transaction"), "{fault}");
    // The source mends its view, and is read.
    exchange.execute("DROP VIEW project_out");
    exchange.execute("CREATE VIEW project_out AS SELECT * FROM project_rows");
    wait("the rows are stored", || counts(&hub, &reader).0 == 3);
    exchange.execute("ALTER TABLE readings ADD CONSTRAINT none CHECK (at IS NULL)");
}

#[test]
fn a_database_that_goes_away_is_shown_and_read_on_when_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut exchange = Exchange::new(Engine::Sqlite, folder.path());
    exchange.add((1..=3).map(|n| (n, stamp(n))));
    let hub = start(Engine::Sqlite, folder.path(), exchange.url(), "");
    let reader = hub.add_reader("audit", "auditor");
    wait("the rows are stored", || counts(&hub, &reader).0 == 3);
    let (there, away) = (
        exchange.url().to_owned(),
        format!("{}.away", exchange.url()),
    );
    std::fs::rename(&there, &away).expect("moved away");
    wait("the fault is shown", || way(&hub)["check"] == "failed");
    assert!(
        !std::path::Path::new(&there).exists(),
        "reading made a database"
    );
    std::fs::rename(&away, &there).expect("moved back");
    exchange.add([(4, stamp(40))]);
    wait("it is read on", || {
        counts(&hub, &reader).0 == 4 && way(&hub)["check"] == "ok"
    });
}

/// A row that is too long, and wide rows of more columns than a function of SQLite takes.
#[test]
fn a_row_that_is_too_long_harms_no_other_and_wide_rows_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut exchange = Exchange::new(Engine::Sqlite, folder.path());
    for number in 0..WIDE {
        exchange.execute(&format!(
            "ALTER TABLE project_out ADD COLUMN wide_{number} TEXT"
        ));
    }
    exchange.add((1..=5).map(|n| (n, stamp(n))));
    exchange.execute(&format!(
        "UPDATE project_out SET \"PROJECT_SCALE\" = '{}' WHERE row_id = 3",
        "长".repeat(20_000)
    ));
    let hub = start(
        Engine::Sqlite,
        folder.path(),
        exchange.url(),
        "row_bytes = 20000\n",
    );
    let reader = hub.add_reader("audit", "auditor");
    wait("the others are stored", || counts(&hub, &reader).0 == 4);
    wait("the long one is counted", || {
        let text = hub.get("/metrics", "").text;
        text.contains("hub_way_refused_total{way=\"database\",place=\"321000/project_out\"} 1")
    });
    assert_eq!(way(&hub)["check"], "ok");
}
