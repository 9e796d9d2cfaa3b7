//! What generated records say: data files beside this one, filled from a scope.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use spec::{Action, DatasetCode, Edition, Required};

use super::row::{Cell, Row};
use super::scope::Scope;

const FILES: [&str; 4] = [
    include_str!("templates/engineering.toml"),
    include_str!("templates/subject.toml"),
    include_str!("templates/credit.toml"),
    include_str!("templates/price.toml"),
];

/// Templates of records by data set and field.
#[derive(Debug)]
pub struct Templates<'e> {
    edition: &'e Edition,
    common: BTreeMap<String, String>,
    sets: BTreeMap<DatasetCode, BTreeMap<String, String>>,
}

impl<'e> Templates<'e> {
    /// Reads the templates and holds them against the specification.
    pub fn load(edition: &'e Edition) -> Result<Self> {
        let mut templates = Templates {
            edition,
            common: BTreeMap::new(),
            sets: BTreeMap::new(),
        };
        for file in FILES {
            let tables: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(file)?;
            for (name, fields) in tables {
                if name == "common" {
                    templates.common.extend(fields);
                    continue;
                }
                let set = edition
                    .dataset(&name)
                    .with_context(|| format!("no data set {name}"))?;
                for field in fields.keys() {
                    ensure!(
                        set.field_index(field).is_some(),
                        "{name} has no field {field}"
                    );
                }
                templates.sets.insert(set.code, fields);
            }
        }
        Ok(templates)
    }

    /// The edition that the records are written for.
    pub fn edition(&self) -> &'e Edition {
        self.edition
    }

    /// A record of a data set, complete and in the order of the standard.
    pub fn row(&self, dataset: DatasetCode, scope: &Scope) -> Result<Row> {
        let set = self
            .edition
            .dataset(&dataset.to_string())
            .context("no such data set")?;
        let fields = self
            .sets
            .get(&dataset)
            .with_context(|| format!("no template {dataset}"))?;
        let mut cells = Vec::new();
        for field in &set.fields {
            let template = fields.get(&field.id).or_else(|| self.common.get(&field.id));
            let filled = match template {
                Some(template) => scope
                    .fill(template)
                    .with_context(|| format!("{dataset} {}", field.id))?,
                None => None,
            };
            match filled {
                Some(value) => cells.push((field.id.clone(), Cell::Clean(value))),
                None => ensure!(
                    field.required != Required::Always,
                    "{dataset} lacks {}",
                    field.id
                ),
            }
        }
        Ok(Row {
            dataset,
            posing_as: None,
            action: Action::Upsert,
            cells,
            leaf: false,
            deal: 0,
            serial: 0,
            planted: Vec::new(),
        })
    }
}
