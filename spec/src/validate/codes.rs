//! Values of code tables: listed, confirmed, and in force on the day of receipt.

use std::sync::Arc;

use super::finding::{Draft, SHOWN, found, label, replace};
use super::meant::meant;
use crate::normalize::{Value, parts};
use crate::{CodeTable, CodeValue, Field, Issue, IssueCode, Message, Severity};

/// Values that a finding lists.
const LISTED: usize = 12;
/// Values that it lists of a longer table.
const SAMPLED: usize = 3;

/// Judges the value (each item of a list) of a field. `today` is the day of receipt, `yyyyMMdd`.
pub(super) fn judge(
    field: &Field,
    table: &CodeTable,
    value: &Value<'_>,
    today: &[u8],
    issues: &mut Vec<Issue>,
) {
    let mut strange = 0;
    for item in parts(field, &value.text) {
        let issue = match table.find(item) {
            None => {
                strange += 1;
                // Of a long list of strangers the first are shown, the others counted.
                Some(unlisted(field, table, value, item, strange <= SHOWN))
            }
            Some(listed) if !in_force(listed, today) => {
                Some(expired(field, table, value, item, listed))
            }
            Some(listed) if !listed.known => Some(unverified(field, table, value, item)),
            Some(_) => None,
        };
        issues.extend(issue);
    }
}

fn in_force(value: &CodeValue, today: &[u8]) -> bool {
    value
        .valid_from
        .as_deref()
        .is_none_or(|from| from.as_bytes() <= today)
        && value
            .valid_to
            .as_deref()
            .is_none_or(|to| today <= to.as_bytes())
}

fn unlisted(field: &Field, table: &CodeTable, value: &Value<'_>, item: &str, told: bool) -> Issue {
    let name = label(field);
    let shown = found(field, item);
    let (allowed, allowed_en) = table.listed.get_or_init(|| listing(table));
    let wanted = (Arc::clone(allowed), Arc::clone(allowed_en));
    // A list that may have more values takes any, but for what the format excludes.
    if !table.is_closed() && super::structure::has_format(field, &value.text) {
        let zh = [
            &name,
            "的值“",
            &shown,
            "”不在代码集“",
            &table.id,
            "”的已知值中，该代码集尚未经公开标准核实",
        ];
        let en = [
            &field.id,
            " “",
            &shown,
            "” is not listed in ",
            &table.id,
            ", which no public standard confirms yet",
        ];
        let (zh, en) = (zh.concat(), en.concat());
        return Draft::new(IssueCode::CodeUnverified, Severity::Warning)
            .at(field, value.at)
            .found(shown)
            .wanted(wanted.0, wanted.1)
            .say(zh, en);
    }
    let draft = Draft::new(IssueCode::CodeUnknown, Severity::Error)
        .at(field, value.at)
        .found(shown.clone())
        .wanted(wanted.0, wanted.1);
    let Some((code, certain)) = told.then(|| meant(table, item)).flatten() else {
        return draft.say(
            format!(
                "{name}的值“{shown}”不在代码集“{}”中，可用值：{allowed}",
                table.id
            ),
            format!(
                "{} “{shown}” is not a value of {}; allowed: {allowed_en}",
                field.id, table.id
            ),
        );
    };
    let hint = table.find(&code).map_or("", |value| value.name.as_str());
    let issue = draft.say(
        format!(
            "{name}的值“{shown}”不在代码集“{}”中，是否为 {code} {hint}？可用值：{allowed}",
            table.id
        ),
        format!(
            "{} “{shown}” is not a value of {}, did you mean {code}? Allowed: {allowed_en}",
            field.id, table.id
        ),
    );
    if certain {
        replace(issue, field, &instead(field, value, item, &code))
    } else {
        issue
    }
}

