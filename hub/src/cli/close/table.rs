//! How `hub close` tells what it found.

use serde_json::json;

use crate::close::document::{Books, Document};
use crate::close::figures::Contradicted;
use crate::close::national::{Earlier, Platform};
use crate::report::closes::{columns, row};
use crate::report::table::Table;
use crate::store::closes::Close;
use crate::store::{Database, StoreError};

/// Most differences that are told on a terminal; the document has more.
const TOLD: usize = 20;

/// The latest close of each party; they come in order of party and number.
pub fn latest(all: Vec<Close>) -> Vec<Close> {
    let mut latest: Vec<Close> = Vec::new();
    for row in all {
        match latest.last_mut() {
            Some(last) if last.party == row.party => *last = row,
            _ => latest.push(row),
        }
    }
    latest
}

/// For machines: every close with its document.
pub fn json(date: &str, new: usize, latest: &[Close]) -> serde_json::Result<String> {
    let mut list = Vec::new();
    for row in latest {
        let document: serde_json::Value = serde_json::from_str(&row.document)?;
        list.push(json!({
            "with": row.party, "number": row.number, "balanced": row.balanced == 1,
            "agreed": row.agreed.map(|agreed| agreed == 1), "open": row.open,
            "leaf_index": row.leaf_index, "document": document,
        }));
    }
    Ok(json!({ "date": date, "new": new, "closes": list }).to_string())
}

/// For people: a line a party, and what differs.
pub fn print(
    connection: &mut Database,
    date: &str,
    new: usize,
    latest: &[Close],
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for close in latest {
        rows.push(row(connection, close)?);
    }
    let table = Table {
        name: "closes",
        zh: "日清对账",
        columns: columns(),
        rows,
        total: None,
    };
    print!("{}", table.text());
    for close in latest {
        let Ok(document) = serde_json::from_str::<Document>(&close.document) else {
            continue;
        };
        let Books::Destination(books) = &document.books else {
            continue;
        };
        if let Some(said) = &books.contradicted {
            contradicted(&document.with, said);
        }
        if let Some(platform) = &books.platform {
            compared(&document.with, platform);
        }
    }
    let told = match new {
        0 => "无新增，账目同前 / nothing new".to_owned(),
        new => format!("新增对账单 {new} 份，已签名入日志 / {new} closes made, signed and logged"),
    };
    println!("{date}: {told}");
    Ok(())
}

/// What the comparison with a platform showed.
fn compared(with: &str, platform: &Platform) {
    for named in platform.named.iter().take(TOLD) {
        let (data_set, version) = (&named.data_set, named.version);
        println!(
            "  ✗ {with} {data_set} {version}: {} / {}",
            named.zh, named.en
        );
    }
    let all = platform.differences.all();
    let more = all.saturating_sub(TOLD as u64);
    if more > 0 {
        println!(
            "  ✗ {with}: 共差异 {all} 条，另有 {more} 条未列出，逐页查看用 hub close differences / \
             {all} differences, {more} not shown here; `hub close differences` shows them page by page"
        );
    }
    if let Some(why) = &platform.silent {
        println!(
            "  ! {with}: 本次未能与平台核对 / not compared with the platform this time: {why}"
        );
    }
    if let Some(Earlier { number, agreed, .. }) = &platform.earlier {
        let (zh, en) = if *agreed {
            ("一致", "agreed")
        } else {
            ("不一致", "disagreed")
        };
        println!(
            "  ! {with}: 第 {number} 次对账时双方{zh}；此后账目有变动，尚未重新核对 / \
             both {en} at close no. {number}; the books have moved since, and were not compared again"
        );
    }
    if platform.theirs.is_some() && platform.statement.is_none() {
        println!(
            "  ! {with}: 平台的答复未验签：未配置其公钥（hub.toml [national] keys）/ the platform's answer was not checked: its keys are not configured (hub.toml, [national] keys)"
        );
    }
}

/// What a destination said twice and differently.
fn contradicted(with: &str, said: &Contradicted) {
    let Contradicted {
        records,
        taken_back,
        taken_after_all,
        batches,
    } = said;
    println!(
        "  ! {with}: 对 {records} 条记录先后给出矛盾回执（先收后拒 {taken_back}，先拒后收 {taken_after_all}），以先到者为准，请与其核实 / \
         contradicted its own answers about {records} records ({taken_back} taken over and then not, {taken_after_all} the \
         other way round); the first answer stands: ask it which is true"
    );
    for one in batches.iter().take(TOLD) {
        let (batch, records, leaf) = (one.batch, &one.records, one.leaf);
        println!("      批次 batch {batch}: {records} (leaf {leaf})");
    }
}
