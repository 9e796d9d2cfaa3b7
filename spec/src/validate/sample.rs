//! A small edition built by hand, for the tests of the engine: it needs no data files.

use std::sync::Arc;

use foldhash::HashMap;

use crate::identifier::IdentifierKind;
use crate::record::{Input, Kind};
use crate::{
    Check, CodeTable, CodeValue, Condition, Context, Dataset, Domain, Edition, Field, FieldIndex,
    Library, Normalized, Record, Report, Required, Rule, Sensitivity, Severity, Unit, normalize,
};

/// A confirmed value of a table.
pub(crate) fn value(name: &str) -> CodeValue {
    CodeValue {
        name: name.to_owned(),
        known: true,
        valid_from: None,
        valid_to: None,
        successor: None,
        level: None,
        parent: None,
    }
}

pub(crate) fn table(id: &str, rows: &[(&str, &str)]) -> CodeTable {
    let mut table = CodeTable {
        id: id.to_owned(),
        ..CodeTable::default()
    };
    for &(code, name) in rows {
        table.values.insert(code.to_owned(), value(name));
        table.by_name.insert(name.to_owned(), code.to_owned());
    }
    table
}

/// A table whose values lie under others: code, name, parent.
pub(crate) fn nested(id: &str, rows: &[(&str, &str, Option<&str>)]) -> CodeTable {
    let named: Vec<(&str, &str)> = rows.iter().map(|row| (row.0, row.1)).collect();
    let mut table = table(id, &named);
    for &(code, _, parent) in rows {
        if let Some(value) = table.values.get_mut(code) {
            value.parent = parent.map(str::to_owned);
        }
    }
    table
}

fn regions() -> CodeTable {
    let mut table = table(
        "region",
        &[
            ("320000", "江苏省"),
            ("320100", "南京市"),
            ("320104", "秦淮区"),
            ("320300", "徐州市"),
        ],
    );
    let mut old = value("白下区");
    old.valid_to = Some("20130228".to_owned());
    old.successor = Some("320104".to_owned());
    table.values.insert("320103".to_owned(), old);
    for (code, level, parent) in [
        ("320000", "province", None),
        ("320100", "city", Some("320000")),
        ("320300", "city", Some("320000")),
        ("320104", "county", Some("320100")),
    ] {
        if let Some(value) = table.values.get_mut(code) {
            value.level = Some(level.to_owned());
            value.parent = parent.map(str::to_owned);
        }
    }
    table
}

/// A code table by name.
pub(crate) fn codes(id: &str) -> Arc<CodeTable> {
    Arc::new(match id {
        "region" => regions(),
        "yes_no" => table("yes_no", &[("0", "否"), ("1", "是")]),
        "mode" => table(
            "mode",
            &[("1", "公开招标"), ("2", "邀请招标"), ("9", "其他")],
        ),
        "role" => table("role", &[("01", "招标人"), ("02", "招标代理机构")]),
        "unit" => table("unit", &[("0", "元"), ("1", "万元")]),
        "paper" => table("paper", &[("01", "居民身份证"), ("03", "护照")]),
        "closed" => {
            let mut table = table("closed", &[("A", "甲")]);
            let mut old = value("乙");
            old.valid_to = Some("20200101".to_owned());
            table.values.insert("B".to_owned(), old);
            table
        }
        "any" => {
            let mut table = table("any", &[("1", "资金"), ("2", "银行保函")]);
            let mut rest = value("其余值");
            rest.known = false;
            table.prefixes.push((String::new(), rest));
            table
        }
        _ => {
            let mut table = table("open", &[("1", "甲")]);
            let mut guess = value("乙");
            guess.known = false;
            table.values.insert("2".to_owned(), guess);
            let mut class = value("类");
            class.known = true;
            table.prefixes.push(("A08".to_owned(), class));
            table
        }
    })
}

/// A field in short: `ID FORMAT domain flags`, where domain is `free`, `codes:ID` or an identifier, and
/// flags are `list`, `required`, `personal`, `yuan`, `wan_yuan`, `by:PLACE`, `unit:NAME`.
pub(crate) fn field(short: &str) -> Field {
    let mut words = short.split_whitespace();
    let mut next = || words.next().unwrap_or_default();
    let (id, format, domain) = (next(), next(), next());
    let mut field = Field {
        id: id.to_owned(),
        name: format!("名称{id}"),
        format: format.parse().unwrap_or(crate::Format::Unlimited),
        required: Required::Optional,
        domain: match domain {
            "free" => Domain::Free,
            "uscc" => Domain::Identifier(IdentifierKind::Uscc),
            "org" => Domain::Identifier(IdentifierKind::OrgCode),
            "id_number" => Domain::Identifier(IdentifierKind::IdNumber),
            "citizen" => Domain::Identifier(IdentifierKind::CitizenId),
            "subject" => Domain::Identifier(IdentifierKind::SubjectCode),
            "operator" => Domain::Identifier(IdentifierKind::OperatorCode),
            "deal" => Domain::Identifier(IdentifierKind::UnifiedDealCode),
            "project" => Domain::Identifier(IdentifierKind::ProjectCode),
            "tender" => Domain::Identifier(IdentifierKind::TenderProjectCode),
            "section" => Domain::Identifier(IdentifierKind::SectionCode),
            "guid" => Domain::Identifier(IdentifierKind::Guid),
            _ => Domain::Codes(codes(domain.trim_start_matches("codes:"))),
        },
        list: false,
        sensitivity: Sensitivity::Public,
        unit: None,
        aliases: Vec::new(),
    };
    for flag in words {
        match flag.split_once(':').unwrap_or((flag, "")) {
            ("list", _) => field.list = true,
            ("required", _) => field.required = Required::Always,
            ("personal", _) => field.sensitivity = Sensitivity::Personal,
            ("yuan", _) => field.unit = Some(Unit::Yuan),
            ("wan_yuan", _) => field.unit = Some(Unit::WanYuan),
            ("by", place) => field.unit = Some(Unit::By(place.parse().unwrap_or_default())),
            (_, name) => field.unit = Some(Unit::Other(name.to_owned())),
        }
    }
    field
}

