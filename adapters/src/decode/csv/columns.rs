//! Headings: which field a column holds, and in which unit.

use spec::{FieldIndex, Unit};

use crate::decode::session::Known;
use crate::mapping::{Money, Target};

/// What a column means for one data set.
pub(crate) struct Column {
    pub target: Target,
    /// Unit that the heading gives in brackets.
    pub money: Option<Money>,
    pub heading: String,
}

impl Column {
    /// The field that the column fills by itself.
    pub fn field(&self) -> Option<FieldIndex> {
        match self.target {
            Target::Field(field) | Target::Shaped(field) => Some(field),
            _ => None,
        }
    }
}

/// A heading without white space, and without the star that marks required columns.
pub(crate) fn tidy(heading: &str) -> String {
    let heading = heading.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    heading
        .trim_start_matches(['*', '＊'])
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// Finds out what each heading means; `own` are the columns about the record rather than of it.
pub(crate) fn compile(
    headings: &[String],
    own: [Option<usize>; 3],
    known: Known<'_>,
) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::with_capacity(headings.len());
    for (place, heading) in headings.iter().enumerate() {
        let (mut target, mut money) = (Target::Unknown, None);
        if own.contains(&Some(place)) {
            target = Target::Drop;
        } else if !heading.is_empty() {
            // Fields that share a Chinese name are meant in their order.
            let earlier = headings.iter().take(place);
            let nth = earlier.filter(|other| *other == heading).count();
            target = known.plan.find_heading(heading, nth);
            if let (Target::Unknown, Some((name, unit))) = (target, bracketed(heading)) {
                let found = known.plan.find_heading(name, nth);
                if let Target::Field(field) | Target::Shaped(field) = found {
                    let own_unit = known.dataset.field(field).and_then(|f| f.unit.as_ref());
                    money = Money::parse(unit).filter(|money| money.counts(own_unit));
                    if money.is_some() || own_unit.is_some_and(|own| is_called(own, unit)) {
                        target = found;
                    }
                }
            }
        }
        let heading = match heading.as_str() {
            "" => format!("第{}列", place + 1),
            heading => heading.to_owned(),
        };
        columns.push(Column {
            target,
            money,
            heading,
        });
    }
    columns
}

/// Splits `合同估算价（万元）` into name and unit.
fn bracketed(heading: &str) -> Option<(&str, &str)> {
    let inner = heading.strip_suffix(['）', ')'])?;
    let (name, unit) = inner.rsplit_once(['（', '('])?;
    let unit = unit
        .trim_start_matches("单位")
        .trim_start_matches([':', '：']);
    Some((name, unit))
}

/// Whether a heading calls a unit by this name.
fn is_called(unit: &Unit, name: &str) -> bool {
    let Unit::Other(unit) = unit else {
        return false;
    };
    let names: &[&str] = match unit.as_str() {
        "days" => &["天", "日", "日历天"],
        "months" => &["月", "个月"],
        "years" => &["年"],
        "percent" => &["%", "％"],
        "m2" => &["平方米", "㎡", "m2"],
        "km2" => &["平方公里", "平方千米"],
        "km" => &["公里", "千米"],
        "tonnes" => &["吨"],
        "points" => &["分"],
        "count" | "unit" => &["个", "家", "人"],
        _ => &[],
    };
    names.contains(&name)
}
