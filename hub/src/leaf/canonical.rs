//! The one form in which a JSON value is hashed: RFC 8785 (JCS), for values without fractions.
//!
//! The same facts give the same bytes whatever the order in which a program puts them together.

use serde_json::Value;

/// Writes a value in canonical form. Numbers must be whole and below 2^53: leaves hold no others.
pub fn canonical(value: &Value) -> String {
    let mut text = Vec::with_capacity(512);
    write(&mut text, value);
    // What serde_json writes is UTF-8, and so is what stands between.
    String::from_utf8(text).unwrap_or_default()
}

fn write(text: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            // RFC 8785 sorts by UTF-16 code units: for ASCII that is the order in which they are kept mostly.
            let plain = |pair: &[(&String, &Value)]| matches!(pair, [(a, _), (b, _)] if a < b && a.is_ascii() && b.is_ascii());
            if !members.windows(2).all(plain) {
                members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            }
            text.push(b'{');
            for (place, (name, member)) in members.into_iter().enumerate() {
                if place > 0 {
                    text.push(b',');
                }
                scalar(text, name);
                text.push(b':');
                write(text, member);
            }
            text.push(b'}');
        }
        Value::Array(elements) => {
            text.push(b'[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    text.push(b',');
                }
                write(text, element);
            }
            text.push(b']');
        }
        other => scalar(text, other),
    }
}

fn scalar(text: &mut Vec<u8>, value: &impl serde::Serialize) {
    // Writing to memory does not fail; serde_json escapes as RFC 8785 asks.
    let _ = serde_json::to_writer(text, value);
}

#[cfg(test)]
mod tests {
    use super::canonical;

    /// The example of RFC 8785, section 3.2.3, without its fractions.
    #[test]
    fn members_are_sorted_as_the_rfc_says() -> Result<(), serde_json::Error> {
        let text = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
            "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
        let sorted = canonical(&serde_json::from_str(text)?);
        let order: Vec<usize> = [
            "Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew",
        ]
        .iter()
        .filter_map(|word| sorted.find(word))
        .collect();
        assert_eq!(order.len(), 7);
        assert!(order.is_sorted(), "{sorted}");
        Ok(())
    }

    /// The string of RFC 8785, section 3.2.2.2.
    #[test]
    fn strings_are_escaped_as_the_rfc_says() -> Result<(), serde_json::Error> {
        let text = r#"{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#;
        let expected =
            "{\"literals\":[null,true,false],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(canonical(&serde_json::from_str(text)?), expected);
        Ok(())
    }
}
