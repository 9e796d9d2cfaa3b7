//! Two times of a record: when the hub knew a version, and since when the version holds in the world.
//!
//! A version is known from the receipt of its submission on (if it had to wait: from its release), until the next
//! one is. It holds from its valid time on, until a later version says something else; a correction takes the place
//! of what it corrects, a withdrawal takes everything back. Reads only; nothing here decides what is kept.

use spec::{Dataset, Verdict};

use crate::pipeline::Instant;
use crate::store::records::{self, RecordRow};
use crate::store::submissions::{self, Filter, SubmissionLine};
use crate::store::waiting::{self, Change};
use crate::store::{Database, StoreError, verdict_number};

/// One version with the time in which it was known.
#[derive(Debug, Clone)]
pub struct Version {
    /// The version.
    pub row: RecordRow,
    /// Its submission.
    pub line: SubmissionLine,
    /// How its wait ended, if it had to wait.
    pub change: Option<Change>,
    /// Known as current from this instant on; none if it never was.
    pub from: Option<i64>,
    /// Current until then; none while it is, or if it never was.
    pub to: Option<i64>,
}

impl Version {
    /// Whether it was current at an instant.
    pub fn known_at(&self, at: i64) -> bool {
        self.from.is_some_and(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// Most versions that are followed.
const MOST: usize = 1000;

/// A version and all before it, the newest first. `until`: when the newest ceased to be current, if it did.
pub fn back_from(
    connection: &mut Database,
    newest: RecordRow,
    until: Option<i64>,
) -> Result<Vec<Version>, StoreError> {
    let mut versions = Vec::new();
    let mut to = until;
    let mut next = Some(newest);
    while let Some(row) = next
        && versions.len() < MOST
    {
        let line = submission(connection, row.submission_id)?;
        let change = waiting::change_of(connection, &row)?;
        let kept = [Verdict::Accepted, Verdict::AcceptedWithWarnings]
            .map(verdict_number)
            .contains(&row.verdict);
        let since = change.as_ref().map_or(line.received_at, |change| change.at);
        // Instants are taken before the commit gives the order: where they cross, the order is right.
        let from = kept.then(|| to.map_or(since, |to| since.min(to)));
        let previous = row.previous.filter(|&previous| previous < row.id);
        versions.push(Version {
            row,
            line,
            change,
            from,
            to: to.filter(|_| kept),
        });
        to = from.or(to);
        next = match previous {
            Some(previous) => records::by_id(connection, previous)?,
            None => None,
        };
    }
    Ok(versions)
}

fn submission(connection: &mut Database, id: i64) -> Result<SubmissionLine, StoreError> {
    let filter = Filter {
        after: id - 1,
        limit: 1,
        ..Filter::default()
    };
    submissions::list(connection, &filter)?
        .pop()
        .filter(|line| line.id == id)
        .ok_or_else(|| StoreError::Damaged {
            place: format!("submissions, id {id}"),
            what: "a record names it, but it is not there".to_owned(),
        })
}

/// What counts of a version for its valid time: since when it holds (digits), and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Digits of the instant, as many as were given; none: since ever.
    pub since: Option<String>,
    /// 0 upsert, 1 correct, 2 withdraw.
    pub action: i32,
}

impl Claim {
    /// The claim of a stored version.
    pub fn of(dataset: &Dataset, row: &RecordRow) -> Claim {
        let body: Option<serde_json::Map<String, serde_json::Value>> = row
            .body
            .held()
            .and_then(|body| serde_json::from_slice(body).ok());
        let field = spec::stored::valid_from(dataset).and_then(|field| dataset.field(field));
        let since = field.zip(body).and_then(|(field, body)| {
            let text = body.get(&field.id)?.as_str()?;
            Some(text.to_owned())
        });
        Claim {
            since,
            action: row.action,
        }
    }

    /// The first second that it means.
    fn start(&self) -> String {
        let digits = self.since.as_deref().unwrap_or_default();
        format!("{digits:0<14}")
    }
}

/// Which of the versions known, the oldest first, says what holds at an instant of the world; none if none does.
pub fn valid_at(claims: &[Claim], instant: Instant) -> Option<usize> {
    let mut spans: Vec<(String, usize)> = Vec::new();
    for (place, claim) in claims.iter().enumerate() {
        let mut start = claim.start();
        match claim.action {
            2 => {
                spans.clear();
                continue;
            }
            1 => {
                if let Some((corrected, _)) = spans.pop() {
                    start = start.min(corrected);
                }
            }
            _ => {}
        }
        spans.retain(|(earlier, _)| *earlier < start);
        spans.push((start, place));
    }
    let wanted = instant.civil.strftime("%Y%m%d%H%M%S").to_string();
    let found = spans.iter().rev().find(|(start, _)| *start <= wanted);
    found.map(|(_, place)| *place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(since: &str, action: i32) -> Claim {
        Claim {
            since: (!since.is_empty()).then(|| since.to_owned()),
            action,
        }
    }

    fn at(text: &str) -> Instant {
        let instant: Result<jiff::Timestamp, _> = text.parse();
        Instant::from_millis(instant.map_or(0, jiff::Timestamp::as_millisecond))
    }

    #[test]
    fn each_version_holds_from_its_time_until_the_next_says_otherwise() {
        let claims = [claim("20260101", 0), claim("20260301093000", 0)];
        assert_eq!(valid_at(&claims, at("2025-12-31T23:59:59+08:00")), None);
        assert_eq!(valid_at(&claims, at("2026-01-01T00:00:00+08:00")), Some(0));
        assert_eq!(valid_at(&claims, at("2026-03-01T09:29:59+08:00")), Some(0));
        assert_eq!(valid_at(&claims, at("2026-03-01T09:30:00+08:00")), Some(1));
        // The same instant on a clock elsewhere.
        assert_eq!(valid_at(&claims, at("2026-03-01T01:30:00Z")), Some(1));
    }

    #[test]
    fn a_later_word_about_an_earlier_time_wins() {
        let claims = [
            claim("20260101", 0),
            claim("20260301", 0),
            claim("20260201", 0),
        ];
        assert_eq!(valid_at(&claims, at("2026-01-15T00:00:00+08:00")), Some(0));
        assert_eq!(valid_at(&claims, at("2026-03-15T00:00:00+08:00")), Some(2));
    }

    #[test]
    fn a_correction_stands_where_the_corrected_stood_and_a_withdrawal_leaves_nothing() {
        let corrected = [
            claim("20260101", 0),
            claim("20260301", 0),
            claim("20260401", 1),
        ];
        let march = at("2026-03-02T00:00:00+08:00");
        assert_eq!(valid_at(&corrected, march), Some(2));
        let early = at("2026-02-02T00:00:00+08:00");
        assert_eq!(valid_at(&corrected, early), Some(0));
        let withdrawn = [claim("20260101", 0), claim("20260101", 2)];
        assert_eq!(valid_at(&withdrawn, march), None);
        let again = [claim("", 0), claim("", 2), claim("20260201", 0)];
        assert_eq!(valid_at(&again, march), Some(2));
    }
}
