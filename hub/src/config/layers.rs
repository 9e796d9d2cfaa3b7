//! The layers of a configuration, merged key by key, each value remembering where it was written.
//!
//! The defaults say which keys exist and of which type they are; every later layer is held against them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::Flag;

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{} cannot be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{file}, line {line}: {what}")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What the parser says.
        what: String,
    },
    /// A key that does not exist.
    #[error("{origin}: unknown key `{key}`, expected one of {expected}")]
    Unknown {
        /// File and line, variable or flag.
        origin: String,
        /// The key.
        key: String,
        /// Keys that exist there.
        expected: String,
    },
    /// A value that does not fit.
    #[error("{origin}: `{key}` is {found}, expected {expected}")]
    Value {
        /// File and line, variable or flag.
        origin: String,
        /// The key, with its section.
        key: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
}

/// Values by dotted key, with their origins.
pub(super) struct Layers {
    values: BTreeMap<String, (Value, String)>,
}

impl Layers {
    pub(super) fn of_defaults(text: &str) -> Result<Layers, ConfigError> {
        let mut layers = Layers {
            values: BTreeMap::new(),
        };
        for (key, value, line) in entries("the defaults", text)? {
            layers
                .values
                .insert(key, (value, format!("the defaults, line {line}")));
        }
        Ok(layers)
    }

    pub(super) fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let file = path.display().to_string();
        for (key, value, line) in entries(&file, text)? {
            self.set(&key, value, format!("{file}, line {line}"))?;
        }
        Ok(())
    }

    /// Takes the variables of existing keys. One that names a section but no key of it is a slip.
    pub(super) fn add_environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        let keys: BTreeMap<String, String> = self
            .values
            .keys()
            .map(|key| {
                (
                    format!("HUB_{}", key.replace('.', "_").to_uppercase()),
                    key.clone(),
                )
            })
            .collect();
        for (name, text) in variables {
            if let Some(key) = keys.get(&name) {
                self.set_text(key, text, name)?;
            } else if let Some(section) = self.section_of(&name) {
                return Err(ConfigError::Unknown {
                    expected: self.keys_of(&section).to_lowercase(),
                    key: name.clone(),
                    origin: "the environment".to_owned(),
                });
            }
        }
        Ok(())
    }

    pub(super) fn add_flags(&mut self, flags: &[Flag]) -> Result<(), ConfigError> {
        for (key, value) in flags {
            if let Some(text) = value {
                self.set_text(key, text.clone(), format!("the flag for {key}"))?;
            }
        }
        Ok(())
    }

    /// A fault about the value of a key, at the place where it was written.
    pub(super) fn fault(&self, key: &str, expected: &str) -> ConfigError {
        let (found, origin) = self
            .values
            .get(key)
            .map_or_else(Default::default, |(value, origin)| {
                (shown(value), origin.clone())
            });
        ConfigError::Value {
            origin,
            key: key.to_owned(),
            found,
            expected: expected.to_owned(),
        }
    }

    pub(super) fn build<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let mut root = Table::new();
        for (key, (value, _)) in &self.values {
            match key.split_once('.') {
                None => drop(root.insert(key.clone(), value.clone())),
                Some((section, name)) => {
                    if let Value::Table(table) = root
                        .entry(section)
                        .or_insert_with(|| Value::Table(Table::new()))
                    {
                        table.insert(name.to_owned(), value.clone());
                    }
                }
            }
        }
        root.try_into().map_err(|error: toml::de::Error| {
            // Types were held against the defaults; what is left are words outside a closed list and
            // numbers outside their range. The message of serde says what was expected.
            let (key, origin) = self.suspect(error.message());
            ConfigError::Value {
                found: key
                    .as_ref()
                    .and_then(|key| self.values.get(key))
                    .map_or_else(String::new, |(value, _)| shown(value)),
                key: key.unwrap_or_default(),
                origin,
                expected: error.message().to_owned(),
            }
        })
    }

    fn suspect(&self, message: &str) -> (Option<String>, String) {
        self.values
            .iter()
            .find(|(_, (value, origin))| {
                let text = match value {
                    Value::String(text) => format!("`{text}`"),
                    other => format!("`{other}`"),
                };
                !origin.starts_with("the defaults") && message.contains(&text)
            })
            .map_or(
                (None, "the configuration".to_owned()),
                |(key, (_, origin))| (Some(key.clone()), origin.clone()),
            )
    }

    fn set_text(&mut self, key: &str, text: String, origin: String) -> Result<(), ConfigError> {
        let value = match self.values.get(key) {
            Some((Value::Integer(_), _)) => text.replace('_', "").parse().ok().map(Value::Integer),
            Some((Value::Boolean(_), _)) => match text.as_str() {
                "1" => Some(Value::Boolean(true)),
                "0" | "" => Some(Value::Boolean(false)),
                word => word.parse().ok().map(Value::Boolean),
            },
            _ => None,
        };
        self.set(key, value.unwrap_or(Value::String(text)), origin)
    }

    fn set(&mut self, key: &str, value: Value, origin: String) -> Result<(), ConfigError> {
        let Some((current, _)) = self.values.get(key) else {
            let section = key.split_once('.').map_or("", |(section, _)| section);
            return Err(ConfigError::Unknown {
                origin,
                key: key.to_owned(),
                expected: self.keys_of(section),
            });
        };
        if !current.same_type(&value) {
            return Err(ConfigError::Value {
                origin,
                key: key.to_owned(),
                found: shown(&value),
                expected: kind(current).to_owned(),
            });
        }
        self.values.insert(key.to_owned(), (value, origin));
        Ok(())
    }

    fn section_of(&self, variable: &str) -> Option<String> {
        let rest = variable.strip_prefix("HUB_")?;
        let section = rest.split_once('_')?.0.to_lowercase();
        let prefix = format!("{section}.");
        self.values
            .keys()
            .any(|key| key.starts_with(&prefix))
            .then_some(section)
    }

    /// Names of the keys of a section; of the sections, when there is no such section.
    fn keys_of(&self, section: &str) -> String {
        let prefix = format!("{section}.");
        let mut names: Vec<&str> = self
            .values
            .keys()
            .filter_map(|key| key.strip_prefix(&prefix))
            .collect();
        if names.is_empty() {
            names = self
                .values
                .keys()
                .map(|key| key.split('.').next().unwrap_or(key))
                .collect();
            names.dedup();
        }
        names.join(", ")
    }
}

