//! The instants that a question may name: what was known then (`at`), what held then (`valid`).

use serde::Deserialize;

use super::openapi::{Param, param};
use crate::error::{Error, ErrorCode};
use crate::report;

/// What was known at an instant.
pub const AT: Param = param(
    "at",
    "what the hub knew at this instant (RFC 3339 with offset), or at the end of this day in China",
);
/// What held at an instant.
pub const VALID: Param = param(
    "valid",
    "the version that holds at this instant of the world, by its own time of event",
);
/// Parameters of what can be asked for as it was known.
pub const QUERY: &[Param] = &[AT];

/// What the query says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtQuery {
    at: Option<String>,
}

impl AtQuery {
    /// The instant, in milliseconds.
    pub fn at(&self) -> Result<Option<i64>, Error> {
        parse("at", self.at.as_deref())
    }
}

/// Reads an instant; a day means its last moment in China.
pub fn parse(what: &'static str, text: Option<&str>) -> Result<Option<i64>, Error> {
    let Some(text) = text else { return Ok(None) };
    // In an address, the plus of an offset that was not escaped arrives as a blank.
    let text = match text.rsplit_once(' ') {
        Some((instant, offset)) if instant.contains('T') => format!("{instant}+{offset}"),
        _ => text.to_owned(),
    };
    let millis = report::parse_instant(what, &text, true)
        .map_err(|error| Error::request(ErrorCode::Time, error.to_string()))?;
    // The end of a day is the first instant of the next, which is not meant.
    Ok(Some(if text.len() == 10 { millis - 1 } else { millis }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_end_and_an_unescaped_plus_is_understood() {
        let at = |text| parse("at", Some(text)).ok().flatten();
        let instant = at("2026-11-20T23:59:59.999+08:00");
        assert!(instant.is_some());
        assert_eq!(at("2026-11-20"), instant);
        assert_eq!(at("2026-11-20T23:59:59.999 08:00"), instant);
        assert_eq!(at("2026-11-20T15:59:59.999Z"), instant);
        assert_eq!(parse("at", None).ok(), Some(None));
    }

    #[test]
    fn what_is_no_instant_is_named() {
        for text in ["gestern", "2026-13-01", "2026-11-20T08:00:00", ""] {
            let error = parse("valid", Some(text)).err();
            assert_eq!(
                error.as_ref().map(Error::code),
                Some(ErrorCode::Time),
                "{text}"
            );
            let told = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(told.contains("valid") && told.contains(text), "{told}");
        }
    }
}
