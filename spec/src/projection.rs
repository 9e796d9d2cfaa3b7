//! A record of one edition as records of another: what fills each column of the target.
//!
//! Columns are copied unless the data files say otherwise ([`Origin`]). A record that holds a list where the
//! target holds one value becomes several ([`DatasetProjection::split`]). What the target demands and the
//! record cannot give is said ([`Missing`]), never invented.

use std::borrow::Cow;

use foldhash::HashMap;

use crate::{DatasetCode, FieldIndex};

/// How records of one edition become records of another.
#[derive(Debug, Default)]
pub struct Projection {
    /// Per data set (number in this edition): its target. Data sets without an entry are not forwarded.
    pub datasets: HashMap<DatasetCode, DatasetProjection>,
}

/// How one data set becomes another edition's.
#[derive(Debug)]
pub struct DatasetProjection {
    /// Column code of the target data set.
    pub target: String,
    /// Columns of the target that are filled, in its field order.
    pub columns: Vec<Column>,
    /// List of whose items each makes a record of its own.
    pub split: Option<FieldIndex>,
    /// What the target demands and this data set does not have.
    pub missing: Vec<Missing>,
}

/// A column of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its column code.
    pub name: String,
    /// What fills it.
    pub from: Origin,
}

/// What fills a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The value of a field.
    Field(FieldIndex),
    /// As many whole items of a list as the column has room for (characters, separators included).
    Items(FieldIndex, u32),
    /// Always the same value.
    Constant(String),
    /// Words and values one after the other, when all of the values are there.
    Text(Vec<Part>),
}

/// A part of a composed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Words(String),
    /// The value of a field.
    Value(FieldIndex),
}

/// A column that the target demands and the data set cannot fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its column code.
    pub column: String,
    /// It is demanded when all of these fields hold one of the values; none: always.
    pub when: Vec<(FieldIndex, Vec<String>)>,
}

/// A record of the target: columns in its order, only those that are filled. Their names belong to the specification
/// (`'s`), their values to the record (`'v`).
pub type Projected<'s, 'v> = Vec<(&'s str, Cow<'v, str>)>;

impl Column {
    /// The field whose value it is, in whole or in part; none: it is made of several, or of none.
    pub fn field(&self) -> Option<FieldIndex> {
        match self.from {
            Origin::Field(field) | Origin::Items(field, _) => Some(field),
            Origin::Constant(_) | Origin::Text(_) => None,
        }
    }
}

impl DatasetProjection {
    /// The records of the target that a record becomes; `value` gives its canonical values.
    ///
    /// # Errors
    /// The first column that the target demands of this record and that nothing fills.
    pub fn records<'s: 'v, 'v>(
        &'s self,
        value: &dyn Fn(FieldIndex) -> Option<&'v str>,
    ) -> Result<Vec<Projected<'s, 'v>>, &'s Missing> {
        if let Some(missing) = self.missing.iter().find(|missing| missing.holds(value)) {
            return Err(missing);
        }
        let Some(list) = self.split else {
            return Ok(vec![self.record(value)]);
        };
        let items = value(list).unwrap_or_default();
        let one = |item: &'v str| {
            self.record(&|field| {
                if field == list {
                    Some(item).filter(|item| !item.is_empty())
                } else {
                    value(field)
                }
            })
        };
        Ok(items.split(';').map(one).collect())
    }

    fn record<'s: 'v, 'v>(
        &'s self,
        value: &dyn Fn(FieldIndex) -> Option<&'v str>,
    ) -> Projected<'s, 'v> {
        let columns = self.columns.iter();
        let filled = columns.filter_map(|column| {
            let text = match &column.from {
                Origin::Field(field) => Cow::Borrowed(value(*field)?),
                Origin::Items(field, room) => Cow::Borrowed(fitting(value(*field)?, *room)?),
                Origin::Constant(text) => Cow::Borrowed(text.as_str()),
                Origin::Text(parts) => Cow::Owned(composed(parts, value)?),
            };
            Some((column.name.as_str(), text))
        });
        filled.collect()
    }
}

