//! The specification as plain tables: data sets, fields, code tables, rules, identifiers, editions.
//!
//! One set of columns and words for everything that people read: the dictionary in Markdown and as a
//! workbook, and what the command line lists. Rendering is left to those.

use std::collections::BTreeMap;

use crate::{
    CodeTable, Dataset, Domain, Edition, Field, FieldIndex, Required, Sensitivity, Severity, Spec,
    Unit,
};

/// Rows of text under headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Name for machines.
    pub name: &'static str,
    /// Chinese title.
    pub zh: &'static str,
    /// Name for machines and Chinese heading of each column.
    pub columns: Vec<(&'static str, &'static str)>,
    /// Rows, each as long as the columns.
    pub rows: Vec<Vec<String>>,
}

/// The editions of a specification.
pub fn editions(spec: &Spec) -> Sheet {
    let rows = spec.editions.iter().map(|edition| {
        vec![
            edition.id.clone(),
            edition.name.clone(),
            edition.valid_from.clone(),
            edition.valid_to.clone().unwrap_or_default(),
            edition.datasets.len().to_string(),
            fields_of(edition).to_string(),
            edition.codes.len().to_string(),
        ]
    });
    Sheet {
        name: "editions",
        zh: "规范版本",
        columns: vec![
            ("edition", "版本"),
            ("name", "名称"),
            ("valid_from", "施行日期"),
            ("valid_to", "终止日期"),
            ("datasets", "数据集"),
            ("fields", "数据项"),
            ("codes", "代码集"),
        ],
        rows: rows.collect(),
    }
}

/// Number of fields of all data sets.
pub(super) fn fields_of(edition: &Edition) -> usize {
    edition.datasets.iter().map(|set| set.fields.len()).sum()
}

/// The data sets of an edition.
pub fn datasets(edition: &Edition) -> Sheet {
    let rows = edition.datasets.iter().map(|set| {
        vec![
            set.code.to_string(),
            set.id.clone(),
            set.name.clone(),
            set.class.clone(),
            names(set, &set.key).join(";"),
            names(set, set.time.as_slice()).concat(),
            names(set, set.deal.as_slice()).concat(),
            set.fields.len().to_string(),
            set.rules.len().to_string(),
        ]
    });
    Sheet {
        name: "datasets",
        zh: "数据集",
        columns: vec![
            ("code", "编号"),
            ("id", "数据集"),
            ("name", "名称"),
            ("class", "类别"),
            ("key", "业务主键"),
            ("time", "业务时间"),
            ("deal", "交易标识"),
            ("fields", "数据项"),
            ("rules", "规则"),
        ],
        rows: rows.collect(),
    }
}

/// The fields of data sets, in the order of the standard.
pub fn fields<'d>(datasets: impl IntoIterator<Item = &'d Dataset>) -> Sheet {
    let row = |set: &Dataset, number: usize, field: &Field| {
        vec![
            set.code.to_string(),
            set.id.clone(),
            number.to_string(),
            field.id.clone(),
            field.name.clone(),
            field.format.to_string(),
            required(field.required).to_owned(),
            domain(field),
            if field.list { "是" } else { "" }.to_owned(),
            unit(set, field),
            sensitivity(field.sensitivity).to_owned(),
            field.aliases.join(";"),
        ]
    };
    let rows = datasets.into_iter().flat_map(|set| {
        let fields = (1..).zip(&set.fields);
        fields.map(move |(number, field)| row(set, number, field))
    });
    Sheet {
        name: "fields",
        zh: "数据项",
        columns: vec![
            ("code", "数据集编号"),
            ("dataset", "数据集"),
            ("number", "序号"),
            ("id", "英文名"),
            ("name", "数据项名称"),
            ("format", "格式"),
            ("required", "必填"),
            ("domain", "值域"),
            ("list", "多值"),
            ("unit", "计量单位"),
            ("sensitivity", "公开范围"),
            ("aliases", "别名"),
        ],
        rows: rows.collect(),
    }
}

/// The code tables of an edition, without their values.
pub fn tables(edition: &Edition) -> Sheet {
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for field in edition.datasets.iter().flat_map(|set| &set.fields) {
        if let Domain::Codes(table) = &field.domain {
            *used.entry(&table.id).or_default() += 1;
        }
    }
    let rows = in_order(edition).into_iter().map(|table| {
        vec![
            table.id.clone(),
            (table.values.len() + table.prefixes.len()).to_string(),
            closed(table).to_owned(),
            used.get(table.id.as_str())
                .copied()
                .unwrap_or(0)
                .to_string(),
        ]
    });
    Sheet {
        name: "codes",
        zh: "代码集",
        columns: vec![
            ("table", "代码集"),
            ("values", "代码数"),
            ("closed", "性质"),
            ("fields", "引用数据项"),
        ],
        rows: rows.collect(),
    }
}

