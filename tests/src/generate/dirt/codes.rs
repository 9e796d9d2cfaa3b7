//! Dirt in codes: names, booleans and numbers in place of codes, old and invented values, regions.

use spec::{CodeTable, Domain, Field};

use super::{ALL, JSON, Kind, PLAIN, Spot, error, repaired, warning};
use crate::generate::row::Cell;

pub(super) const KINDS: &[Kind] = &[
    repaired("code_name", "code_name", PLAIN, code_name),
    repaired("boolean_word", "code_name", PLAIN, |spot| {
        yes_no(spot, "是", "否")
    }),
    repaired("boolean_text", "boolean", ALL, |spot| {
        yes_no(spot, "true", "false")
    }),
    repaired("boolean_bare", "boolean", JSON, boolean_bare),
    repaired("number_for_code", "number_as_text", JSON, number_for_code),
    repaired("region_name", "region_name", PLAIN, |spot| {
        region(spot, |_, city, _| city.to_owned())
    }),
    repaired("region_path", "region_name", ALL, |spot| {
        of_province(spot, |city| format!("江苏省,{city}"))
    }),
    repaired("region_labelled_path", "region_name", ALL, |spot| {
        of_province(spot, |city| format!("行政区：江苏省 > {city}"))
    }),
    repaired("region_own_level", "region_name", ALL, |spot| {
        of_province(spot, |city| format!("{city}本级"))
    }),
    repaired("region_withdrawn", "region_successor", ALL, |spot| {
        region(spot, |city, _, _| withdrawn(city))
    }),
    warning("region_expired", "code.expired", ALL, |spot| {
        // Withdrawn, and no single region took its place.
        region(spot, |_, _, _| "320304".to_owned())
    }),
    error("region_unknown", "code.unknown", ALL, |spot| {
        region(spot, |_, _, _| "329999".to_owned())
    }),
    error("region_everywhere", "code.unknown", ALL, |spot| {
        region(spot, |_, _, _| "全国".to_owned())
    }),
    error("code_unknown", "code.unknown", ALL, code_unknown),
    error("code_name_unknown", "code.unknown", ALL, code_name_unknown),
    error("code_zero_lost", "code.unknown", PLAIN, zero_lost),
];

fn table(field: &Field) -> Option<&CodeTable> {
    match &field.domain {
        Domain::Codes(table) => Some(table),
        _ => None,
    }
}

fn is_table(field: &Field, id: &str) -> bool {
    table(field).is_some_and(|table| table.id == id)
}

/// The name of a code, if it stands for that code alone.
pub(in crate::generate) fn name_of(table: &CodeTable, code: &str) -> Option<String> {
    let name = &table.values.get(code)?.name;
    (table.by_name.get(name).map(String::as_str) == Some(code)).then(|| name.clone())
}

fn code_name(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| {
        !field.list
            && table(field).is_some_and(|table| {
                table.id != "region" && table.id != "yes_no" && name_of(table, text).is_some()
            })
    })?;
    let name = name_of(table(spot.field(&id)?)?, &value)?;
    spot.dirty(&id, name)
}

fn yes_no(spot: &mut Spot<'_>, yes: &str, no: &str) -> Option<String> {
    let (id, value) = spot.pick(|field, _| is_table(field, "yes_no"))?;
    spot.dirty(&id, if value == "1" { yes } else { no })
}

fn boolean_bare(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, _| is_table(field, "yes_no"))?;
    let word = if value == "1" { "true" } else { "false" };
    spot.row.put(&id, Cell::Bare(word.to_owned()));
    Some(id)
}

/// A JSON number where the standard has a code.
fn number_for_code(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| {
        table(field).is_some()
            && !field.list
            && !text.starts_with('0')
            && text.bytes().all(|byte| byte.is_ascii_digit())
    })?;
    spot.row.put(&id, Cell::Bare(value));
    Some(id)
}

/// A county of the city that is no more.
fn withdrawn(city: &str) -> String {
    match city {
        "320100" => "320103",
        "320300" => "320323",
        _ => "320602",
    }
    .to_owned()
}

fn region(spot: &mut Spot<'_>, form: fn(&str, &str, &str) -> String) -> Option<String> {
    // Only where the city itself stands: a county is found by its path alone.
    let (id, value) = spot.pick(|field, text| is_table(field, "region") && text.ends_with("00"))?;
    let city = name_of(table(spot.field(&id)?)?, &value)?;
    let text = form(&value, &city, &id);
    spot.dirty(&id, text)
}

/// The same for a city of this province, which the form names.
fn of_province(spot: &mut Spot<'_>, form: fn(&str) -> String) -> Option<String> {
    let (id, value) = spot.pick(|field, text| {
        is_table(field, "region") && text.starts_with("32") && text.ends_with("00")
    })?;
    let city = name_of(table(spot.field(&id)?)?, &value)?;
    spot.dirty(&id, form(&city))
}

fn code_unknown(spot: &mut Spot<'_>) -> Option<String> {
    let (id, _) = spot.pick(|field, text| {
        !field.list
            && text.len() == 1
            && table(field).is_some_and(|table| table.is_closed() && table.find("7").is_none())
    })?;
    spot.dirty(&id, "7")
}

fn code_name_unknown(spot: &mut Spot<'_>) -> Option<String> {
    let (id, _) = spot.pick(|field, text| {
        !field.list && text.len() == 1 && table(field).is_some_and(CodeTable::is_closed)
    })?;
    spot.dirty(&id, "其它情形")
}

/// A spreadsheet took `03` for a number.
fn zero_lost(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| {
        !field.list
            && text.len() == 2
            && text.starts_with('0')
            && table(field).is_some_and(CodeTable::is_closed)
    })?;
    spot.dirty(&id, value.trim_start_matches('0'))
}
