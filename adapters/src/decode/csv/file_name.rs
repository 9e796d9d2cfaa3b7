//! The data set that a file's name says, by the patterns of the profile.

use crate::decode::Adapter;

/// The data set of a file: the longest part of its name that is one, where a pattern has `{dataset}`.
pub(crate) fn dataset_of(adapter: &Adapter, file_name: &str) -> Option<String> {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    adapter.profile.wire.files.iter().find_map(|pattern| {
        let (before, after) = pattern.split_once("{dataset}")?;
        // The name may begin with anything that the pattern allows before the data set.
        let ends: Vec<usize> = name
            .char_indices()
            .map(|(place, c)| place + c.len_utf8())
            .collect();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        for start in starts {
            let (head, rest) = name.split_at_checked(start)?;
            if !matches(before, head) {
                continue;
            }
            for &end in ends.iter().rev().filter(|&&end| end > start) {
                let (candidate, tail) = rest.split_at_checked(end - start)?;
                let known = adapter.dataset(candidate).is_some()
                    || adapter.profile.wide.contains_key(candidate);
                if known && matches(after, tail) {
                    return Some(candidate.to_owned());
                }
            }
        }
        None
    })
}

/// Whether a text is what a pattern says; `*` is anything, and the case of ASCII letters is not minded.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((literal, rest)) = pattern.split_once('*') else {
        return pattern.eq_ignore_ascii_case(text);
    };
    let Some((head, mut text)) = text.split_at_checked(literal.len()) else {
        return false;
    };
    if !head.eq_ignore_ascii_case(literal) {
        return false;
    }
    loop {
        if matches(rest, text) {
            return true;
        }
        let mut chars = text.chars();
        if chars.next().is_none() {
            return false;
        }
        text = chars.as_str();
    }
}
