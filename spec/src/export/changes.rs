//! What differs between two editions: data sets, fields and what is asked of them, code tables, rules.
//!
//! What stands in a data set or a table that only one edition has is not named again. Rules are compared by
//! what they say to people: the places of fields inside a check differ between editions without meaning.

use std::collections::BTreeMap;

use super::sheets::{self, Sheet};
use crate::{CodeTable, CodeValue, Dataset, Edition, Field, Rule, Spec};

/// What became of one thing.
struct Row<'a> {
    kind: &'static str,
    dataset: &'a str,
    name: &'a str,
    title: &'a str,
    before: String,
    after: String,
}

/// The edition that was in force before this one.
pub fn predecessor<'s>(spec: &'s Spec, edition: &Edition) -> Option<&'s Edition> {
    let earlier = spec
        .editions
        .iter()
        .filter(|other| other.valid_from < edition.valid_from);
    earlier
        .max_by_key(|other| &other.valid_from)
        .map(|found| &**found)
}

/// Everything that differs, one row each.
pub fn changes(old: &Edition, new: &Edition) -> Sheet {
    let mut rows = Vec::new();
    let both = |a: &Edition| -> BTreeMap<u16, usize> {
        a.datasets
            .iter()
            .zip(0..)
            .map(|(set, at)| (set.code, at))
            .collect()
    };
    let (olds, news) = (both(old), both(new));
    for code in olds
        .keys()
        .chain(news.keys().filter(|code| !olds.contains_key(code)))
    {
        match (old.by_code(*code), new.by_code(*code)) {
            (Some(old), Some(new)) => dataset(old, new, &mut rows),
            (Some(gone), None) => rows.push(whole("dataset.removed", gone)),
            (None, Some(added)) => rows.push(whole("dataset.added", added)),
            (None, None) => {}
        }
    }
    tables(old, new, &mut rows);
    let row = |row: Row<'_>| {
        vec![
            row.kind.to_owned(),
            row.dataset.to_owned(),
            row.name.to_owned(),
            row.title.to_owned(),
            row.before,
            row.after,
        ]
    };
    Sheet {
        name: "changes",
        zh: "变更",
        columns: vec![
            ("change", "变更"),
            ("dataset", "数据集"),
            ("name", "对象"),
            ("title", "名称"),
            ("before", "原"),
            ("after", "现"),
        ],
        rows: rows.into_iter().map(row).collect(),
    }
}

fn whole<'a>(kind: &'static str, set: &'a Dataset) -> Row<'a> {
    let fields = format!("{} {} 个数据项", set.code, set.fields.len());
    let (before, after) = match kind {
        "dataset.removed" => (fields, String::new()),
        _ => (String::new(), fields),
    };
    Row {
        kind,
        dataset: &set.id,
        name: &set.id,
        title: &set.name,
        before,
        after,
    }
}

fn dataset<'a>(old: &'a Dataset, new: &'a Dataset, rows: &mut Vec<Row<'a>>) {
    let mut aspect = |kind, before: String, after: String| {
        if before != after {
            rows.push(Row {
                kind,
                dataset: &new.id,
                name: &new.id,
                title: &new.name,
                before,
                after,
            });
        }
    };
    aspect("dataset.id", old.id.clone(), new.id.clone());
    aspect("dataset.name", old.name.clone(), new.name.clone());
    let key = |set: &Dataset| sheets::names(set, &set.key).join(";");
    aspect("dataset.key", key(old), key(new));
    let find = |set: &'a Dataset, id: &str| set.fields.iter().find(|field| field.id == id);
    for field in &old.fields {
        match find(new, &field.id) {
            Some(now) => fields((old, field), (new, now), rows),
            None => rows.push(single("field.removed", new, field, true)),
        }
    }
    for field in &new.fields {
        if find(old, &field.id).is_none() {
            rows.push(single("field.added", new, field, false));
        }
    }
    rules(old, new, rows);
}

