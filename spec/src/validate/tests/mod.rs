//! Every kind of rule: a record that passes it, and one that triggers it.

mod among;
mod deals;
mod groups;
mod in_record;
mod many;
mod silence;
mod suggestions;

use super::sample::{dataset, edition, rule};
use crate::{Check, Condition, Edition, Severity};

/// Places: A 0, B 1, C 2, N 3, M 4, L 5, K 6, S 7, T 8, DAY 9, DEAL 10, REGION 11, AMOUNT 12, UNIT 13, P 14.
const FIELDS: &[&str] = &[
    "key A C..50 free",
    "B C..50 free",
    "C C..50 free",
    "N N..10,2 free",
    "M N..10,2 free",
    "L C..50 free list",
    "K C..50 free list",
    "S D14 free",
    "T D14 free",
    "DAY D8 free",
    "DEAL C40 deal",
    "REGION C6 codes:region",
    "AMOUNT N..12,2 free by:13",
    "UNIT C1 codes:unit",
    "P C18 operator",
];

fn with_rule(when: Vec<Condition>, check: Check) -> Edition {
    let mut set = dataset(1, "D", FIELDS);
    set.rules
        .push(rule("1.rule", Severity::Warning, when, check));
    edition(vec![
        set,
        dataset(
            2,
            "PARENT",
            &[
                "key A C..50 free",
                "B C..50 free",
                "L C..50 free list",
                "N N..10,2 free",
                "T D14 free",
            ],
        ),
    ])
}

fn values(text: &str) -> Vec<(&str, &str)> {
    [("A", "键")]
        .into_iter()
        .chain(
            text.split_whitespace()
                .filter_map(|pair| pair.split_once('=')),
        )
        .collect()
}
