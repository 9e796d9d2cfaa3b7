//! `[close]`: when days are closed.

use serde::Deserialize;

/// The daily close.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// Time of day in China at which the day before is closed, `hh:mm`; empty: by command only.
    pub at: String,
}

impl Close {
    /// The time of day; none when days are closed by command only.
    pub fn time(&self) -> Option<jiff::civil::Time> {
        self.at.parse().ok()
    }

    /// Whether it can be read.
    pub(super) fn is_sound(&self) -> bool {
        self.at.is_empty() || self.time().is_some()
    }
}
