//! Judges the content of one record by the published JSON Schema of its data set, and says in Chinese what is wrong.
//!
//! The published XSD says the same of a packet as a whole, less what XML Schema cannot say; it is not judged by here,
//! because there is no engine for it but libxml2. The tests hold `xmllint` against the packets that were taken.

use std::collections::HashMap;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
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
            return Some(format!("数据集 {} 不在国家规范之内", sent.dataset));
        };
        if sent.operation == 3 {
            return None;
        }
        let record = Value::Object(sent.data.clone());
        let mut findings: Vec<String> = schema
            .iter_errors(&record)
            .map(|error| words(&error))
            .collect();
        let number = findings.len();
        findings.truncate(NAMED);
        if number > NAMED {
            findings.push(format!("另有 {} 处", number - NAMED));
        }
        (number > 0).then(|| findings.join("；"))
    }
}

/// A finding in Chinese: place, and what was expected there.
fn words(error: &ValidationError<'_>) -> String {
    let place = error.instance_path();
    let what = match error.kind() {
        Kind::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            return format!("{place}/{property}：必填项缺失");
        }
        Kind::AdditionalProperties { unexpected } => {
            let names: Vec<String> = unexpected.iter().map(|name| format!("/{name}")).collect();
            return format!("{}：不是本数据集的数据项", names.join("、"));
        }
        Kind::MaxLength { limit } => format!("长度超过 {limit} 个字符"),
        Kind::MinLength { limit } => format!("长度不足 {limit} 个字符"),
        Kind::Pattern { .. } | Kind::Format { .. } => "不符合规定的表示格式".to_owned(),
        Kind::Enum { .. } | Kind::Constant { .. } => "不在代码集之内".to_owned(),
        Kind::Type { .. } => "数据类型不符".to_owned(),
        other => format!("不符合规范（{}）", other.keyword()),
    };
    format!("{place}：{what}")
}
