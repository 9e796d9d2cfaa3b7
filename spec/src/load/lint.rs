//! What is wrong with a specification, and what merely looks wrong: remarks for whoever edits its files.
//!
//! Mistakes are those that loading meets. What looks wrong would load, but can hardly be meant: a code that no field
//! can hold, a table that no field uses, a requirement that nothing or everything asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::LoadError;
use super::faults::Faults;
use crate::{Check, CodeTable, Dataset, Domain, Field, FieldIndex, Format, Required, Rule, Spec};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The specification does not load.
    Error,
    /// It loads, but this can hardly be meant.
    Warning,
}

/// One remark about a place in a data file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Remark {
    /// Path from the specification's folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How bad it is.
    pub level: Level,
    /// What stands there.
    pub found: String,
    /// What could stand there.
    pub expected: String,
}

type Files = [(String, Vec<u8>)];

/// All remarks, by file and line, each once however many editions share the file.
pub(super) fn remarks(files: &Files, spec: &Spec, faults: Faults) -> Vec<Remark> {
    let mut all = BTreeSet::new();
    for fault in faults.all() {
        all.insert(match fault {
            LoadError::Data {
                file,
                line,
                column,
                found,
                expected,
            } => Remark {
                file,
                line,
                column,
                level: Level::Error,
                found,
                expected,
            },
            LoadError::Read { path, source } => Remark {
                file: path.display().to_string(),
                line: 1,
                column: 1,
                level: Level::Error,
                found: source.to_string(),
                expected: "a file that can be read".to_owned(),
            },
        });
    }
    // a specification with mistakes shows gaps that are none
    if all.is_empty() {
        for edition in &spec.editions {
            for dataset in &edition.datasets {
                in_dataset(files, dataset, &mut all);
            }
        }
        tables(files, spec, &mut all);
    }
    all.into_iter().collect()
}

/// A warning at the first line of a file that has a text; none when no file has it.
fn warning(
    files: &Files,
    holds: impl Fn(&str) -> bool,
    text: &str,
    found: &str,
    expected: &str,
) -> Option<Remark> {
    files
        .iter()
        .filter(|(path, _)| holds(path))
        .find_map(|(path, content)| {
            let content = std::str::from_utf8(content).ok()?;
            let line_break = usize::from(text.starts_with('\n'));
            let at = content.find(text)? + line_break;
            let before = content.get(..at)?;
            let on_line = before.rsplit('\n').next().unwrap_or_default();
            Some(Remark {
                file: path.clone(),
                line: 1 + before.matches('\n').count(),
                column: 1 + on_line.chars().count(),
                level: Level::Warning,
                found: found.to_owned(),
                expected: expected.to_owned(),
            })
        })
}

fn in_dataset(files: &Files, dataset: &Dataset, all: &mut BTreeSet<Remark>) {
    let head = format!("\nid = \"{}\"\n", dataset.id);
    let own: Vec<(String, Vec<u8>)> = files
        .iter()
        .filter(|(path, content)| {
            path.contains("/datasets/")
                && std::str::from_utf8(content).is_ok_and(|text| text.contains(&head))
        })
        .cloned()
        .collect();
    let mut say = |text: String, found: String, expected: &str| {
        all.extend(warning(&own, |_| true, &text, &found, expected));
    };
    let line = |field: &Field| format!("{{ id = \"{}\",", field.id);
    let mut names: BTreeMap<&str, &Field> = BTreeMap::new();
    for field in &dataset.fields {
        if let Some(other) = names.insert(&field.name, field) {
            let found = format!(
                "`{}`, the name of {} and of {}",
                field.name, other.id, field.id
            );
            say(
                line(field),
                found,
                "a name of its own: headings of tables are read by it",
            );
        }
    }
    let asked: BTreeSet<FieldIndex> = dataset.rules.iter().flat_map(asks_for).copied().collect();
    for (place, field) in (0..).zip(&dataset.fields) {
        match field.required {
            Required::ByRule if !asked.contains(&place) => {
                let found = format!("{}, required by a rule that is not there", field.id);
                say(
                    line(field),
                    found,
                    "a rule of kind required_if, one_of_required or all_or_none, or no `required`",
                );
            }
            Required::Always | Required::ByRule | Required::Optional => {}
        }
    }
    for rule in &dataset.rules {
        let text = format!("id = \"{}\"", rule.id);
        for (field, found, expected) in requirements(dataset, rule) {
            say(
                text.clone(),
                format!("rule {}, {found} {field}", rule.id),
                expected,
            );
        }
    }
}

