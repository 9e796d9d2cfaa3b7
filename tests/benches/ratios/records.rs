//! Records of the benches: made from the specification, so that nothing here names its fields.

use spec::{Dataset, Domain, Format};

/// Text of `length` characters, as Chinese as real text is.
fn text(length: u32, number: u64) -> String {
    let phrase: Vec<char> = format!("{number}号道路改造工程施工监理及附属设施")
        .chars()
        .collect();
    phrase.iter().cycle().take(length as usize).collect()
}

/// A sound record of a data set with all of its fields, as JSON of about `size` bytes. `own` gives values that
/// must be right or different: identifiers, codes, references.
pub fn record(
    dataset: &Dataset,
    size: usize,
    number: u64,
    own: &dyn Fn(&str) -> Option<String>,
) -> String {
    let mut fill = 4;
    loop {
        let mut members = Vec::new();
        for field in &dataset.fields {
            let value = own(&field.id).or_else(|| sound(field, fill, number));
            if let Some(value) = value {
                members.push(format!("\"{}\":\"{value}\"", field.id));
            }
        }
        let json = format!("{{{}}}", members.join(","));
        if json.len() >= size || fill > 4000 {
            return json;
        }
        fill += 4;
    }
}

fn sound(field: &spec::Field, fill: u32, number: u64) -> Option<String> {
    let fits = |code: &&String| match field.format {
        Format::Exact(n) => code.chars().count() == n as usize,
        Format::UpTo(n) => code.chars().count() <= n as usize,
        _ => true,
    };
    if let Domain::Codes(table) = &field.domain {
        let mut codes: Vec<&String> = table.values.keys().filter(fits).collect();
        codes.sort();
        return codes.first().map(|code| (*code).clone());
    }
    if let Domain::Identifier(_) = field.domain {
        return None;
    }
    Some(match field.format {
        Format::Exact(n) => text(n, number),
        Format::UpTo(n) => text(n.min(fill), number),
        Format::Unlimited => text(fill, number),
        Format::Number { .. } => "12".to_owned(),
        Format::Digits(n) => "1".repeat(n as usize),
        Format::Date => "20261119".to_owned(),
        Format::Minute => "202611190930".to_owned(),
        Format::Second => "20261119093000".to_owned(),
        Format::Boolean => "1".to_owned(),
    })
}

/// The clock in China.
pub fn now() -> jiff::civil::DateTime {
    jiff::tz::offset(8).to_datetime(jiff::Timestamp::now())
}

/// The clock in China so many minutes ago, to the second: what came late would be a finding.
fn ago(minutes: i64) -> String {
    let then = now() - jiff::SignedDuration::from_mins(minutes);
    then.strftime("%Y%m%d%H%M%S").to_string()
}

/// Values for a tender project (and its like): identifiers with right check characters, codes that fit rules.
pub fn tender_project(field: &str, number: u64) -> Option<String> {
    let project = format!("E3201000001{:06}", number % 1_000_000);
    Some(match field {
        "PROJECT_CODE" => project,
        "TENDER_PROJECT_CODE" => format!("{project}001"),
        "UNIFIED_DEAL_CODE" => "A01-12320000TEXT000417-20250106-000001-0".to_owned(),
        "PLATFORM_CODE"
        | "PUB_SERVICE_PLAT_CODE"
        | "TENDERER_CODE"
        | "SUPERVISE_DEPT_CODE"
        | "APPROVE_DEPT_CODE" => "12320000TEXT000417".to_owned(),
        "TENDER_AGENCY_CODE" => "91320100TEXT00017N".to_owned(),
        "TRADE_PLAT" | "PUB_SERVICE_PLAT" => "E3201000001".to_owned(),
        "TENDER_AGENCY_ROLE" => "02".to_owned(),
        "TENDER_PROJECT_TYPE" => "A01".to_owned(),
        "TENDER_ORGANIZE_FORM" | "CLASS_VER_CODE" => "2".to_owned(),
        "TENDERER_ROLE" => "01".to_owned(),
        "CREATE_TIME" => ago(120),
        "DATA_TIMESTAMP" => ago(60),
        "REGION_CODE" => "320100".to_owned(),
        "RELATE_CODE" => "0".to_owned(),
        "INDUSTRIES_TYPE" => "E48".to_owned(),
        _ => return None,
    })
}
