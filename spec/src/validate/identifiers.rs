//! Identifiers in a record: composition, dates and check characters.

use super::finding::{Draft, found, label};
use crate::identifier::{Fault, IdentifierKind, Places, judge as judge_one};
use crate::issue::names_a_person;
use crate::normalize::{Normalized, Value, parts};
use crate::{Dataset, Domain, Field, Issue, IssueCode, Message, Severity};

/// Judges the value (each item of a list) of a field.
pub(super) fn judge(
    record: &Normalized<'_, '_>,
    field: &Field,
    kind: IdentifierKind,
    value: &Value<'_>,
    places: &Places<'_>,
    deal_check: bool,
    issues: &mut Vec<Issue>,
) {
    let kind = match kind {
        IdentifierKind::IdNumber if names_citizens(record, field) => IdentifierKind::CitizenId,
        kind => kind,
    };
    for item in parts(field, &value.text) {
        if let Err((fault, severity)) = judge_one(kind, item, places, deal_check) {
            issues.push(issue(field, kind, value, item, fault, severity));
        }
    }
}

/// Whether the kind of paper, in the field named like this one with `_TYPE` behind it, is the identity card.
fn names_citizens(record: &Normalized<'_, '_>, field: &Field) -> bool {
    let Some(place) = paper_type(record.dataset, &field.id) else {
        return false;
    };
    let Some(Domain::Codes(table)) = record.dataset.field(place).map(|field| &field.domain) else {
        return false;
    };
    record
        .text(place)
        .and_then(|code| table.find(code))
        .is_some_and(|paper| paper.name.contains("身份证"))
}

fn paper_type(dataset: &Dataset, id: &str) -> Option<u16> {
    let stem = id.strip_suffix("_NO").unwrap_or(id);
    dataset.field_index(&format!("{stem}_TYPE"))
}

fn issue(
    field: &Field,
    kind: IdentifierKind,
    value: &Value<'_>,
    item: &str,
    fault: Fault,
    severity: Severity,
) -> Issue {
    let (composition_zh, composition_en) = kind.composition();
    let shown = found(field, item);
    let (zh, en) = match fault {
        Fault::Form => ("结构不正确".to_owned(), "is not well formed".to_owned()),
        Fault::Check(Some(right)) if field.sensitivity != crate::Sensitivity::Personal => (
            format!("校验码不正确（按前几位计算应为{right}）"),
            format!("has a wrong check character (the others give {right})"),
        ),
        Fault::Check(_) => (
            "校验码不正确".to_owned(),
            "has a wrong check character".to_owned(),
        ),
        Fault::Date => (
            "含有不存在的日期".to_owned(),
            "holds a date that does not exist".to_owned(),
        ),
        Fault::Region => (
            "中的行政区划代码不在GB/T 2260表中".to_owned(),
            "holds a region that GB/T 2260 does not list".to_owned(),
        ),
        Fault::Old => (
            "是旧的注册号，请尽量改用统一社会信用代码".to_owned(),
            "is an old registration number; use the unified social credit code if there is one"
                .to_owned(),
        ),
    };
    let mut issue = Draft::new(IssueCode::IdentifierCheck, severity)
        .at(field, value.at)
        .found(shown.clone())
        .wanted(composition_zh, composition_en)
        .say(
            format!("{}的值“{shown}”{zh}，应为{composition_zh}", label(field)),
            format!("{} “{shown}” {en}; expected {composition_en}", field.id),
        );
    issue.help = hint(field, item, fault);
    issue
}

/// The whole identifier with the computed check character: a hint only, the mistake may be elsewhere in it.
fn hint(field: &Field, item: &str, fault: Fault) -> Option<Message> {
    let Fault::Check(Some(right)) = fault else {
        return None;
    };
    let mut characters = item.chars();
    characters.next_back()?;
    let whole = format!("{}{right}", characters.as_str());
    if field.sensitivity == crate::Sensitivity::Personal || names_a_person(&whole) {
        return None;
    }
    Some(Message::new(
        format!("若其余各位无误，则为 {whole}；请对照证照原件逐位核对"),
        format!("if every other character is right, it is {whole}: compare with the certificate"),
    ))
}