/// The fields that a rule may make required.
fn asks_for(rule: &Rule) -> &[FieldIndex] {
    match &rule.check {
        Check::RequiredIf { fields, .. }
        | Check::OneOfRequired { fields, .. }
        | Check::AllOrNone { fields, .. } => fields,
        _ => &[],
    }
}

/// Fields of a rule whose own requirement makes it pointless, impossible, or a surprise.
fn requirements<'d>(
    dataset: &'d Dataset,
    rule: &Rule,
) -> Vec<(&'d str, &'static str, &'static str)> {
    let of = |fields: &[FieldIndex], wanted: Required| -> Vec<&'d str> {
        let fields = fields.iter().filter_map(|&place| dataset.field(place));
        fields
            .filter(|field| field.required == wanted)
            .map(|field| field.id.as_str())
            .collect()
    };
    let mut found = Vec::new();
    match &rule.check {
        Check::RequiredIf { fields, .. } => {
            for field in of(fields, Required::Always) {
                found.push((
                    field,
                    "which asks for the always required",
                    "a field that may be absent",
                ));
            }
            for field in of(fields, Required::Optional) {
                found.push((
                    field,
                    "which asks for the optional",
                    "`required = \"rule\"` in the line of the field",
                ));
            }
        }
        Check::ForbiddenIf { fields, .. } => {
            for field in of(fields, Required::Always) {
                found.push((
                    field,
                    "which forbids the always required",
                    "a field that may be absent",
                ));
            }
        }
        _ => {}
    }
    found
}

fn tables(files: &Files, spec: &Spec, all: &mut BTreeSet<Remark>) {
    let mut users: BTreeMap<&str, Vec<&Field>> = BTreeMap::new();
    let mut tables: BTreeMap<&str, &CodeTable> = BTreeMap::new();
    for edition in &spec.editions {
        tables.extend(
            edition
                .codes
                .iter()
                .map(|(id, table)| (id.as_str(), &**table)),
        );
        for field in edition.datasets.iter().flat_map(|set| &set.fields) {
            if let Domain::Codes(table) = &field.domain {
                users.entry(&table.id).or_default().push(field);
            }
        }
    }
    for (id, table) in tables {
        let ending = format!("/codes/{id}.csv");
        let holds = |path: &str| path.ends_with(&ending);
        let Some(fields) = users.get(id) else {
            let found = format!("code table `{id}`, which no field uses");
            all.extend(warning(
                files,
                holds,
                "",
                &found,
                "a field with it as `codes`, or no such file",
            ));
            continue;
        };
        let mut codes: Vec<_> = table.values.iter().collect();
        codes.sort_by_key(|(code, _)| *code);
        let lost: Vec<&str> = codes
            .iter()
            .filter(|(code, _)| !fields.iter().any(|field| holds_code(field.format, code)))
            .map(|(code, _)| code.as_str())
            .collect();
        // levels of a hierarchy that nobody uses are no mistake of a code
        let nested = table.values.values().any(|value| value.level.is_some());
        if let (Some(first), false) = (lost.first(), nested) {
            let found = format!(
                "{} codes that no field can hold, first `{first}`",
                lost.len()
            );
            all.extend(warning(
                files,
                holds,
                &format!("\n{first},"),
                &found,
                "codes that fit the format of a field",
            ));
        }
        for (code, value) in codes {
            if let (Some(from), Some(to)) = (&value.valid_from, &value.valid_to)
                && from > to
            {
                let found = format!("code `{code}`, valid from {from} to {to}");
                all.extend(warning(
                    files,
                    holds,
                    &format!("\n{code},"),
                    &found,
                    "a first day before the last",
                ));
            }
        }
    }
}

