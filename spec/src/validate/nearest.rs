//! What was probably meant by a name that is not known.

use crate::{Dataset, Field};

/// The field that a name was probably meant for.
#[derive(Debug)]
pub(super) struct Near<'d> {
    pub field: &'d Field,
    /// Nothing else can be meant.
    pub certain: bool,
}

/// Names longer than this are not compared: no column code is.
const LONGEST: usize = 64;

/// The field of a data set whose column code or Chinese name is nearest.
pub(super) fn field<'d>(dataset: &'d Dataset, name: &str) -> Option<Near<'d>> {
    let bare = |text: &str| {
        text.trim()
            .to_ascii_uppercase()
            .replace(['_', '-', ' '], "")
    };
    let wanted = bare(name);
    let same = |field: &&Field| field.name == name.trim() || bare(&field.id) == wanted;
    let mut equal = dataset.fields.iter().filter(same);
    if let Some(field) = equal.next() {
        let certain = equal.next().is_none();
        return Some(Near { field, certain });
    }
    if name.len() > LONGEST {
        return None;
    }
    let upper = name.trim().to_ascii_uppercase();
    let limit = (upper.len() / 5).clamp(1, 4);
    let near = |field: &'d Field| (distance(&field.id, &upper), field);
    let (distance, field) = dataset.fields.iter().map(near).min_by_key(|near| near.0)?;
    (distance <= limit).then_some(Near {
        field,
        certain: false,
    })
}

/// The names nearest to one that is not known, nearest first: those that contain it or take few edits.
pub fn nearest_names<'n>(
    wanted: &str,
    names: impl IntoIterator<Item = &'n str>,
    most: usize,
) -> Vec<&'n str> {
    let wanted: String = wanted.to_uppercase().chars().take(LONGEST).collect();
    let limit = (wanted.chars().count() / 2).max(1);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let upper = name.to_uppercase();
            let edits = distance(&upper, &wanted);
            let holds = upper.contains(&wanted) && !wanted.is_empty();
            (holds || edits <= limit)
                .then_some((if holds { edits.min(limit) } else { edits }, name))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(most).map(|(_, name)| name).collect()
}

/// Number of characters to insert, delete or replace (Levenshtein).
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, a) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (slot, &b) in row.iter_mut().skip(1).zip(&b) {
            let above = *slot;
            let best = (diagonal + usize::from(a != b))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            left = best;
            *slot = best;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first_and_far_ones_not_at_all() {
        let names = ["TENDER_MODE", "TENDER_CODE", "REGION", "招标方式"];
        assert_eq!(
            nearest_names("tender_mod", names, 9),
            ["TENDER_MODE", "TENDER_CODE"]
        );
        assert_eq!(nearest_names("招标方法", names, 9), ["招标方式"]);
        assert_eq!(nearest_names("xyz", names, 9), [""; 0]);
        assert_eq!(nearest_names("tender", names, 1).len(), 1);
    }

    #[test]
    fn distance_counts_edits() {
        for (a, b, edits) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("招标", "招投标", 1),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
            assert_eq!(distance(b, a), edits, "{b} {a}");
        }
    }
}
