//! Cases for every rule of every data set, and the table that says where each rule is shown: `fixtures/rules/*.json`
//! and `fixtures/coverage.csv`.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::civil::date;
use spec::generate::{Case, Expected, Fault, Maker, broken, kept, plant, sound, unbreakable};
use spec::{Context, Dataset, Edition, IssueCode, Rule};

use super::Files;
use crate::rules::{Entry, Expect, Suite};

/// Where a rule is shown.
struct Row {
    clause: String,
    rule: String,
    dataset: String,
    severity: &'static str,
    pass: String,
    trigger: String,
}

/// Writes the cases of an edition.
pub fn write(edition: &Edition, files: &mut Files) -> Result<()> {
    let context = Context {
        edition,
        received: date(2026, 11, 20).at(9, 0, 0, 0),
        platforms: &[],
    };
    let mut rows = Vec::new();
    for dataset in &edition.datasets {
        let mut maker = Maker::new(context, u64::from(dataset.code));
        let suite = suite(&mut maker, dataset);
        let name = format!("rules/{}.json", dataset.id);
        let (bytes, first) = suite.write()?;
        list(edition, dataset, &suite, &name, first, &mut rows);
        files.insert(name, bytes);
    }
    // What no single record shows.
    let planted = |code: &IssueCode| Fault::common().any(|fault| fault.code() == *code);
    for stage in &edition.stages {
        if !stage.codes.iter().any(planted) {
            rows.push(Row {
                clause: stage.clause.to_string(),
                rule: stage.id.clone(),
                dataset: "*".to_owned(),
                severity: "error",
                pass: String::new(),
                trigger: "judged against the store of a hub".to_owned(),
            });
        }
    }
    rows.sort_by(|a, b| (&a.clause, &a.rule, &a.dataset).cmp(&(&b.clause, &b.rule, &b.dataset)));
    let mut table = String::from("clause,rule,dataset,severity,pass,trigger\n");
    for row in rows {
        let cells = [
            &row.clause,
            &row.rule,
            &row.dataset,
            row.severity,
            &row.pass,
            &row.trigger,
        ];
        table.push_str(&cells.map(quoted).join(","));
        table.push('\n');
    }
    files.insert("coverage.csv".to_owned(), table.into_bytes());
    Ok(())
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// A sound record, and for each rule a case that keeps it and one that breaks it.
fn suite(maker: &mut Maker<'_>, dataset: &Dataset) -> Suite {
    let draft = sound(maker, dataset, 0);
    let base = Case::alone(draft, &maker.context);
    let issues = base.judge(maker.context.edition);
    let mut findings: Vec<Expected> = issues.iter().map(Expected::from).collect();
    findings.sort();
    let text = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    let mut suite = Suite {
        dataset: dataset.id.clone(),
        edition: maker.context.edition.id.clone(),
        received: maker.context.received,
        base: base.draft.pairs().map(text).collect(),
        findings,
        cases: Vec::new(),
    };
    for fault in Fault::common() {
        if let Some(faulty) = plant(maker, &base.draft, fault) {
            let case = Case {
                draft: faulty.draft,
                ..base.clone()
            };
            let entry = entry(
                maker,
                &suite,
                &base,
                &case,
                fault.code().name(),
                Expect::Trigger,
            );
            suite.cases.push(entry);
        }
    }
    for rule in &dataset.rules {
        if let Some(case) = kept(maker, &base, rule) {
            let entry = entry(maker, &suite, &base, &case, &rule.id, Expect::Pass);
            suite.cases.push(entry);
        }
        if let Some(case) = broken(maker, &base, rule) {
            let entry = entry(maker, &suite, &base, &case, &rule.id, Expect::Trigger);
            suite.cases.push(entry);
        }
    }
    suite
}

fn entry(
    maker: &Maker<'_>,
    suite: &Suite,
    base: &Case<'_>,
    case: &Case<'_>,
    rule: &str,
    expect: Expect,
) -> Entry {
    let before: BTreeMap<&str, &str> = base.draft.pairs().collect();
    let after: BTreeMap<&str, &str> = case.draft.pairs().collect();
    let mut set = BTreeMap::new();
    for name in before.keys().chain(after.keys()) {
        if before.get(name) != after.get(name) {
            let text = after.get(name).map(|&text| text.to_owned());
            set.insert((*name).to_owned(), text);
        }
    }
    let given = case.given.iter().map(|(&code, bodies)| {
        let bodies = bodies.iter().map(|body| (**body).clone());
        (code, bodies.collect())
    });
    Entry {
        rule: rule.to_owned(),
        expect,
        set,
        given: given.collect(),
        platforms: case.platforms.clone(),
        attachments: case.attachments.clone(),
        findings: suite.found(maker.context.edition, case),
    }
}

/// Rows of the table: one a rule, and one for each finding that the engine makes without a rule.
fn list(
    edition: &Edition,
    dataset: &Dataset,
    suite: &Suite,
    file: &str,
    first: usize,
    rows: &mut Vec<Row>,
) {
    let place = |rule: &str, expect: Expect| {
        let mut cases = suite.cases.iter();
        let found = cases.position(|entry| entry.rule == rule && entry.expect == expect);
        found.map_or_else(String::new, |place| format!("{file}:{}", first + place))
    };
    for fault in Fault::common() {
        let code = fault.code();
        let trigger = place(code.name(), Expect::Trigger);
        let mut stages = edition.stages.iter();
        let stage = stages.find(|stage| stage.codes.contains(&code));
        if let (Some(stage), false) = (stage, trigger.is_empty()) {
            rows.push(Row {
                clause: stage.clause.to_string(),
                rule: format!("{} {}", stage.id, code.name()),
                dataset: dataset.id.clone(),
                severity: "error",
                pass: format!("{file}:2"),
                trigger,
            });
        }
    }
    for rule in &dataset.rules {
        let trigger = match unbreakable(dataset, rule) {
            Some(why) => why.to_owned(),
            None => place(&rule.id, Expect::Trigger),
        };
        rows.push(Row {
            clause: rule.clause.to_string(),
            rule: rule.id.to_string(),
            dataset: dataset.id.clone(),
            severity: severity(rule),
            pass: place(&rule.id, Expect::Pass),
            trigger,
        });
    }
}

fn severity(rule: &Rule) -> &'static str {
    match rule.severity {
        spec::Severity::Error => "error",
        spec::Severity::Warning => "warning",
    }
}
