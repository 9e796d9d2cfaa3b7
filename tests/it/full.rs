//! Where nothing can be kept, nothing is receipted: a full disk, a lost database, a writer that another holds.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection};

use super::harness::hub::Hub;
use super::harness::{Engine, records};

const JSON: &str = "application/json";

fn submissions(hub: &Hub, key: &str) -> usize {
    hub.get("/v1/submissions?limit=1000", key).json()["items"]
        .as_array()
        .map_or(0, Vec::len)
}

#[test]
fn a_full_disk_is_a_503_and_passes() {
    // Files of this hub may not grow beyond a megabyte: to a program that is a disk that is full.
    let mut hub = Hub::start_limited(1 << 20);
    let key = hub.add_source("320100");
    let mut receipted = 0;
    let mut refused = 0;
    for number in 1..200 {
        let mut record = records::project(number);
        // Text that does not compress, so that the disk fills.
        let mut state = u64::from(number);
        let noise: String = (0..30_000)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                char::from_u32(0x4e00 + (state >> 33) as u32 % 20_000).expect("an ideograph")
            })
            .collect();
        record["flex_noise"] = noise.into();
        let body = records::envelope(
            &format!("big-{number}"),
            &[records::element("PROJECT", &record)],
        );
        match hub.post("/v1/submissions", &key, JSON, &body) {
            answer if answer.status == 200 => receipted += 1,
            answer => {
                assert_eq!(answer.status, 503, "{}", answer.text);
                assert!(
                    answer.headers.iter().any(|(name, _)| name == "retry-after"),
                    "{:?}",
                    answer.headers
                );
                refused += 1;
                if refused == 3 {
                    break;
                }
            }
        }
    }
    assert!(refused > 0, "the disk never filled");
    assert!(receipted > 0, "nothing was ever kept");
    hub.kill();
    hub.restart();
    assert_eq!(
        submissions(&hub, &key),
        receipted,
        "what was receipted is kept, what was refused is not"
    );
    let answer = hub.post("/v1/submissions", &key, JSON, &records::one_project(1000));
    assert_eq!(
        answer.status, 200,
        "with room again it goes on: {}",
        answer.text
    );
}

#[test]
fn a_lost_database_is_a_503_and_passes() {
    let hub = Hub::start(Engine::Postgres, &[]);
    let key = hub.add_source("320100");
    assert_eq!(
        hub.post("/v1/submissions", &key, JSON, &records::one_project(1))
            .status,
        200
    );
    let url = hub.database().expect("PostgreSQL").to_owned();
    let (server, name) = url.rsplit_once('/').expect("a URL with a database");
    let mut admin =
        PgConnection::establish(&format!("{server}/postgres")).expect("PostgreSQL answers");
    let mut run = |sql: String| {
        diesel::sql_query(&sql).execute(&mut admin).expect(&sql);
    };
    run(format!(
        "ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"
    ));
    run(format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ));
    let lost = hub.post("/v1/submissions", &key, JSON, &records::one_project(2));
    assert_eq!(lost.status, 503, "{}", lost.text);
    assert_eq!(hub.get("/readyz", "").status, 503);
    run(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"));
    let back = (0..50).map(|_| {
        hub.post("/v1/submissions", &key, JSON, &records::one_project(2))
            .status
    });
    assert!(
        back.into_iter().any(|status| status == 200),
        "the database is back, the hub is not"
    );
    assert_eq!(submissions(&hub, &key), 2);
}

/// Holds the turn to write, as a large submission does for as long as it is committed.
enum Holder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Holder {
    fn take(hub: &Hub) -> Holder {
        if let Some(url) = hub.database() {
            let mut connection = PgConnection::establish(url).expect("PostgreSQL answers");
            let turn = "BEGIN; SELECT pg_advisory_xact_lock(7303001)";
            connection.batch_execute(turn).expect(turn);
            return Holder::Postgres(connection);
        }
        let file = hub.data.join("hub.db").display().to_string();
        let mut connection = SqliteConnection::establish(&file).expect("the database");
        let turn = "PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE";
        connection.batch_execute(turn).expect(turn);
        Holder::Sqlite(connection)
    }

    fn give_back(self) {
        match self {
            Holder::Sqlite(mut connection) => connection.batch_execute("ROLLBACK"),
            Holder::Postgres(mut connection) => connection.batch_execute("ROLLBACK"),
        }
        .expect("the turn is given back");
    }
}

/// Whoever waits too long is told so, and what it sends again is kept once.
fn nobody_waits_for_the_writer_without_a_word(engine: Engine) {
    let hub = Hub::start_with(engine, "[limits]\nanswer_ms = 300\n");
    let key = hub.add_source("320100");
    let post = |number| hub.post("/v1/submissions", &key, JSON, &records::one_project(number));
    assert_eq!(post(1).status, 200);
    let holder = Holder::take(&hub);
    let waited = post(2);
    assert_eq!(waited.status, 503, "{}", waited.text);
    let told = waited.json();
    assert_eq!(told["code"], "unavailable", "{told}");
    assert!(waited.text.contains("首次的回执"), "{told}");
    let header = waited
        .headers
        .iter()
        .find(|(name, _)| name == "retry-after");
    assert_eq!(header.map(|(_, value)| value.as_str()), Some("5"));
    holder.give_back();
    let mut again = post(2);
    for _ in 0..50 {
        if again.status == 200 {
            break;
        }
        again = post(2);
    }
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(post(2).json()["id"], again.json()["id"]);
    assert_eq!(submissions(&hub, &key), 2);
}

#[test]
fn nobody_waits_for_the_writer_without_a_word_on_sqlite() {
    nobody_waits_for_the_writer_without_a_word(Engine::Sqlite);
}

#[test]
fn nobody_waits_for_the_writer_without_a_word_on_postgres() {
    nobody_waits_for_the_writer_without_a_word(Engine::Postgres);
}
