//! What judging one clean record costs, beside what parsing its bytes into a `serde_json::Value` costs. Ratios count: the figures are
//! those of the machine. `cargo bench -p spec`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its result and may stop"
)]

use std::hint::black_box;
use std::time::Instant;

use spec::record::{Input, Kind, Record};
use spec::references::{index_entries, lookups};
use spec::validate::judge_alone;
use spec::{Context, Spec, normalize};

const ROUNDS: u32 = 20_000;

/// A tender project of about 3 KB: every field filled, and a long text with the usual punctuation.
fn record() -> Vec<(&'static str, String)> {
    let sentence = "本项目位于江苏省南京市，建设规模约12000平方米（含地下部分），招标范围包括土建、安装及室外配套工程；资金来源为“财政资金”，已落实。";
    vec![
        ("PROJECT_CODE", "E3201000001000123".into()),
        ("TENDER_PROJECT_CODE", "E3201000001000123001".into()),
        ("TENDER_SELF_CODE", "NJ-2025-0001".into()),
        (
            "UNIFIED_DEAL_CODE",
            "A01-12320000TEXT000417-20250106-000001-0".into(),
        ),
        ("IS_TO_LAW", "1".into()),
        ("TENDER_PROJECT_NAME", "示例道路改造工程施工总承包".into()),
        ("TENDER_PROJECT_TYPE", "A01".into()),
        ("REGION_CODE", "320100".into()),
        ("TENDER_CONTENT", sentence.repeat(8)),
        ("OWNER_NAME", "南京示例建设有限公司".into()),
        ("TENDERER_NAME", "南京示例建设有限公司".into()),
        ("TENDERER_CODE_TYPE", "1".into()),
        ("TENDERER_CODE", "91320100TEXT00017N".into()),
        ("ISUNION", "0".into()),
        ("TENDERER_ROLE", "01".into()),
        ("TENDER_AGENCY_NAME", "江苏示例招标代理有限公司".into()),
        ("TENDER_AGENCY_CODE_TYPE", "1".into()),
        ("TENDER_AGENCY_CODE", "91320200TEXT00025N".into()),
        ("TENDER_AGENCY_ROLE", "02".into()),
        ("TENDER_MODE", "1".into()),
        ("TENDER_ORGANIZE_FORM", "2".into()),
        ("CREATE_TIME", "20250106093000".into()),
        ("SUPERVISE_DEPT_NAME", "南京市公共资源交易管理办公室".into()),
        ("SUPERVISE_DEPT_CODE", "11320600TEXT0005X1".into()),
        ("APPROVE_DEPT_NAME", "南京市发展和改革委员会".into()),
        ("APPROVE_DEPT_CODE", "11320600TEXT0005X1".into()),
        ("REPORT_DUTY", "示例责任人".into()),
        (
            "ATTACHMENT_CODE",
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301".into(),
        ),
        ("PLATFORM_CODE", "12320000TEXT000417".into()),
        ("PUB_SERVICE_PLAT_CODE", "12320000TEXT000417".into()),
        ("DATA_TIMESTAMP", "20250106100000".into()),
        ("TRADE_PLAT", "E3201000001".into()),
        ("PUB_SERVICE_PLAT", "E3201000001".into()),
    ]
}

/// Best of five runs, in nanoseconds for one round.
fn best(name: &str, mut run: impl FnMut()) -> f64 {
    let mut least = f64::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            run();
        }
        least = least.min(start.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
    }
    println!("{name:<40} {least:>8.0} ns");
    least
}

fn main() {
    let spec = Spec::embedded().unwrap();
    let edition = spec.edition("3.0").unwrap();
    let dataset = edition.dataset("501").unwrap();
    let values = record();
    let json = serde_json::to_vec(
        &values
            .iter()
            .cloned()
            .collect::<std::collections::BTreeMap<_, _>>(),
    )
    .unwrap();
    let context = Context {
        edition,
        received: jiff::civil::date(2025, 1, 6).at(12, 0, 0, 0),
        platforms: &[],
    };
    let decoded = || {
        let mut record = Record::new(dataset);
        for (name, text) in &values {
            let place = dataset.field_index(name).unwrap();
            if let Some(slot) = record.values.get_mut(usize::from(place)) {
                *slot = Some(Input {
                    text: text.as_str().into(),
                    kind: Kind::Text,
                    at: 0,
                    mapped: None,
                });
            }
        }
        record
    };
    let mut checked = normalize(&context, decoded());
    for issue in judge_alone(&context, &mut checked).issues {
        println!("finding: {}", issue.message.zh);
    }
    println!("{} bytes, {} fields", json.len(), values.len());
    let parse = best("serde_json::from_slice::<Value>", || {
        black_box(serde_json::from_slice::<serde_json::Value>(black_box(&json)).unwrap());
    });
    let build = best("record built", || {
        black_box(decoded());
    });
    let clean = best("record built, normalize", || {
        black_box(normalize(&context, decoded()));
    });
    best("record built, normalize, judge", || {
        let mut normalized = normalize(&context, decoded());
        black_box(judge_alone(&context, &mut normalized));
    });
    let mut bytes = Vec::new();
    let canonical = best("record built, ..., canonical", || {
        let mut normalized = normalize(&context, decoded());
        black_box(judge_alone(&context, &mut normalized));
        bytes.clear();
        normalized.canonical(&mut bytes);
        black_box(&bytes);
    });
    let all = best("record built, ..., lookups, index", || {
        let mut normalized = normalize(&context, decoded());
        black_box(judge_alone(&context, &mut normalized));
        bytes.clear();
        normalized.canonical(&mut bytes);
        black_box(&bytes);
        black_box(lookups(edition, &normalized));
        black_box(index_entries(dataset, &normalized));
    });
    println!(
        "normalize alone {:.0} ns; judging without look-ups {:.0} ns = {:.2} of parsing; with {:.0} ns = {:.2}",
        clean - build,
        canonical - build,
        (canonical - build) / parse,
        all - build,
        (all - build) / parse
    );
}