fn single<'a>(kind: &'static str, set: &'a Dataset, field: &'a Field, gone: bool) -> Row<'a> {
    let domain = sheets::domain(field);
    let mut what = format!(
        "{}，必填：{}",
        field.format,
        sheets::required(field.required)
    );
    if !domain.is_empty() {
        what = format!("{what}，{domain}");
    }
    let (before, after) = if gone {
        (what, String::new())
    } else {
        (String::new(), what)
    };
    Row {
        kind,
        dataset: &set.id,
        name: &field.id,
        title: &field.name,
        before,
        after,
    }
}

fn fields<'a>(
    (old_set, old): (&'a Dataset, &'a Field),
    (new_set, new): (&'a Dataset, &'a Field),
    rows: &mut Vec<Row<'a>>,
) {
    let list = |field: &Field| if field.list { "是" } else { "否" }.to_owned();
    for (kind, before, after) in [
        ("field.name", old.name.clone(), new.name.clone()),
        (
            "field.format",
            old.format.to_string(),
            new.format.to_string(),
        ),
        (
            "field.required",
            sheets::required(old.required).to_owned(),
            sheets::required(new.required).to_owned(),
        ),
        ("field.domain", sheets::domain(old), sheets::domain(new)),
        ("field.list", list(old), list(new)),
        (
            "field.unit",
            sheets::unit(old_set, old),
            sheets::unit(new_set, new),
        ),
        (
            "field.sensitivity",
            sheets::sensitivity(old.sensitivity).to_owned(),
            sheets::sensitivity(new.sensitivity).to_owned(),
        ),
    ] {
        if before != after {
            rows.push(Row {
                kind,
                dataset: &new_set.id,
                name: &new.id,
                title: &new.name,
                before,
                after,
            });
        }
    }
}

fn rules<'a>(old: &'a Dataset, new: &'a Dataset, rows: &mut Vec<Row<'a>>) {
    let find = |set: &'a Dataset, id: &str| set.rules.iter().find(|rule| &*rule.id == id);
    let said = |rule: &Rule| format!("{}：{}", sheets::severity(rule.severity), rule.zh);
    let mut row = |kind, rule: &'a Rule, before: String, after: String| {
        rows.push(Row {
            kind,
            dataset: &new.id,
            name: &rule.id,
            title: &rule.clause,
            before,
            after,
        });
    };
    for rule in &old.rules {
        match find(new, &rule.id) {
            None => row("rule.removed", rule, said(rule), String::new()),
            Some(now) if said(now) != said(rule) || now.stage != rule.stage => {
                row("rule.changed", now, said(rule), said(now));
            }
            Some(_) => {}
        }
    }
    for rule in &new.rules {
        if find(old, &rule.id).is_none() {
            row("rule.added", rule, String::new(), said(rule));
        }
    }
}

fn tables<'a>(old: &'a Edition, new: &'a Edition, rows: &mut Vec<Row<'a>>) {
    let size = |table: &CodeTable| format!("{} 个代码", table.values.len() + table.prefixes.len());
    let row = |kind, table: &'a CodeTable, before, after| Row {
        kind,
        dataset: "",
        name: &table.id,
        title: "",
        before,
        after,
    };
    for table in sheets::in_order(old) {
        match new.codes.get(&table.id) {
            Some(now) => values(table, now, rows),
            None => rows.push(row("codes.removed", table, size(table), String::new())),
        }
    }
    for table in sheets::in_order(new) {
        if !old.codes.contains_key(&table.id) {
            rows.push(row("codes.added", table, String::new(), size(table)));
        }
    }
}

