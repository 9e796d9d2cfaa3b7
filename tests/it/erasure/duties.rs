//! What an erasure leaves to do elsewhere, and what is not said any more after it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{PHONE, project, send, succeeds};
use crate::harness::Engine;
use crate::harness::hub::{self, Hub};
use crate::harness::national::National;

const RECORD: &str = "PROJECT/E3201000001000001";

fn erasures(hub: &Hub) -> Value {
    let told = succeeds(hub, &["report", "erasures", "--format", "json"]);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    told["rows"].clone()
}

fn what_was_erased_is_a_duty_of_who_holds_it(engine: Engine) {
    let national = National::start("");
    let hub = Hub::start(engine, &["--national", &national.url]);
    let key = hub.add_source("320100");
    send(&hub, &key, "first", &[project(1, PHONE), project(2, PHONE)]);
    let since = Instant::now();
    loop {
        let summary = hub::get(&format!("{}/summary", national.url), "").json();
        if summary["held"] == json!(2) {
            break;
        }
        assert!(since.elapsed() < Duration::from_mins(1), "{summary}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    // A list from before, and one from after.
    succeeds(&hub, &["prove-absence", "commit"]);
    let done: Value = serde_json::from_str(&succeeds(
        &hub,
        &[
            "erase", RECORD, "--reason", "order 12", "--by", "duty", "--format", "json",
        ],
    ))
    .expect("JSON");
    assert_eq!(done["erased"]["held_by"], json!(["national"]), "{done}");
    succeeds(&hub, &["prove-absence", "commit"]);
    let rows = erasures(&hub);
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
    assert_eq!(rows[0]["destination"], "national", "{rows}");
    assert_eq!(rows[0]["duty"], "open", "{rows}");
    assert_eq!(rows[0]["reason"], "order 12", "{rows}");
    // Nobody is let off for what he never had.
    let wrong = hub.command(&[
        "erase",
        RECORD,
        "--reason",
        "letter 3",
        "--confirm",
        "nobody",
    ]);
    assert_eq!(wrong.status.code(), Some(2));
    let other = [
        "erase",
        "PROJECT/E3201000001000002",
        "--reason",
        "x",
        "--confirm",
        "national",
    ];
    assert_eq!(hub.command(&other).status.code(), Some(2));
    succeeds(
        &hub,
        &[
            "erase",
            RECORD,
            "--reason",
            "letter 3",
            "--confirm",
            "national",
            "--by",
            "clerk",
        ],
    );
    let rows = erasures(&hub);
    assert_eq!(rows[0]["duty"], "confirmed", "{rows}");
    assert_eq!(rows[0]["confirmed_by"], "command line clerk", "{rows}");
    let again = [
        "erase",
        RECORD,
        "--reason",
        "letter 3",
        "--confirm",
        "national",
    ];
    assert_eq!(
        hub.command(&again).status.code(),
        Some(2),
        "confirmed twice"
    );
    // That it was never held is not to be had, from neither list.
    let absent = [
        "prove-absence",
        "PROJECT",
        "E3201000001000001",
        "--date",
        "2099-01-01",
    ];
    let refused = hub.command(&absent);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(told.contains("erased") && told.contains("删除"), "{told}");
    // The lists from before and after are both explained, each entry of them.
    succeeds(&hub, &["log", "verify"]);
    succeeds(&hub, &["log", "verify", "--every-commitment"]);
}

#[test]
fn what_was_erased_is_a_duty_of_who_holds_it_sqlite() {
    what_was_erased_is_a_duty_of_who_holds_it(Engine::Sqlite);
}

#[test]
fn what_was_erased_is_a_duty_of_who_holds_it_postgres() {
    what_was_erased_is_a_duty_of_who_holds_it(Engine::Postgres);
}
