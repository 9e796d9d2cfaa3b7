//! `hub spec show`: everything about one thing of an edition, whatever it is called by.
//!
//! A data set by number, column code or Chinese name; a field in all its data sets, or in one (`501.FIELD`); a
//! code table, or one code of it (`table:code`); a rule; a kind of identifier. What a name may mean is shown in
//! full; what means nothing is answered with the nearest names.

use serde_json::{Map, Value, json};
use spec::export::sheets::{self, Sheet};
use spec::{CodeTable, Dataset, Domain, Edition, Field};

use super::super::Form;
use super::{Asked, edition, say_json};
use crate::report::Table;

/// What can be said.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Data set, field, code table, table:code, rule or identifier.
    #[arg(value_name = "DATASET|FIELD|CODE|RULE")]
    name: String,
    #[command(flatten)]
    asked: Asked,
}

/// One thing that the name may mean.
struct Found {
    kind: &'static str,
    title: String,
    facts: Vec<(&'static str, String)>,
    tables: Vec<Table>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let (specification, id) = arguments.asked.specification()?;
    let edition = edition(specification, &id)?;
    let name = arguments.name.trim();
    let found = find(edition, name);
    if found.is_empty() {
        let near = spec::validate::nearest_names(name, names(edition), 5);
        match arguments.asked.format {
            Form::Json => say_json(&json!({ "found": [], "nearest": near }))?,
            Form::Text => println!(
                "edition {id} knows no `{name}`; nearest: {}\n规范版本 {id} 中没有“{name}”，相近的有：{}",
                near.join(", "),
                near.join("、")
            ),
        }
        return Ok(false);
    }
    match arguments.asked.format {
        Form::Json => {
            let found: Vec<Value> = found.iter().map(Found::json).collect();
            say_json(&json!({ "found": found }))?;
        }
        Form::Text => {
            for (place, one) in found.iter().enumerate() {
                if place > 0 {
                    println!();
                }
                print!("{}", one.text());
            }
        }
    }
    Ok(true)
}

impl Found {
    fn json(&self) -> Value {
        let facts: Map<String, Value> = self
            .facts
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        json!({ "kind": self.kind, "title": self.title, "facts": facts, "tables": self.tables })
    }