/// A data set with these fields; those marked `key` in front are its business key.
pub(crate) fn dataset(code: u16, id: &str, fields: &[&str]) -> Dataset {
    let mut key = Vec::new();
    let mut by_name = HashMap::default();
    let mut made = Vec::new();
    for (place, short) in fields.iter().enumerate() {
        let place = place as FieldIndex;
        let short = match short.strip_prefix("key ") {
            Some(rest) => {
                key.push(place);
                rest
            }
            None => short,
        };
        let field = field(short);
        by_name.insert(field.id.clone(), place);
        made.push(field);
    }
    Dataset {
        code,
        id: id.to_owned(),
        name: format!("数据集{id}"),
        library: Library::Transaction,
        class: String::new(),
        industry: "general".to_owned(),
        general: None,
        key,
        deal: None,
        time: None,
        attachments: Vec::new(),
        required_attachments: Vec::new(),
        fields: made,
        rules: Vec::new(),
        by_name,
        indexed: Vec::new(),
        read: Vec::new(),
        referrers: Vec::new(),
    }
}

/// A rule with this check.
pub(crate) fn rule(id: &str, severity: Severity, when: Vec<Condition>, check: Check) -> Rule {
    Rule {
        id: Arc::from(id),
        severity,
        clause: "条款".into(),
        zh: "规则".to_owned(),
        en: "the rule".to_owned(),
        stage: crate::rule::Stage::Arrival,
        when,
        when_parent: None,
        unless: None,
        check,
    }
}

/// An edition of these data sets.
pub(crate) fn edition(datasets: Vec<Dataset>) -> Edition {
    let mut by_name = HashMap::default();
    for (place, dataset) in datasets.iter().enumerate() {
        by_name.insert(dataset.id.clone(), place);
        by_name.insert(dataset.code.to_string(), place);
    }
    let mut tables = HashMap::default();
    tables.insert("region".to_owned(), codes("region"));
    Edition {
        id: "3.0".to_owned(),
        name: "试验".to_owned(),
        valid_from: "20250101".to_owned(),
        valid_to: None,
        datasets,
        stages: Vec::new(),
        codes: tables,
        attachments: crate::Attachments::default(),
        calendar: crate::Calendar::default(),
        projections: HashMap::default(),
        standing: Vec::new(),
        deal_code_check: true,
        waiting_days: 30,
        files: Vec::new(),
        by_name,
    }
}

/// A context: received on 2025-06-01 at noon.
pub(crate) fn context(edition: &Edition) -> Context<'_> {
    Context {
        edition,
        received: jiff::civil::date(2025, 6, 1).at(12, 0, 0, 0),
        platforms: &[],
    }
}

/// A value as sent: text, or a JSON token where it begins with `=`.
pub(crate) fn input(text: &str) -> Input<'_> {
    let (text, kind) = match text.strip_prefix('=') {
        Some(token @ ("true" | "false")) => (token, Kind::Bool),
        Some(token) if token.starts_with(['[', '{']) => (token, Kind::Nested),
        Some(token) => (token, Kind::Number),
        None => (text, Kind::Text),
    };
    Input {
        text: text.into(),
        kind,
        at: 7,
        mapped: None,
    }
}

/// A record with these values, by name; names that the data set does not have become strangers.
pub(crate) fn record<'s, 'a>(
    dataset: &'s Dataset,
    values: &[(&'a str, &'a str)],
) -> Record<'s, 'a> {
    let mut record = Record::new(dataset);
    for &(name, text) in values {
        match dataset.field_index(name) {
            Some(place) => match record.values.get_mut(usize::from(place)) {
                Some(slot @ None) => *slot = Some(input(text)),
                _ => record.repeated.push((place, input(text))),
            },
            None => record.unknown.push((name.into(), input(text))),
        }
    }
    record
}

/// Normalizes and judges a record by itself.
pub(crate) fn judged<'s, 'a>(
    edition: &Edition,
    dataset: &'s Dataset,
    values: &[(&'a str, &'a str)],
) -> (Normalized<'s, 'a>, Report) {
    let context = context(edition);
    let mut normalized = normalize(&context, record(dataset, values));
    let report = super::judge_alone(&context, &mut normalized);
    (normalized, report)
}
