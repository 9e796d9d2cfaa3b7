//! Small sound records, as many different ones as a test needs.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::hub::Hub;

/// A project: hangs on nothing, is forwarded.
pub fn project(number: u32) -> Value {
    json!({
        "PROJECT_CODE": project_code(number),
        "PROJECT_NAME": format!("示例道路改造工程第{number}期"),
        "REGION_CODE": "320100",
        "RELATE_CODE": "0",
        "ADDRESS": "南京市示例路1号",
        "LEGAL_PERSON": "示例建设发展有限公司",
        "CLASS_VER_CODE": "2",
        "INDUSTRIES_TYPE": "E48",
        "FUND_SOURCE": "财政资金",
        "PROJECT_SCALE": "道路2.4千米",
        "CONTACTOR": "张三",
        "CONTACT_INFORMATION": "02500000000",
        "APPROVAL_NAME": "关于示例道路改造工程的批复",
        "CREATE_TIME": hours_ago(2),
        "PLATFORM_CODE": OPERATOR,
        "PUB_SERVICE_PLAT_CODE": OPERATOR,
        "DATA_TIMESTAMP": hours_ago(1),
        "TRADE_PLAT": "E3201000001",
        "PUB_SERVICE_PLAT": "E3201000001",
    })
}

/// The clock in China so many hours before this program started, to the second: records that come late get a finding,
/// and one that is made twice must be the same.
fn hours_ago(hours: i64) -> String {
    static START: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);
    let then = *START - SignedDuration::from_hours(hours);
    then.to_zoned(TimeZone::fixed(jiff::tz::offset(8)))
        .strftime("%Y%m%d%H%M%S")
        .to_string()
}

/// A credit code made for tests, with a right check character.
pub const OPERATOR: &str = "12320000TEXT000417";

/// The code of the project of this number.
pub fn project_code(number: u32) -> String {
    format!("E3201000001{number:06}")
}

/// One record as an element of an envelope.
pub fn element(dataset: &str, data: &Value) -> Value {
    json!({ "dataset": dataset, "action": "upsert", "data": data })
}

/// A whole submission of Nanjing in its native form.
pub fn envelope(submission: &str, records: &[Value]) -> Vec<u8> {
    json!({ "edition": "3.0", "source": "320100", "submission": submission, "records": records })
        .to_string()
        .into_bytes()
}

/// A submission that holds one project.
pub fn one_project(number: u32) -> Vec<u8> {
    envelope(
        &format!("one-{number}"),
        &[element("PROJECT", &project(number))],
    )
}

/// Each of the first projects is held in one version.
#[track_caller]
pub fn assert_one_version_each(hub: &Hub, projects: u32, reader: &str) {
    for number in 1..=projects {
        let path = format!("/v1/records/PROJECT/{}/versions", project_code(number));
        let versions = hub.get(&path, reader).json();
        let held = versions["items"].as_array().map(Vec::len);
        assert_eq!(held, Some(1), "{versions}");
    }
}