/// The values of code tables, in the order of their codes.
pub fn values<'t>(tables: impl IntoIterator<Item = &'t CodeTable>) -> Sheet {
    let mut rows = Vec::new();
    for table in tables {
        let beginnings = table.prefixes.iter();
        let beginnings = beginnings.map(|(beginning, value)| (format!("{beginning}*"), value));
        let values = table
            .values
            .iter()
            .map(|(code, value)| (code.clone(), value));
        let all: BTreeMap<_, _> = values.chain(beginnings).collect();
        for (code, value) in all {
            let given = |text: &Option<String>| text.clone().unwrap_or_default();
            rows.push(vec![
                table.id.clone(),
                code,
                value.name.clone(),
                if value.known {
                    "已确认"
                } else {
                    "待确认"
                }
                .to_owned(),
                given(&value.valid_from),
                given(&value.valid_to),
                given(&value.successor),
                given(&value.parent),
            ]);
        }
    }
    Sheet {
        name: "values",
        zh: "代码",
        columns: vec![
            ("table", "代码集"),
            ("code", "代码"),
            ("name", "名称"),
            ("status", "状态"),
            ("valid_from", "启用日期"),
            ("valid_to", "停用日期"),
            ("successor", "替代代码"),
            ("parent", "上级代码"),
        ],
        rows,
    }
}

/// The rules of data sets, in the order in which they are judged.
pub fn rules<'d>(datasets: impl IntoIterator<Item = &'d Dataset>) -> Sheet {
    let rows = datasets.into_iter().flat_map(|set| {
        set.rules.iter().map(|rule| {
            vec![
                rule.id.to_string(),
                set.id.clone(),
                severity(rule.severity).to_owned(),
                rule.zh.clone(),
                rule.en.clone(),
                rule.clause.to_string(),
            ]
        })
    });
    Sheet {
        name: "rules",
        zh: "规则",
        columns: vec![
            ("rule", "规则"),
            ("dataset", "数据集"),
            ("severity", "级别"),
            ("zh", "内容"),
            ("en", "content"),
            ("clause", "依据"),
        ],
        rows: rows.collect(),
    }
}

/// The kinds of identifier that fields of an edition hold.
pub fn identifiers(edition: &Edition) -> Sheet {
    let mut used: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for set in &edition.datasets {
        for field in &set.fields {
            if let Domain::Identifier(kind) = field.domain {
                let fields = used.entry(crate::load::identifier_word(kind)).or_default();
                fields.push(format!("{}.{}", set.id, field.id));
            }
        }
    }
    let rows = used.into_iter().map(|(word, fields)| {
        let first = fields.first().cloned().unwrap_or_default();
        vec![word.to_owned(), fields.len().to_string(), first]
    });
    Sheet {
        name: "identifiers",
        zh: "标识",
        columns: vec![
            ("identifier", "标识"),
            ("fields", "引用数据项"),
            ("first", "首个数据项"),
        ],
        rows: rows.collect(),
    }
}

/// The code tables of an edition by name.
pub(super) fn in_order(edition: &Edition) -> Vec<&CodeTable> {
    let tables = edition.codes.values();
    let tables: BTreeMap<&str, &CodeTable> =
        tables.map(|table| (table.id.as_str(), &**table)).collect();
    tables.into_values().collect()
}

/// Column codes of fields.
pub(super) fn names(set: &Dataset, fields: &[FieldIndex]) -> Vec<String> {
    let fields = fields.iter().filter_map(|&place| set.field(place));
    fields.map(|field| field.id.clone()).collect()
}

/// Whether an unknown code is refused.
pub(super) fn closed(table: &CodeTable) -> &'static str {
    if table.is_closed() {
        "封闭"
    } else {
        "开放（未知代码仅提示）"
    }
}

/// Whether a field must be filled.
pub fn required(required: Required) -> &'static str {
    match required {
        Required::Always => "是",
        Required::ByRule => "按规则",
        Required::Optional => "否",
    }
}

/// What the values of a field are drawn from; nothing for free text.
pub fn domain(field: &Field) -> String {
    match &field.domain {
        Domain::Free => String::new(),
        Domain::Codes(table) => format!("代码集 {}", table.id),
        Domain::Identifier(kind) => format!("标识 {}", crate::load::identifier_word(*kind)),
        Domain::Standard(standard) => standard.clone(),
    }
}

/// Unit of a number; nothing where there is none.
pub fn unit(set: &Dataset, field: &Field) -> String {
    match &field.unit {
        None => String::new(),
        Some(Unit::Yuan) => "元".to_owned(),
        Some(Unit::WanYuan) => "万元".to_owned(),
        Some(Unit::By(place)) => match set.field(*place) {
            Some(by) => format!("按 {}", by.id),
            None => String::new(),
        },
        Some(Unit::Other(unit)) => unit_name(unit).to_owned(),
    }
}

/// Units of the data files, and what people call them.
pub const UNITS: [(&str, &str); 11] = [
    ("days", "日"),
    ("months", "月"),
    ("years", "年"),
    ("percent", "%"),
    ("m2", "平方米"),
    ("km2", "平方公里"),
    ("km", "公里"),
    ("tonnes", "吨"),
    ("points", "分"),
    ("count", "个"),
    ("yuan_per_m2", "元/平方米"),
];

fn unit_name(unit: &str) -> &str {
    let mut units = UNITS.iter();
    units
        .find(|(word, _)| *word == unit)
        .map_or(unit, |(_, name)| *name)
}

/// Who may see a field.
pub fn sensitivity(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Public => "社会公开",
        Sensitivity::Government => "政务公开",
        Sensitivity::Personal => "个人信息",
    }
}

/// Whether a violation rejects.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "错误",
        Severity::Warning => "提示",
    }
}
