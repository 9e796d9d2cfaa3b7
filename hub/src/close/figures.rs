//! The figures of a day's books, and the equations that must hold between them.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::national::Platform;
use crate::leaf::numbers::Numbers;

/// What was received of a source, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceBooks {
    /// Submissions received.
    pub submissions: u64,
    /// Records received: what the receipts count.
    pub records: u64,
    /// The same, counted one by one: entries of the set.
    pub listed: u64,
    /// Digest of the set ([`super::tree`]), hexadecimal.
    pub root: String,
    /// Verdicts, as receipted.
    pub receipted: Receipted,
    /// Record versions that are kept of it.
    pub kept: u64,
    /// What became of what was parked.
    pub parked: Parked,
}

/// Verdicts as receipted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipted {
    /// Without a finding.
    pub accepted: u64,
    /// With findings that do not reject.
    pub accepted_with_warnings: u64,
    /// Waiting for another record.
    pub parked: u64,
    /// Already held.
    pub duplicate: u64,
    /// Not kept.
    pub rejected: u64,
}

/// What became of records that were parked, up to the close.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parked {
    /// What they waited for came, and they were accepted.
    pub released: u64,
    /// It came, and they were rejected.
    pub refused: u64,
    /// It came, and the same was held already.
    pub repeated: u64,
    /// It did not come in time: rejected.
    pub expired: u64,
    /// Another version came, or they were taken back.
    pub replaced: u64,
    /// They wait still.
    pub waiting: u64,
}

impl SourceBooks {
    /// Whether the equations hold.
    pub fn balanced(&self) -> bool {
        let r = &self.receipted;
        let p = &self.parked;
        let accepted = r.accepted + r.accepted_with_warnings;
        self.records == accepted + r.parked + r.duplicate + r.rejected
            && self.listed == self.records
            && self.kept == accepted + r.parked
            && r.parked == p.released + p.refused + p.repeated + p.expired + p.replaced + p.waiting
    }

    /// As it stands now: accepted, rejected, duplicate, replaced, parked. Together they are what was received.
    pub fn standing(&self) -> [u64; 5] {
        let (r, p) = (&self.receipted, &self.parked);
        [
            r.accepted + r.accepted_with_warnings + p.released,
            r.rejected + p.refused + p.expired,
            r.duplicate + p.repeated,
            p.replaced,
            p.waiting,
        ]
    }
}

/// What a destination is owed of the records of a day, and how far it has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationBooks {
    /// Record versions owed.
    pub owed: u64,
    /// Taken over.
    pub acknowledged: u64,
    /// Refused, with a reason.
    pub refused: u64,
    /// Given up; an operator decides.
    pub exhausted: u64,
    /// To be sent.
    pub pending: u64,
    /// Sent; the business answer is owed.
    pub sent: u64,
    /// Accepted versions that should be owed, counted from the records, and how many of them are owed; withdrawals
    /// are not among them. Only where the rule of what is owed never changes: the national platform.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub should_be_owed: Option<Should>,
    /// What the destination contradicted about records of the day; none when it did not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contradicted: Option<Contradicted>,
    /// What the platform says it holds; none for destinations that cannot be asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub platform: Option<Platform>,
}

/// Records of a day about which a destination said two things. The first answer stands, in the figures too: that there
/// was another one is shown, logged, and for people to settle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contradicted {
    /// Records, once for each packet that was contradicted.
    pub records: u64,
    /// Of these, taken over at first, and not so later.
    pub taken_back: u64,
    /// Of these, not taken over at first, and said to be later.
    pub taken_after_all: u64,
    /// The packets, at most 1,000.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub batches: Vec<ContradictedBatch>,
}

/// A packet about which a destination said two things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContradictedBatch {
    /// Its number.
    pub batch: i64,
    /// The record versions of the day about which the answers differ.
    pub records: Numbers,
    /// The leaf that holds both answers' digests.
    pub leaf: i64,
}

/// What should be owed against what is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Should {
    /// Counted from the records.
    pub records: u64,
    /// Counted from the deliveries.
    pub owed: u64,
}

impl DestinationBooks {
    /// Whether the equations hold.
    pub fn balanced(&self) -> bool {
        self.owed == self.acknowledged + self.refused + self.exhausted + self.open()
            && self
                .should_be_owed
                .is_none_or(|should| should.records == should.owed)
    }

    /// Neither answered nor given up.
    pub fn open(&self) -> u64 {
        self.pending + self.sent
    }
}

/// All together; a root is of one source only.
impl AddAssign<&SourceBooks> for SourceBooks {
    fn add_assign(&mut self, one: &SourceBooks) {
        self.submissions += one.submissions;
        self.records += one.records;
        self.listed += one.listed;
        self.kept += one.kept;
        self.receipted += one.receipted;
        self.parked += one.parked;
    }
}

impl AddAssign for Receipted {
    fn add_assign(&mut self, one: Receipted) {
        self.accepted += one.accepted;
        self.accepted_with_warnings += one.accepted_with_warnings;
        self.parked += one.parked;
        self.duplicate += one.duplicate;
        self.rejected += one.rejected;
    }
}

impl AddAssign for Parked {
    fn add_assign(&mut self, one: Parked) {
        self.released += one.released;
        self.refused += one.refused;
        self.repeated += one.repeated;
        self.expired += one.expired;
        self.replaced += one.replaced;
        self.waiting += one.waiting;
    }
}

/// All together; what one destination holds and contradicts, and what it should be owed, stays with it.
impl AddAssign<&DestinationBooks> for DestinationBooks {
    fn add_assign(&mut self, one: &DestinationBooks) {
        self.owed += one.owed;
        self.acknowledged += one.acknowledged;
        self.refused += one.refused;
        self.exhausted += one.exhausted;
        self.pending += one.pending;
        self.sent += one.sent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> SourceBooks {
        SourceBooks {
            submissions: 2,
            records: 10,
            listed: 10,
            root: String::new(),
            receipted: Receipted {
                accepted: 3,
                accepted_with_warnings: 1,
                parked: 3,
                duplicate: 1,
                rejected: 2,
            },
            kept: 7,
            parked: Parked {
                released: 1,
                expired: 1,
                waiting: 1,
                ..Parked::default()
            },
        }
    }

    #[test]
    fn every_figure_has_its_place_in_an_equation() {
        assert!(sound().balanced());
        assert_eq!(sound().standing().iter().sum::<u64>(), 10);
        let broken: [fn(&mut SourceBooks); 6] = [
            |books| books.records += 1,
            |books| books.listed -= 1,
            |books| books.kept += 1,
            |books| books.receipted.rejected += 1,
            |books| books.receipted.parked += 1,
            |books| books.parked.waiting -= 1,
        ];
        for change in broken {
            let mut books = sound();
            change(&mut books);
            assert!(!books.balanced(), "{books:?}");
        }
    }

    #[test]
    fn what_was_forgotten_unbalances_a_destination() {
        let mut books = DestinationBooks {
            owed: 3,
            acknowledged: 1,
            sent: 2,
            should_be_owed: Some(Should {
                records: 3,
                owed: 3,
            }),
            ..DestinationBooks::default()
        };
        assert!(books.balanced());
        books.should_be_owed = Some(Should {
            records: 4,
            owed: 3,
        });
        assert!(!books.balanced());
    }
}
