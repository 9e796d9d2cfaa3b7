//! A deal as readers see it: its records, and what they lack together.

use serde_json::Value;

use super::harness::hub::Hub;
use super::harness::{Engine, root};

/// Findings of a rule about a deal.
fn lacks(hub: &Hub, key: &str, deal: &str, rule: &str) -> Vec<Value> {
    let answer = hub.get(&format!("/v1/deals/{deal}"), key);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    let issues = answer["issues"].as_array().expect("issues").iter();
    issues
        .filter(|issue| issue["rule"] == rule)
        .cloned()
        .collect()
}

fn a_deal_lacks_what_all_its_records_do_not_show(engine: Engine) {
    const BIDS: &str = "TENDER_LIST";
    const WHOLE: &str = "E3201000001000110001001";
    const SHORT: &str = "E3201000001000114001001";
    let path = root().join("fixtures/sources/320100/04-deals.json");
    let text = std::fs::read_to_string(path).expect("a fixture");
    let mut sent: Value = serde_json::from_str(&text).expect("JSON");
    let records = sent["records"].as_array_mut().expect("records");
    let mut bids = 0;
    records.retain(|record| {
        let short = record["dataset"] == BIDS && record["data"]["BID_SECTION_CODE"] == SHORT;
        bids += usize::from(short);
        !short || bids <= 2
    });
    assert!(bids > 3, "enough bids in the fixture");
    let deal_of = |section: &str| {
        let mut all = records.iter().map(|record| &record["data"]);
        let one = all.find(|data| data["BID_SECTION_CODE"] == section);
        let one = one.expect("the section").clone();
        one["UNIFIED_DEAL_CODE"]
            .as_str()
            .expect("a deal")
            .to_owned()
    };
    let (whole, short) = (deal_of(WHOLE), deal_of(SHORT));

    let hub = Hub::start(engine, &[]);
    let key = hub.add_source("320100");
    let body = sent.to_string().into_bytes();
    let answer = hub.post("/v1/submissions", &key, "application/json", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let rule = "507.three_bidders";
    assert!(
        !answer.text.contains(rule),
        "never held against a record that arrives"
    );
    assert_eq!(lacks(&hub, &key, &whole, rule), [] as [Value; 0]);
    let found = lacks(&hub, &key, &short, rule);
    assert_eq!(found.len(), 1, "once for all bids: {found:?}");
    assert_eq!(found[0]["found"], "2", "{found:?}");
    assert_eq!(found[0]["dataset"], BIDS, "{found:?}");
    assert!(found[0]["record"].is_i64(), "{found:?}");
}

#[test]
fn a_deal_lacks_what_all_its_records_do_not_show_on_sqlite() {
    a_deal_lacks_what_all_its_records_do_not_show(Engine::Sqlite);
}

#[test]
fn a_deal_lacks_what_all_its_records_do_not_show_on_postgres() {
    a_deal_lacks_what_all_its_records_do_not_show(Engine::Postgres);
}
