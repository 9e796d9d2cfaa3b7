//! Records of prices: materials, bills of quantities, drugs, consumables, procurement, land.

use anyhow::Result;

use super::deal::{Desk, plain};
use super::row::Row;
use super::scope::Scope;
use spec::generate::identifiers::deal as deal_code;

const MATERIALS: [(&str, &str, &str, &str, i64); 8] = [
    ("010101001", "热轧带肋钢筋", "HRB400E Φ16", "t", 365_000),
    ("040101002", "普通硅酸盐水泥", "P·O 42.5 散装", "t", 41_500),
    ("800101003", "商品混凝土", "C30 泵送", "m3", 46_800),
    ("170101004", "聚乙烯双壁波纹管", "DN400 SN8", "m", 13_260),
    ("050101005", "胶合板模板", "1830×915×15", "m2", 4_180),
    ("280101006", "铜芯电力电缆", "YJV-0.6/1kV 4×25", "m", 9_640),
    ("360101007", "花岗岩路缘石", "1000×300×150", "m", 11_870),
    ("130101008", "水性外墙涂料", "合格品", "kg", 1_690),
];

/// Prices that stand on their own.
pub fn prices(desk: &mut Desk<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut add = |desk: &Desk<'_>, dataset: u16, scope: &Scope| -> Result<()> {
        let mut row = desk.templates.row(dataset, scope)?;
        row.leaf = true;
        rows.push(row);
        Ok(())
    };
    for number in 0..40 {
        let mut scope = desk.common.clone();
        let &(code, name, model, unit, price) = MATERIALS
            .get(number % MATERIALS.len())
            .unwrap_or(&MATERIALS[0]);
        let price = price * (1000 + number as i64) / 1000 * 100;
        let model = if number < MATERIALS.len() {
            model.to_owned()
        } else {
            format!("{model} {}型", number / MATERIALS.len())
        };
        scope
            .set("item.code", code)
            .set("item.name", name)
            .set("item.model", model)
            .set("item.unit", unit)
            .set("item.price", plain(price, 4))
            .set("item.taxed", plain(price * 113, 6));
        add(desk, 1300, &scope)?;
    }
    let platform = desk.common.get("platform")?.to_owned();
    for number in 0..12 {
        let mut scope = desk.common.clone();
        let &(county, county_name) = desk
            .city
            .counties
            .first()
            .unwrap_or(&(desk.city.code, desk.city.name));
        let (price, count) = (desk.random.between(120, 9_900), desk.random.between(2, 60));
        for (name, value) in desk
            .cast
            .bidders
            .get(number)
            .into_iter()
            .flat_map(Scope::iter)
        {
            scope.set(format!("body.{name}"), value);
        }
        scope
            .set("item.price", plain(price, 2))
            .set("item.total", plain(price * count, 2))
            .set("item.factor", count.to_string())
            .set("item.quantity", count.to_string())
            .set("item.serial", format!("{:04}", 300 + number))
            .set("item.unit", "盒");
        scope
            .set("item.code", format!("FXT{:08}", 4000 + number))
            .set(
                "item.name",
                desk.random
                    .word(&["盐酸二甲双胍缓释片", "苯磺酸氨氯地平片", "阿托伐他汀钙片"]),
            )
            .set("item.model", format!("{}mg×{count}片", 5 * (number + 1)));
        add(desk, 1302, &scope)?;
        scope
            .set("item.code", format!("C{:010}", 7000 + number))
            .set(
                "item.name",
                desk.random
                    .word(&["一次性使用无菌注射器", "医用外科口罩", "静脉留置针"]),
            )
            .set("item.model", format!("{}型", number + 1))
            .set("item.unit", "支");
        add(desk, 1303, &scope)?;
        scope
            .set(
                "deal",
                deal_code("D01", &platform, "20261102", 9_000 + number as u32),
            )
            .set(
                "item.name",
                desk.random
                    .word(&["台式计算机", "便携式计算机", "激光打印机"]),
            )
            .set("item.model", "国产")
            .set("item.unit", "台");
        add(desk, 1304, &scope)?;
        let (area, value) = (
            desk.random.between(9_000, 88_000),
            desk.random.between(5_000, 90_000),
        );
        scope
            .set(
                "deal",
                deal_code("B01", &platform, "20261030", 9_500 + number as u32),
            )
            .set("guid", desk.random.guid())
            .set("item.code", format!("FXT-2026-G{:02}", number + 1))
            .set("item.model", "0701")
            .set("item.quantity", area.to_string())
            .set("item.start", (value * 9 / 10).to_string())
            .set("item.total", value.to_string())
            .set("county", county)
            .set("county.name", county_name)
            .set("place", "鹿鸣路南侧");
        add(desk, 1305, &scope)?;
    }
    Ok(rows)
}

/// Three unit prices of the winner of each section, read off its result.
pub fn bills(desk: &mut Desk<'_>, results: &[Row]) -> Result<Vec<Row>> {
    let items = [
        ("040501004001", "塑料管敷设", "DN400", "m"),
        ("040204004001", "安砌侧石", "花岗岩", "m"),
        ("010502001001", "矩形柱", "C30", "m3"),
    ];
    let mut rows = Vec::new();
    for result in results {
        for (code, name, model, unit) in items {
            let (price, count) = (
                desk.random.between(3_000, 90_000),
                desk.random.between(20, 900),
            );
            let mut scope = desk.common.clone();
            for (name, field) in [
                ("deal", "UNIFIED_DEAL_CODE"),
                ("section", "BID_SECTION_CODE"),
                ("bidder.code", "WIN_BIDDER_CODE"),
                ("county", "REGION_CODE"),
                ("t.result", "NOTICE_SEND_TIME"),
            ] {
                scope.set(name, result.text(field));
            }
            scope
                .set("item.code", code)
                .set("item.name", name)
                .set("item.model", model)
                .set("item.unit", unit)
                .set("item.price", plain(price, 2))
                .set("item.quantity", count.to_string())
                .set("item.total", plain(price * count, 2));
            let mut row = desk.templates.row(1301, &scope)?;
            row.leaf = true;
            rows.push(row);
        }
    }
    Ok(rows)
}
