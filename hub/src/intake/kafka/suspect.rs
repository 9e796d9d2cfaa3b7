//! Which message stops the commits: no message may block its partition, and none may be refused because the store was
//! away for a while.

/// Times that a message is tried which stops the commit, while the store works otherwise.
pub const STRIKES: u32 = 3;

/// A message that was read last before a commit failed, and how often.
#[derive(Debug, Default)]
pub struct Suspect {
    /// Whether messages are taken one at a time.
    pub careful: bool,
    place: Option<(String, i64)>,
    strikes: u32,
}

impl Suspect {
    /// A commit failed while this message was the last of it: from now on one message at a time. It counts against
    /// the message only when nothing else can be to blame.
    pub fn accuse(&mut self, place: &str, offset: i64, counts: bool) {
        let accused = Some((place.to_owned(), offset));
        let alone = self.careful && self.place == accused;
        self.strikes = if alone {
            self.strikes + u32::from(counts)
        } else {
            0
        };
        self.careful = true;
        self.place = accused;
    }

    /// Whether this message has stopped the hub often enough to be refused.
    pub fn guilty(&self, place: &str, offset: i64) -> bool {
        let accused = self.place.as_ref();
        self.strikes >= STRIKES && accused.is_some_and(|(p, o)| p == place && *o == offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_refused_after_it_alone_stopped_a_working_store_three_times() {
        let mut suspect = Suspect::default();
        // The last of many: any of them may be to blame.
        suspect.accuse("t/0", 9, true);
        assert!(suspect.careful);
        for strike in 1..=STRIKES {
            assert!(!suspect.guilty("t/0", 9), "{strike}");
            suspect.accuse("t/0", 9, true);
        }
        assert!(suspect.guilty("t/0", 9));
        assert!(!suspect.guilty("t/0", 8) && !suspect.guilty("t/1", 9));
    }

    #[test]
    fn a_store_that_takes_nothing_makes_no_message_guilty() {
        let mut suspect = Suspect::default();
        for _ in 0..100 {
            suspect.accuse("t/0", 9, false);
        }
        assert!(!suspect.guilty("t/0", 9));
    }

    #[test]
    fn another_message_begins_at_nothing() {
        let mut suspect = Suspect::default();
        for offset in 0..100 {
            suspect.accuse("t/0", offset, true);
            assert!(!suspect.guilty("t/0", offset));
        }
    }
}
