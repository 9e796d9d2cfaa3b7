//! Small submissions for people who try the hub for the first time.

use anyhow::Result;

use super::Files;
use super::deal::{End, Plan, Way};
use super::row::{Cell, Row};
use super::source::{Source, first_deal};
use super::templates::Templates;

/// `api/first-push.json`: a project, its tender project, its section. `api/first-correction.json` corrects a value of
/// the section, `api/first-withdrawal.json` takes the section back. `api/first-push-dirty.json`: the first one with four
/// faults that a clerk makes.
pub fn write(templates: &Templates<'_>, source: &Source, files: &mut Files) -> Result<()> {
    let plan = Plan {
        number: 900,
        sections: 1,
        bidders: 3,
        way: Way::Open,
        end: End::Failed,
        // The section, and with it the deal code, are of the nineteenth of November.
        first: Some("20261031"),
    };
    let mut rows = first_deal(templates, source, plan)?;
    rows.truncate(3);
    // All three were entered on that day: what is sent late earns a warning.
    for (row, time) in rows
        .iter_mut()
        .zip(["20261119091200", "20261119103000", "20261119144000"])
    {
        row.put("CREATE_TIME", Cell::Clean(time.to_owned()));
    }
    files.insert(
        "api/first-push.json".to_owned(),
        pretty(templates, source, "my-first-push", &rows, None),
    );
    if let Some(section) = rows.get(2) {
        let mut section = section.clone();
        section.put("CONTRACT_RECKON_PRICE", Cell::Clean("42950000".to_owned()));
        let one = std::slice::from_ref(&section);
        let correct = Some(("correct", "合同估算价录入错误"));
        files.insert(
            "api/first-correction.json".to_owned(),
            pretty(templates, source, "my-first-correction", one, correct),
        );
        let withdraw = Some(("withdraw", "标段取消，误报"));
        files.insert(
            "api/first-withdrawal.json".to_owned(),
            pretty(templates, source, "my-first-withdrawal", one, withdraw),
        );
    }
    let [project, tender, section] = rows.as_mut_slice() else {
        return Ok(());
    };
    project.put("REGION_CODE", Cell::Dirty("江苏省,南京市".to_owned()));
    tender.put("TENDER_MODE", Cell::Dirty("7".to_owned()));
    tender.remove("TENDERER_NAME");
    let tender = section.text("TENDER_PROJECT_CODE");
    let other = format!("{}002", tender.get(..17).unwrap_or(tender));
    section.put("TENDER_PROJECT_CODE", Cell::Dirty(other));
    section.put(
        "CONTRACT_RECKON_PRICE",
        Cell::Dirty("约1,200万元".to_owned()),
    );
    files.insert(
        "api/first-push-dirty.json".to_owned(),
        pretty(templates, source, "my-first-dirty-push", &rows, None),
    );
    Ok(())
}

/// The envelope with one field per line. `why`: the action, and its reason, where it is not `upsert`.
fn pretty(
    templates: &Templates<'_>,
    source: &Source,
    submission: &str,
    rows: &[Row],
    why: Option<(&str, &str)>,
) -> Vec<u8> {
    let action = match why {
        None => "\"action\": \"upsert\"".to_owned(),
        Some((action, reason)) => {
            format!("\"action\": \"{action}\",\n      \"reason\": \"{reason}\"")
        }
    };
    let mut records = Vec::new();
    for row in rows {
        let name = templates
            .edition()
            .dataset(&row.dataset.to_string())
            .map_or("", |set| &set.id);
        let fields: Vec<String> = row
            .cells
            .iter()
            .map(|(id, cell)| format!("        \"{id}\": {}", serde_json::Value::from(cell.text())))
            .collect();
        records.push(format!("    {{\n      \"dataset\": \"{name}\",\n      {action},\n      \"data\": {{\n{}\n      }}\n    }}", fields.join(",\n")));
    }
    format!(
        "{{\n  \"edition\": \"3.0\",\n  \"source\": \"{}\",\n  \"submission\": \"{submission}\",\n  \"records\": [\n{}\n  ]\n}}\n",
        source.city.code,
        records.join(",\n")
    )
    .into_bytes()
}
