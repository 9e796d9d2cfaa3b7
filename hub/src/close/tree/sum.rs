//! The digest of a prefix from its entries in order, one by one: held are the entries of one list, and 16 digests a
//! digit. Only repetitions of one id are held together, however many they are.

use super::{DIGITS, Entry, FEW, Summary, digit, few, many};

/// Adds up what is beneath a prefix.
pub struct Sum {
    /// Digits of the prefix.
    base: usize,
    /// For each digit gone down beneath it, what is finished there.
    levels: Vec<Vec<Summary>>,
    /// The entries, all beneath one prefix, that are few as yet.
    open: Vec<Entry>,
    empty: Summary,
}

impl Sum {
    /// Begins, beneath a prefix of so many digits.
    pub fn beneath(digits: usize) -> Sum {
        Sum {
            base: digits,
            levels: Vec::new(),
            open: Vec::new(),
            empty: few(&[]),
        }
    }

    /// Takes the next entry, which is not before the last.
    pub fn push(&mut self, entry: Entry) {
        if let Some(last) = self.open.last() {
            let differ = (0..self.levels.len()).find(|level| {
                digit(&last.id, self.base + level) != digit(&entry.id, self.base + level)
            });
            if let Some(level) = differ {
                self.close(level);
            }
        }
        self.open.push(entry);
        while self.open.len() > FEW && self.base + self.levels.len() < DIGITS {
            self.divide();
        }
    }

    /// Goes down a digit: all entries but those of the last digit are finished.
    fn divide(&mut self) {
        let place = self.base + self.levels.len();
        let mut finished = Vec::with_capacity(16);
        let last = self.open.last().map_or(0, |last| digit(&last.id, place));
        let from = self
            .open
            .partition_point(|entry| digit(&entry.id, place) < last);
        let mut before = self.open.get(..from).unwrap_or_default();
        for own in 0..last {
            let here = before.partition_point(|entry| digit(&entry.id, place) <= own);
            let (beneath, after) = before.split_at(here);
            finished.push(few(beneath));
            before = after;
        }
        self.open.drain(..from);
        self.levels.push(finished);
    }

    /// Finishes what is open down to a digit, whose next sibling begins.
    fn close(&mut self, level: usize) {
        let Some(last) = self.open.last().map(|last| last.id) else {
            return;
        };
        let mut done = few(&self.open);
        self.open.clear();
        while let Some(mut children) = self.levels.pop() {
            let place = self.levels.len();
            // Digits between the last that was finished and this one had nothing beneath.
            let own = usize::from(digit(&last, self.base + place));
            children.resize(own.max(children.len()), self.empty);
            children.push(done);
            if place == level {
                self.levels.push(children);
                return;
            }
            children.resize(16, self.empty);
            done = many(&children);
        }
    }

    /// The digest, and how many entries there were.
    pub fn finish(mut self) -> Summary {
        if self.levels.is_empty() {
            return few(&self.open);
        }
        self.close(0);
        let mut children = self.levels.pop().unwrap_or_default();
        children.resize(16, self.empty);
        many(&children)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{by_definition, entries};
    use super::super::{Prefix, Tree};
    use super::*;
    use crate::tlog::sha256;

    #[test]
    fn entries_one_by_one_give_the_digest_of_the_definition() {
        for count in [0, 1, 64, 65, 66, 1000, 1025, 3000] {
            let mut entries = entries(count);
            entries.sort_unstable();
            let mut sum = Sum::beneath(0);
            for entry in &entries {
                sum.push(*entry);
            }
            let summary = sum.finish();
            assert_eq!(summary.count, count as u64);
            assert_eq!(
                summary.digest,
                by_definition(&entries, &Prefix::root()),
                "{count}"
            );
        }
    }

    /// Ids that agree in many digits, as chance does not make them.
    #[test]
    fn entries_that_crowd_beneath_one_prefix_go_down_as_far_as_they_must() {
        let mut entries = entries(40);
        for number in 0..200_u32 {
            let mut id = [0xab; 32];
            for (to, from) in id
                .iter_mut()
                .skip(20)
                .zip(sha256(&number.to_be_bytes()).as_bytes())
            {
                *to = *from;
            }
            let content = sha256(b"crowd");
            entries.push(Entry {
                id: crate::tlog::Hash::new(id),
                content,
            });
        }
        entries.sort_unstable();
        let mut sum = Sum::beneath(0);
        for entry in &entries {
            sum.push(*entry);
        }
        let summary = sum.finish();
        assert_eq!(summary.digest, by_definition(&entries, &Prefix::root()));
        let tree: Tree = entries.into_iter().collect();
        assert_eq!(tree.root(), summary);
    }
}
