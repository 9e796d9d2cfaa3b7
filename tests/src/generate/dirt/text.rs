//! Dirt in names and texts: blanks, mark-up, apostrophes, glued parts.

use spec::{Domain, Format};

use super::{ALL, Kind, Spot, is_prose, kept, repaired};

pub(super) const KINDS: &[Kind] = &[
    repaired("blank_ends", "trim", ALL, |spot| {
        around(spot, "\u{3000}", "\u{3000} ")
    }),
    repaired("nbsp_entity", "html", ALL, |spot| inside(spot, "&nbsp;")),
    repaired("em_tag", "html", ALL, em),
    repaired("no_break_blank", "control", ALL, |spot| {
        inside(spot, "\u{a0}")
    }),
    repaired("zero_width", "control", ALL, |spot| {
        inside(spot, "\u{200b}")
    }),
    repaired("apostrophe", "trim", ALL, apostrophe),
    repaired("full_width_code", "width", ALL, full_width),
    repaired("list_separator", "list_separator", ALL, separator),
    kept("glued_code", glued_code),
    kept("joint_bidders", joint),
    kept("ocr_name", ocr),
];

fn around(spot: &mut Spot<'_>, before: &str, after: &str) -> Option<String> {
    let (id, value) = spot.pick(|field, _| is_prose(field))?;
    spot.dirty(&id, format!("{before}{value}{after}"))
}

fn inside(spot: &mut Spot<'_>, part: &str) -> Option<String> {
    let (id, value) =
        spot.pick(|field, text| is_prose(field) && text.chars().count() > 6 && !field.list)?;
    let (head, tail) = value.split_at(value.char_indices().nth(4)?.0);
    spot.dirty(&id, format!("{head}{part}{tail}"))
}

/// What a search engine leaves behind.
fn em(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| is_prose(field) && text.contains("工程"))?;
    spot.dirty(&id, value.replacen("工程", "<em>工程</em>", 1))
}

fn apostrophe(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| {
        let coded = matches!(field.domain, Domain::Identifier(_)) || field.id.ends_with("_NO");
        coded
            && !field.list
            && matches!(field.format, Format::Exact(_) | Format::UpTo(_))
            && !text.contains('\'')
    })?;
    spot.dirty(&id, format!("'{value}"))
}

fn full_width(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| {
        let coded = matches!(field.domain, Domain::Identifier(_))
            || matches!(field.format, Format::Number { .. });
        coded && !text.is_empty() && !field.list
    })?;
    let wide = |c: char| match c {
        '0'..='9' | 'A'..='Z' | 'a'..='z' => char::from_u32(c as u32 + 0xfee0).unwrap_or(c),
        other => other,
    };
    spot.dirty(&id, value.chars().map(wide).collect::<String>())
}

fn separator(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| {
        field.list && text.contains(';') && !matches!(field.domain, Domain::Free)
    })?;
    let other = spot.random.word(&["；", ",", "、"]);
    spot.dirty(&id, value.replace(';', other))
}

fn glued_code(spot: &mut Spot<'_>) -> Option<String> {
    let code = [
        "BIDDER_ORG_CODE",
        "BODY_CODE",
        "TENDERER_CODE",
        "LEGAL_CODE",
    ]
    .iter()
    .map(|id| spot.row.text(id))
    .find(|code| code.len() == 18)?
    .to_owned();
    let (id, value) = spot.pick(|field, text| {
        field.id.ends_with("_NAME") && is_prose(field) && text.ends_with("公司")
    })?;
    spot.dirty(&id, format!("{value}{code}"))
}

fn joint(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) = spot.pick(|field, text| {
        matches!(field.id.as_str(), "BIDDER_NAME" | "APPLICANTION_NAME")
            && text.ends_with("公司")
            && !field.list
    })?;
    spot.dirty(
        &id,
        format!("{value}（联合体牵头人）、江苏鸢湄设计研究院有限公司（联合体成员）"),
    )
}

/// What a scanner makes of 有限公司.
fn ocr(spot: &mut Spot<'_>) -> Option<String> {
    let (id, value) =
        spot.pick(|field, text| is_prose(field) && !field.list && text.ends_with("有限公司"))?;
    spot.dirty(&id, value.replace("有限公司", "有眼公司"))
}
