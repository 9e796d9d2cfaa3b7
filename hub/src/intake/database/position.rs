//! How far a query was read, and where it stood some time ago: a row whose watermark was given long before it was
//! committed lies between the two.

use serde::{Deserialize, Serialize};

use crate::store::pull::Mark;

/// Most places that are remembered.
const PLACES: usize = 32;

/// How far a query was read; kept as JSON in `progress`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Submissions made so far: the next number.
    pub pages: u64,
    /// The place reached.
    pub at: Option<Mark>,
    /// Where reading stood at some moments before, the oldest first.
    #[serde(default)]
    past: Vec<Past>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Past {
    millis: i64,
    at: Mark,
}

impl Position {
    /// The position after a page; `reached` is the new place, or none when the page was of late rows.
    #[must_use]
    pub fn after(&self, reached: Option<Mark>, now: i64, look_back: i64) -> Position {
        let mut next = self.clone();
        next.pages += 1;
        if let Some(reached) = reached {
            next.at = Some(reached.clone());
            // One place per share of the window; the last that is older than the window is still needed.
            let apart = look_back / PLACES as i64;
            if next
                .past
                .last()
                .is_none_or(|last| now - last.millis >= apart)
            {
                next.past.push(Past {
                    millis: now,
                    at: reached,
                });
            }
            while next.past.len() > PLACES + 2
                || next
                    .past
                    .get(1)
                    .is_some_and(|second| now - second.millis > look_back)
            {
                next.past.remove(0);
            }
        }
        next
    }

    /// Where reading stood so long ago: rows from there on may have come late. None when nothing was read then.
    pub fn looked_back(&self, now: i64, look_back: i64) -> Option<&Mark> {
        let old = self
            .past
            .iter()
            .rev()
            .find(|past| now - past.millis >= look_back);
        old.or(self.past.first()).map(|past| &past.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(number: i64) -> Mark {
        Mark {
            watermark: number.to_string(),
            key: "k".to_owned(),
        }
    }

    #[test]
    fn the_place_of_some_time_ago_is_known_within_a_share_of_it() {
        let mut position = Position::default();
        assert_eq!(position.looked_back(0, 1000), None);
        for now in 0..10_000 {
            position = position.after(Some(mark(now)), now, 1000);
            let back = position
                .looked_back(now, 1000)
                .map(|mark| mark.watermark.clone());
            let back: i64 = back.and_then(|text| text.parse().ok()).unwrap_or(-1);
            assert!(back <= (now - 1000).max(0), "{back} at {now}");
            assert!(back >= now - 1000 - 64, "{back} at {now}");
            assert!(position.past.len() <= PLACES + 2);
        }
        assert_eq!(position.pages, 10_000);
    }

    #[test]
    fn late_rows_do_not_move_the_place() {
        let position = Position::default().after(Some(mark(7)), 1, 1000);
        let later = position.after(None, 2, 1000);
        assert_eq!(later.at, Some(mark(7)));
        assert_eq!(later.pages, 2);
    }
}
