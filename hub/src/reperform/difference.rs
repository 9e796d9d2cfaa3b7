//! The first place at which two lists of outcomes differ.

use serde_json::Value;
use serde_json::value::RawValue;

use super::Finding;
use crate::tlog::{Hash, leaf_hash, merkle_root};

/// The outcomes of a list as they stand there.
pub fn outcomes(json: &[u8]) -> Result<Vec<&RawValue>, serde_json::Error> {
    serde_json::from_slice(json)
}

/// Merkle root over outcomes as they stand in a list.
pub fn root(outcomes: &[&RawValue]) -> Hash {
    let hashes: Vec<Hash> = outcomes
        .iter()
        .map(|outcome| leaf_hash(outcome.get().as_bytes()))
        .collect();
    merkle_root(&hashes)
}

/// Compares outcome by outcome; none if all are the same bytes.
pub fn first(then: &[&RawValue], now: &[&RawValue]) -> Option<Finding> {
    if then.len() != now.len() {
        return Some(Finding::Different {
            place: "number of outcomes".to_owned(),
            then: then.len().to_string(),
            now: now.len().to_string(),
        });
    }
    let (index, (then, now)) = then
        .iter()
        .zip(now)
        .enumerate()
        .find(|(_, (then, now))| then.get() != now.get())?;
    let read = |text: &RawValue| serde_json::from_str::<Value>(text.get()).unwrap_or_default();
    let (path, a, b) = descend(String::new(), read(then), read(now));
    let show =
        |value: Option<Value>| value.map_or_else(|| "nothing".to_owned(), |v| cut(&v.to_string()));
    Some(Finding::Different {
        place: format!(
            "outcome {index}, {}",
            if path.is_empty() { "bytes" } else { &path }
        ),
        then: show(a),
        now: show(b),
    })
}

/// Goes down to the first member that differs.
fn descend(path: String, then: Value, now: Value) -> (String, Option<Value>, Option<Value>) {
    match (then, now) {
        (Value::Object(mut then), Value::Object(mut now)) => {
            let mut names: Vec<String> = then.keys().chain(now.keys()).cloned().collect();
            names.sort();
            for name in names {
                let (a, b) = (then.remove(&name), now.remove(&name));
                if a != b {
                    let path = format!("{path}/{name}");
                    return match (a, b) {
                        (Some(a), Some(b)) => descend(path, a, b),
                        (a, b) => (path, a, b),
                    };
                }
            }
            (path, None, None)
        }
        (Value::Array(then), Value::Array(now)) if then.len() == now.len() => {
            let pairs = then.into_iter().zip(now).enumerate();
            for (index, (a, b)) in pairs {
                if a != b {
                    return descend(format!("{path}/{index}"), a, b);
                }
            }
            (path, None, None)
        }
        (then, now) => (path, Some(then), Some(now)),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(then: &str, now: &str) -> Option<Finding> {
        first(
            &outcomes(then.as_bytes()).unwrap_or_default(),
            &outcomes(now.as_bytes()).unwrap_or_default(),
        )
    }

    #[test]
    fn the_first_difference_is_named_by_outcome_and_member() {
        let then = r#"[{"index":0,"issues":[]},{"index":1,"issues":[{"code":"a","line":3}]}]"#;
        assert_eq!(compared(then, then), None);
        let found = compared(then, &then.replace("\"line\":3", "\"line\":4"));
        let wanted = Finding::Different {
            place: "outcome 1, /issues/0/line".to_owned(),
            then: "3".to_owned(),
            now: "4".to_owned(),
        };
        assert_eq!(found, Some(wanted));
    }

    #[test]
    fn the_same_values_in_other_bytes_are_not_identical() {
        let found = compared(r#"[{"a":1,"b":2}]"#, r#"[{"b":2,"a":1}]"#);
        assert!(
            matches!(found, Some(Finding::Different { place, .. }) if place == "outcome 0, bytes")
        );
        assert!(compared("[{}]", "[{},{}]").is_some());
    }
}
