//! A submission that was judged in parts, held against its leaf part by part: nothing of it is held whole.

use super::{erasures, fault, lost};
use crate::audit::changes;
use crate::leaf::Submission as Submitted;
use crate::pipeline::outcomes::{self, PART, Stored, Tree};
use crate::pipeline::receipt::Outcome;
use crate::store::records::RecordRow;
use crate::store::submissions::{IssueRow, Submission};
use crate::store::{Database, outcome_parts, records, submissions, verdict_number};
use crate::tlog::FirstFault;

/// What is read of the tables beside the outcomes.
struct Walk<'a> {
    place: &'a str,
    row: &'a Submission,
    connection: &'a mut Database,
    /// The next finding.
    issue: i32,
    /// The last record version.
    record: i64,
    versions: u64,
    kept: Tree,
}

/// Holds outcomes, findings and record versions against the leaf; returns how many versions there are.
pub(super) fn verify(
    place: &str,
    leaf: &Submitted,
    row: &Submission,
    connection: &mut Database,
) -> Result<u64, FirstFault> {
    let roots = outcome_parts::roots(connection, row.id).map_err(|error| lost(&error))?;
    let parts = outcomes::parts_of(leaf.counts.records.into());
    if roots.len() as u64 != parts {
        let what = format!("has {} parts, the log says {parts}", roots.len());
        return Err(fault(format!("outcome_parts of {}", leaf.id), what));
    }
    let mut all = Tree::default();
    let mut walk = Walk {
        place,
        row,
        connection,
        issue: 0,
        record: 0,
        versions: 0,
        kept: Tree::default(),
    };
    for (part, root) in (0..).zip(&roots) {
        let which = format!("{place}, part {part} of its outcomes");
        let stored = outcomes::stored(walk.connection, row, part)
            .map_err(|error| lost(&error))?
            .ok_or_else(|| fault(&which, "is empty"))?;
        if stored.root.as_bytes() != root.as_slice() {
            let what = "a verdict or finding was changed: the root of the part differs";
            return Err(fault(which, what));
        }
        for outcome in &stored.list {
            all.push(outcome.hash());
        }
        walk.issues(&stored)?;
        walk.records(part, &stored)?;
    }
    if all.root().to_hex() != leaf.outcomes_root {
        let what = "a verdict or finding was changed: the root differs";
        return Err(fault(format!("{place}, outcomes"), what));
    }
    walk.ends(leaf)
}

impl Walk<'_> {
    fn issues(&mut self, stored: &Stored) -> Result<(), FirstFault> {
        let expected: Vec<(&Outcome, &spec::Issue)> = stored
            .list
            .iter()
            .flat_map(|outcome| outcome.issues.iter().map(move |issue| (outcome, issue)))
            .collect();
        let found = submissions::issues_from(
            self.connection,
            self.row.id,
            self.issue,
            expected.len() as i64,
        )
        .map_err(|error| lost(&error))?;
        let fits = |found: &IssueRow, (outcome, issue): &(&Outcome, &spec::Issue)| {
            found.record_index == outcome.index as i32
                && found.severity == i32::from(issue.severity == spec::Severity::Error)
                && found.code == issue.code.name()
                && found.rule.as_deref() == issue.rule.as_deref()
                && found.path == issue.path
        };
        let good = found.len() == expected.len()
            && found
                .iter()
                .zip(&expected)
                .all(|(row, told)| fits(row, told));
        if !good {
            let what = "the findings are not those of the receipt";
            return Err(fault(format!("issues of {}", self.place), what));
        }
        self.issue += found.len() as i32;
        Ok(())
    }

    fn records(&mut self, part: u32, stored: &Stored) -> Result<(), FirstFault> {
        let kept: Vec<&Outcome> = stored
            .list
            .iter()
            .filter(|outcome| {
                !matches!(
                    outcome.verdict,
                    spec::Verdict::Rejected | spec::Verdict::Duplicate
                )
            })
            .collect();
        let rows = records::of_submission_after(
            self.connection,
            self.row.id,
            self.record,
            kept.len() as i64,
        )
        .map_err(|error| lost(&error))?;
        if rows.len() != kept.len() {
            return Err(fault(
                format!(
                    "records of {}, from record {}",
                    self.place,
                    part as usize * PART
                ),
                format!("{} versions, {} were receipted", rows.len(), kept.len()),
            ));
        }
        for (record, outcome) in rows.iter().zip(kept) {
            self.one(record, outcome)?;
        }
        Ok(())
    }

    fn one(&mut self, record: &RecordRow, outcome: &Outcome) -> Result<(), FirstFault> {
        let place = |column: &str| format!("records, id {}{column}", record.id);
        erasures::opens(record)?;
        if record.body.is_erased() {
            erasures::of_record(record, self.connection)?;
        }
        let digest = record.body.digest().to_hex();
        if record.record_index != outcome.index as i32 || outcome.digest.as_deref() != Some(&digest)
        {
            let what = "its bytes are not those that were receipted";
            return Err(fault(place(""), what));
        }
        let sound = if outcome.verdict == spec::Verdict::Parked {
            changes::of_record(record, self.connection)?
        } else {
            verdict_number(outcome.verdict) == record.verdict
        };
        if !sound {
            let what = "is not the verdict that was receipted, or that the log has given it since";
            return Err(fault(place(", verdict"), what));
        }
        self.kept.push(record.body.leaf_hash());
        self.record = record.id;
        self.versions += 1;
        Ok(())
    }

    /// Nothing is there beyond what was receipted.
    fn ends(self, leaf: &Submitted) -> Result<u64, FirstFault> {
        let beyond = submissions::issues_from(self.connection, self.row.id, self.issue, 1)
            .map_err(|error| lost(&error))?;
        if !beyond.is_empty() {
            let what = "holds findings that were not receipted";
            return Err(fault(format!("issues of {}", leaf.id), what));
        }
        let beyond = records::of_submission_after(self.connection, self.row.id, self.record, 1)
            .map_err(|error| lost(&error))?;
        if let Some(record) = beyond.first() {
            let what = "was not receipted";
            return Err(fault(format!("records, id {}", record.id), what));
        }
        if self.kept.root().to_hex() != leaf.records_root {
            let what = "the versions do not give the root of the leaf";
            return Err(fault(format!("records of {}", leaf.id), what));
        }
        Ok(self.versions)
    }
}
