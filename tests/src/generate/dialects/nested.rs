//! A whole deal in one document, with pinyin names: the project, its notices, its sections, their bidders.

use anyhow::Result;

use super::value::{cells, is_number, json, quoted};
use super::{Pen, Sent};
use crate::generate::row::{Cell, Row};

/// Pinyin of the most used names.
const PINYIN: [(&str, &str); 22] = [
    ("PROJECT_CODE", "XMBH"),
    ("PROJECT_NAME", "XMMC"),
    ("TENDER_PROJECT_CODE", "ZBXMBH"),
    ("TENDER_PROJECT_NAME", "ZBXMMC"),
    ("REGION_CODE", "XZQH"),
    ("TENDER_MODE", "ZBFS"),
    ("TENDER_ORGANIZE_FORM", "ZZXS"),
    ("TENDERER_NAME", "ZBR"),
    ("TENDERER_CODE", "ZBRDM"),
    ("BID_SECTION_CODE", "BDBH"),
    ("BID_SECTION_NAME", "BDMC"),
    ("UNIFIED_DEAL_CODE", "TYJYBSM"),
    ("CONTRACT_RECKON_PRICE", "BDHTGSJ"),
    ("BIDDER_NAME", "TBRMC"),
    ("BIDDER_ORG_CODE", "TBRDM"),
    ("BID_PRICE", "TBBJ"),
    ("PLATFORM_CODE", "JYXTDM"),
    ("PUB_SERVICE_PLAT_CODE", "FWPTDM"),
    ("DATA_TIMESTAMP", "SJC"),
    ("TRADE_PLAT", "JYPT"),
    ("PUB_SERVICE_PLAT", "GGFWPT"),
    ("OWNER_NAME", "YZMC"),
];
/// What an inner object leaves to the outer ones.
const HANDED: [&str; 6] = ["ZBXMBH", "JYXTDM", "FWPTDM", "SJC", "JYPT", "GGFWPT"];
/// What the objects in a section leave to it.
const OF_SECTION: [&str; 2] = ["BDBH", "TYJYBSM"];

fn name(row: &Row, id: &str) -> String {
    match (row.dataset, id) {
        (500, "CREATE_TIME") => "XMJLSJ".to_owned(),
        (501, "CREATE_TIME") => "ZBXMJLSJ".to_owned(),
        (502, "CREATE_TIME") => "BDJLSJ".to_owned(),
        (_, "OWNER_NAME") => id.to_owned(),
        _ => {
            let mut pinyin = PINYIN.iter();
            let found = pinyin.find(|(code, _)| *code == id);
            found.map_or(id, |(_, pinyin)| pinyin).to_owned()
        }
    }
}

/// Members of an object, but for those that it takes over.
fn members(pen: &Pen<'_>, row: &Row, left_out: &[&str]) -> Result<Vec<String>> {
    let mut members = Vec::new();
    for (id, cell, field) in cells(pen.set(row)?, row) {
        let name = name(row, id);
        if left_out.contains(&name.as_str()) {
            continue;
        }
        let value = match cell {
            Cell::Clean(text) if field.is_some_and(is_number) => text.clone(),
            cell => json(cell),
        };
        members.push(format!("{}:{value}", quoted(&name)));
    }
    Ok(members)
}

/// One document per submission.
pub fn deals(pen: &Pen<'_>, rows: &[Row]) -> Result<Vec<Sent>> {
    let mut order: Vec<Row> = Vec::new();
    let mut outer = Vec::new();
    let of = |code: u16| rows.iter().filter(move |row| row.dataset == code);
    if let (Some(project), Some(tender)) = (of(500).next(), of(501).next()) {
        order.extend([project.clone(), tender.clone()]);
        outer = members(pen, tender, &[])?;
        let both: Vec<String> = outer
            .iter()
            .filter_map(|member| member.split_once(':'))
            .map(|(name, _)| name.trim_matches('"').to_owned())
            .collect();
        let both: Vec<&str> = both.iter().map(String::as_str).collect();
        outer.extend(members(pen, project, &both)?);
    }
    // In the order in which a reader meets them: level by level as they are written.
    let mut notices = Vec::new();
    for notice in of(503) {
        notices.push(format!("{{{}}}", members(pen, notice, &HANDED)?.join(",")));
        order.push(notice.clone());
    }
    let mut sections = Vec::new();
    for section in of(502) {
        order.push(section.clone());
        let mut inside = members(pen, section, &HANDED)?;
        let left: Vec<&str> = HANDED.iter().chain(&OF_SECTION).copied().collect();
        let code = section.text("BID_SECTION_CODE");
        for (member, dataset) in [("DYS", 504), ("TBRS", 507), ("YCBG", 517), ("ZBJG", 513)] {
            let mut objects = Vec::new();
            for row in of(dataset).filter(|row| row.text("BID_SECTION_CODE") == code) {
                objects.push(format!("{{{}}}", members(pen, row, &left)?.join(",")));
                order.push(row.clone());
            }
            if !objects.is_empty() {
                inside.push(format!(
                    "{}:[{}]",
                    quoted(member),
                    objects.join(",\n      ")
                ));
            }
        }
        sections.push(format!("    {{{}}}", inside.join(",")));
    }
    // The notices name the sections: a reader who stops at each would wait, so they stand behind them.
    let split = order
        .iter()
        .position(|row| row.dataset == 502)
        .unwrap_or(order.len());
    let held: Vec<Row> = order
        .iter()
        .filter(|row| row.dataset == 503)
        .cloned()
        .collect();
    let mut read: Vec<Row> = order
        .iter()
        .take(split)
        .filter(|row| row.dataset != 503)
        .cloned()
        .collect();
    read.extend(order.iter().skip(split).cloned());
    read.extend(held);
    outer.push(format!("\"BDS\":[\n{}]", sections.join(",\n")));
    if !notices.is_empty() {
        outer.push(format!("\"ZBGG\":[{}]", notices.join(",")));
    }
    let text = format!(
        "{{\"BSH\":{},\"FSSJ\":\"2026-11-20 09:00:00\",\"SJ\":[\n  {{{}}}\n]}}\n",
        quoted(&pen.submission()),
        outer.join(",")
    );
    Ok(vec![Sent {
        file: pen.file("json"),
        bytes: text.into_bytes(),
        rows: read,
    }])
}
