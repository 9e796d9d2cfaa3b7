//! Configuration as an operator meets it: what wins, and what a slip is answered with.

use std::path::Path;

use super::{Config, ConfigError, Flag, LogFormat};

fn load(text: &str, variables: &[(&str, &str)], flags: &[Flag]) -> Result<Config, ConfigError> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_layers(
        Path::new("/d"),
        (Path::new("hub.toml"), text),
        variables,
        flags,
    )
}

fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
    load(text, variables, &[]).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

#[test]
fn the_defaults_stand_alone() -> Result<(), ConfigError> {
    let config = load("", &[], &[])?;
    assert_eq!(config.server.listen, "127.0.0.1:8080");
    assert_eq!(config.limits.body_bytes, 64 << 20);
    assert_eq!(config.limits.decompressed_bytes, 256 << 20);
    assert_eq!(config.limits.records, 50_000);
    assert_eq!(config.telemetry.format, LogFormat::Text);
    assert_eq!(config.database_url(), "/d/hub.db");
    Ok(())
}

#[test]
fn later_layers_win() -> Result<(), ConfigError> {
    let file = "[server]\nlisten = \"1.1.1.1:1\"\nworkers = 3\n[national]\nurl = \"http://file\"\n";
    let variables = [
        ("HUB_NATIONAL_URL", "http://env"),
        ("HUB_SERVER_LISTEN", "2.2.2.2:2"),
        ("HUB_BENCH", "1"),
    ];
    let config = load(
        file,
        &variables,
        &[
            ("server.listen", Some("3.3.3.3:3".to_owned())),
            ("store.database", None),
        ],
    )?;
    assert_eq!(config.server.workers, 3);
    assert_eq!(config.national.url, "http://env");
    assert_eq!(config.server.listen, "3.3.3.3:3");
    assert!(config.bench);
    Ok(())
}

#[test]
fn a_postgres_url_is_not_a_file() -> Result<(), ConfigError> {
    let config = load("[store]\ndatabase = \"postgres://u@h/d\"\n", &[], &[])?;
    assert_eq!(config.database_url(), "postgres://u@h/d");
    Ok(())
}

#[test]
fn a_slip_names_file_line_key_and_what_is_expected() {
    assert_eq!(
        refusal("[store]\nreaders = 1\n[server]\nlisten = 80\n", &[]),
        "hub.toml, line 4: `server.listen` is `80`, expected text in quotes"
    );
    assert_eq!(
        refusal("\n[log]\norigins = \"x\"\n", &[]),
        "hub.toml, line 3: unknown key `log.origins`, expected one of checkpoint_ms, key, origin, quorum, seal, witnesses"
    );
    assert!(refusal("[logs]\na = 1\n", &[]).starts_with(
        "hub.toml, line 2: unknown key `logs.a`, expected one of attachments, bench, "
    ));
    assert!(refusal("[log]\norigin = \n", &[]).starts_with("hub.toml, line 2: "));
    assert_eq!(
        refusal("[limits]\nratio = 0\n", &[]),
        "hub.toml, line 2: `limits.ratio` is `0`, expected at least 1"
    );
    assert_eq!(
        refusal("[national]\nurl = \"ftp://x\"\n", &[]),
        "hub.toml, line 2: `national.url` is `\"ftp://x\"`, expected an http:// or https:// address, or nothing"
    );
}

#[test]
fn a_word_outside_its_list_and_a_negative_number_are_located() {
    let word = refusal("[telemetry]\nformat = \"xml\"\n", &[]);
    assert!(
        word.starts_with("hub.toml, line 2: `telemetry.format` is "),
        "{word}"
    );
    let number = refusal("[server]\nworkers = -7\n", &[]);
    assert!(
        number.starts_with("hub.toml, line 2: `server.workers` is "),
        "{number}"
    );
}

#[test]
fn a_variable_that_names_no_key_of_its_section_is_a_slip() {
    assert_eq!(
        refusal("", &[("HUB_LOG_ORIGINS", "x")]),
        "the environment: unknown key `HUB_LOG_ORIGINS`, expected one of checkpoint_ms, key, origin, quorum, seal, witnesses"
    );
    assert_eq!(
        refusal(
            "",
            &[("HUB_KEY", "secret"), ("HUB_DATA", "d"), ("PATH", "/bin")]
        ),
        "accepted"
    );
    assert_eq!(
        refusal("", &[("HUB_LIMITS_RECORDS", "many")]),
        "HUB_LIMITS_RECORDS: `limits.records` is `\"many\"`, expected a whole number"
    );
}

#[test]
fn a_password_is_not_repeated() {
    let said = refusal("[server]\nworkers = \"u:secret@h\"\n", &[]);
    assert!(!said.contains("secret"), "{said}");
}