/// The value of a field with another code in the place of an item.
fn instead(field: &Field, value: &Value<'_>, item: &str, code: &str) -> String {
    if !field.list {
        return code.to_owned();
    }
    let items = value.text.split(';');
    let items = items.map(|own| if own == item { code } else { own });
    items.collect::<Vec<_>>().join(";")
}

/// The values of a table as people read them: `1 公开招标、2 邀请招标`.
fn listing(table: &CodeTable) -> (Arc<str>, Arc<str>) {
    let mut codes: Vec<(&String, &CodeValue)> = table.values.iter().collect();
    codes.sort_by_key(|(code, _)| *code);
    let more = codes.len() > LISTED;
    // Of a long list the beginning shows what its codes look like, and no more.
    let shown = if more { SAMPLED } else { LISTED };
    let first = || codes.iter().take(shown);
    let named = first().map(|(code, value)| format!("{code} {}", value.name).trim_end().to_owned());
    let mut zh: Vec<String> = named.collect();
    let mut en: Vec<String> = first().map(|(code, _)| (*code).clone()).collect();
    if more {
        zh.push(format!("…（共{}个）", codes.len()));
        en.push(format!("… ({} in all)", codes.len()));
    }
    (zh.join("、").into(), en.join(", ").into())
}

fn unverified(field: &Field, table: &CodeTable, value: &Value<'_>, item: &str) -> Issue {
    // The one finding that sound records have in numbers: put together without formatting, which costs several times
    // as much.
    let (zh, en) = table.confirmed.get_or_init(|| {
        let id = &table.id;
        (
            format!("代码集“{id}”中已核实的代码（确认无误的，不必改动）").into(),
            format!("a confirmed value of {id} (if it is what was meant, change nothing)").into(),
        )
    });
    let wanted = (Arc::clone(zh), Arc::clone(en));
    let (shown, id, name, table) = (found(field, item), &field.id, &field.name, &table.id);
    let zh = [
        name,
        "（",
        id,
        "）的值“",
        &shown,
        "”尚未经公开标准核实（代码集“",
        table,
        "”）",
    ];
    let en = [
        id,
        " “",
        &shown,
        "” of ",
        table,
        " is not confirmed by a public standard",
    ];
    let (zh, en) = (zh.concat(), en.concat());
    Draft::new(IssueCode::CodeUnverified, Severity::Warning)
        .at(field, value.at)
        .found(shown)
        .wanted(wanted.0, wanted.1)
        .say(zh, en)
}

fn expired(
    field: &Field,
    table: &CodeTable,
    value: &Value<'_>,
    item: &str,
    listed: &CodeValue,
) -> Issue {
    let shown = found(field, item);
    // Sound records name regions as they were; other codes are closed by whoever keeps the list.
    let severity = if table.id == "region" {
        Severity::Warning
    } else {
        Severity::Error
    };
    let mut zh = format!(
        "{}的值“{shown} {}”已失效或尚未生效",
        label(field),
        listed.name
    );
    let mut en = format!("{} “{shown}” is outside its dates of validity", field.id);
    if let Some(successor) = &listed.successor {
        zh = format!("{zh}，现为 {successor}");
        en = format!("{en}, now {successor}");
    }
    let expected = match (&listed.successor, &listed.valid_from, &listed.valid_to) {
        (Some(successor), ..) => Message::from(successor.clone()),
        (None, from, to) => {
            let (from, to) = (from.as_deref().unwrap_or("…"), to.as_deref().unwrap_or("…"));
            Message::new(
                format!("有效期{from}至{to}"),
                format!("valid from {from} to {to}"),
            )
        }
    };
    let issue = Draft::new(IssueCode::CodeExpired, severity)
        .at(field, value.at)
        .found(shown)
        .wanted(expected.zh, expected.en)
        .say(zh, en);
    match &listed.successor {
        Some(successor) if table.values.contains_key(successor) => {
            replace(issue, field, &instead(field, value, item, successor))
        }
        _ => issue,
    }
}