impl Missing {
    fn holds<'v>(&self, value: &dyn Fn(FieldIndex) -> Option<&'v str>) -> bool {
        self.when.iter().all(|(field, values)| {
            value(*field).is_some_and(|held| values.iter().any(|one| one == held))
        })
    }
}

fn composed<'v>(parts: &[Part], value: &dyn Fn(FieldIndex) -> Option<&'v str>) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        text.push_str(match part {
            Part::Words(words) => words,
            Part::Value(field) => value(*field)?,
        });
    }
    Some(text)
}

/// The longest beginning of a list that ends with a whole item and has at most so many characters.
fn fitting(list: &str, room: u32) -> Option<&str> {
    let room = room as usize;
    if list.chars().count() <= room {
        return Some(list);
    }
    let ends = list.match_indices(';').map(|(at, _)| at);
    let kept = ends.filter_map(|end| list.get(..end));
    kept.take_while(|kept| kept.chars().count() <= room).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, from: Origin) -> Column {
        Column {
            name: name.to_owned(),
            from,
        }
    }

    fn projection(columns: Vec<Column>) -> DatasetProjection {
        DatasetProjection {
            target: "T".to_owned(),
            columns,
            split: None,
            missing: Vec::new(),
        }
    }

    fn values<'v>(held: &'v [(FieldIndex, &'v str)]) -> impl Fn(FieldIndex) -> Option<&'v str> {
        move |field| {
            let (_, value) = held.iter().find(|(at, _)| *at == field)?;
            Some(*value)
        }
    }

    const FULL: [(FieldIndex, &str); 3] = [(0, "x"), (1, "30"), (7, "p;q")];

    #[test]
    fn columns_are_filled_in_the_order_of_the_target() {
        let text = vec![
            Part::Words("own ".to_owned()),
            Part::Value(1),
            Part::Words("%".to_owned()),
        ];
        let mut projection = projection(vec![
            column("A", Origin::Constant("2".to_owned())),
            column("B", Origin::Field(0)),
            column("C", Origin::Text(text)),
            column("D", Origin::Field(9)),
        ]);
        let own = |name, text: &'static str| (name, Cow::Borrowed(text));
        let expected = vec![own("A", "2"), own("B", "x"), own("C", "own 30%")];
        assert_eq!(projection.records(&values(&FULL)), Ok(vec![expected]));

        let expected = vec![own("A", "2"), own("B", "x")];
        assert_eq!(
            projection.records(&values(&FULL[..1])),
            Ok(vec![expected]),
            "no value, no text"
        );

        projection.columns = vec![column("B", Origin::Field(0)), column("S", Origin::Field(7))];
        projection.split = Some(7);
        let each = |item| vec![own("B", "x"), own("S", item)];
        assert_eq!(
            projection.records(&values(&FULL)),
            Ok(vec![each("p"), each("q")])
        );
    }

    #[test]
    fn a_list_keeps_whole_items() {
        let projection = projection(vec![column("L", Origin::Items(0, 5))]);
        let kept = |list: &str| {
            let held = [(0, list)];
            let value = values(&held);
            let records = projection.records(&value);
            let mut records = records.unwrap_or_default().into_iter().flatten();
            records.next().map(|(_, text)| text.into_owned())
        };
        assert_eq!(kept("1;2;3").as_deref(), Some("1;2;3"));
        assert_eq!(kept("1;2;34").as_deref(), Some("1;2"));
        assert_eq!(kept("银行保函一二;2"), None, "not even one fits");
    }

    #[test]
    fn what_the_target_demands_and_nobody_has_is_named() {
        let mut projection = projection(vec![column("A", Origin::Field(0))]);
        projection.missing = vec![Missing {
            column: "M".to_owned(),
            when: vec![(0, vec!["2".to_owned(), "3".to_owned()])],
        }];
        assert!(projection.records(&values(&[(0, "1")])).is_ok());
        let lacking = projection.records(&values(&[(0, "3")]));
        assert_eq!(
            lacking.err().map(|missing| missing.column.as_str()),
            Some("M")
        );
        projection
            .missing
            .iter_mut()
            .for_each(|missing| missing.when.clear());
        assert!(projection.records(&values(&[(0, "1")])).is_err(), "always");
    }
}