/// The values of a document by dotted key, with their lines.
fn entries(file: &str, text: &str) -> Result<Vec<(String, Value, usize)>, ConfigError> {
    let line = |offset: usize| {
        text.as_bytes()
            .iter()
            .take(offset)
            .filter(|&&byte| byte == b'\n')
            .count()
            + 1
    };
    let syntax = |error: toml::de::Error| ConfigError::Syntax {
        file: file.to_owned(),
        line: line(error.span().map_or(0, |span| span.start)),
        what: error.message().to_owned(),
    };
    let lines = DeTable::parse(text).map_err(syntax)?;
    let values: Table = toml::from_str(text).map_err(syntax)?;
    let mut entries = Vec::new();
    for (name, place) in lines.get_ref() {
        let Some(value) = values.get(name.get_ref().as_ref()) else {
            continue;
        };
        let (DeValue::Table(inner), Value::Table(table)) = (place.get_ref(), value) else {
            entries.push((
                name.get_ref().to_string(),
                value.clone(),
                line(name.span().start),
            ));
            continue;
        };
        for (key, _) in inner {
            if let Some(value) = table.get(key.get_ref().as_ref()) {
                let dotted = format!("{}.{}", name.get_ref(), key.get_ref());
                entries.push((dotted, value.clone(), line(key.span().start)));
            }
        }
    }
    Ok(entries)
}

fn shown(value: &Value) -> String {
    // An address may carry a password; it must not reach the terminal or a log.
    match value {
        Value::String(text) if text.contains('@') => "text".to_owned(),
        other => format!("`{other}`"),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        Value::Float(_) => "a number",
        _ => "text in quotes",
    }
}
