//! What identifies a record at the national platform, and which record must be there before which: taken
//! from the hub's edition through its projection.
//!
//! A reference of which some alternative, or a condition, is not forwarded cannot be judged from what is
//! forwarded, so it is left out. Of a reference of several fields only the first is looked at.

use std::collections::HashMap;

use spec::projection::DatasetProjection;
use spec::rule::Park;
use spec::{Check, Condition, Dataset, DatasetCode, Edition, FieldIndex, Spec};

/// Keys and references of the forwarded data sets.
#[derive(Debug, Clone, Default)]
pub struct Links {
    datasets: HashMap<String, Linked>,
}

/// What is known of one data set.
#[derive(Debug, Clone, Default)]
pub(super) struct Linked {
    /// Columns of the business key; empty: records are not identified.
    pub key: Vec<String>,
    /// Column of the unified deal code.
    pub deal: Option<Column>,
    /// What must be there first.
    pub references: Vec<Reference>,
}

/// A column, and whether it holds a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub list: bool,
}

/// A value of this column must stand in one of the targets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reference {
    pub column: Column,
    pub targets: Vec<(String, Column)>,
    pub when: Vec<When>,
}

/// A condition over the forwarded columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum When {
    In(Column, Vec<String>),
    Greater(String, f64),
    Less(String, f64),
    Length(String, u32),
    Present(String),
    Absent(String),
}

impl Links {
    /// The keys and references of what `from` forwards to `to`.
    pub fn from_spec(spec: &Spec, from: &str, to: &str) -> Links {
        let mut links = Links::default();
        let Some(edition) = spec.edition(from) else {
            return links;
        };
        let view = View { edition, to };
        // Several data sets may have the same target; the one of the target's own name says most of it.
        let mut datasets: Vec<&Dataset> = edition.datasets.iter().collect();
        datasets.sort_by_key(|dataset| view.target(dataset.code) != Some(dataset.id.as_str()));
        for dataset in datasets {
            if let Some(target) = view.target(dataset.code)
                && !links.datasets.contains_key(target)
            {
                links
                    .datasets
                    .insert(target.to_owned(), view.linked(dataset));
            }
        }
        links
    }

    /// What is known of a data set.
    pub(super) fn dataset(&self, name: &str) -> Option<&Linked> {
        self.datasets.get(name)
    }

    /// The columns of a data set that others refer to.
    pub(super) fn referred(&self) -> HashMap<String, Vec<Column>> {
        let mut referred: HashMap<String, Vec<Column>> = HashMap::new();
        for linked in self.datasets.values() {
            for (dataset, column) in linked.references.iter().flat_map(|r| &r.targets) {
                let columns = referred.entry(dataset.clone()).or_default();
                if !columns.contains(column) {
                    columns.push(column.clone());
                }
            }
        }
        referred
    }
}

struct View<'e> {
    edition: &'e Edition,
    to: &'e str,
}

impl View<'_> {
    fn projection(&self, dataset: DatasetCode) -> Option<&DatasetProjection> {
        self.edition
            .projections
            .get(self.to)?
            .datasets
            .get(&dataset)
    }

    fn target(&self, dataset: DatasetCode) -> Option<&str> {
        Some(self.projection(dataset)?.target.as_str())
    }

    fn column(&self, dataset: &Dataset, field: FieldIndex) -> Option<Column> {
        let columns = &self.projection(dataset.code)?.columns;
        let column = columns
            .iter()
            .find(|column| column.field() == Some(field))?;
        Some(Column {
            name: column.name.clone(),
            list: dataset.field(field)?.list,
        })
    }

    fn linked(&self, dataset: &Dataset) -> Linked {
        let key: Option<Vec<String>> = dataset
            .key
            .iter()
            .map(|&field| self.column(dataset, field).map(|column| column.name))
            .collect();
        let references = dataset.rules.iter().filter_map(|rule| match &rule.check {
            Check::Reference {
                field,
                to,
                park: Park::Wait,
                ..
            } if rule.when_parent.is_none() && rule.unless.is_none() => {
                let targets: Option<Vec<_>> = to
                    .iter()
                    .map(|elsewhere| {
                        let other = self.edition.dataset(&elsewhere.dataset.to_string())?;
                        let target = self.target(other.code)?.to_owned();
                        Some((target, self.column(other, elsewhere.field)?))
                    })
                    .collect();
                let when: Option<Vec<When>> = rule
                    .when
                    .iter()
                    .map(|condition| self.when(dataset, condition))
                    .collect();
                Some(Reference {
                    column: self.column(dataset, *field)?,
                    targets: targets?,
                    when: when?,
                })
            }
            _ => None,
        });
        Linked {
            references: references.collect(),
            key: key.unwrap_or_default(),
            deal: dataset.deal.and_then(|field| self.column(dataset, field)),
        }
    }

    fn when(&self, dataset: &Dataset, condition: &Condition) -> Option<When> {
        let column = |field: &FieldIndex| self.column(dataset, *field);
        let name = |field: &FieldIndex| Some(column(field)?.name);
        Some(match condition {
            Condition::In(field, values) => When::In(column(field)?, values.clone()),
            Condition::Greater(field, bound) => When::Greater(name(field)?, *bound),
            Condition::Less(field, bound) => When::Less(name(field)?, *bound),
            Condition::Length(field, length) => When::Length(name(field)?, *length),
            Condition::Present(field) => When::Present(name(field)?),
            Condition::Absent(field) => When::Absent(name(field)?),
        })
    }
}

/// The values of a column in a record: none, one, or the items of a list.
pub(super) fn values<'d>(
    data: &'d serde_json::Map<String, serde_json::Value>,
    column: &Column,
) -> Vec<&'d str> {
    let Some(text) = text(data, &column.name) else {
        return Vec::new();
    };
    if column.list {
        return text.split(';').filter(|item| !item.is_empty()).collect();
    }
    vec![text]
}

fn text<'d>(data: &'d serde_json::Map<String, serde_json::Value>, name: &str) -> Option<&'d str> {
    data.get(name).and_then(serde_json::Value::as_str)
}

impl When {
    /// Whether a record satisfies it.
    pub(super) fn holds(&self, data: &serde_json::Map<String, serde_json::Value>) -> bool {
        let number = |name: &String| text(data, name).and_then(|text| text.parse::<f64>().ok());
        match self {
            When::In(column, allowed) => values(data, column)
                .iter()
                .any(|value| allowed.iter().any(|one| one == value)),
            When::Greater(name, bound) => number(name).is_some_and(|number| number > *bound),
            When::Less(name, bound) => number(name).is_some_and(|number| number < *bound),
            When::Length(name, length) => {
                text(data, name).is_some_and(|text| text.chars().count() == *length as usize)
            }
            When::Present(name) => text(data, name).is_some(),
            When::Absent(name) => text(data, name).is_none(),
        }
    }
}
