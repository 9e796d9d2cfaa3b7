//! Dirt in the shape of records: missing, unknown, repeated and overlong fields; and rules that are broken.

use spec::{Domain, Format, Required};

use super::{ALL, JSON, Kind, PLAIN, Spot, error, is_number, is_prose};
use crate::generate::row::{Cell, Expect};

pub(super) const KINDS: &[Kind] = &[
    error("required_missing", "field.required", ALL, missing),
    error("required_blank", "field.required", ALL, blank),
    error("unknown_field", "field.unknown", PLAIN, unknown),
    error("too_long", "field.length", ALL, too_long),
    error("object_for_value", "field.type", JSON, object),
    error("list_for_value", "field.type", JSON, array),
    error("repeated_field", "field.repeated", PLAIN, repeated),
    error("unknown_dataset", "dataset.unknown", PLAIN, unknown_dataset),
    rule(
        "margin_without_form",
        Expect::Error,
        "507.margin_block",
        |spot| drop(spot, 507, "MARGIN_PAY_FORM"),
    ),
    rule("price_missing", Expect::Error, "507.bid_price", |spot| {
        drop(spot, 507, "BID_PRICE")
    }),
    rule("role_wrong", Expect::Warning, "507.bidder_role", |spot| {
        set(spot, 507, "BIDDER_ROLE", "01")
    }),
    rule(
        "validity_unlikely",
        Expect::Warning,
        "504.validity",
        |spot| set(spot, 504, "VALID_PERIOD", "900"),
    ),
    rule(
        "margin_missing",
        Expect::Error,
        "504.margin_amount",
        |spot| drop(spot, 504, "MARGIN_AMOUNT"),
    ),
    rule("licence_other", Expect::Warning, "103.cert_valid", |spot| {
        set(spot, 103, "QUAL_CERT_END_DATE", "20241231")
    }),
    rule("total_wrong", Expect::Warning, "1301.amount", |spot| {
        set(spot, 1301, "TOTAL_PRICE", "1.5")
    }),
    order("guarantee_ends_first", Expect::Error, "523.order", |spot| {
        swap(spot, 523, "BEGIN_TIME", "END_TIME")
    }),
    order("limit_ends_first", Expect::Error, "300.period", |spot| {
        swap(spot, 300, "CONFINED_START", "CONFINED_END")
    }),
    order(
        "finished_before_signed",
        Expect::Error,
        "113.contract_order",
        |spot| swap(spot, 113, "CONTRACT_SIGN_DATE", "CONTRACT_FINISH_DATE"),
    ),
    order(
        "performed_before_signed",
        Expect::Error,
        "305.finish_after_sign",
        |spot| swap(spot, 305, "CONTRACT_SIGNING_TIME", "CONTRACT_FINISH_TIME"),
    ),
];

const fn rule(
    name: &'static str,
    expect: Expect,
    rule: &'static str,
    apply: fn(&mut Spot<'_>) -> Option<String>,
) -> Kind {
    Kind {
        name,
        expect,
        code: "rule.violated",
        rule,
        wires: ALL,
        apply,
    }
}

const fn order(
    name: &'static str,
    expect: Expect,
    rule: &'static str,
    apply: fn(&mut Spot<'_>) -> Option<String>,
) -> Kind {
    Kind {
        name,
        expect,
        code: "time.order",
        rule,
        wires: ALL,
        apply,
    }
}

fn missing(spot: &mut Spot<'_>) -> Option<String> {
    let (id, _) = spot.pick(|field, _| field.required == Required::Always)?;
    (!spot.is_key(&id)).then_some(())?;
    spot.row.remove(&id);
    Some(id)
}

fn blank(spot: &mut Spot<'_>) -> Option<String> {
    let (id, _) = spot.pick(|field, _| field.required == Required::Always && is_prose(field))?;
    spot.dirty(&id, "\u{3000} ")
}

#[expect(clippy::unnecessary_wraps, reason = "kinds have one shape")]
fn unknown(spot: &mut Spot<'_>) -> Option<String> {
    let guid = spot.random.guid();
    spot.row
        .cells
        .push(("ROW_GUID".to_owned(), Cell::Dirty(guid)));
    Some("ROW_GUID".to_owned())
}

fn too_long(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, _| {
        matches!(field.format, Format::UpTo(50..=300)) && matches!(field.domain, Domain::Free)
    })?;
    spot.dirty(
        &id,
        format!("{value}（{}）", "以下内容系重复粘贴；".repeat(31)),
    )
}

fn object(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, _| is_number(field))?;
    spot.row.put(
        &id,
        Cell::Bare(format!("{{\"value\":{value},\"unit\":\"元\"}}")),
    );
    Some(id)
}

fn array(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) =
        spot.pick(|field, text| is_prose(field) && !field.list && !text.contains(['"', '\\']))?;
    spot.row
        .put(&id, Cell::Bare(format!("[{{\"name\":\"{value}\"}}]")));
    Some(id)
}

fn repeated(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, _| is_prose(field))?;
    spot.row
        .cells
        .push((id.clone(), Cell::Dirty(format!("{value}（副本）"))));
    Some(id)
}

#[expect(clippy::unnecessary_wraps, reason = "kinds have one shape")]
fn unknown_dataset(spot: &mut Spot<'_>) -> Option<String> {
    spot.row.posing_as = Some(format!("{}_OLD", spot.set.id));
    Some(String::new())
}

fn drop(spot: &mut Spot<'_>, dataset: u16, field: &str) -> Option<String> {
    (spot.row.dataset == dataset).then_some(())?;
    spot.row.remove(field);
    Some(field.to_owned())
}

fn set(spot: &mut Spot<'_>, dataset: u16, field: &str, value: &str) -> Option<String> {
    (spot.row.dataset == dataset).then_some(())?;
    spot.row.put(field, Cell::Clean(value.to_owned()));
    Some(field.to_owned())
}

/// Two instants change places; the later one is named.
fn swap(spot: &mut Spot<'_>, dataset: u16, first: &str, last: &str) -> Option<String> {
    (spot.row.dataset == dataset).then_some(())?;
    let (a, b) = (
        spot.row.text(first).to_owned(),
        spot.row.text(last).to_owned(),
    );
    spot.row.put(first, Cell::Clean(b));
    spot.row.put(last, Cell::Clean(a));
    Some(last.to_owned())
}
