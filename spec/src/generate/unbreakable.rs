//! Rules that no record can break, because an earlier stage or the way records are found takes every chance to. They
//! are kept, for they say what holds; but no case of theirs can be shown.

use crate::rule::Operand;
use crate::{Check, Dataset, Domain, FieldIndex, Rule};

/// Why no record of the data set can break the rule, in English; none if one can.
pub fn unbreakable(dataset: &Dataset, rule: &Rule) -> Option<&'static str> {
    match &rule.check {
        // An earlier version is found by the key: with another one there is none.
        Check::Immutable { field } if dataset.key.contains(field) => {
            Some("a record with another business key is another record")
        }
        Check::Equals {
            field,
            with: Operand::Value(value),
            ..
        } if leaves(dataset, *field, std::slice::from_ref(value)) => {
            Some("the code table has no other value")
        }
        Check::InSet { field, values } if leaves(dataset, *field, values) => {
            Some("the code table has no other value")
        }
        _ => None,
    }
}

/// Whether the closed table of a field has none but these values.
fn leaves(dataset: &Dataset, field: FieldIndex, values: &[String]) -> bool {
    match dataset.field(field).map(|field| &field.domain) {
        Some(Domain::Codes(table)) => {
            table.is_closed() && table.values.keys().all(|code| values.contains(code))
        }
        _ => false,
    }
}
