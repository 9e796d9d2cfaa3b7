//! The bytes that a record is known by.

use super::super::normalize;
use crate::validate::sample::{context, dataset, edition, record};

#[test]
fn canonical_bytes_are_json_in_field_order() {
    let edition = edition(vec![dataset(
        1,
        "D",
        &["A C..50 free", "B N..5,2 free", "C C..ul free"],
    )]);
    let dataset = &edition.datasets[0];
    let sent = record(
        dataset,
        &[("C", "行\n\"引\" \\"), ("A", " 甲“乙” "), ("B", "=1.50")],
    );
    let done = normalize(&context(&edition), sent);
    let mut bytes = Vec::new();
    done.canonical(&mut bytes);
    assert_eq!(
        String::from_utf8_lossy(&bytes),
        r#"{"A":"甲“乙”","B":"1.5","C":"行\n\"引\" \\"}"#
    );
    assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
}