fn values<'a>(old: &'a CodeTable, new: &'a CodeTable, rows: &mut Vec<Row<'a>>) {
    let all = |table: &'a CodeTable| -> BTreeMap<&'a str, &'a CodeValue> {
        let values = table
            .values
            .iter()
            .chain(table.prefixes.iter().map(|(code, value)| (code, value)));
        values.map(|(code, value)| (code.as_str(), value)).collect()
    };
    let said = |value: &CodeValue| {
        let mut text = value.name.clone();
        if !value.known {
            text.push_str("（待确认）");
        }
        if let Some(day) = &value.valid_to {
            text.push_str("，止于 ");
            text.push_str(day);
        }
        text
    };
    let (olds, news) = (all(old), all(new));
    let mut row = |kind, code: &'a str, before: String, after: String| {
        rows.push(Row {
            kind,
            dataset: "",
            name: &new.id,
            title: code,
            before,
            after,
        });
    };
    for (&code, &value) in &olds {
        match news.get(code) {
            None => row("code.removed", code, said(value), String::new()),
            Some(now) if *now != value => row("code.changed", code, said(value), said(now)),
            Some(_) => {}
        }
    }
    for (&code, &value) in &news {
        if !olds.contains_key(code) {
            row("code.added", code, String::new(), said(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::from_files;

    const FIRST: &str = r#"code = 1
id = "A"
name = "甲"
library = "price"
class = "类"
industry = "general"
key = ["K"]
fields = [
  { id = "K", name = "键", format = "C..9", required = true },
  { id = "GONE", name = "去", format = "C1" },
  { id = "KIND", name = "类", format = "C1", codes = "colour" },
]
rules = [
  { id = "1.kind", check = "in_set", fields = ["KIND"], values = ["1"], severity = "warning", zh = "应为一", en = "should be one" },
]
"#;
    const OTHER: &str = "code = 2\nid = \"B\"\nname = \"乙\"\nlibrary = \"price\"\nclass = \"类\"\nindustry = \"general\"\nkey = [\"K\"]\nfields = [{ id = \"K\", name = \"键\", format = \"C..9\", required = true }]\n";

    fn edition(id: &str, from: &str) -> String {
        format!(
            "id = \"{id}\"\nname = \"第{id}版\"\nvalid_from = \"{from}\"\ndeal_code_check = true\n"
        )
    }

    #[test]
    fn each_difference_is_one_row_and_equal_things_are_none()
    -> Result<(), Box<dyn std::error::Error>> {
        let second = FIRST
            .replace("C..9", "C..20")
            .replace(
                "  { id = \"GONE\", name = \"去\", format = \"C1\" },\n",
                "  { id = \"NEW\", name = \"新\", format = \"D8\", required = true },\n",
            )
            .replace(
                "id = \"KIND\", name = \"类\", format = \"C1\", codes",
                "id = \"KIND\", name = \"类\", format = \"C1\", required = true, codes",
            )
            .replace("severity = \"warning\"", "severity = \"error\"");
        let files = [
            ("1/edition.toml", edition("1", "20180101")),
            ("1/datasets/a.toml", FIRST.to_owned()),
            ("1/codes/colour.csv", "code,name\n1,红\n2,绿\n".to_owned()),
            ("2/edition.toml", edition("2", "20250101")),
            ("2/datasets/a.toml", second),
            ("2/datasets/b.toml", OTHER.to_owned()),
            ("2/codes/colour.csv", "code,name\n1,赤\n3,蓝\n".to_owned()),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.into_bytes()));
        let spec = from_files(files.to_vec())?;
        let (old, new) = (spec.edition("1").ok_or("1")?, spec.edition("2").ok_or("2")?);
        assert_eq!(
            predecessor(&spec, new).map(|found| found.id.as_str()),
            Some("1")
        );
        assert!(predecessor(&spec, old).is_none());
        assert!(changes(old, old).rows.is_empty());
        let rows: Vec<String> = changes(old, new)
            .rows
            .iter()
            .map(|row| row.join("|"))
            .collect();
        assert_eq!(
            rows,
            [
                "field.format|A|K|键|C..9|C..20",
                "field.removed|A|GONE|去|C1，必填：否|",
                "field.required|A|KIND|类|否|是",
                "field.added|A|NEW|新||D8，必填：是",
                "rule.changed|A|1.kind||提示：应为一|错误：应为一",
                "dataset.added|B|B|乙||2 1 个数据项",
                "code.changed||colour|1|红|赤",
                "code.removed||colour|2|绿|",
                "code.added||colour|3||蓝",
            ]
        );
        Ok(())
    }
}
