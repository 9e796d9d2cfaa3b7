//! A setting that is never shown: not in the log, not in an error, not in a dump of the configuration.

use std::fmt;

use serde::Deserialize;

/// A text whose `Debug` says only whether it is there.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one who needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() {
            "(none)"
        } else {
            "(given, not shown)"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() -> Result<(), serde_json::Error> {
        let secret: Secret = serde_json::from_str("\"-----BEGIN PRIVATE KEY-----\"")?;
        assert!(!format!("{secret:?}").contains("BEGIN"));
        assert!(secret.reveal().contains("BEGIN"));
        Ok(())
    }
}
