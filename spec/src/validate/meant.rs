//! The code that was probably meant by a value that its table does not have.
//!
//! A suggestion is made where one value of the table is like what was written, and no other: of several, none is.

use crate::CodeTable;
use crate::codes::Likeness;
use crate::likeness::{Sketch, within};

/// Longest value that is compared, in characters: no code and few names are as long.
const LONGEST: usize = 64;

/// The code that was probably meant, and whether nothing else can be.
pub(super) fn meant(table: &CodeTable, item: &str) -> Option<(String, bool)> {
    let sketch = Sketch::of(item);
    if sketch.length > LONGEST {
        return None;
    }
    // Spreadsheets drop zeros in front.
    let bare = item.trim_start_matches('0');
    let same = |row: &&Likeness| row.code.trim_start_matches('0') == bare;
    if !bare.is_empty()
        && let Some(code) = only(table, same)
    {
        return Some((code, true));
    }
    let found = only(table, |row| alike(row, item, sketch))
        .or_else(|| only(table, |row| slip(row, item, sketch)))
        .or_else(|| only(table, |row| near(row, item, sketch)));
    found.map(|code| (code, false))
}

/// The one code of which something holds.
fn only(table: &CodeTable, holds: impl Fn(&&Likeness) -> bool) -> Option<String> {
    let mut found = table.likenesses().iter().filter(holds);
    match (found.next(), found.next()) {
        (Some(row), None) => Some(row.code.clone()),
        _ => None,
    }
}

/// Whether one text is most of the other (询价公告, 询价), or a name is what the text is at last (个人独资企业, 企业). A
/// word in the middle of another says little: 保税区 is many, 青海省 in front of a place is not the place.
fn alike(row: &Likeness, item: &str, sketch: Sketch) -> bool {
    let (name, own) = (row.name.as_str(), row.sketch);
    if own.length < 2 || sketch.length < 2 {
        return false;
    }
    let within = own.may_hold(sketch) && name.contains(item);
    let holds = sketch.may_hold(own) && item.contains(name);
    let most = own.length.min(sketch.length) * 2 >= own.length.max(sketch.length);
    (within || holds) && (most || item.ends_with(name))
}

/// Whether the text is the name with a slip of the pen.
fn slip(row: &Likeness, item: &str, sketch: Sketch) -> bool {
    let edits = row.sketch.length / 3;
    row.sketch.length > 2
        && row.sketch.may_be_within(sketch, edits)
        && within(&row.name, item, edits).is_some()
}

/// Whether the text is the code with a slip of the pen.
fn near(row: &Likeness, item: &str, sketch: Sketch) -> bool {
    sketch.length > 3
        && Sketch::of(&row.code).may_be_within(sketch, 1)
        && within(&row.code, item, 1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spec;

    #[test]
    fn what_one_value_is_like_is_suggested_and_what_several_are_like_is_not()
    -> Result<(), crate::LoadError> {
        let spec = Spec::embedded()?;
        let edition = spec.edition("3.0");
        for (table, item, code) in [
            ("purchaser_mode", "询价公告", Some("5")),
            ("purchaser_mode", "竞争性蹉商", Some("6")),
            ("purchaser_mode", "更正公告", None),
            ("legal_type", "个人独资企业", Some("1")),
            ("legal_role", "1", Some("01")),
            // A kind of place, and the place that a region lies in, are not the region.
            ("region", "保税区", None),
            ("region", "省直辖县", None),
            ("region", "黑龙江省,黑龙江农垦总局 牡丹江分局", None),
            ("region", "32010", None),
        ] {
            let table = edition.and_then(|edition| edition.codes.get(table));
            let found = table.and_then(|table| meant(table, item));
            assert_eq!(found.map(|found| found.0).as_deref(), code, "{item}");
        }
        Ok(())
    }

    #[test]
    fn few_names_of_a_long_table_are_compared_letter_by_letter() -> Result<(), crate::LoadError> {
        let spec = Spec::embedded()?;
        let edition = spec.edition("3.0");
        for name in ["region", "industry"] {
            let Some(table) = edition.and_then(|edition| edition.codes.get(name)) else {
                continue;
            };
            let rows = table.likenesses();
            assert!(rows.len() > 1000, "{name} is a long table");
            let (mut asked, mut compared) = (0, 0);
            // Names with a slip of the pen, each of another place of the table, and one that is like nothing.
            for row in rows.iter().step_by(97) {
                for item in [
                    format!("{}字", row.name),
                    row.name.replace('市', "巿"),
                    "未知值甲乙丙".to_owned(),
                ] {
                    let sketch = Sketch::of(&item);
                    asked += rows.len();
                    compared += rows
                        .iter()
                        .filter(|row| row.sketch.may_be_within(sketch, row.sketch.length / 3))
                        .count();
                }
            }
            assert!(compared * 20 < asked, "{name}: {compared} of {asked}");
        }
        Ok(())
    }
}
