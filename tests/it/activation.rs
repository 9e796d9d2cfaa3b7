//! What people with power over a hub do stands in its log: keys, sources, rules; once, whoever sees it.

use serde_json::Value;

use super::harness::Engine;
use super::harness::hub::{self, Hub};

/// The operators' actions in the log, in order: action, what about, facts.
pub fn actions(hub: &Hub) -> Vec<(String, String, Value)> {
    let own = hub.data.join("hub.db").display().to_string();
    let url = hub.database().unwrap_or(&own);
    let mut connection = ::hub::store::connect(url).expect("the database");
    let leaves = ::hub::store::submissions::leaves_from(&mut connection, 0, 10_000);
    let leaves = leaves.expect("leaves").into_iter();
    let read = leaves.map(|(_, body)| serde_json::from_slice::<Value>(&body).expect("JSON"));
    read.filter(|leaf| leaf["kind"] == "operator")
        .map(|leaf| {
            let text = |name: &str| leaf[name].as_str().expect(name).to_owned();
            (text("action"), text("about"), leaf["facts"].clone())
        })
        .collect()
}

/// Those of one kind.
pub fn of<'a>(
    actions: &'a [(String, String, Value)],
    action: &str,
) -> Vec<&'a (String, String, Value)> {
    actions.iter().filter(|(name, ..)| name == action).collect()
}

fn what_operators_do_is_logged(engine: Engine) {
    let mut hub = Hub::start(engine, &[]);
    let begun = actions(&hub);
    assert_eq!(of(&begun, "rules_activated").len(), 1, "{begun:?}");
    assert!(!of(&begun, "edition_activated").is_empty(), "{begun:?}");
    let [(_, about, facts)] = of(&begun, "source_changed")[..] else {
        panic!("a new hub takes in its sources together: {begun:?}");
    };
    assert_eq!(
        (about.as_str(), &facts["sources"]),
        ("all sources", &"21".into())
    );

    // Keys and sources, while the hub serves.
    hub.add_source("320100");
    hub.add_reader("desk", "centre");
    let made = actions(&hub);
    let made = of(&made, "key_made");
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!(made[0].2["name"], "320100");
    assert_eq!(made[1].2["role"], "centre");
    assert!(hub.command(&["keys", "retire", "2"]).status.success());
    let again = hub.command(&["keys", "retire", "2"]);
    assert_eq!(again.status.code(), Some(2), "it is retired already");
    assert!(
        hub.command(&["sources", "retire", "320100"])
            .status
            .success()
    );
    let done = actions(&hub);
    assert_eq!(of(&done, "key_retired").len(), 1, "{done:?}");
    let standing: Vec<&str> = of(&done, "source_standing")
        .iter()
        .map(|(_, _, facts)| facts["change"].as_str().expect("a change"))
        .collect();
    assert_eq!(standing, ["admitted", "suspended"]);

    // A restart says nothing, nor does a second hub on the same database.
    hub.kill();
    hub.restart();
    if engine == Engine::Postgres {
        drop(hub.beside());
    }
    assert_eq!(actions(&hub), done);

    // Other rules and another profile, each once.
    hub.kill();
    let folder = hub.data.parent().expect("a folder").join("profiles");
    std::fs::create_dir_all(&folder).expect("a folder");
    let profile = include_str!("../../adapters/cities/nanjing.toml");
    std::fs::write(folder.join("own.toml"), format!("{profile}\n# Changed.\n")).expect("written");
    let file = hub.data.parent().expect("a folder").join("other.toml");
    let configuration = format!(
        "[spec]\nmuted_rules = []\nsources = {:?}\n",
        folder.display().to_string()
    );
    std::fs::write(&file, configuration).expect("written");
    hub.restart_with(&["--config", &file.display().to_string()]);
    let changed = actions(&hub);
    let new = changed.get(done.len()..).expect("more");
    let names: Vec<(&str, &str)> = new
        .iter()
        .map(|(action, about, _)| (action.as_str(), about.as_str()))
        .collect();
    assert_eq!(
        names,
        [("rules_activated", "rules"), ("source_changed", "320100")]
    );
    assert!(new.iter().all(|(_, _, facts)| facts["change"] == "changed"));
    hub.kill();
    hub.restart();
    assert_eq!(actions(&hub), changed);
    hub.kill();
    let verified = hub.command(&["log", "verify"]);
    assert!(verified.status.success(), "{}", hub::stdout(&verified));
}

#[test]
fn what_operators_do_is_logged_on_sqlite() {
    what_operators_do_is_logged(Engine::Sqlite);
}

#[test]
fn what_operators_do_is_logged_on_postgres() {
    what_operators_do_is_logged(Engine::Postgres);
}
