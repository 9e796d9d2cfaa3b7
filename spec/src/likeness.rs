//! How alike two texts are, asked cheaply: most pairs are told apart by their lengths and by which characters they
//! have, before a single edit is counted. A document full of unknown names must not cost more than a sound one.

/// Length and characters of a text: enough to see that another one cannot be near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sketch {
    /// Characters.
    pub length: usize,
    /// A bit for each character that it has; two may share one.
    marks: u64,
}

impl Sketch {
    /// Sketches a text.
    pub fn of(text: &str) -> Self {
        let mut sketch = Sketch {
            length: 0,
            marks: 0,
        };
        for c in text.chars() {
            sketch.length += 1;
            sketch.marks |= 1 << (u32::from(c) % u64::BITS);
        }
        sketch
    }

    /// Whether so few edits may lead from the one to the other; `false` is sure. An edit brings in one character at
    /// most, and takes one out.
    pub fn may_be_within(self, other: Sketch, edits: usize) -> bool {
        let only = |a: u64, b: u64| (a & !b).count_ones() as usize;
        self.length.abs_diff(other.length) <= edits
            && only(self.marks, other.marks) <= edits
            && only(other.marks, self.marks) <= edits
    }

    /// Whether the other text may stand in this one; `false` is sure.
    pub fn may_hold(self, other: Sketch) -> bool {
        other.length <= self.length && other.marks & !self.marks == 0
    }
}

/// Number of characters to insert, delete or replace (Levenshtein), if it is at most so many.
pub(crate) fn within(a: &str, b: &str, most: usize) -> Option<usize> {
    if !Sketch::of(a).may_be_within(Sketch::of(b), most) {
        return None;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, a) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut least = left;
        for (slot, &b) in row.iter_mut().skip(1).zip(&b) {
            let above = *slot;
            let best = (diagonal + usize::from(a != b))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            left = best;
            *slot = best;
            least = least.min(best);
        }
        // What follows can only add to it.
        if least > most {
            return None;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().filter(|&edits| edits <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_up_to_a_bound() {
        for (a, b, edits) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("招标", "招投标", 1),
            ("竞争性谈判", "竞争性磋商", 2),
        ] {
            for most in 0..5 {
                let found = (edits <= most).then_some(edits);
                assert_eq!(within(a, b, most), found, "{a} {b} {most}");
                assert_eq!(within(b, a, most), found, "{b} {a} {most}");
            }
        }
    }

    #[test]
    fn a_sketch_never_denies_what_is_near_or_held() {
        let texts = [
            "",
            "a",
            "ab",
            "ba",
            "abcabc",
            "招标",
            "公开招标",
            "招标公开",
            "公告",
        ];
        for a in texts {
            for b in texts {
                let (one, other) = (Sketch::of(a), Sketch::of(b));
                if let Some(edits) = within(a, b, usize::MAX) {
                    assert!(one.may_be_within(other, edits), "{a} {b}");
                }
                assert!(!a.contains(b) || one.may_hold(other), "{a} {b}");
            }
        }
        assert!(!Sketch::of("公开招标").may_be_within(Sketch::of("邀请谈判"), 1));
        assert!(!Sketch::of("公开招标").may_hold(Sketch::of("邀请")));
    }
}
