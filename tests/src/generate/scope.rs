//! Values with names, and templates that are filled from them.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// Values by name.
#[derive(Debug, Clone, Default)]
pub struct Scope(BTreeMap<String, String>);

impl Scope {
    /// Gives a value a name, in place of what had it before.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Result<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.with_context(|| format!("nothing is called `{name}` here"))
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A template with its names replaced; nothing when it begins with `?` and lacks a value.
    pub fn fill(&self, template: &str) -> Result<Option<String>> {
        let (optional, template) = match template.strip_prefix('?') {
            Some(rest) => (true, rest),
            None => (false, template),
        };
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                bail!("a brace is not closed in `{template}`");
            };
            let (name, day) = match name.strip_suffix("|d") {
                Some(name) => (name, true),
                None => (name, false),
            };
            if optional && !self.0.contains_key(name) {
                return Ok(None);
            }
            let value = self.get(name)?;
            text.push_str(before);
            text.push_str(if day {
                value.get(..8).unwrap_or(value)
            } else {
                value
            });
            rest = after;
        }
        text.push_str(rest);
        Ok(Some(text))
    }
}
