//! The data dictionary 数据字典: every data set and field of an edition as Chinese tables.

use std::fmt::Write;

use crate::{Dataset, Domain, Edition, Field, FieldIndex, Required, Sensitivity, Severity, Unit};

/// The dictionary of an edition, as Markdown.
pub fn dictionary(edition: &Edition) -> String {
    let mut text = String::new();
    let fields: usize = edition.datasets.iter().map(|set| set.fields.len()).sum();
    line(&mut text, &format!("# {} 数据字典", edition.name));
    line(&mut text, "");
    let counts = format!(
        "规范版本 {}，{} 个数据集，{fields} 个数据项。本文件由规范数据生成，请勿手工修改。",
        edition.id,
        edition.datasets.len(),
    );
    line(&mut text, &counts);
    line(&mut text, "");
    line(&mut text, "| 编号 | 数据集 | 名称 | 类别 | 数据项 |");
    line(&mut text, "|---|---|---|---|---|");
    for set in &edition.datasets {
        let row = [
            set.code.to_string(),
            set.id.clone(),
            set.name.clone(),
            set.class.clone(),
            set.fields.len().to_string(),
        ];
        line(&mut text, &table_row(&row));
    }
    for set in &edition.datasets {
        dataset(&mut text, set);
    }
    text
}

fn dataset(text: &mut String, set: &Dataset) {
    line(text, "");
    line(text, &format!("## {} {} {}", set.code, set.id, set.name));
    line(text, "");
    let names = |fields: &[FieldIndex]| {
        let ids = fields.iter().filter_map(|&place| set.field(place));
        let ids: Vec<_> = ids.map(|field| format!("`{}`", field.id)).collect();
        ids.join("、")
    };
    let mut facts = vec![format!("业务主键：{}", names(&set.key))];
    if let Some(time) = set.time {
        facts.push(format!("业务时间：{}", names(&[time])));
    }
    if let Some(deal) = set.deal {
        facts.push(format!("统一交易标识码：{}", names(&[deal])));
    }
    line(text, &format!("{}。", facts.join("；")));
    line(text, "");
    line(
        text,
        "| 序号 | 数据项 | 名称 | 格式 | 必填 | 值域 | 计量单位 | 公开范围 |",
    );
    line(text, "|---|---|---|---|---|---|---|---|");
    for (number, field) in (1..).zip(&set.fields) {
        line(text, &field_row(number, field, set));
    }
    if set.rules.is_empty() {
        return;
    }
    line(text, "");
    line(text, "| 规则 | 级别 | 内容 | 依据 |");
    line(text, "|---|---|---|---|");
    for rule in &set.rules {
        let severity = match rule.severity {
            Severity::Error => "错误",
            Severity::Warning => "警告",
        };
        let row = [
            rule.id.to_string(),
            severity.to_owned(),
            rule.zh.clone(),
            rule.clause.clone(),
        ];
        line(text, &table_row(&row));
    }
}

fn field_row(number: u32, field: &Field, set: &Dataset) -> String {
    let required = match field.required {
        Required::Always => "是",
        Required::ByRule => "按规则",
        Required::Optional => "否",
    };
    let domain = match &field.domain {
        Domain::Free => String::new(),
        Domain::Codes(table) => format!("代码集 {}", table.id),
        Domain::Identifier(kind) => format!("标识 {}", crate::load::identifier_word(*kind)),
        Domain::Standard(standard) => standard.clone(),
    };
    let domain = match (field.list, domain.is_empty()) {
        (false, _) => domain,
        (true, true) => "多值（;分隔）".to_owned(),
        (true, false) => format!("{domain}，多值（;分隔）"),
    };
    let unit = match &field.unit {
        None => String::new(),
        Some(Unit::Yuan) => "元".to_owned(),
        Some(Unit::WanYuan) => "万元".to_owned(),
        Some(Unit::By(place)) => match set.field(*place) {
            Some(by) => format!("按 {}", by.id),
            None => String::new(),
        },
        Some(Unit::Other(unit)) => unit_name(unit).to_owned(),
    };
    let sensitivity = match field.sensitivity {
        Sensitivity::Public => "社会公开",
        Sensitivity::Government => "政务公开",
        Sensitivity::Personal => "个人信息",
    };
    table_row(&[
        number.to_string(),
        field.id.clone(),
        field.name.clone(),
        field.format.to_string(),
        required.to_owned(),
        domain,
        unit,
        sensitivity.to_owned(),
    ])
}

fn unit_name(unit: &str) -> &str {
    match unit {
        "days" => "日",
        "months" => "月",
        "years" => "年",
        "percent" => "%",
        "m2" => "平方米",
        "km2" => "平方公里",
        "km" => "公里",
        "tonnes" => "吨",
        "points" => "分",
        "count" => "个",
        "yuan_per_m2" => "元/平方米",
        other => other,
    }
}

fn table_row(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |", cells.join(" | "))
}

fn line(text: &mut String, content: &str) {
    // writing to a string cannot fail
    let _ = writeln!(text, "{content}");
}
