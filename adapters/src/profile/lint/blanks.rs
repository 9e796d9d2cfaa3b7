//! What says nothing, or says it twice: empty values, empty lists and tables, items of a list that come again.

use toml::de::DeValue;

use super::tree::Way;
use super::{Page, Said};

/// Members without which what they stand in cannot be used.
const NEEDED: [&str; 10] = [
    "id",
    "name",
    "english",
    "ways",
    "from",
    "by",
    "into",
    "watermark",
    "key",
    "tables",
];

/// Where an empty value has a meaning: the way to it, `*` for any name or place.
const MEANT: [&[&str]; 6] = [
    // Drops a field.
    &["fields", "*"],
    &["sets", "*", "fields", "*"],
    // Passes a member of the envelope over.
    &["wire", "members", "*"],
    // The outermost object.
    &["wire", "nested", "*", "path"],
    // Nothing between the parts.
    &["joins", "*", "with"],
    // Has a remark of its own, which says more.
    &["datasets"],
];

/// Remarks on all that is empty or repeated.
pub(super) fn check(page: &mut Page<'_>) {
    let mut found = Vec::new();
    page.tree.each(&mut |way, key, value| {
        let last = way.last().map_or("", String::as_str);
        // A place in a list has no name.
        if let Some(key) = key.filter(|_| last.trim().is_empty()) {
            found.push((key.clone(), nameless()));
        }
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                // A tabulator or a space may well stand between parts.
                let separates = !text.is_empty() && matches!(last, "by" | "with" | "separator");
                if !is_meant(way) && !separates {
                    found.push((value.span(), empty(way)));
                }
            }
            DeValue::Array(items) if items.is_empty() => found.push((value.span(), empty(way))),
            DeValue::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    let text = item.get_ref().as_str();
                    let mut before = items.iter().take(place);
                    if text.is_some() && before.any(|other| other.get_ref().as_str() == text) {
                        found.push((item.span(), repeated(last, text.unwrap_or_default())));
                    }
                }
            }
            DeValue::Table(table) if table.is_empty() => {
                let place = key.cloned().unwrap_or_else(|| value.span());
                found.push((place, empty(way)));
            }
            _ => {}
        }
    });
    for (place, said) in found {
        page.at(&place, said);
    }
}

fn is_meant(way: &Way) -> bool {
    MEANT.iter().any(|meant| {
        let fits = |(step, wanted): (&String, &&str)| *wanted == "*" || step == wanted;
        meant.len() == way.len() && way.iter().zip(*meant).all(fits)
    })
}

fn empty(way: &Way) -> Said {
    let name = way.join(".");
    // An item of a list bears the name of the list.
    let mut names = way.iter().rev();
    let member = names.find(|step| step.parse::<usize>().is_err());
    let is_needed = member.is_some_and(|member| NEEDED.contains(&member.as_str()));
    // Rows that become nothing are lost.
    let loses_rows = way
        .first()
        .is_some_and(|first| first == "wide" || first == "pull");
    if is_needed || loses_rows {
        return Said::error(
            "value.empty",
            (format!("“{name}”为空"), format!("`{name}` is empty")),
            ("此处必须填写", "it must be filled"),
        );
    }
    Said::warning(
        "value.empty",
        (
            format!("“{name}”为空，不起作用"),
            format!("`{name}` is empty, so it does nothing"),
        ),
        ("请填写，或删去此项", "fill it, or take it out"),
    )
}

fn nameless() -> Said {
    Said::warning(
        "name.empty",
        ("名称为空，不起作用", "an empty name, which nothing has"),
        (
            "请填写来源系统的名称，或删去",
            "write the name that the source uses, or take it out",
        ),
    )
}

fn repeated(list: &str, item: &str) -> Said {
    Said::warning(
        "item.repeated",
        (
            format!("“{item}”在此列表中出现两次"),
            format!("`{item}` stands in this list twice"),
        ),
        match list {
            "ways" => ("每种接入方式写一次", "name each way in once"),
            _ => ("请删去其一", "take one of them out"),
        },
    )
}
