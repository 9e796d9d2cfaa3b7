//! What was probably meant by a name that is not known.

use crate::likeness::within;
use crate::normalize::is_date;
use crate::{Dataset, Edition, Field, Format, Message};

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
    let wanted = name.trim();
    let same = |field: &&Field| field.name == wanted || bare(&field.id).eq(bare(wanted));
    let mut equal = dataset.fields.iter().filter(same);
    if let Some(field) = equal.next() {
        let certain = equal.next().is_none();
        return Some(Near { field, certain });
    }
    if name.len() > LONGEST {
        return None;
    }
    let upper = wanted.to_ascii_uppercase();
    let limit = (upper.len() / 5).clamp(1, 4);
    let near = |field: &'d Field| Some((within(&field.id, &upper, limit)?, field));
    let nearest = dataset.fields.iter().filter_map(near);
    let (_, field) = nearest.min_by_key(|near| near.0)?;
    Some(Near {
        field,
        certain: false,
    })
}

/// A name without what people put between words, whatever its case.
fn bare(text: &str) -> impl Iterator<Item = u8> {
    let kept = text.bytes().filter(|byte| !b"_- ".contains(byte));
    kept.map(|byte| byte.to_ascii_uppercase())
}

/// Data sets that a finding names.
const NAMED: usize = 3;

/// The other data sets that have a field of this name: in Chinese, in English.
pub(super) fn elsewhere(edition: &Edition, dataset: &Dataset, name: &str) -> Option<Message> {
    let name = name.trim();
    let others = edition.datasets.iter().filter(|other| {
        other.code != dataset.code
            && (other.field_index(name).is_some()
                || other.fields.iter().any(|field| field.name == name))
    });
    let named: Vec<&Dataset> = others.take(NAMED).collect();
    if named.is_empty() {
        return None;
    }
    let zh: Vec<String> = named
        .iter()
        .map(|set| format!("“{}”（{}）", set.name, set.id))
        .collect();
    let en: Vec<&str> = named.iter().map(|set| set.id.as_str()).collect();
    Some(Message::new(zh.join("、"), en.join(", ")))
}

/// The date that exists when month and day change places.
pub(super) fn date(format: Format, text: &str) -> Option<String> {
    let width = match format {
        Format::Date => 8,
        Format::Minute => 12,
        Format::Second => 14,
        _ => return None,
    };
    let right = [
        text.get(..4)?,
        text.get(6..8)?,
        text.get(4..6)?,
        text.get(8..)?,
    ]
    .concat();
    is_date(&right, width).then_some(right)
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
            let holds = upper.contains(&wanted) && !wanted.is_empty();
            let edits = within(&upper, &wanted, limit);
            edits.or(holds.then_some(limit)).map(|edits| (edits, name))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(most).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_whose_month_and_day_are_exchanged_is_recognized() {
        let right = |text| date(Format::Date, text);
        assert_eq!(right("20252506").as_deref(), Some("20250625"));
        assert_eq!(right("20253006"), Some("20250630".to_owned()));
        assert_eq!(right("20253002"), None, "there is no 30 February");
        assert_eq!(right("明年"), None);
        let second = date(Format::Second, "20252506093000");
        assert_eq!(second.as_deref(), Some("20250625093000"));
        assert_eq!(date(Format::UpTo(8), "20252506"), None);
    }

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
}