fn holds_code(format: Format, code: &str) -> bool {
    let length = code.chars().count() as u32;
    match format {
        Format::Exact(n) | Format::Digits(n) => length == n,
        Format::UpTo(n) => length <= n,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::lint_files;

    const DATASET: &str = r#"code = 1
id = "A"
name = "甲"
library = "price"
class = "类"
industry = "general"
key = ["K"]
fields = [
  { id = "K", name = "键", format = "C..9", required = true },
  { id = "U", name = "单位", format = "C1", codes = "colour" },
  { id = "N", name = "额", format = "N..9,2", required = "rule" },
]
rules = [
  { id = "1.a", check = "required_if", fields = ["N"], when = { U = "1" }, severity = "error", zh = "须填", en = "needed" },
]
"#;

    fn remarks(dataset: &str, codes: &str) -> Vec<(Level, String, usize, usize, String)> {
        let edition =
            "id = \"1\"\nname = \"一\"\nvalid_from = \"20250101\"\ndeal_code_check = true\n";
        let files = [
            ("1/edition.toml", edition),
            ("1/datasets/a.toml", dataset),
            ("1/codes/colour.csv", codes),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let all = lint_files(files.to_vec()).into_iter();
        all.map(|one| (one.level, one.file, one.line, one.column, one.found))
            .collect()
    }

    const CODES: &str = "code,name\n1,红\n2,绿\n";

    #[test]
    fn a_sound_specification_gives_no_remark() {
        assert_eq!(remarks(DATASET, CODES), []);
    }

    #[test]
    fn all_mistakes_are_named_each_at_its_place() {
        let dataset = DATASET
            .replace("C..9", "X9")
            .replace("codes = \"colour\"", "codes = \"colours\"")
            .replace("fields = [\"N\"]", "fields = [\"M\"]")
            .replace("key = [\"K\"]", "key = [\"K\", \"Q\"]");
        let found = remarks(&dataset, "code,name\n1,红\n1,绿\n");
        let places: Vec<_> = found
            .iter()
            .map(|(_, file, line, column, _)| (file.as_str(), *line, *column))
            .collect();
        assert_eq!(
            places,
            [
                ("1/codes/colour.csv", 3, 1),
                ("1/datasets/a.toml", 7, 7),
                ("1/datasets/a.toml", 9, 37),
                ("1/datasets/a.toml", 10, 52),
                ("1/datasets/a.toml", 14, 51),
            ],
            "{found:#?}"
        );
        assert!(found.iter().all(|(level, ..)| *level == Level::Error));
    }

    #[test]
    fn lines_of_a_wrong_shape_are_all_named() {
        let dataset = DATASET
            .replace("format = \"C1\"", "fromat = \"C1\"")
            .replace("required = \"rule\"", "required = \"maybe\"");
        let lines: Vec<_> = remarks(&dataset, CODES)
            .into_iter()
            .map(|(_, _, line, ..)| line)
            .collect();
        assert_eq!(lines, [10, 11]);
    }

    #[test]
    fn what_can_hardly_be_meant_is_a_warning() {
        let same_name = DATASET.replace("name = \"额\"", "name = \"键\"");
        let unasked = DATASET.replace("fields = [\"N\"]", "fields = [\"U\"]");
        let pointless = DATASET.replace("fields = [\"N\"]", "fields = [\"N\", \"K\"]");
        let unused = DATASET.replace(", codes = \"colour\"", "");
        let backwards = "code,name,valid_from,valid_to\n1,红,20250101,20240101\n2,绿,,\n";
        for (dataset, codes, file, line, words) in [
            (
                same_name.as_str(),
                CODES,
                "1/datasets/a.toml",
                11,
                "the name of K and of N",
            ),
            (
                &unasked,
                CODES,
                "1/datasets/a.toml",
                11,
                "N, required by a rule that is not there",
            ),
            (
                &unasked,
                CODES,
                "1/datasets/a.toml",
                14,
                "asks for the optional U",
            ),
            (
                &pointless,
                CODES,
                "1/datasets/a.toml",
                14,
                "asks for the always required K",
            ),
            (&unused, CODES, "1/codes/colour.csv", 1, "no field uses"),
            (
                DATASET,
                backwards,
                "1/codes/colour.csv",
                2,
                "valid from 20250101 to 20240101",
            ),
        ] {
            let found = remarks(dataset, codes);
            let meant = |one: &&(Level, String, usize, usize, String)| {
                one.0 == Level::Warning && one.1 == file && one.2 == line && one.4.contains(words)
            };
            assert!(found.iter().any(|one| meant(&one)), "{words}: {found:#?}");
        }
    }
}
