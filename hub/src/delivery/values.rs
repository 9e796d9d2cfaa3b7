//! The values of a stored record, read without copying them: they are wanted once, for a packet.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Values by the column code of their field.
pub(super) struct Values<'b>(Vec<(&'b str, Text<'b>)>);

/// A value: borrowed unless it is escaped.
#[derive(serde::Deserialize)]
struct Text<'b>(#[serde(borrow)] Cow<'b, str>);

impl<'b> Values<'b> {
    /// Reads an object of texts; none: it is not one.
    pub fn read(canonical: &'b [u8]) -> Option<Self> {
        serde_json::from_str(std::str::from_utf8(canonical).ok()?).ok()
    }

    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&str> {
        let place = self.0.binary_search_by_key(&field, |(name, _)| name).ok()?;
        self.0.get(place).map(|(_, text)| &*text.0)
    }
}

impl<'de> Deserialize<'de> for Values<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Values<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::with_capacity(64);
        while let Some(entry) = map.next_entry()? {
            values.push(entry);
        }
        // What is canonical is in order already, which this finds in one pass.
        values.sort_by_key(|(name, _)| *name);
        Ok(Values(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_name_in_whatever_order_they_come() {
        let values = Values::read("{\"B\":\"二\\n\",\"A\":\"一\"}".as_bytes());
        let get = |name| values.as_ref().and_then(|values| values.get(name));
        assert_eq!(
            (get("A"), get("B"), get("C")),
            (Some("一"), Some("二\n"), None)
        );
        for other in ["[]", "{\"A\":1}", "{\"A\":\"1\"", "\"A\""] {
            assert!(Values::read(other.as_bytes()).is_none(), "{other}");
        }
    }
}