    fn text(&self) -> String {
        let mut text = format!("{} {}\n", self.kind, self.title);
        for (name, value) in &self.facts {
            if !value.is_empty() {
                text.extend([format!("  {name}: {value}\n")]);
            }
        }
        for table in &self.tables {
            text.push('\n');
            text.push_str(&table.text());
        }
        text
    }
}

/// Everything that a name may mean.
fn find(edition: &Edition, name: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let upper = name.to_ascii_uppercase();
    for set in &edition.datasets {
        if set.name == name || set.id == upper || set.code.to_string() == name {
            found.push(dataset(edition, set));
        }
    }
    let (of_set, field_name) = match name.split_once('.') {
        Some((set, field)) => (edition.dataset(&set.to_ascii_uppercase()), field),
        None => (None, name),
    };
    found.extend(fields(edition, of_set, field_name));
    found.extend(rule(edition, name));
    found.extend(stage(edition, name));
    let (table_name, code) = match name.split_once(':') {
        Some((table, code)) => (table, Some(code)),
        None => (name, None),
    };
    if let Some(table) = edition.codes.get(table_name) {
        found.extend(codes(edition, table, code));
    }
    let mut identifiers = sheets::identifiers(edition);
    identifiers
        .rows
        .retain(|row| row.first().is_some_and(|word| word == name));
    if !identifiers.rows.is_empty() {
        let uses = |field: &Field| {
            matches!(field.domain, Domain::Identifier(_)) && domain_word(field) == name
        };
        found.push(Found {
            kind: "identifier",
            title: name.to_owned(),
            facts: Vec::new(),
            tables: vec![fields_where(edition, uses)],
        });
    }
    found
}

/// A rule, told once, with the data sets that have it.
fn rule(edition: &Edition, name: &str) -> Option<Found> {
    let mut sets = sheets::datasets(edition);
    let of = |set: &Dataset| set.rules.iter().any(|rule| &*rule.id == name);
    let having: Vec<&Dataset> = edition.datasets.iter().filter(|set| of(set)).collect();
    let rule = having
        .first()?
        .rules
        .iter()
        .find(|rule| &*rule.id == name)?;
    let is_one = |id: &String| having.iter().any(|set| set.id == *id);
    sets.rows.retain(|row| row.get(1).is_some_and(is_one));
    Some(Found {
        kind: "rule",
        title: rule.id.to_string(),
        facts: vec![
            ("severity", sheets::severity(rule.severity).to_owned()),
            ("zh", rule.zh.clone()),
            ("en", rule.en.clone()),
            ("clause", rule.clause.to_string()),
            ("data", source_line(edition, &rule.id).unwrap_or_default()),
        ],
        tables: vec![sets.into()],
    })
}

/// A rule that every field is held to.
fn stage(edition: &Edition, name: &str) -> Option<Found> {
    let stage = edition.stages.iter().find(|stage| stage.id == name)?;
    let codes: Vec<&str> = stage.codes.iter().map(|code| code.name()).collect();
    Some(Found {
        kind: "rule",
        title: stage.id.clone(),
        facts: vec![
            ("zh", stage.zh.clone()),
            ("en", stage.en.clone()),
            ("clause", stage.clause.to_string()),
            ("findings", codes.join(", ")),
        ],
        tables: Vec::new(),
    })
}

fn domain_word(field: &Field) -> String {
    let domain = sheets::domain(field);
    domain.rsplit(' ').next().unwrap_or_default().to_owned()
}

fn dataset(edition: &Edition, set: &Dataset) -> Found {
    let (mut facts, mut overview) = (Vec::new(), sheets::datasets(edition));
    overview.rows.retain(|row| row.get(1) == Some(&set.id));
    if let Some(row) = overview.rows.into_iter().next() {
        let members = overview.columns.into_iter().map(|(name, _)| name);
        facts.extend(
            members
                .zip(row)
                .filter(|(name, _)| !["id", "name"].contains(name)),
        );
    }
    facts.push(("attachments", set.attachments.join(";")));
    let mut fields = sheets::fields([set]);
    leave_out(&mut fields, 2);
    Found {
        kind: "dataset",
        title: format!("{} {} {}", set.code, set.id, set.name),
        facts,
        tables: vec![fields.into(), sheets::rules([set]).into()],
    }
}

/// Takes the first columns away, which say the same in every row.
fn leave_out(sheet: &mut Sheet, count: usize) {
    sheet.columns.drain(..count.min(sheet.columns.len()));
    for row in &mut sheet.rows {
        row.drain(..count.min(row.len()));
    }
}

fn fields(edition: &Edition, of_set: Option<&Dataset>, name: &str) -> Option<Found> {
    let upper = name.to_ascii_uppercase();
    let meant =
        |field: &Field| field.id == upper || field.name == name || field.aliases.contains(&upper);
    let table = match of_set {
        Some(set) => {
            let mut sheet = sheets::fields([set]);
            let ids: Vec<&str> = set
                .fields
                .iter()
                .filter(|field| meant(field))
                .map(|field| field.id.as_str())
                .collect();
            sheet
                .rows
                .retain(|row| row.get(3).is_some_and(|id| ids.contains(&id.as_str())));
            Table::from(sheet)
        }
        None => fields_where(edition, meant),
    };
    if table.rows.is_empty() {
        return None;
    }
    let sets = of_set.map_or(edition.datasets.as_slice(), std::slice::from_ref);
    let mut tables = vec![table];
    let mut used: Vec<&CodeTable> = Vec::new();
    for field in sets
        .iter()
        .flat_map(|set| &set.fields)
        .filter(|field| meant(field))
    {
        if let Domain::Codes(table) = &field.domain
            && table.values.len() <= 60
            && !used.iter().any(|other| other.id == table.id)
        {
            used.push(table);
        }
    }
    if !used.is_empty() {
        tables.push(sheets::values(used).into());
    }
    Some(Found {
        kind: "field",
        title: name.to_owned(),
        facts: Vec::new(),
        tables,
    })
}

/// The fields of all data sets that something holds for.
fn fields_where(edition: &Edition, meant: impl Fn(&Field) -> bool) -> Table {
    let mut rows = Vec::new();
    let mut all = sheets::fields([]);
    for set in &edition.datasets {
        let wanted = set.fields.iter().map(&meant);
        let of_set = sheets::fields([set]).rows;
        rows.extend(
            of_set
                .into_iter()
                .zip(wanted)
                .filter(|(_, wanted)| *wanted)
                .map(|(row, _)| row),
        );
    }
    all.rows = rows;
    all.into()
}

fn codes(edition: &Edition, table: &CodeTable, code: Option<&str>) -> Option<Found> {
    let mut values = sheets::values([table]);
    if let Some(code) = code {
        table.find(code)?;
        let exact = table.values.contains_key(code);
        values.rows.retain(|row| {
            row.get(1).is_some_and(|own| {
                own == code
                    || (!exact
                        && own
                            .strip_suffix('*')
                            .is_some_and(|beginning| code.starts_with(beginning)))
            })
        });
    }
    let used = |field: &Field| matches!(&field.domain, Domain::Codes(of) if of.id == table.id);
    let closed = if table.is_closed() { "closed" } else { "open" };
    Some(Found {
        kind: "codes",
        title: code.map_or_else(|| table.id.clone(), |code| format!("{}:{code}", table.id)),
        facts: vec![("state", closed.to_owned())],
        tables: vec![values.into(), fields_where(edition, used)],
    })
}

/// Where in the data files a rule stands, and its line.
fn source_line(edition: &Edition, rule: &str) -> Option<String> {
    let wanted = format!("id = \"{rule}\"");
    edition.files.iter().find_map(|(path, content)| {
        let text = std::str::from_utf8(content).ok()?;
        let (number, line) = (1..)
            .zip(text.lines())
            .find(|(_, line)| line.contains(&wanted))?;
        Some(format!(
            "{path}:{number} {}",
            line.trim().trim_end_matches(',')
        ))
    })
}

/// All names that can be asked for.
fn names(edition: &Edition) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for set in &edition.datasets {
        names.extend([set.id.as_str(), set.name.as_str()]);
        names.extend(
            set.fields
                .iter()
                .flat_map(|field| [field.id.as_str(), field.name.as_str()]),
        );
        names.extend(set.rules.iter().map(|rule| &*rule.id));
    }
    names.extend(edition.stages.iter().map(|stage| stage.id.as_str()));
    names.extend(edition.codes.keys().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use spec::Spec;

    use super::*;

    /// Kinds and titles of what a name may mean in the newest edition.
    fn meant(name: &str) -> Result<Vec<(&'static str, String)>, Box<dyn std::error::Error>> {
        let spec = Spec::embedded()?;
        let edition = spec.edition("3.0").ok_or("no edition")?;
        let found = find(edition, name).into_iter();
        Ok(found.map(|one| (one.kind, one.title)).collect())
    }

    #[test]
    fn a_thing_is_found_by_whatever_it_is_called() -> Result<(), Box<dyn std::error::Error>> {
        let spec = Spec::embedded()?;
        let edition = spec.edition("3.0").ok_or("no edition")?;
        let set = edition
            .datasets
            .iter()
            .find(|set| !set.rules.is_empty())
            .ok_or("no rules")?;
        let title = format!("{} {} {}", set.code, set.id, set.name);
        for name in [
            set.code.to_string(),
            set.id.to_lowercase(),
            set.name.clone(),
        ] {
            assert!(
                meant(&name)?.contains(&("dataset", title.clone())),
                "{name}"
            );
        }
        let rule = set.rules.first().ok_or("no rule")?;
        assert!(
            meant(&rule.id)?.iter().any(|(kind, _)| *kind == "rule"),
            "{}",
            rule.id
        );
        for stage in &edition.stages {
            assert_eq!(meant(&stage.id)?, [("rule", stage.id.clone())]);
        }
        // One that many data sets share is told once.
        let sharing = |id: &str| {
            let has = |set: &&Dataset| set.rules.iter().any(|rule| &*rule.id == id);
            edition.datasets.iter().filter(has).count()
        };
        let mut rules = edition.datasets.iter().flat_map(|set| &set.rules);
        let shared = rules
            .find(|rule| sharing(&rule.id) > 9)
            .ok_or("none is shared")?;
        let found = find(edition, &shared.id);
        let tables = found.iter().flat_map(|one| &one.tables);
        let rows: Vec<usize> = tables.map(|table| table.rows.len()).collect();
        assert_eq!(rows, [sharing(&shared.id)]);
        let field = set.fields.first().ok_or("no field")?;
        for name in [
            field.id.clone(),
            field.name.clone(),
            format!("{}.{}", set.code, field.id),
        ] {
            assert!(
                meant(&name)?.iter().any(|(kind, _)| *kind == "field"),
                "{name}"
            );
        }
        assert_eq!(meant("yes_no:1")?, [("codes", "yes_no:1".to_owned())]);
        assert_eq!(meant("yes_no:7")?, []);
        assert!(meant("uscc")?.iter().any(|(kind, _)| *kind == "identifier"));
        Ok(())
    }

    #[test]
    fn a_field_is_shown_in_all_its_data_sets_with_its_codes()
    -> Result<(), Box<dyn std::error::Error>> {
        let spec = Spec::embedded()?;
        let edition = spec.edition("3.0").ok_or("no edition")?;
        let uses =
            |field: &Field| matches!(&field.domain, Domain::Codes(table) if table.id == "yes_no");
        let all = || edition.datasets.iter().flat_map(|set| &set.fields);
        let field = all().find(|field| uses(field)).ok_or("no such field")?;
        let held = all()
            .filter(|other| other.id == field.id || other.name == field.id)
            .count();
        let found = fields(edition, None, &field.id).ok_or("not found")?;
        let rows: Vec<usize> = found.tables.iter().map(|table| table.rows.len()).collect();
        assert_eq!(rows, [held, 2]);
        assert!(found.text().contains("yes_no"), "{}", found.text());
        assert_eq!(found.json().get("kind"), Some(&json!("field")));
        Ok(())
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() -> Result<(), Box<dyn std::error::Error>> {
        let spec = Spec::embedded()?;
        let edition = spec.edition("3.0").ok_or("no edition")?;
        let set = edition.datasets.first().ok_or("no data set")?;
        let misspelt = format!("{}X", set.id);
        assert_eq!(meant(&misspelt)?, []);
        let near = spec::validate::nearest_names(&misspelt, names(edition), 5);
        assert_eq!(near.first(), Some(&set.id.as_str()));
        Ok(())
    }
}
