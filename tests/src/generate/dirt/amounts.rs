//! Dirt in amounts: units written behind the figure, thousands separators, words in place of a figure.

use spec::{Field, Required, Unit};

use super::{ALL, Kind, PLAIN, Spot, error, is_number, repaired, warning};
use crate::generate::deal::plain;

pub(super) const KINDS: &[Kind] = &[
    repaired("amount_yuan", "unit", PLAIN, |spot| {
        yuan(spot, |figure| format!("{figure}元"))
    }),
    repaired("amount_yuan_brackets", "unit", PLAIN, |spot| {
        yuan(spot, |figure| format!("{figure}(元)"))
    }),
    repaired("amount_thousands_rmb", "unit", PLAIN, |spot| {
        yuan(spot, |figure| format!("{}元 人民币", grouped(figure)))
    }),
    repaired("amount_thousands", "number", PLAIN, |spot| {
        yuan(spot, grouped)
    }),
    repaired("amount_wan", "unit", PLAIN, |spot| {
        ten_thousand(spot, |figure| format!("{figure} 万元"))
    }),
    repaired("amount_wan_brackets", "unit", PLAIN, |spot| {
        ten_thousand(spot, |figure| format!("{figure}（万元）"))
    }),
    repaired("capital_wan", "unit", PLAIN, |spot| {
        capital(spot, |figure| format!("{figure}(万元人民币)"))
    }),
    repaired("number_zeros", "number", PLAIN, zeros),
    error("amount_coefficient", "field.format", ALL, |spot| {
        words(spot, "价格系数：98.65%")
    }),
    warning("amount_not_given", "field.format", ALL, |spot| {
        let optional = |field: &Field| field.required == Required::Optional;
        let (id, _) = spot.pick(|field, _| is_amount(field) && optional(field))?;
        spot.dirty(&id, "未提供")
    }),
    error("amount_sentence", "field.format", ALL, |spot| {
        words(spot, "详见成交明细，按实结算")
    }),
    error("number_too_precise", "field.format", PLAIN, |spot| {
        words(spot, "1234567.12345678")
    }),
    error("number_too_long", "field.format", PLAIN, |spot| {
        words(spot, "123456789012345678901")
    }),
];

/// Whether a field is an amount whose unit the record or the standard says.
fn is_amount(field: &Field) -> bool {
    is_number(field) && matches!(field.unit, Some(Unit::By(_) | Unit::Yuan))
}

/// An amount that is written in yuan.
fn pick_yuan(spot: &mut Spot<'_>) -> Option<(String, String)> {
    let units: Vec<String> = spot.row.cells.iter().map(|(id, _)| id.clone()).collect();
    let in_wan: Vec<String> = units
        .into_iter()
        .filter(|id| {
            let unit = spot.field(id).and_then(|field| field.unit.clone());
            matches!(unit, Some(Unit::By(place)) if spot.set.field(place).is_some_and(|unit| spot.row.text(&unit.id) != "0"))
        })
        .collect();
    spot.pick(|field, _| is_amount(field) && !in_wan.contains(&field.id))
}

fn yuan(spot: &mut Spot<'_>, form: fn(&str) -> String) -> Option<String> {
    let (id, value) = pick_yuan(spot)?;
    let text = form(&value);
    (text != value).then_some(())?;
    spot.dirty(&id, text)
}

fn ten_thousand(spot: &mut Spot<'_>, form: fn(&str) -> String) -> Option<String> {
    let (id, value) = pick_yuan(spot)?;
    let (whole, fraction) = value.split_once('.').unwrap_or((&value, ""));
    let figure = format!("{whole}{fraction:0<2}")
        .parse::<i64>()
        .ok()
        .filter(|_| fraction.len() <= 2)?;
    spot.dirty(&id, form(&plain(figure, 6)))
}

fn capital(spot: &mut Spot<'_>, form: fn(&str) -> String) -> Option<String> {
    let (id, value) = spot.pick(|field, _| field.id == "REG_CAPITAL")?;
    spot.dirty(&id, form(&value))
}

fn zeros(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| is_amount(field) && !text.contains('.'))?;
    spot.dirty(&id, format!("{value}.000000"))
}

fn words(spot: &mut Spot<'_>, text: &str) -> Option<String> {
    let (id, _) = spot.pick(|field, _| is_amount(field))?;
    spot.dirty(&id, text)
}

fn grouped(figure: &str) -> String {
    let (whole, fraction) = figure.split_once('.').unwrap_or((figure, ""));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if fraction.is_empty() {
        text
    } else {
        format!("{text}.{fraction}")
    }
}

/// A figure with thousands separators, as clerks write it.
pub(in crate::generate) fn with_separators(figure: &str) -> String {
    grouped(figure)
}
