//! The data dictionary 数据字典: every data set and field of an edition as Chinese tables.

use std::fmt::Write;

use super::sheets::{self, Sheet};
use crate::{Dataset, Edition};

/// Longest code table that is written out; longer ones are lists of other standards.
const WRITTEN_OUT: usize = 150;

/// The dictionary of an edition, as Markdown.
pub fn dictionary(edition: &Edition) -> String {
    let mut text = String::new();
    line(&mut text, &format!("# {} 数据字典", edition.name));
    line(&mut text, "");
    let counts = format!(
        "规范版本 {}，{} 个数据集，{} 个数据项，{} 个代码集。本文件由规范数据生成，请勿手工修改。",
        edition.id,
        edition.datasets.len(),
        sheets::fields_of(edition),
        edition.codes.len(),
    );
    line(&mut text, &counts);
    line(&mut text, "");
    table(&mut text, &sheets::datasets(edition), &[]);
    for set in &edition.datasets {
        dataset(&mut text, set);
    }
    codes(&mut text, edition);
    text
}

/// What changed between two editions, as Markdown.
pub fn change_list(old: &Edition, new: &Edition) -> String {
    let mut text = String::new();
    let sheet = super::changes::changes(old, new);
    line(&mut text, &format!("# {} 变更清单", new.name));
    line(&mut text, "");
    let counts = format!(
        "自规范版本 {} 至 {}，共 {} 处变更。本文件由规范数据生成，请勿手工修改。",
        old.id,
        new.id,
        sheet.rows.len(),
    );
    line(&mut text, &counts);
    line(&mut text, "");
    table(&mut text, &sheet, &[]);
    text
}

fn dataset(text: &mut String, set: &Dataset) {
    line(text, "");
    line(text, &format!("## {} {} {}", set.code, set.id, set.name));
    line(text, "");
    let mut facts = vec![format!(
        "业务主键：{}",
        sheets::names(set, &set.key).join("、")
    )];
    if set.time.is_some() {
        let time = sheets::names(set, set.time.as_slice()).concat();
        facts.push(format!("业务时间：{time}"));
    }
    if set.deal.is_some() {
        let deal = sheets::names(set, set.deal.as_slice()).concat();
        facts.push(format!("统一交易标识码：{deal}"));
    }
    line(text, &format!("{}。", facts.join("；")));
    line(text, "");
    // the heading says the data set, and other spellings are for senders' systems
    let of_set = ["code", "dataset", "aliases"];
    table(text, &sheets::fields([set]), &of_set);
    if !set.rules.is_empty() {
        line(text, "");
        table(text, &sheets::rules([set]), &["dataset", "en"]);
    }
}

fn codes(text: &mut String, edition: &Edition) {
    line(text, "");
    line(text, "## 代码集");
    line(text, "");
    table(text, &sheets::tables(edition), &[]);
    for one in sheets::in_order(edition) {
        let count = one.values.len() + one.prefixes.len();
        if count <= WRITTEN_OUT {
            line(text, "");
            line(text, &format!("### {}", one.id));
            line(text, "");
            table(
                text,
                &sheets::values([one]),
                &["table", "successor", "parent"],
            );
        }
    }
}

/// A sheet without some of its columns.
fn table(text: &mut String, sheet: &Sheet, without: &[&str]) {
    let kept: Vec<bool> = sheet
        .columns
        .iter()
        .map(|(name, _)| !without.contains(name))
        .collect();
    let row = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&kept).filter(|(_, kept)| **kept);
        let cells: Vec<_> = cells.map(|(cell, _)| escaped(cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    line(text, &row(&mut sheet.columns.iter().map(|(_, zh)| *zh)));
    line(text, &row(&mut sheet.columns.iter().map(|_| "---")));
    for cells in &sheet.rows {
        line(text, &row(&mut cells.iter().map(String::as_str)));
    }
}

fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn line(text: &mut String, content: &str) {
    // writing to a string cannot fail
    let _ = writeln!(text, "{content}");
}
