//! Judges the content of one record by the published JSON Schema of its data set.

use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::Value;

use super::NationalError;
use super::packet::Sent;

/// Most findings that are named in one reason.
const NAMED: usize = 5;

/// The compiled schemas.
pub(super) struct Judge {
    schemas: HashMap<String, Validator>,
}

impl Judge {
    /// Compiles the schemas, once.
    pub fn new(schemas: &HashMap<String, Value>) -> Result<Self, NationalError> {
        let mut compiled = HashMap::new();
        for (dataset, schema) in schemas {
            let validator =
                jsonschema::validator_for(schema).map_err(|error| NationalError::Schema {
                    dataset: dataset.clone(),
                    why: error.to_string(),
                })?;
            compiled.insert(dataset.clone(), validator);
        }
        Ok(Judge { schemas: compiled })
    }

    /// What is wrong with a record, without its values. A deletion is not judged.
    pub fn find(&self, sent: &Sent) -> Option<String> {
        let Some(schema) = self.schemas.get(&sent.dataset) else {
            return Some(format!("data set {} is unknown", sent.dataset));
        };
        if sent.operation == 3 {
            return None;
        }
        let record = Value::Object(sent.data.clone());
        let mut findings: Vec<String> = schema
            .iter_errors(&record)
            .map(|error| format!("{}: {}", error.instance_path(), error.masked()))
            .collect();
        let number = findings.len();
        findings.truncate(NAMED);
        if number > NAMED {
            findings.push(format!("and {} more", number - NAMED));
        }
        (number > 0).then(|| findings.join("; "))
    }
}
