//! The platform's own key, and its clock: what it signs, and what it takes for the time.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::NationalError;
use crate::delivery::platform;
use crate::keys::SigningKey;

/// Under which name the platform signs.
const NAME: &str = "national.example/platform";

/// Signs answers.
pub(super) struct Seal {
    key: SigningKey,
    vkey: String,
}

impl Seal {
    /// The key of a folder, made when there is none; without a folder, a new one.
    pub fn open(folder: Option<&Path>) -> Result<Self, NationalError> {
        let key = match folder {
            Some(folder) => std::fs::create_dir_all(folder)
                .map_err(|source| NationalError::Io {
                    place: folder.display().to_string(),
                    source,
                })
                .and_then(|()| Ok(SigningKey::load_or_create(&folder.join("national.key"))?))?,
            None => SigningKey::generate()?,
        };
        let vkey = key.vkey(NAME)?.trim().to_owned();
        Ok(Seal { key, vkey })
    }

    /// The public key (C2SP vkey).
    pub fn vkey(&self) -> &str {
        &self.vkey
    }

    /// The headers that show a message to be the platform's.
    pub fn headers(&self, message: &[u8]) -> [(&'static str, String); 2] {
        let signature = STANDARD.encode(self.key.sign(message));
        [
            (platform::KEY, NAME.to_owned()),
            (platform::SIGNATURE, signature),
        ]
    }
}

/// What the platform takes for the time, when it is off by some milliseconds.
pub(super) fn now(skew: i64) -> Timestamp {
    let now = Timestamp::now();
    now.saturating_add(SignedDuration::from_millis(skew))
        .unwrap_or(now)
}

/// RFC 3339 at +08:00.
pub(super) fn text(at: Timestamp) -> String {
    at.display_with_offset(Offset::constant(8)).to_string()
}

/// As HTTP writes it in `Date` and `Retry-After` (RFC 9110, 5.6.7).
pub(super) fn http_date(at: Timestamp) -> String {
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&at)
        .unwrap_or_default()
}
